//! What a session became (RFC "orders"): the same in an answer and in an event.

use acp::latest::{Adjustment, OrderConfirmation, OrderLineItem, OrderQuantity, Total, TotalKind};
use commerce::{Money, Order, OrderState, Quote, QuotedLine, Refund, Sale, SessionId};

use super::{told, totals};

/// The order as the completion has made it.
pub(in crate::checkout) fn order(
    id: &SessionId,
    quote: &Quote,
    note: Option<&str>,
    order: &Order,
) -> acp::latest::Order {
    acp::latest::Order {
        kind: Some("order".to_owned()),
        id: order.id.as_str().to_owned(),
        checkout_session_id: id.as_str().to_owned(),
        order_number: told(&order.number),
        permalink_url: order.permalink.clone(),
        status: Some(status(order.state).to_owned()),
        confirmation: Some(OrderConfirmation {
            confirmation_number: told(&order.number),
            order_notes: note.map(str::to_owned),
        }),
        line_items: quote.lines.iter().map(|line| order_line(line, order.state)).collect(),
        adjustments: Vec::new(),
        totals: totals::session(quote),
    }
}

/// The order as the store keeps it now, with the money that went back.
pub(crate) fn order_of(sale: &Sale) -> acp::latest::Order {
    let mut order = order(&sale.session, &sale.quote, sale.note.as_deref(), &sale.order);
    order.adjustments = sale.refunds.iter().map(adjustment).collect();
    let refunded = sale.refunds.iter().map(|refund| refund.amount.minor()).sum();
    if !sale.refunds.is_empty() {
        order.totals.push(Total {
            kind: TotalKind::AmountRefunded,
            display_text: "Refunded".to_owned(),
            amount: refunded,
            description: None,
            breakdown: Vec::new(),
        });
    }
    order
}

/// The store books a refund when it is done.
fn adjustment(refund: &Refund) -> Adjustment {
    Adjustment {
        id: refund.id.clone(),
        kind: "refund".to_owned(),
        occurred_at: refund.booked_at.to_string(),
        status: "completed".to_owned(),
        amount: Some(Money::minor(refund.amount)),
        currency: Some(refund.amount.currency().code().to_ascii_lowercase()),
        description: told(&refund.reason),
    }
}

const fn status(state: OrderState) -> &'static str {
    match state {
        OrderState::Processing => "confirmed",
        OrderState::OnHold => "manual_review",
        OrderState::Completed => "completed",
        OrderState::Canceled | OrderState::Refunded => "canceled",
    }
}

/// The store's orders say as a whole what was sent and what was taken back.
fn order_line(line: &QuotedLine, state: OrderState) -> OrderLineItem {
    let ordered = line.quantity.get();
    let (current, fulfilled, status) = match state {
        OrderState::Processing | OrderState::OnHold => (ordered, 0, "processing"),
        OrderState::Completed => (ordered, ordered, "fulfilled"),
        OrderState::Canceled | OrderState::Refunded => (0, 0, "removed"),
    };
    OrderLineItem {
        id: line.id.as_str().to_owned(),
        title: line.title.clone(),
        quantity: OrderQuantity { ordered, current, fulfilled },
        product_id: line.product.as_ref().map(|id| id.as_str().to_owned()),
        totals: totals::line(line),
        status: Some(status.to_owned()),
    }
}
