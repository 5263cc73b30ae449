//! Stock and the places that keep it, as Shopify shows them.

use serde_json::{Value, json};

use super::catalog::{Level, Location, Variant};
use super::execute::{link, pages};
use super::shop::{Shop, gid, stamp};

impl Shop {
    /// `InventoryItem`.
    pub(super) fn item_json(&self, variant: &Variant) -> Value {
        let levels = self.catalog.stocked(variant.id);
        let levels: Vec<Value> =
            levels.map(|(place, level)| level_json(variant, place, level)).collect();
        json!({
            "__typename": "InventoryItem",
            "id": gid("InventoryItem", variant.item),
            "legacyResourceId": variant.item.to_string(),
            "sku": variant.sku,
            "tracked": variant.tracked,
            "trackedEditable": { "locked": false, "reason": null },
            "requiresShipping": variant.ships,
            "countryCodeOfOrigin": null,
            "provinceCodeOfOrigin": null,
            "harmonizedSystemCode": null,
            "countryHarmonizedSystemCodes": pages(Vec::new()),
            "duplicateSkuCount": 0,
            "inventoryHistoryUrl": null,
            "locationsCount": { "count": levels.len(), "precision": "EXACT" },
            "inventoryLevels": pages(levels),
            "measurement": {
                "id": gid("InventoryItemMeasurement", variant.item),
                "weight": { "unit": "GRAMS", "value": variant.grams },
            },
            "unitCost": null,
            "variant": link(gid("ProductVariant", variant.id)),
            "variants": pages(vec![link(gid("ProductVariant", variant.id))]),
            "createdAt": stamp(variant.updated),
            "updatedAt": stamp(variant.updated),
        })
    }

    /// `Location`.
    pub(super) fn location_json(&self, place: &Location) -> Value {
        let [street, city, province, country, zip] = place.address;
        let stocked = self.catalog.levels.keys().any(|(_, at)| *at == place.id);
        json!({
            "__typename": "Location",
            "id": gid("Location", place.id),
            "legacyResourceId": place.id.to_string(),
            "name": place.name,
            "isActive": place.active,
            "activatable": !place.active,
            "deactivatable": false,
            "deactivatedAt": null,
            "deletable": false,
            "fulfillsOnlineOrders": place.online,
            "shipsInventory": place.online,
            "hasActiveInventory": stocked,
            "hasUnfulfilledOrders": false,
            "isFulfillmentService": false,
            "isPrimary": false,
            "addressVerified": true,
            "address": {
                "address1": street, "address2": null, "city": city, "zip": zip,
                "province": null, "provinceCode": province, "countryCode": country,
                "country": super::address::country(country), "phone": null,
                "formatted": [street, city], "latitude": null, "longitude": null,
            },
            "localPickupSettingsV2": place.pickup.map(|text| json!({
                "instructions": text, "pickupTime": "ONE_HOUR",
            })),
            "suggestedAddresses": [],
        })
    }
}

/// `InventoryLevel`, whose quantities are asked for by name.
pub(super) fn level_json(variant: &Variant, place: u64, level: &Level) -> Value {
    let amounts = [
        ("available", level.available),
        ("committed", level.committed),
        ("reserved", level.reserved),
        ("incoming", 0),
        ("damaged", 0),
        ("quality_control", 0),
        ("safety_stock", 0),
        ("on_hand", level.available + level.committed + level.reserved),
    ];
    let amounts = amounts.map(|(name, quantity)| {
        json!({
            "id": format!("gid://shopify/InventoryQuantity/{place}?inventory_item_id={}&name={name}", variant.item),
            "name": name,
            "quantity": quantity,
            "updatedAt": stamp(level.updated),
        })
    });
    json!({
        "__typename": "InventoryLevel",
        "id": format!("gid://shopify/InventoryLevel/{place}?inventory_item_id={}", variant.item),
        "isActive": true,
        "canDeactivate": false,
        "deactivationAlert": null,
        "item": link(gid("InventoryItem", variant.item)),
        "location": link(gid("Location", place)),
        "@quantities": amounts,
        "createdAt": stamp(level.updated),
        "updatedAt": stamp(level.updated),
    })
}
