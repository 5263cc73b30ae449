//! The one way to pay that every session offers (RFC "payment handlers").

use acp::latest::{Capabilities, ExtensionDeclaration, Interventions, Payment, PaymentHandler};
use serde_json::json;

use super::View;
use crate::checkout::request::{AUTHENTICATION, HANDLER_ID};

/// A tokenized card, charged through Stripe. Interventions and extensions are what both sides
/// know.
pub(super) fn capabilities(view: &View<'_>) -> Capabilities {
    let store = view.store;
    let handler = PaymentHandler {
        id: HANDLER_ID.to_owned(),
        name: "dev.acp.tokenized.card".to_owned(),
        version: "2026-01-22".to_owned(),
        spec: "https://acp.dev/handlers/tokenized.card".to_owned(),
        requires_delegate_payment: true,
        requires_pci_compliance: false,
        psp: "stripe".to_owned(),
        config_schema: "https://acp.dev/schemas/handlers/tokenized.card/config.json".to_owned(),
        instrument_schemas: vec![
            "https://acp.dev/schemas/handlers/tokenized.card/instrument.json".to_owned(),
        ],
        config: json!({
            "merchant_id": store.merchant_id,
            "psp": "stripe",
            "merchant_display_name": store.name,
            "accepted_brands": ["visa", "mastercard", "amex", "discover"],
            "supports_3ds": store.acquirer.is_some(),
        }),
    };
    Capabilities {
        payment: Some(Payment { handlers: vec![handler] }),
        interventions: Some(Interventions {
            supported: view
                .can_authenticate
                .then(|| AUTHENTICATION.to_owned())
                .into_iter()
                .collect(),
            ..Interventions::default()
        }),
        extensions: view.knows_discounts.then(discount).into_iter().collect(),
    }
}

fn discount() -> ExtensionDeclaration {
    ExtensionDeclaration {
        name: "discount".to_owned(),
        extends: vec!["$.CheckoutSession.discounts".to_owned()],
    }
}
