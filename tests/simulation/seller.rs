//! The seller, who gives money back: in the store or in the processor's dashboard, all or a part.

use std::sync::atomic::Ordering;

use crate::{store::Order, world::World};

/// Gives something back of some orders that were never touched, on one side.
pub(crate) async fn give_back(world: &World) {
    for order in untouched(world) {
        if world.weather.happens(20) {
            let amount = (!world.weather.happens(50)).then_some(100);
            give(world, &order, amount, world.weather.happens(50)).await;
        }
    }
}

/// Sometimes buyers in the store's own shop take all that is left of what is scarce.
pub(crate) fn sell_elsewhere(world: &World) {
    if world.weather.happens(50) {
        let sold = world.store.sell_scarce();
        world.weather.say(|| format!("sold elsewhere: {sold}"));
        world.sold_elsewhere.fetch_add(sold, Ordering::Relaxed);
    }
}

/// Gives back all of every order, in the store or at the processor.
pub(crate) async fn refund(world: &World, in_store: bool) {
    for order in untouched(world) {
        give(world, &order, None, in_store).await;
    }
}

/// Orders that are paid, and of which nothing has gone back.
fn untouched(world: &World) -> Vec<Order> {
    // What cost nothing gives nothing back.
    let is_sold = |order: &Order| order.is_paid && order.total > 0;
    let orders = world.store.orders().into_iter();
    orders.filter(|order| is_sold(order) && order.refunds == 0 && !order.is_refunded).collect()
}

/// All of an order, or so much of it, in minor units.
async fn give(world: &World, order: &Order, amount: Option<i64>, in_store: bool) {
    if in_store {
        world.store.book(order, amount.unwrap_or(order.total)).await;
    } else {
        world.stripe.refund_by_hand(&order.paid_by, amount);
    }
}
