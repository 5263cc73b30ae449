//! What works at a store, what does not, and what its owner should do. Changes nothing there.
//!
//! Files: this one walks and looks at what lets us in; `shelves` looks at what is sold, `ways` at how
//! it is delivered and told of.

use commerce::{ConnectorError, Finding, Level};
use serde::Deserialize;
use serde_json::json;

use crate::{Shopify, operation::Operation, scopes::SCOPES};

mod shelves;
mod ways;

pub(crate) const APP: Operation =
    Operation::read("check.app", include_str!("operations/check_app.graphql"), 6);
pub(crate) const PERSONAL: Operation =
    Operation::read("check.personal", include_str!("operations/check_personal.graphql"), 10);

/// Plans on which an app of the owner's own sees no names, addresses and the like.
const BLIND_PLANS: [&str; 2] = ["Basic", "Starter"];

/// The store and the app, as one look shows them.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seen {
    shop: Shop,
    current_app_installation: Installation,
    public_api_versions: Vec<Version>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shop {
    name: String,
    myshopify_domain: String,
    currency_code: String,
    enabled_presentment_currencies: Vec<String>,
    ships_to_countries: Vec<String>,
    taxes_included: bool,
    setup_required: bool,
    plan: Plan,
    #[serde(rename = "shopAddress")]
    address: Place,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plan {
    public_display_name: String,
    partner_development: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Place {
    city: Option<String>,
    zip: Option<String>,
    country_code_v2: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Installation {
    app: App,
}

#[derive(Clone, Debug, Deserialize)]
struct App {
    title: String,
    published: bool,
}

#[derive(Clone, Debug, Deserialize)]
struct Version {
    handle: String,
    supported: bool,
}

impl Shopify {
    /// From the outside in: how it is reached, the app, what it may do, what is sold, where it goes.
    pub(crate) async fn look_over(&self) -> Vec<Finding> {
        let mut findings = vec![self.judge_address()];
        let seen: Seen = match self.client.run(&APP, &json!({})).await {
            Ok(seen) => seen,
            Err(error) => {
                findings.push(broken("Access", &error));
                return findings;
            }
        };
        findings.push(judge_shop(&seen.shop));
        findings.push(judge_app(&seen.current_app_installation.app));
        findings.extend(self.look_at_scopes().await);
        findings.push(self.look_at_personal_data(&seen.shop.plan).await);
        findings.extend(self.look_at_products(&seen.shop).await);
        findings.push(self.look_at_publication().await);
        findings.push(self.look_at_currency(&seen.shop).await);
        findings.push(self.look_at_places().await);
        findings.push(self.look_at_zones(&seen.shop).await);
        findings.push(self.look_at_policies().await);
        findings.push(self.look_at_hooks().await);
        // All those answers have been seen by now.
        findings.insert(3, self.judge_version(&seen.public_api_versions));
        findings
    }

    fn judge_address(&self) -> Finding {
        let base = self.client.upstream().base();
        let host = base.host_str().unwrap_or_default();
        if base.scheme() != "https" {
            let detail = "in the clear: whoever is on the way reads the token; use https";
            return finding(Level::Warning, "Address", detail.to_owned());
        }
        if !host.ends_with(".myshopify.com") {
            let detail = format!(
                "{host} is not where stores are called: set `url` to https://{{shop}}.myshopify.com"
            );
            return finding(Level::Warning, "Address", detail);
        }
        finding(Level::Ok, "Address", host.to_owned())
    }

    /// What the store answers in, and whether that ends soon.
    fn judge_version(&self, known: &[Version]) -> Finding {
        let (seen, asked) = (self.client.seen(), self.client.version());
        let supported = || known.iter().filter(|version| version.supported);
        let newest = supported().map(|version| version.handle.as_str()).max().unwrap_or(asked);
        if !supported().any(|version| version.handle == asked) {
            let detail = format!(
                "{asked} is not supported (any more), and the store answers in another one: set \
                 `api_version` to {newest}"
            );
            return finding(Level::Failure, "API version", detail);
        }
        if let Some(served) = seen.version.filter(|served| served != asked) {
            let detail = format!("{asked} was asked for, and {served} answers: update storebridge");
            return finding(Level::Warning, "API version", detail);
        }
        if seen.is_deprecated {
            let detail = format!(
                "{asked}, and something that is asked for will be removed from the API: update \
                 storebridge"
            );
            return finding(Level::Warning, "API version", detail);
        }
        finding(Level::Ok, "API version", asked.to_owned())
    }

    /// What is missing, and what is missing without it.
    async fn look_at_scopes(&self) -> Vec<Finding> {
        let granted = match self.scopes().await {
            Ok(granted) => granted,
            Err(error) => return vec![broken("Scopes", &error)],
        };
        let missing: Vec<Finding> = SCOPES
            .iter()
            .filter(|scope| !granted.hold(scope.name))
            .map(|scope| {
                let level = if scope.is_needed { Level::Failure } else { Level::Warning };
                let detail = format!(
                    "{} is not granted, so {}: add it to the app's scopes and install it again",
                    scope.name, scope.without
                );
                finding(level, "Scopes", detail)
            })
            .collect();
        if missing.is_empty() {
            let detail = format!("all {} that are needed", SCOPES.len());
            return vec![finding(Level::Ok, "Scopes", detail)];
        }
        missing
    }

    /// Whether addresses come back as they were written. What is hidden is null, or denied.
    async fn look_at_personal_data(&self, plan: &Plan) -> Finding {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            draft_orders: Drafts,
        }
        #[derive(Deserialize)]
        struct Drafts {
            nodes: Vec<Draft>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Draft {
            shipping_address: Option<Address>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Address {
            address1: Option<String>,
            city: Option<String>,
            country_code_v2: Option<String>,
        }

        const WHAT: &str = "Personal data";
        let answer: Answer = match self.client.run(&PERSONAL, &json!({})).await {
            Ok(answer) => answer,
            Err(error) => return broken(WHAT, &error),
        };
        let sent = answer.draft_orders.nodes.into_iter().filter_map(|draft| draft.shipping_address);
        let sent: Vec<Address> = sent.filter(|address| address.country_code_v2.is_some()).collect();
        let is_hidden = |address: &Address| address.address1.is_none() && address.city.is_none();
        let plan_name = &plan.public_display_name;
        let is_blind = BLIND_PLANS.contains(&plan_name.as_str()) && !plan.partner_development;
        if (!sent.is_empty() && sent.iter().all(is_hidden)) || (sent.is_empty() && is_blind) {
            let detail = format!(
                "on the plan {plan_name} the store hides names and addresses from its owner's own \
                 apps, so nothing can be shipped: change to Grow or a higher plan"
            );
            return finding(Level::Failure, WHAT, detail);
        }
        if sent.is_empty() {
            let detail = format!("nothing was sent anywhere yet; the plan {plan_name} shows it");
            return finding(Level::Ok, WHAT, detail);
        }
        finding(Level::Ok, WHAT, "addresses are shown as they were written".to_owned())
    }
}

fn judge_shop(shop: &Shop) -> Finding {
    let Shop { name, myshopify_domain, plan, setup_required, address, .. } = shop;
    let plan = &plan.public_display_name;
    if *setup_required {
        let detail = format!("{name} ({myshopify_domain}) is not set up: finish that in its admin");
        return finding(Level::Failure, "Store", detail);
    }
    let known = |part: &Option<String>| part.as_ref().is_some_and(|part| !part.is_empty());
    let is_placed = known(&address.city) && known(&address.zip);
    if !is_placed || !known(&address.country_code_v2) {
        let detail = format!(
            "{name} ({myshopify_domain}, {plan}) has no whole address, by which taxes are worked \
             out: complete it in Settings > General"
        );
        return finding(Level::Warning, "Store", detail);
    }
    finding(Level::Ok, "Store", format!("{name} ({myshopify_domain}, {plan})"))
}

/// Whoever lists an app for everybody may not sell past the store's own checkout.
fn judge_app(app: &App) -> Finding {
    if app.published {
        let detail = format!(
            "{} is listed in the app store, and listed apps may not take orders past Shopify's \
             checkout: use an app of the store's own, made in its Dev Dashboard",
            app.title
        );
        return finding(Level::Failure, "App", detail);
    }
    let detail = format!(
        "{}, listed nowhere: right, for only a store's own app may take orders past Shopify's \
         checkout",
        app.title
    );
    finding(Level::Ok, "App", detail)
}

fn broken(what: &str, error: &ConnectorError) -> Finding {
    let detail = match error {
        ConnectorError::Denied { hint } => hint.clone(),
        ConnectorError::Unavailable { source, .. } => {
            let why = source.as_ref().map_or_else(String::new, |source| format!(" ({source})"));
            format!("the store does not answer{why}: check its address, and try again later")
        }
        ConnectorError::Unreadable { source, .. } => {
            format!("{error}: {source}; look for a newer storebridge")
        }
        _ => format!("{error}: look at what the store answers"),
    };
    finding(Level::Failure, what, detail)
}

/// A scope that is missing has a finding of its own.
fn unseen(what: &str, error: &ConnectorError) -> Finding {
    match error {
        ConnectorError::Denied { .. } => {
            let detail = "not looked at: a scope is missing, see above".to_owned();
            finding(Level::Warning, what, detail)
        }
        error => broken(what, error),
    }
}

fn finding(level: Level, what: &str, detail: String) -> Finding {
    Finding { level, what: what.to_owned(), detail }
}

#[cfg(test)]
pub(crate) const OPERATIONS: [&Operation; 7] = [
    &APP,
    &PERSONAL,
    &shelves::PRODUCTS,
    &shelves::PUBLICATIONS,
    &shelves::MARKETS,
    &ways::PLACES,
    &ways::ZONES,
];
