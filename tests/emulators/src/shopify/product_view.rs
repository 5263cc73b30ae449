//! Products, variants and stock as Shopify shows them.

use serde_json::{Value, json};

use super::ask::Ask;
use super::catalog::{Image, Product, Variant};
use super::execute::{link, pages};
use super::money;
use super::problem::Problem;
use super::shop::{Shop, gid, number, stamp};

impl Shop {
    /// `Product`.
    pub(super) fn product_json(&self, product: &Product) -> Value {
        let variants = product.variants.iter().filter_map(|id| self.catalog.variants.get(id));
        let variants: Vec<&Variant> = variants.collect();
        let counted: Vec<&&Variant> = variants.iter().filter(|variant| variant.tracked).collect();
        let online = product.published.contains(&self.online_store());
        let url = format!("https://{}/products/{}", self.domain, product.handle);
        let prices = variants.iter().map(|variant| variant.price);
        let shop = self.settings.currency;
        let (low, high) = (prices.clone().min().unwrap_or(0), prices.max().unwrap_or(0));
        let pictures = product.images.iter().map(media);
        let film = product.film.map(|url| moving(product, "Video", "VIDEO", "video/mp4", url));
        let model = product
            .model
            .map(|url| moving(product, "Model3d", "MODEL_3D", "model/gltf-binary", url));
        let media: Vec<Value> = pictures.chain(film).chain(model).collect();
        json!({
            "__typename": "Product",
            "id": gid("Product", product.id),
            "legacyResourceId": product.id.to_string(),
            "title": product.title,
            "handle": product.handle,
            "vendor": product.vendor,
            "productType": product.kind,
            "tags": product.tags,
            "status": product.status,
            "descriptionHtml": product.html,
            "bodyHtml": product.html,
            "createdAt": stamp(product.created),
            "updatedAt": stamp(product.updated),
            "publishedAt": online.then(|| stamp(product.created)),
            "onlineStoreUrl": online.then_some(&url),
            "onlineStorePreviewUrl": url,
            "isGiftCard": product.gift_card,
            "requiresSellingPlan": product.requires_selling_plan,
            "sellingPlanGroups": pages(Vec::new()),
            "hasOnlyDefaultVariant": product.options.is_empty(),
            "hasOutOfStockVariants": variants.iter().any(|variant| !self.catalog.for_sale(variant)),
            "hasVariantsThatRequiresComponents": variants.iter().any(|v| v.requires_components),
            "tracksInventory": !counted.is_empty(),
            "totalInventory": counted.iter().map(|v| self.catalog.available(v.id)).sum::<i64>(),
            "totalVariants": variants.len(),
            "variantsCount": { "count": variants.len(), "precision": "EXACT" },
            "category": product.category.map(|(id, name)| category(id, name)),
            "seo": { "title": null, "description": null },
            "options": options(product),
            "templateSuffix": null,
            "giftCardTemplateSuffix": null,
            "featuredMedia": media.first(),
            "featuredImage": product.images.first().map(image),
            "media": pages(media.clone()),
            "mediaCount": { "count": media.len(), "precision": "EXACT" },
            "images": pages(product.images.iter().map(image).collect()),
            "variants": pages(product.variants.iter().map(|id| link(gid("ProductVariant", *id))).collect()),
            "collections": pages(Vec::new()),
            "events": pages(Vec::new()),
            "metafields": pages(self.metafields_of(&gid("Product", product.id))),
            "resourcePublications": pages(publications_of(product, false)),
            "resourcePublicationsV2": pages(publications_of(product, true)),
            "priceRangeV2": {
                "minVariantPrice": money::money(low, shop), "maxVariantPrice": money::money(high, shop),
            },
            "bundleComponents": pages(Vec::new()),
            "bundleConsolidatedOptions": null,
            "combinedListing": null,
            "combinedListingRole": null,
            "feedback": null,
            "giftCardSettings": null,
            "productComponents": pages(Vec::new()),
            "productComponentsCount": { "count": 0, "precision": "EXACT" },
            "productParents": pages(Vec::new()),
            "resourcePublicationsCount": { "count": product.published.len(), "precision": "EXACT" },
            "availablePublicationsCount": { "count": product.published.len(), "precision": "EXACT" },
            "sellingPlanGroupsCount": { "count": 0, "precision": "EXACT" },
            "compareAtPriceRange": null,
            "defaultCursor": product.id.to_string(),
        })
    }

    /// `ProductVariant`.
    pub(super) fn variant_json(&self, variant: &Variant) -> Option<Value> {
        let product = self.catalog.products.get(&variant.product)?;
        let shop = self.settings.currency;
        let title = variant.title();
        let available = self.catalog.available(variant.id);
        let for_sale = self.catalog.for_sale(variant);
        let named = product.options.iter().zip(&variant.values);
        let mut selected: Vec<Value> = named
            .map(|((name, _), value)| json!({ "name": name, "value": value, "optionValue": null }))
            .collect();
        if selected.is_empty() {
            selected
                .push(json!({ "name": "Title", "value": "Default Title", "optionValue": null }));
        }
        let picture = product.images.get(variant.position).or(product.images.first());
        let own: Vec<Value> = picture.map(media).into_iter().collect();
        Some(json!({
            "__typename": "ProductVariant",
            "id": gid("ProductVariant", variant.id),
            "legacyResourceId": variant.id.to_string(),
            "title": title,
            "displayName": format!("{} - {title}", product.title),
            "sku": variant.sku,
            "barcode": variant.barcode,
            "position": variant.position + 1,
            "price": money::plain(variant.price, shop),
            "compareAtPrice": variant.compare_at.map(|price| money::plain(price, shop)),
            "availableForSale": for_sale,
            "inventoryQuantity": if variant.tracked { json!(available) } else { json!(0) },
            "sellableOnlineQuantity": if variant.tracked { json!(available) } else { json!(0) },
            "inventoryPolicy": if variant.oversells { "CONTINUE" } else { "DENY" },
            "inventoryItem": link(gid("InventoryItem", variant.item)),
            "taxable": variant.taxable,
            "taxCode": null,
            "requiresComponents": variant.requires_components,
            "selectedOptions": selected,
            "product": link(gid("Product", variant.product)),
            "image": picture.map(image),
            "media": pages(own),
            "metafields": pages(self.metafields_of(&gid("ProductVariant", variant.id))),
            "sellingPlanGroups": pages(Vec::new()),
            "sellingPlanGroupsCount": { "count": 0, "precision": "EXACT" },
            "productVariantComponents": pages(Vec::new()),
            "productParents": pages(Vec::new()),
            "events": pages(Vec::new()),
            "deliveryProfile": null,
            "showUnitPrice": variant.measure.is_some(),
            "unitPrice": variant.measure.map(|(quantity, _)| {
                money::money(money::divided(variant.price * 100, quantity), shop)
            }),
            "unitPriceMeasurement": variant.measure.map(|(quantity, unit)| json!({
                "measuredType": "VOLUME",
                "quantityUnit": unit,
                "quantityValue": quantity,
                "referenceUnit": unit,
                "referenceValue": 100,
            })),
            "createdAt": stamp(product.created),
            "updatedAt": stamp(variant.updated),
            "defaultCursor": variant.id.to_string(),
        }))
    }

    /// Fields of products and variants that need their arguments.
    pub(super) fn product_detail(
        &self,
        ty: &str,
        view: &Value,
        ask: &Ask<'_>,
    ) -> Option<Result<Value, Problem>> {
        let own = view["id"].as_str().unwrap_or_default();
        match (ty, ask.field) {
            ("Product" | "ProductVariant", "publishedOnPublication") => {
                Some(self.published_on(own, ask.text("publicationId").unwrap_or_default()))
            }
            ("ProductVariant", "contextualPricing") => {
                let variant = number(own, "ProductVariant").ok();
                let variant = variant.and_then(|id| self.catalog.variants.get(&id))?;
                Some(Ok(self.contextual(variant, ask.value("context")["country"].as_str())))
            }
            ("Product", "contextualPricing") => {
                let product = number(own, "Product").ok();
                let product = product.and_then(|id| self.catalog.products.get(&id))?;
                Some(Ok(self.contextual_range(product, ask.value("context")["country"].as_str())))
            }
            ("Product", "description") => {
                let html = view["descriptionHtml"].as_str().unwrap_or_default();
                Some(Ok(json!(plain_text(html))))
            }
            (_, "resourcePublications") => {
                let all =
                    view["resourcePublications"]["@page"].as_array().cloned().unwrap_or_default();
                let only = *ask.value("onlyPublished") == true;
                let shown = all.into_iter().filter(|row| !only || row["isPublished"] == true);
                Some(Ok(pages(shown.collect())))
            }
            ("Product", "options") => Some(Ok(view["options"].clone())),
            ("InventoryLevel", "quantities") => {
                let names = ask.value("names").as_array().cloned().unwrap_or_default();
                let all = view["@quantities"].as_array().cloned().unwrap_or_default();
                let asked =
                    names.iter().map(|name| all.iter().find(|row| row["name"] == *name).cloned());
                let asked: Option<Vec<Value>> = asked.collect();
                Some(asked.map(Value::from).ok_or_else(|| {
                    Problem::new("BAD_REQUEST", "The specified quantity name is invalid.")
                }))
            }
            ("InventoryItem", "inventoryLevel") => {
                let id = number(own, "InventoryItem").ok()?;
                let variant = self.catalog.item(id)?;
                let place = number(ask.text("locationId").unwrap_or_default(), "Location");
                Some(place.map(|place| {
                    let level = self.catalog.levels.get(&(variant.id, place));
                    level.map(|level| super::stock_view::level_json(variant, place, level)).into()
                }))
            }
            ("Image", "url") => Some(Ok(view["url"].clone())),
            _ => None,
        }
    }

    fn published_on(&self, own: &str, publication: &str) -> Result<Value, Problem> {
        let publication = number(publication, "Publication")?;
        let product = if let Ok(id) = number(own, "Product") {
            self.catalog.products.get(&id)
        } else {
            let variant = number(own, "ProductVariant")?;
            let variant = self.catalog.variants.get(&variant);
            variant.and_then(|variant| self.catalog.products.get(&variant.product))
        };
        // A product that is not active is published nowhere, whatever its list says.
        let shown =
            product.is_some_and(|p| p.published.contains(&publication) && p.status == "ACTIVE");
        Ok(json!(shown))
    }

    fn contextual(&self, variant: &Variant, country: Option<&str>) -> Value {
        let market = country.and_then(|country| self.market(country));
        let currency = market.map_or(self.settings.currency, |market| market.currency);
        let price = |minor| money::money(self.price_for(minor, country, currency), currency);
        json!({
            "price": price(variant.price),
            "compareAtPrice": variant.compare_at.map(price),
            "unitPrice": null,
            "quantityPriceBreaks": pages(Vec::new()),
            "quantityRule": {
                "increment": 1, "minimum": 1, "maximum": null, "isDefault": true,
            },
        })
    }

    fn contextual_range(&self, product: &Product, country: Option<&str>) -> Value {
        let variants = product.variants.iter().filter_map(|id| self.catalog.variants.get(id));
        let mut variants: Vec<&Variant> = variants.collect();
        variants.sort_by_key(|variant| variant.price);
        let of =
            |variant: Option<&&Variant>| variant.map(|variant| self.contextual(variant, country));
        let (low, high) = (of(variants.first()), of(variants.last()));
        let price = |view: &Option<Value>| view.as_ref().map(|view| view["price"].clone());
        json!({
            "fixedQuantityRulesCount": 0,
            "priceRange": { "minVariantPrice": price(&low), "maxVariantPrice": price(&high) },
            "minVariantPricing": low,
            "maxVariantPricing": high,
        })
    }

    /// The channel of the shop's own pages.
    pub(super) fn online_store(&self) -> u64 {
        self.publications.first().map_or(0, |(id, _)| *id)
    }
}

fn publications_of(product: &Product, second: bool) -> Vec<Value> {
    let kind = if second { "ResourcePublicationV2" } else { "ResourcePublication" };
    let all = product.published.iter().map(|id| {
        json!({
            "__typename": kind,
            "isPublished": product.status == "ACTIVE",
            "publishDate": stamp(product.created),
            "publication": link(gid("Publication", *id)),
            "publishable": link(gid("Product", product.id)),
        })
    });
    all.collect()
}

/// `Image`.
pub(super) fn image(image: &Image) -> Value {
    json!({
        "id": gid("ImageSource", image.id),
        "url": image.url,
        "src": image.url,
        "originalSrc": image.url,
        "altText": image.alt,
        "width": 1200,
        "height": 1200,
        "thumbhash": null,
    })
}

/// `MediaImage`.
fn media(picture: &Image) -> Value {
    json!({
        "__typename": "MediaImage",
        "id": gid("MediaImage", picture.id),
        "alt": picture.alt,
        "mediaContentType": "IMAGE",
        "status": "READY",
        "fileStatus": "READY",
        "mimeType": "image/jpeg",
        "mediaErrors": [],
        "mediaWarnings": [],
        "fileErrors": [],
        "image": image(picture),
        "preview": { "status": "READY", "image": image(picture) },
    })
}

/// `Video` or `Model3d`.
fn moving(product: &Product, ty: &str, kind: &str, mime: &str, url: &str) -> Value {
    json!({
        "__typename": ty,
        "id": gid(ty, product.id + 600_000),
        "alt": null,
        "mediaContentType": kind,
        "status": "READY",
        "fileStatus": "READY",
        "mediaErrors": [],
        "mediaWarnings": [],
        "fileErrors": [],
        "sources": [{ "url": url, "mimeType": mime, "format": mime.rsplit('/').next() }],
        "preview": { "status": "READY", "image": product.images.first().map(image) },
    })
}

/// `TaxonomyCategory`.
fn category(id: &str, name: &str) -> Value {
    let level = name.split(" > ").count();
    json!({
        "id": format!("gid://shopify/TaxonomyCategory/{id}"),
        "fullName": name,
        "name": name.rsplit(" > ").next(),
        "isLeaf": true,
        "isRoot": level == 1,
        "isArchived": false,
        "level": level,
        "parentId": null,
        "ancestorIds": [],
        "childrenIds": [],
    })
}

fn options(product: &Product) -> Value {
    let default = [("Title", vec!["Default Title"])];
    let all = if product.options.is_empty() { &default[..] } else { &product.options[..] };
    let all = all.iter().enumerate().map(|(at, (name, values))| {
        let own = product.id + at as u64 + 1;
        let listed = values.iter().enumerate().map(|(nth, value)| {
            json!({
                "id": gid("ProductOptionValue", own + nth as u64), "name": value, "hasVariants": true,
                "linkedMetafieldValue": null, "swatch": null,
            })
        });
        json!({
            "id": gid("ProductOption", own),
            "name": name,
            "position": at + 1,
            "values": values,
            "optionValues": listed.collect::<Vec<_>>(),
            "linkedMetafield": null,
        })
    });
    all.collect()
}

/// HTML without its tags.
fn plain_text(html: &str) -> String {
    let mut inside = false;
    let text = html.chars().filter(|letter| {
        let shown = !inside && *letter != '<';
        inside = if *letter == '<' { true } else { inside && *letter != '>' };
        shown
    });
    text.collect()
}
