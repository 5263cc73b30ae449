//! Delivery profiles: where parcels go, and whether somebody has said for how much.

use serde_json::{Value, json};

use super::execute::pages;
use super::shop::{Shop, gid};

impl Shop {
    /// `deliveryProfiles`: one for everything.
    pub(super) fn delivery_profiles(&self) -> Value {
        let zones: Vec<Value> = self
            .zones
            .iter()
            .zip(1_u64..)
            .map(|(zone, nth)| {
                let provinces = zone.provinces.iter().zip(1_u64..).map(|(code, at)| {
                    json!({
                        "id": gid("DeliveryProvince", nth * 100 + at),
                        "code": code, "name": code, "translatedName": code,
                    })
                });
                json!({
                    "methodDefinitionCounts": {
                        "participantDefinitionsCount": 0,
                        "rateDefinitionsCount": zone.rates.len(),
                    },
                    "methodDefinitions": pages(Vec::new()),
                    "zone": {
                        "id": gid("DeliveryZone", nth),
                        "name": super::address::country(zone.country),
                        "countries": [{
                            "id": gid("DeliveryCountry", nth),
                            "name": super::address::country(zone.country),
                            "translatedName": super::address::country(zone.country),
                            "code": { "countryCode": zone.country, "restOfWorld": false },
                            "provinces": provinces.collect::<Vec<_>>(),
                        }],
                    },
                })
            })
            .collect();
        let rates: usize = self.zones.iter().map(|zone| zone.rates.len()).sum();
        let places = self.locations.iter().filter(|place| place.active && place.online).count();
        pages(vec![json!({
            "__typename": "DeliveryProfile",
            "id": gid("DeliveryProfile", 1),
            "name": "General profile",
            "default": true,
            "version": 1,
            "activeMethodDefinitionsCount": rates,
            "locationsWithoutRatesCount": 0,
            "originLocationCount": places,
            "zoneCountryCount": zones.len(),
            "coversAllItems": true,
            "profileLocationGroups": [{
                "countriesInAnyZone": [],
                "locationGroup": { "id": gid("DeliveryLocationGroup", 1) },
                "locationGroupZones": pages(zones),
            }],
            "unassignedLocations": [],
        })])
    }
}
