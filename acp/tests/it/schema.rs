//! What we encode, with every member set, against the published definitions.

use std::num::NonZeroU32;

use acp::latest::{
    Address, Buyer, Capabilities, CheckoutSession, ContentType, Discovery, DiscoveryCapabilities,
    DiscoveryExtension, DiscoveryProtocol, ErrorBody, ErrorCode, ErrorType, FulfillmentDetails,
    FulfillmentOption, Interventions, Item, LineItem, Link, LinkType, Message, Order,
    OrderConfirmation, OrderLineItem, OrderQuantity, Payment, PaymentHandler, PickupLocation,
    Resolution, SelectedFulfillmentOption, Service, Severity, Status, TaxBreakdown, Total,
    TotalKind, Transport, VariantOption, WarningCode, protocol,
};
use serde_json::{json, to_value};

use crate::published::hold;

fn total(kind: TotalKind, amount: i64) -> Total {
    Total {
        kind,
        display_text: "Text".to_owned(),
        amount,
        description: Some("More".to_owned()),
        breakdown: vec![TaxBreakdown {
            jurisdiction: "CA".to_owned(),
            rate: "8.625".parse().unwrap(),
            amount,
        }],
    }
}

fn address() -> Address {
    Address {
        name: "Ada".to_owned(),
        line_one: "1 Road".to_owned(),
        line_two: Some("2".to_owned()),
        city: "X".to_owned(),
        state: String::new(),
        country: "DE".to_owned(),
        postal_code: "10115".to_owned(),
        company: Some("Engines".to_owned()),
    }
}

fn options() -> Vec<FulfillmentOption> {
    let (id, title) = ("flat_rate:1".to_owned(), "Standard".to_owned());
    let (description, totals) = (Some("Soon".to_owned()), vec![total(TotalKind::Total, 5)]);
    let location = Box::new(PickupLocation { name: "Shop".to_owned(), address: address() });
    vec![
        FulfillmentOption::Shipping {
            id: id.clone(),
            title: title.clone(),
            description: description.clone(),
            totals: totals.clone(),
        },
        FulfillmentOption::Digital {
            id: id.clone(),
            title: title.clone(),
            description: description.clone(),
            totals: totals.clone(),
        },
        FulfillmentOption::LocalDelivery {
            id: id.clone(),
            title: title.clone(),
            description: description.clone(),
            totals: totals.clone(),
        },
        FulfillmentOption::Pickup { id, title, description, location, totals },
    ]
}

fn messages() -> Vec<Message> {
    let (content_type, content) = (ContentType::Markdown, "Look".to_owned());
    vec![
        Message::Info { severity: Some(Severity::Info), content_type, content: content.clone() },
        Message::Warning {
            code: WarningCode::DiscountCodeUsageLimitReached,
            severity: Some(Severity::Medium),
            param: Some("$.discounts.codes[0]".to_owned()),
            content_type,
            content: content.clone(),
        },
        Message::Error {
            code: ErrorCode::Requires3ds,
            severity: Some(Severity::Critical),
            resolution: Some(Resolution::RequiresBuyerReview),
            param: Some("$.payment_data".to_owned()),
            content_type,
            content,
        },
    ]
}

fn order() -> Order {
    Order {
        kind: Some("order".to_owned()),
        id: "1".to_owned(),
        checkout_session_id: "cs_1".to_owned(),
        order_number: Some("1".to_owned()),
        permalink_url: "https://shop.example/orders/1".to_owned(),
        status: Some("confirmed".to_owned()),
        confirmation: Some(OrderConfirmation {
            confirmation_number: Some("1".to_owned()),
            order_notes: Some("Ring twice".to_owned()),
        }),
        line_items: vec![OrderLineItem {
            id: "l".to_owned(),
            title: "Shirt".to_owned(),
            quantity: OrderQuantity { ordered: 1, current: 1, fulfilled: 0 },
            product_id: Some("20".to_owned()),
            totals: vec![total(TotalKind::Total, 5)],
        }],
        totals: vec![total(TotalKind::AmountRefunded, 5)],
    }
}

#[test]
fn a_session_with_everything() {
    let handler = PaymentHandler {
        id: "card_tokenized".to_owned(),
        name: "dev.acp.tokenized.card".to_owned(),
        version: "2026-01-22".to_owned(),
        spec: "https://acp.dev/x".to_owned(),
        requires_delegate_payment: true,
        requires_pci_compliance: false,
        psp: "stripe".to_owned(),
        config_schema: "https://acp.dev/y".to_owned(),
        instrument_schemas: vec!["https://acp.dev/z".to_owned()],
        config: json!({"merchant_id": "acct_1", "psp": "stripe"}),
    };
    let session = CheckoutSession {
        id: "cs_1".to_owned(),
        protocol: Some(protocol()),
        capabilities: Capabilities {
            payment: Some(Payment { handlers: vec![handler] }),
            interventions: Some(Interventions::default()),
        },
        buyer: Some(Buyer {
            first_name: Some("Ada".to_owned()),
            last_name: Some("Lovelace".to_owned()),
            full_name: Some("Ada Lovelace".to_owned()),
            email: "ada@example.com".to_owned(),
            phone_number: Some("1".to_owned()),
        }),
        status: Status::CompleteInProgress,
        currency: "usd".to_owned(),
        line_items: vec![LineItem {
            id: "l".to_owned(),
            item: Item { id: "20".to_owned() },
            quantity: NonZeroU32::MIN,
            name: Some("Shirt".to_owned()),
            description: Some("Soft".to_owned()),
            images: vec!["https://shop.example/a.jpg".to_owned()],
            unit_amount: Some(1800),
            product_id: Some("20".to_owned()),
            sku: Some("s".to_owned()),
            variant_options: vec![VariantOption { name: "Size".to_owned(), value: "M".to_owned() }],
            max_quantity_per_order: Some(9),
            totals: vec![total(TotalKind::ItemsBaseAmount, 1800)],
        }],
        fulfillment_details: Some(FulfillmentDetails {
            name: Some("Ada".to_owned()),
            phone_number: Some("1".to_owned()),
            email: Some("ada@example.com".to_owned()),
            address: Some(address()),
        }),
        fulfillment_options: options(),
        selected_fulfillment_options: vec![SelectedFulfillmentOption {
            kind: "pickup".to_owned(),
            option_id: "flat_rate:1".to_owned(),
            item_ids: vec!["l".to_owned()],
        }],
        totals: vec![total(TotalKind::GiftWrap, 1), total(TotalKind::StoreCredit, 1)],
        messages: messages(),
        links: vec![Link { kind: LinkType::Faq, url: "https://shop.example/faq".to_owned() }],
        created_at: Some("2026-11-23T18:00:00Z".to_owned()),
        expires_at: Some("2026-11-24T00:00:00Z".to_owned()),
        continue_url: Some("https://shop.example/cart".to_owned()),
        order: Some(order()),
    };
    hold("CheckoutSession", &to_value(&session).unwrap());
    hold("Order", &to_value(order()).unwrap());
    let back: CheckoutSession = serde_json::from_value(to_value(&session).unwrap()).unwrap();
    assert_eq!(back, session);
}

#[test]
fn an_error_with_everything() {
    let error = ErrorBody {
        kind: ErrorType::ServiceUnavailable,
        code: "x".to_owned(),
        message: "y".to_owned(),
        param: Some("$.line_items[0].id".to_owned()),
        supported_versions: Some(vec!["2026-04-17".to_owned()]),
    };
    hold("Error", &to_value(error).unwrap());
}

#[test]
fn a_discovery_with_everything() {
    let discovery = Discovery {
        protocol: DiscoveryProtocol {
            name: "acp".to_owned(),
            version: "2026-04-17".to_owned(),
            supported_versions: vec!["2026-04-17".to_owned()],
            documentation_url: Some("https://shop.example/docs".to_owned()),
        },
        api_base_url: "https://shop.example/api".to_owned(),
        transports: vec![Transport::Rest, Transport::Mcp],
        capabilities: DiscoveryCapabilities {
            services: vec![
                Service::Checkout,
                Service::Orders,
                Service::DelegatePayment,
                Service::Carts,
            ],
            extensions: vec![DiscoveryExtension {
                name: "discount".to_owned(),
                spec: Some("https://shop.example/spec".to_owned()),
                schema: Some("https://shop.example/schema".to_owned()),
            }],
            intervention_types: vec!["3ds".to_owned()],
            supported_currencies: vec!["usd".to_owned()],
            supported_locales: vec!["en-US".to_owned()],
        },
    };
    hold("DiscoveryResponse", &to_value(discovery).unwrap());
}
