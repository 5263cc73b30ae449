//! The processor's own telling: late, twice, in no order, to whichever replica.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use rand::Rng;

use crate::world::World;

/// Delivers what is due once; what is not answered well comes again by itself.
pub(crate) async fn deliver(world: &World) {
    let mut due = world.stripe.take_deliveries();
    while !due.is_empty() {
        let at = world.weather.dice().random_range(0..due.len());
        let delivery = due.swap_remove(at);
        let is_lost = world.weather.is_stormy() && world.weather.happens(20);
        let copies = if world.weather.happens(10) { 2 } else { 1 };
        let mut is_fine = false;
        for _ in 0..copies {
            let letter = &delivery.letter;
            let mut request = Request::post("/hooks/shop/stripe");
            for (name, value) in &letter.headers {
                request = request.header(*name, value.as_str());
            }
            let request = request.body(Bytes::from(letter.body.clone())).expect("a request");
            if !is_lost {
                let answer = world.any_replica().answer(request).await;
                is_fine = answer.is_some_and(|answer| answer.status().is_success());
            }
        }
        world.weather.say(|| format!("post {} {} fine {is_fine}", delivery.kind, delivery.attempt));
        world.stripe.settle(&delivery, is_fine);
    }
}

/// Delivers now and then, as long as the storm goes on.
pub(crate) async fn deliver_while_stormy(world: &World) {
    while world.weather.is_stormy() {
        tokio::time::sleep(Duration::from_secs(20)).await;
        deliver(world).await;
    }
}
