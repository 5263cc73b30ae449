//! Version 2026-01-16: amounts of a line stand flat, one payment provider in place of handlers, a
//! selection nests by its kind.
//!
//! On the way down: warnings become infos, the many error codes the six that exist, pickup and
//! local delivery become shipping that says so, a buyer has no company, and whatever this version has no word for goes.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Serialize;

use crate::v2026_04_17::{
    checkout::{
        CheckoutSession, FulfillmentOption as Option_, LineItem as Line, Link, LinkType,
        PickupLocation, SelectedFulfillmentOption, Status, Total, TotalKind, VariantOption,
    },
    message::{ContentType, ErrorCode, Message},
    order::Order,
    party::{Buyer, FulfillmentDetails},
    payment::{Capabilities, PaymentHandler},
};

/// A checkout session.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session_2026_01_16")]
pub(crate) struct Session {
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) buyer: Option<Buyer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payment_provider: Option<PaymentProvider>,
    pub(crate) status: Status,
    pub(crate) currency: String,
    pub(crate) line_items: Vec<LineItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fulfillment_details: Option<FulfillmentDetails>,
    pub(crate) fulfillment_options: Vec<FulfillmentOption>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) selected_fulfillment_options: Vec<Selected>,
    pub(crate) totals: Vec<Total>,
    pub(crate) messages: Vec<Message>,
    pub(crate) links: Vec<Link>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) order: Option<Order>,
}

/// Who takes the payment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PaymentProvider_2026_01_16")]
pub(crate) struct PaymentProvider {
    pub(crate) provider: String,
    /// Whom a payment token is issued to.
    pub(crate) merchant_id: String,
    pub(crate) supported_payment_methods: Vec<PaymentMethod>,
}

/// How it can be paid.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PaymentMethod_2026_01_16")]
pub(crate) struct PaymentMethod {
    #[serde(rename = "type")]
    kind: &'static str,
    supported_card_networks: Vec<String>,
}

/// One entry. Discount, subtotal and tax follow from each other: base − discount = subtotal,
/// subtotal + tax = total.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LineItem_2026_01_16")]
pub(crate) struct LineItem {
    pub(crate) id: String,
    pub(crate) item: Item,
    pub(crate) base_amount: i64,
    pub(crate) discount: i64,
    pub(crate) subtotal: i64,
    pub(crate) tax: i64,
    pub(crate) total: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_amount: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    custom_attributes: Vec<CustomAttribute>,
}

/// What was asked for, and how many.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Item_2026_01_16")]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) quantity: NonZeroU32,
}

/// Something that sets the item apart.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CustomAttribute_2026_01_16")]
struct CustomAttribute {
    display_name: String,
    value: String,
}

/// A way to ship.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FulfillmentOption_2026_01_16")]
pub(crate) struct FulfillmentOption {
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    pub(crate) id: String,
    pub(crate) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) totals: Vec<Total>,
}

/// The two kinds of fulfillment before 2026-01-30.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Kind_2026_01_16")]
pub(crate) enum Kind {
    Shipping,
    Digital,
}

/// A chosen way to ship, under the name of its kind.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schemars(rename = "Selected_2026_01_16")]
pub(crate) enum Selected {
    Shipping { shipping: Selection },
    Digital { digital: Selection },
}

/// The option and the lines it ships.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Selection_2026_01_16")]
pub(crate) struct Selection {
    pub(crate) option_id: String,
    pub(crate) item_ids: Vec<String>,
}

/// What every version before 2026-01-30 knows of a chosen option.
impl Selected {
    pub(crate) fn option_id(self) -> String {
        match self {
            Self::Shipping { shipping: selection } | Self::Digital { digital: selection } => {
                selection.option_id
            }
        }
    }
}

impl From<CheckoutSession> for Session {
    fn from(session: CheckoutSession) -> Self {
        let mut messages: Vec<Message> = session.messages.into_iter().map(message).collect();
        messages.extend(explanation(session.status, session.continue_url.as_deref()));
        Self {
            id: session.id,
            buyer: session.buyer.and_then(buyer),
            payment_provider: provider(session.capabilities),
            status: status(session.status),
            currency: session.currency,
            line_items: session.line_items.into_iter().map(line_item).collect(),
            fulfillment_details: session.fulfillment_details,
            fulfillment_options: session.fulfillment_options.into_iter().map(option).collect(),
            selected_fulfillment_options: session
                .selected_fulfillment_options
                .into_iter()
                .map(selected)
                .collect(),
            totals: totals(session.totals),
            messages,
            links: session.links.into_iter().filter(is_known).collect(),
            order: session.order.map(|order| Order {
                id: order.id,
                checkout_session_id: order.checkout_session_id,
                permalink_url: order.permalink_url,
                ..Order::default()
            }),
        }
    }
}

/// Both names are required here; a buyer without them is not shown.
fn buyer(buyer: Buyer) -> Option<Buyer> {
    let full_name = buyer.full_name.unwrap_or_default();
    let split = full_name.rsplit_once(' ').map(|(one, two)| (one.to_owned(), two.to_owned()));
    let (first, last) = split.unzip();
    Some(Buyer {
        first_name: Some(buyer.first_name.or(first)?),
        last_name: Some(buyer.last_name.or(last)?),
        full_name: None,
        email: buyer.email,
        phone_number: buyer.phone_number,
        ..Buyer::default()
    })
}

/// The first handler of a processor that this version can name.
fn provider(capabilities: Capabilities) -> Option<PaymentProvider> {
    let handlers = capabilities.payment?.handlers;
    let handler = handlers.into_iter().find(|handler| handler.psp == "stripe")?;
    Some(PaymentProvider {
        merchant_id: handler.config["merchant_id"].as_str().unwrap_or_default().to_owned(),
        supported_payment_methods: vec![PaymentMethod {
            kind: "card",
            supported_card_networks: networks(&handler),
        }],
        provider: handler.psp,
    })
}

fn networks(handler: &PaymentHandler) -> Vec<String> {
    let known = ["amex", "discover", "mastercard", "visa"];
    let brands = handler.config["accepted_brands"].as_array().into_iter().flatten();
    let brands = brands.filter_map(|brand| brand.as_str());
    brands.filter(|brand| known.contains(brand)).map(str::to_owned).collect()
}

const fn status(status: Status) -> Status {
    match status {
        Status::Incomplete | Status::RequiresEscalation | Status::PendingApproval => {
            Status::NotReadyForPayment
        }
        Status::CompleteInProgress => Status::InProgress,
        Status::Expired => Status::Canceled,
        Status::NotReadyForPayment
        | Status::AuthenticationRequired
        | Status::ReadyForPayment
        | Status::Completed
        | Status::Canceled
        | Status::InProgress => status,
    }
}

/// What a status said that has no name here.
fn explanation(status: Status, continue_url: Option<&str>) -> Option<Message> {
    let content = match status {
        Status::RequiresEscalation => match continue_url {
            Some(url) => format!("The buyer has to go on at {url}"),
            None => "The buyer has to go on at the store".to_owned(),
        },
        Status::PendingApproval => "Somebody has to approve this purchase".to_owned(),
        Status::Expired => "The session has expired".to_owned(),
        _ => return None,
    };
    let content_type = ContentType::Plain;
    Some(Message::Info { severity: None, param: None, content_type, content })
}

/// The flat amounts, of which the last three follow from the first.
fn line_item(line: Line) -> LineItem {
    let sum = |kind| -> i64 {
        line.totals.iter().filter(|row| row.kind == kind).map(|row| row.amount).sum()
    };
    let base_amount = sum(TotalKind::ItemsBaseAmount);
    let discount = sum(TotalKind::ItemsDiscount) + sum(TotalKind::Discount);
    let (subtotal, tax) = (base_amount - discount, sum(TotalKind::Tax));
    LineItem {
        item: Item { id: line.item.id, quantity: line.quantity },
        base_amount,
        discount,
        subtotal,
        tax,
        total: subtotal + tax,
        id: line.id,
        name: line.name,
        description: line.description,
        images: line.images,
        unit_amount: line.unit_amount,
        custom_attributes: line.variant_options.into_iter().map(attribute).collect(),
    }
}

fn attribute(option: VariantOption) -> CustomAttribute {
    CustomAttribute { display_name: option.name, value: option.value }
}

fn option(option: Option_) -> FulfillmentOption {
    let (kind, id, title, description, totals) = match option {
        Option_::Shipping { id, title, description, totals }
        | Option_::LocalDelivery { id, title, description, totals } => {
            (Kind::Shipping, id, title, description, totals)
        }
        Option_::Digital { id, title, description, totals } => {
            (Kind::Digital, id, title, description, totals)
        }
        Option_::Pickup { id, title, location, totals, .. } => {
            (Kind::Shipping, id, title, Some(place(&location)), totals)
        }
    };
    FulfillmentOption { kind, id, title, description, totals: self::totals(totals) }
}

/// Where the buyer has to come, in one line.
fn place(location: &PickupLocation) -> String {
    let PickupLocation { name, address } = location;
    format!("Pickup at {name}, {}, {}", address.line_one, address.city)
}

fn selected(selected: SelectedFulfillmentOption) -> Selected {
    let selection = Selection { option_id: selected.option_id, item_ids: selected.item_ids };
    if selected.kind == "digital" {
        Selected::Digital { digital: selection }
    } else {
        Selected::Shipping { shipping: selection }
    }
}

/// Charges and credits under the names that exist; what a tax is made of has none.
fn totals(rows: Vec<Total>) -> Vec<Total> {
    rows.into_iter()
        .map(|row| Total {
            kind: match row.kind {
                TotalKind::GiftWrap | TotalKind::Tip => TotalKind::Fee,
                TotalKind::StoreCredit => TotalKind::Discount,
                kind => kind,
            },
            breakdown: Vec::new(),
            ..row
        })
        .collect()
}

fn message(message: Message) -> Message {
    match message {
        Message::Info { param, content_type, content, .. }
        | Message::Warning { param, content_type, content, .. } => Message::Info {
            severity: None,
            param: param.as_deref().and_then(path),
            content_type,
            content,
        },
        Message::Error { code, param, content_type, content, .. } => Message::Error {
            code: error_code(code),
            severity: None,
            resolution: None,
            param: param.as_deref().and_then(path),
            content_type,
            content,
        },
    }
}

/// A path only where it leads somewhere in this version.
fn path(param: &str) -> Option<String> {
    let is_unknown =
        ["$.discounts", "$.capabilities", "$.coupons"].iter().any(|newer| param.starts_with(newer));
    let param = param.replace("$.payment_data.instrument.credential", "$.payment_data");
    (!is_unknown).then_some(param)
}

const fn error_code(code: ErrorCode) -> ErrorCode {
    match code {
        ErrorCode::Missing
        | ErrorCode::Invalid
        | ErrorCode::OutOfStock
        | ErrorCode::PaymentDeclined
        | ErrorCode::RequiresSignIn
        | ErrorCode::Requires3ds => code,
        ErrorCode::LowStock | ErrorCode::QuantityExceeded => ErrorCode::OutOfStock,
        ErrorCode::CouponInvalid
        | ErrorCode::CouponExpired
        | ErrorCode::MinimumNotMet
        | ErrorCode::MaximumExceeded
        | ErrorCode::RegionRestricted
        | ErrorCode::AgeVerificationRequired
        | ErrorCode::ApprovalRequired
        | ErrorCode::Unsupported
        | ErrorCode::NotFound
        | ErrorCode::Conflict
        | ErrorCode::RateLimited
        | ErrorCode::Expired
        | ErrorCode::InterventionRequired => ErrorCode::Invalid,
    }
}

const fn is_known(link: &Link) -> bool {
    matches!(link.kind, LinkType::TermsOfUse | LinkType::PrivacyPolicy | LinkType::ReturnPolicy)
}
