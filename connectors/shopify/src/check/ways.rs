//! How things get away from the store: places, zones, policies, and what it tells.

use commerce::{Finding, Level};
use serde::Deserialize;
use serde_json::json;

use super::{Shop, broken, finding, shelves::Page, unseen};
use crate::{Shopify, operation::Operation};

pub(super) const PLACES: Operation =
    Operation::read("check.places", include_str!("../operations/check_places.graphql"), 9);
pub(super) const ZONES: Operation =
    Operation::read("check.zones", include_str!("../operations/check_zones.graphql"), 78);

/// The pages that agents want to link to.
const POLICIES: [(&str, &str); 3] = [
    ("PRIVACY_POLICY", "privacy policy"),
    ("TERMS_OF_SERVICE", "terms of service"),
    ("REFUND_POLICY", "refund policy"),
];

impl Shopify {
    /// Whether any place sends out what is ordered online.
    pub(super) async fn look_at_places(&self) -> Finding {
        #[derive(Deserialize)]
        struct Answer {
            locations: Page<Location>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Location {
            name: String,
            is_active: bool,
            fulfills_online_orders: bool,
            ships_inventory: bool,
        }

        const WHAT: &str = "Places";
        let answer: Answer = match self.client.run(&PLACES, &json!({})).await {
            Ok(answer) => answer,
            Err(error) => return unseen(WHAT, &error),
        };
        let sends = |place: &&Location| {
            place.is_active && place.fulfills_online_orders && place.ships_inventory
        };
        let sending: Vec<&str> =
            answer.locations.nodes.iter().filter(sends).map(|place| &*place.name).collect();
        if sending.is_empty() {
            let detail = "no place sends out what is ordered online, so only digital goods can be \
                          bought: let one fulfill online orders (Settings > Locations)";
            return finding(Level::Warning, WHAT, detail.to_owned());
        }
        finding(Level::Ok, WHAT, format!("{} send out what is ordered online", sending.join(", ")))
    }

    /// Whether every zone has a rate.
    pub(super) async fn look_at_zones(&self, shop: &Shop) -> Finding {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            delivery_profiles: Page<Profile>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Profile {
            profile_location_groups: Vec<Group>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Group {
            location_group_zones: Page<Served>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Served {
            zone: Zone,
            method_definition_counts: Counts,
        }
        #[derive(Deserialize)]
        struct Zone {
            name: String,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Counts {
            participant_definitions_count: u32,
            rate_definitions_count: u32,
        }

        const WHAT: &str = "Delivery";
        let answer: Answer = match self.client.run(&ZONES, &json!({})).await {
            Ok(answer) => answer,
            Err(error) => return unseen(WHAT, &error),
        };
        let groups =
            answer.delivery_profiles.nodes.iter().flat_map(|it| &it.profile_location_groups);
        let zones: Vec<&Served> =
            groups.flat_map(|group| &group.location_group_zones.nodes).collect();
        let is_served = |served: &Served| {
            let counts = &served.method_definition_counts;
            counts.rate_definitions_count + counts.participant_definitions_count > 0
        };
        let (served, empty): (Vec<&Served>, Vec<&Served>) =
            zones.into_iter().partition(|zone| is_served(zone));
        if served.is_empty() {
            let detail = "nothing is delivered anywhere, so only digital goods can be bought: add a \
                          zone and a rate (Settings > Shipping and delivery)";
            return finding(Level::Warning, WHAT, detail.to_owned());
        }
        if !empty.is_empty() {
            let names: Vec<&str> = empty.iter().map(|served| &*served.zone.name).collect();
            let detail = format!("nothing is delivered to {}: add a rate there", names.join(", "));
            return finding(Level::Warning, WHAT, detail);
        }
        let countries = shop.ships_to_countries.len();
        finding(Level::Ok, WHAT, format!("{} zones, {countries} countries", served.len()))
    }

    /// Whether there is a page for what agents link to.
    pub(super) async fn look_at_policies(&self) -> Finding {
        const WHAT: &str = "Policies";
        let policies = match self.policies().await {
            Ok(policies) => policies,
            Err(error) => return unseen(WHAT, &error),
        };
        let lacks = |kind: &str| policies.iter().all(|policy| policy.kind != kind);
        let missing: Vec<&str> =
            POLICIES.iter().filter(|(kind, _)| lacks(kind)).map(|(_, name)| *name).collect();
        if missing.is_empty() {
            return finding(Level::Ok, WHAT, "privacy, terms and refunds are written".to_owned());
        }
        let detail = format!(
            "there is no {}: write it (Settings > Policies), or set its link in the configuration",
            missing.join(" and no ")
        );
        finding(Level::Warning, WHAT, detail)
    }

    /// Whether the store tells of its changes, to whatever address, and whether that can be believed.
    pub(super) async fn look_at_hooks(&self) -> Finding {
        const WHAT: &str = "Hooks";
        if !self.ears.can_hear() {
            let detail = "without the app's secret nothing the store tells can be believed: set \
                          `webhook_secrets` to the one that its admin shows";
            return finding(Level::Warning, WHAT, detail.to_owned());
        }
        let (known, topics) = match tokio::try_join!(self.subscriptions(None), self.topics()) {
            Ok(known) => known,
            Err(error) => return broken(WHAT, &error),
        };
        let is_told = |name: &str| known.iter().any(|hook| hook.topic == name);
        let told = topics.iter().filter(|topic| is_told(topic.name)).count();
        if told == 0 {
            let detail = "the store tells of nothing, so changes are found by asking: run \
                          `storebridge hooks install`";
            return finding(Level::Warning, WHAT, detail.to_owned());
        }
        if told < topics.len() {
            let detail = format!(
                "the store tells of {told} of {} kinds of change: run `storebridge hooks repair`",
                topics.len()
            );
            return finding(Level::Warning, WHAT, detail);
        }
        finding(Level::Ok, WHAT, format!("the store tells of {told} kinds of change"))
    }
}
