//! Draft orders as Shopify shows them.

use serde_json::{Value, json};

use super::draft::{Applied, Draft, Line};
use super::execute::{link, pages};
use super::money::{self, Both, Currency};
use super::pricing::{Less, Priced, PricedLine};
use super::shop::{Shop, gid, stamp};

impl Shop {
    /// `DraftOrder`.
    pub(super) fn draft_json(&self, draft: &Draft) -> Value {
        let priced = self.priced(draft);
        let id = gid("DraftOrder", draft.id);
        let mut view = sums_json(draft, &priced);
        let lines: Vec<Value> = draft
            .lines
            .iter()
            .zip(&priced.lines)
            .map(|(l, p)| self.draft_line(l, p, &priced))
            .collect();
        let more = json!({
            "__typename": "DraftOrder",
            "id": id,
            "legacyResourceId": draft.id.to_string(),
            "name": format!("#D{}", draft.number),
            "status": if draft.completed.is_some() { "COMPLETED" } else { "OPEN" },
            "ready": self.is_ready(draft),
            "createdAt": stamp(draft.created),
            "updatedAt": stamp(draft.updated),
            "completedAt": draft.completed.map(stamp),
            "reserveInventoryUntil": draft.reserve_until.map(stamp),
            "email": draft.email,
            "note2": draft.note,
            "poNumber": draft.po_number,
            "tags": draft.tags,
            "customAttributes": draft.attributes,
            "shippingAddress": draft.shipping_address,
            "billingAddress": draft.billing_address,
            "allowDiscountCodesInCheckout": false,
            "defaultCursor": draft.id.to_string(),
            "hasTimelineComment": false,
            "events": pages(Vec::new()),
            "invoiceEmailTemplateSubject": "Complete your purchase",
            "invoiceSentAt": null,
            "invoiceUrl": format!("https://{}/92891250994/invoices/{}", self.domain, draft.invoice),
            "lineItems": pages(lines),
            "metafields": pages(self.metafields_of(&id)),
            "localizedFields": pages(Vec::new()),
            "localizationExtensions": pages(Vec::new()),
            "order": draft.order.map(|order| link(gid("Order", order))),
            "paymentTerms": draft.terms.map(|terms| link(gid("PaymentTerms", terms))),
            "taxExempt": draft.tax_exempt,
            "totalWeight": self.weight(draft).to_string(),
            "visibleToCustomer": draft.visible,
        });
        merge(&mut view, more);
        view
    }

    /// `CalculatedDraftOrder`.
    pub(super) fn calculated_json(&self, draft: &Draft) -> Value {
        let priced = self.priced(draft);
        let mut view = sums_json(draft, &priced);
        let lines: Vec<Value> = draft
            .lines
            .iter()
            .zip(&priced.lines)
            .map(|(l, p)| {
                let mut line = self.draft_line(l, p, &priced);
                line["__typename"] = json!("CalculatedDraftOrderLineItem");
                for (name, of) in [
                    ("discountedTotal", "discountedTotalSet"),
                    ("discountedUnitPrice", "discountedUnitPriceSet"),
                    ("originalTotal", "originalTotalSet"),
                    ("originalUnitPrice", "originalUnitPriceSet"),
                    ("totalDiscount", "totalDiscountSet"),
                ] {
                    line[name] = line[of]["shopMoney"].clone();
                }
                line
            })
            .collect();
        for target in view["platformDiscounts"].as_array_mut().into_iter().flatten() {
            for allocation in target["allocations"].as_array_mut().into_iter().flatten() {
                if allocation["target"]["__typename"] == "DraftOrderLineItem" {
                    allocation["target"]["__typename"] = json!("CalculatedDraftOrderLineItem");
                }
            }
        }
        let more = json!({
            "__typename": "CalculatedDraftOrder",
            "alerts": [],
            "availableShippingRates": self.rates_json(draft),
            "lineItems": lines,
        });
        merge(&mut view, more);
        view
    }

    fn draft_line(&self, line: &Line, priced: &PricedLine, all: &Priced) -> Value {
        let bag = |amount: Both| amount.bag(all.currencies);
        let variant = line.variant.and_then(|id| self.catalog.variants.get(&id));
        let product = variant.and_then(|variant| self.catalog.products.get(&variant.product));
        let title = variant.map(super::catalog::Variant::title);
        let title = title.filter(|title| title != "Default Title");
        let name =
            title.as_ref().map_or_else(|| line.title.clone(), |t| format!("{} - {t}", line.title));
        let each = |amount: Both| Both {
            shop: amount.shop / line.quantity,
            buyer: amount.buyer / line.quantity,
        };
        let net = priced.total - priced.off;
        let shop = all.currencies.0;
        json!({
            "__typename": "DraftOrderLineItem",
            "id": gid("DraftOrderLineItem", line.id),
            "uuid": line.uuid,
            "quantity": line.quantity,
            "name": name,
            "title": line.title,
            "sku": line.sku,
            "vendor": product.map(|product| product.vendor),
            "variantTitle": title,
            "variant": line.variant.map(|id| link(gid("ProductVariant", id))),
            "product": product.map(|product| link(gid("Product", product.id))),
            "image": product.and_then(|product| product.images.first()).map(super::product_view::image),
            "custom": line.variant.is_none(),
            "isGiftCard": product.is_some_and(|product| product.gift_card),
            "requiresShipping": line.ships,
            "taxable": line.taxable,
            "customAttributes": line.attributes,
            "customAttributesV2": [],
            "components": [],
            "bundleComponents": [],
            "fulfillmentService": null,
            "priceOverride": null,
            "weight": variant.map(|variant| json!({ "unit": "GRAMS", "value": variant.grams })),
            "grams": variant.map(|variant| variant.grams),
            "appliedDiscount": line.applied.as_ref().map(|a| applied_json(a, priced.applied, all.currencies)),
            "approximateDiscountedUnitPriceSet": bag(each(net)),
            "discountedTotal": money::plain(net.shop, shop),
            "discountedTotalSet": bag(net),
            "discountedUnitPrice": money::plain(each(net).shop, shop),
            "discountedUnitPriceSet": bag(each(net)),
            "originalTotal": money::plain(priced.total.shop, shop),
            "originalTotalSet": bag(priced.total),
            "originalUnitPrice": money::plain(priced.unit.shop, shop),
            "originalUnitPriceSet": bag(priced.unit),
            "originalUnitPriceWithCurrency": money::money(priced.unit.buyer, all.currencies.1),
            "totalDiscount": money::plain(priced.off.shop, shop),
            "totalDiscountSet": bag(priced.off),
            "taxLines": tax_lines(&priced.taxes, all.currencies),
        })
    }

    pub(super) fn weight(&self, draft: &Draft) -> u64 {
        let weights = draft.lines.iter().filter_map(|line| {
            let variant = self.catalog.variants.get(&line.variant?)?;
            Some(variant.grams * line.quantity.unsigned_abs())
        });
        weights.sum()
    }
}

/// What both have.
fn sums_json(draft: &Draft, priced: &Priced) -> Value {
    let bag = |amount: Both| amount.bag(priced.currencies);
    let shop = priced.currencies.0;
    let discounts: Vec<Value> =
        priced.discounts.iter().map(|less| platform_discount(less, draft, priced)).collect();
    let gross: Both = priced.lines.iter().map(|line| line.total - line.off).sum();
    let plain = |amount: Both| money::plain(amount.shop, shop);
    json!({
        "acceptAutomaticDiscounts": draft.automatic,
        "allVariantPricesOverridden": false,
        "anyVariantPricesOverridden": false,
        "amountDueLaterSet": bag(if draft.terms.is_some() { priced.total() } else { Both::default() }),
        "amountDueNowSet": bag(if draft.terms.is_some() { Both::default() } else { priced.total() }),
        "appliedDiscount": draft.applied.as_ref().map(|a| applied_json(a, priced.applied, priced.currencies)),
        "billingAddressMatchesShippingAddress": draft.billing_address == draft.shipping_address,
        "currencyCode": shop,
        "customer": draft.customer.map(|customer| link(gid("Customer", customer))),
        "deposit": null,
        "discountCodes": draft.codes,
        "lineItemsSubtotalPrice": bag(gross),
        "marketName": "United States",
        "marketRegionCountryCode": "US",
        "phone": draft.phone,
        "platformDiscounts": discounts,
        "presentmentCurrencyCode": priced.currencies.1,
        "purchasingEntity": draft.customer.map(|customer| link(gid("Customer", customer))),
        "shippingLine": shipping_json(draft, priced),
        "subtotalPrice": plain(priced.subtotal()),
        "subtotalPriceSet": bag(priced.subtotal()),
        "taxLines": tax_lines(&priced.tax_rows(), priced.currencies),
        "taxesIncluded": priced.taxes_included,
        "totalDiscountsSet": bag(priced.off()),
        "totalLineItemsPriceSet": bag(priced.items()),
        "totalPrice": plain(priced.total()),
        "totalPriceSet": bag(priced.total()),
        "totalQuantityOfLineItems": draft.lines.iter().map(|line| line.quantity).sum::<i64>(),
        "totalShippingPrice": plain(priced.shipping_paid()),
        "totalShippingPriceSet": bag(priced.shipping_paid()),
        "totalTax": plain(priced.tax()),
        "totalTaxSet": bag(priced.tax()),
        "transformerFingerprint": null,
        "warnings": priced.warnings,
    })
}

fn platform_discount(less: &Less, draft: &Draft, priced: &Priced) -> Value {
    let bag = |amount: Both| amount.bag(priced.currencies);
    let shipping = less.discount.worth == super::catalog::Worth::FreeShipping;
    let class = if shipping {
        "SHIPPING"
    } else if less.discount.products.is_empty() {
        "ORDER"
    } else {
        "PRODUCT"
    };
    let mut allocations: Vec<Value> = draft
        .lines
        .iter()
        .zip(&less.shares)
        .filter(|(_, share)| **share != Both::default())
        .map(|(line, share)| {
            json!({
                "id": null,
                "quantity": line.quantity,
                "reductionAmount": money::money(share.buyer, priced.currencies.1),
                "reductionAmountSet": bag(*share),
                "target": {
                    "__typename": "DraftOrderLineItem",
                    "id": gid("DraftOrderLineItem", line.id),
                    "uuid": line.uuid,
                    "quantity": line.quantity,
                },
            })
        })
        .collect();
    if shipping {
        allocations.push(json!({
            "id": null,
            "quantity": 1,
            "reductionAmount": money::money(less.amount.buyer, priced.currencies.1),
            "reductionAmountSet": bag(less.amount),
            "target": shipping_json(draft, priced).as_object().map(|line| {
                let mut line = Value::Object(line.clone());
                line["__typename"] = json!("ShippingLine");
                line
            }),
        }));
    }
    json!({
        "id": gid("DraftOrderPlatformDiscount", less.discount.id),
        "title": less.discount.title,
        "code": less.discount.code,
        "automaticDiscount": less.discount.code.is_none(),
        "bxgyDiscount": false,
        "discountClass": class,
        "discountClasses": [class],
        "discountNode": null,
        "presentationLevel": class.to_lowercase(),
        "shortSummary": less.discount.title,
        "summary": less.discount.title,
        "totalAmount": money::money(less.amount.buyer, priced.currencies.1),
        "totalAmountPriceSet": bag(less.amount),
        "allocations": allocations,
    })
}

/// `ShippingLine`.
pub(super) fn shipping_json(draft: &Draft, priced: &Priced) -> Value {
    let Some(line) = &draft.shipping else { return Value::Null };
    let bag = |amount: Both| amount.bag(priced.currencies);
    let paid = priced.shipping_paid();
    json!({
        "id": null,
        "title": line.title,
        "code": line.code.clone().unwrap_or_else(|| "custom".to_owned()),
        "source": line.source,
        "custom": line.handle.is_none(),
        "shippingRateHandle": line.handle,
        "carrierIdentifier": null,
        "deliveryCategory": null,
        "phone": null,
        "isRemoved": false,
        "requestedFulfillmentService": null,
        "discountAllocations": [],
        "price": money::plain(priced.shipping.shop, priced.currencies.0),
        "originalPrice": money::money(priced.shipping.shop, priced.currencies.0),
        "originalPriceSet": bag(priced.shipping),
        "discountedPrice": money::money(paid.shop, priced.currencies.0),
        "discountedPriceSet": bag(paid),
        "currentDiscountedPriceSet": bag(paid),
        "taxLines": tax_lines(&priced.shipping_taxes, priced.currencies),
    })
}

/// `TaxLine`, one for each tax.
pub(super) fn tax_lines(
    rows: &[(super::catalog::Tax, Both)],
    currencies: (Currency, Currency),
) -> Value {
    let rows = rows.iter().map(|(tax, amount)| {
        let number = |minor: i64, decimals: usize| {
            let digits = format!("{:0>width$}", minor, width = decimals + 1);
            let (whole, part) = digits.split_at(digits.len() - decimals);
            let part = part.trim_end_matches('0');
            let text = format!("{whole}.{}", if part.is_empty() { "0" } else { part });
            serde_json::from_str::<Value>(&text).unwrap_or_default()
        };
        json!({
            "title": tax.title,
            "rate": number(tax.rate, 5),
            "ratePercentage": number(tax.rate, 3),
            "channelLiable": false,
            "source": "Shopify",
            "price": money::plain(amount.shop, currencies.0),
            "priceSet": amount.bag(currencies),
        })
    });
    rows.collect()
}

fn applied_json(applied: &Applied, amount: Both, currencies: (Currency, Currency)) -> Value {
    json!({
        "title": applied.title,
        "description": applied.description,
        "value": applied.value,
        "valueType": if applied.percent { "PERCENTAGE" } else { "FIXED_AMOUNT" },
        "amount": money::plain(amount.shop, currencies.0),
        "amountV2": money::money(amount.shop, currencies.0),
        "amountSet": amount.bag(currencies),
    })
}

/// Puts the members of one object into another.
pub(super) fn merge(into: &mut Value, more: Value) {
    if let (Some(into), Value::Object(more)) = (into.as_object_mut(), more) {
        into.extend(more);
    }
}
