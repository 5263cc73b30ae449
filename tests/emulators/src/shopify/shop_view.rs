//! The shop itself, its app, channels, markets and customers as Shopify shows them.

use serde_json::{Value, json};

use super::catalog::Market;
use super::execute::{link, pages};
use super::money::currency;
use super::shop::{Customer, Shop, gid, stamp};

const POLICIES: [(&str, &str, &str); 4] = [
    ("REFUND_POLICY", "Refund policy", "refund-policy"),
    ("SHIPPING_POLICY", "Shipping policy", "shipping-policy"),
    ("PRIVACY_POLICY", "Privacy policy", "privacy-policy"),
    ("TERMS_OF_SERVICE", "Terms of service", "terms-of-service"),
];

impl Shop {
    /// `Shop`.
    pub(super) fn shop_json(&self, _scopes: &[String]) -> Value {
        let url = format!("https://{}", self.domain);
        let opened = "2026-01-05T09:00:00Z";
        let policies: Vec<Value> = POLICIES
            .iter()
            .zip(1_u64..)
            .map(|((kind, title, path), nth)| {
                json!({
                    "id": gid("ShopPolicy", nth),
                    "type": kind,
                    "title": title,
                    "url": format!("{url}/policies/{path}"),
                    "body": format!("<p>{title} of {}.</p>", self.settings.name),
                    "createdAt": opened,
                    "updatedAt": opened,
                    "translations": [],
                })
            })
            .collect();
        let countries: Vec<&str> = self.zones.iter().map(|zone| zone.country).collect();
        let plan = self.settings.plan;
        json!({
            "__typename": "Shop",
            "id": gid("Shop", 92_891_250_994),
            "name": self.settings.name,
            "email": "owner@example.com",
            "contactEmail": "help@example.com",
            "description": null,
            "url": url,
            "myshopifyDomain": self.domain,
            "primaryDomain": {
                "id": gid("Domain", 1), "host": self.domain, "url": url, "sslEnabled": true,
                "localization": null, "marketWebPresence": null,
            },
            "currencyCode": self.settings.currency,
            "enabledPresentmentCurrencies": self.settings.currencies,
            "taxesIncluded": self.settings.taxes_included,
            "taxShipping": self.settings.tax_shipping,
            "weightUnit": "GRAMS",
            "unitSystem": "METRIC_SYSTEM",
            "ianaTimezone": "America/New_York",
            "timezoneAbbreviation": "EST",
            "timezoneOffset": "-0500",
            "timezoneOffsetMinutes": -300,
            "shipsToCountries": countries,
            "checkoutApiSupported": true,
            "setupRequired": false,
            "transactionalSmsDisabled": false,
            "plan": {
                "displayName": plan.name(),
                "publicDisplayName": plan.name(),
                "shopifyPlus": plan == super::Plan::Plus,
                "partnerDevelopment": false,
            },
            "shopAddress": {
                "id": gid("ShopAddress", 92_891_250_994), "company": self.settings.name,
                "address1": "1 Market Street", "address2": null, "city": "San Francisco",
                "zip": "94105", "province": "California", "provinceCode": "CA",
                "country": "United States", "countryCodeV2": "US", "phone": null,
                "coordinatesValidated": false, "latitude": null, "longitude": null,
                "formattedArea": "San Francisco CA, United States",
            },
            "shopPolicies": policies,
            "currencyFormats": {
                "moneyFormat": "${{amount}}", "moneyWithCurrencyFormat": "${{amount}} USD",
                "moneyInEmailsFormat": "${{amount}}", "moneyWithCurrencyInEmailsFormat": "${{amount}} USD",
            },
            "createdAt": opened,
            "updatedAt": opened,
            "metafields": pages(Vec::new()),
            "translations": [],
        })
    }

    /// `AppInstallation`.
    pub(super) fn installation_json(&self) -> Value {
        let scopes = |shop: &Self| -> Value {
            let listed = shop.app.scopes.iter();
            listed.map(|scope| json!({ "handle": scope, "description": scope })).collect()
        };
        json!({
            "id": gid("AppInstallation", self.app.installation),
            "accessScopes": scopes(self),
            "launchUrl": format!("https://{}/admin/apps/{}", self.domain, self.app.id),
            "uninstallUrl": null,
            "metafields": pages(Vec::new()),
            "activeSubscriptions": [],
            "app": {
                "id": gid("App", self.app.id),
                "title": "Agentic checkout",
                "handle": "agentic-checkout",
                "apiKey": self.app.client,
                "description": null,
                "developerName": "Demo Store",
                "developerType": "MERCHANT",
                "embedded": false,
                "features": [],
                "published": false,
                "shopifyDeveloped": false,
                "previouslyInstalled": false,
                "webhookApiVersion": super::schema::VERSION,
                "requestedAccessScopes": scopes(self),
                "optionalAccessScopes": [],
            },
        })
    }

    /// `Publication`.
    pub(super) fn publication_json(&self, id: u64) -> Option<Value> {
        let (_, name) = self.publications.iter().find(|(known, _)| *known == id)?;
        Some(json!({
            "__typename": "Publication",
            "id": gid("Publication", id),
            "name": name,
            "autoPublish": false,
            "supportsFuturePublishing": *name == "Online Store",
            "catalog": {
                "__typename": "AppCatalog",
                "id": gid("AppCatalog", id + 1),
                "title": name,
                "status": "ACTIVE",
                "operations": [],
                "priceList": null,
                "publication": link(gid("Publication", id)),
            },
            "operation": null,
            "app": null,
            "channels": pages(Vec::new()),
            "products": pages(
                self.catalog
                    .products
                    .values()
                    .filter(|product| product.published.contains(&id))
                    .map(|product| link(gid("Product", product.id)))
                    .collect()
            ),
        }))
    }

    /// `Market`.
    pub(super) fn market_json(&self, market: &Market) -> Value {
        let known = currency(market.currency).unwrap_or("USD");
        json!({
            "__typename": "Market",
            "id": gid("Market", market.id),
            "name": market.name,
            "handle": market.handle,
            "status": "ACTIVE",
            "type": "REGION",
            "enabled": true,
            "primary": market.currency == self.settings.currency,
            "currencySettings": {
                "baseCurrency": {
                    "currencyCode": known, "currencyName": known, "enabled": true,
                    "rateUpdatedAt": null, "manualRate": null,
                },
                "localCurrencies": false,
                "roundingEnabled": false,
            },
            "priceInclusions": {
                "adaptivePricingEnabled": false,
                "inclusiveTaxPricingStrategy": "ADD_TAXES_AT_CHECKOUT",
                "inclusiveDutiesPricingStrategy": "ADD_DUTIES_AT_CHECKOUT",
            },
            "metafields": pages(Vec::new()),
        })
    }

    /// `Customer`.
    pub(super) fn customer_json(&self, customer: &Customer) -> Value {
        let own: Vec<u64> = self
            .orders
            .values()
            .filter(|order| order.draft.customer == Some(customer.id))
            .map(|order| order.id)
            .collect();
        json!({
            "__typename": "Customer",
            "id": gid("Customer", customer.id),
            "legacyResourceId": customer.id.to_string(),
            "email": customer.email,
            "displayName": customer.email,
            "firstName": null,
            "lastName": null,
            "phone": null,
            "locale": "en",
            "note": null,
            "tags": [],
            "state": "DISABLED",
            "taxExempt": false,
            "taxExemptions": [],
            "verifiedEmail": true,
            "numberOfOrders": own.len().to_string(),
            "orders": pages(own.iter().map(|id| link(gid("Order", *id))).collect()),
            "lastOrder": own.last().map(|id| link(gid("Order", *id))),
            "defaultEmailAddress": { "emailAddress": customer.email, "marketingState": "NOT_SUBSCRIBED" },
            "defaultAddress": null,
            "canDelete": own.is_empty(),
            "dataSaleOptOut": false,
            "lifetimeDuration": "less than a minute",
            "multipassIdentifier": null,
            "productSubscriberStatus": "NEVER_SUBSCRIBED",
            "metafields": pages(self.metafields_of(&gid("Customer", customer.id))),
            "createdAt": stamp(customer.created),
            "updatedAt": stamp(customer.created),
        })
    }
}
