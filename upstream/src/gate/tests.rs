use std::{sync::Arc, time::Duration};

use futures_util::FutureExt as _;

use super::{Busy, Gate, GateLimits};
use crate::Priority::{Catalog, Complete, Create, Update};

fn gate(in_flight_max: usize, queue_max: usize) -> Gate {
    Gate::new(GateLimits { in_flight_max, queue_max, queue_wait_max: Duration::from_millis(300) })
}

#[tokio::test(start_paused = true)]
async fn places_queue_and_wait_are_bounded() {
    let gate = gate(1, 1);
    let first = gate.enter(Update).await.unwrap();
    let (second, third) = tokio::join!(gate.enter(Update), gate.enter(Update));
    assert_eq!(second.err(), Some(Busy), "waited as long as it may");
    assert_eq!(third.err(), Some(Busy), "no place left in the queue");

    drop(first);
    assert!(gate.enter(Update).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn whoever_pays_goes_first() {
    let gate = gate(1, 8);
    let inside = gate.enter(Update).await.unwrap();
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let waiting: Vec<_> = [Catalog, Create, Update, Complete, Create]
        .into_iter()
        .map(|priority| {
            let (gate, order) = (gate.clone(), Arc::clone(&order));
            async move {
                let _place = gate.enter(priority).await.unwrap();
                order.lock().unwrap().push(priority);
            }
            .boxed()
        })
        .collect();
    let all = futures_util::future::join_all(waiting);
    tokio::join!(all, async {
        tokio::task::yield_now().await;
        drop(inside);
    });
    assert_eq!(*order.lock().unwrap(), [Complete, Update, Create, Create, Catalog]);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_makes_room_for_whoever_matters_more() {
    let gate = gate(1, 1);
    let inside = gate.enter(Update).await.unwrap();
    let (created, completed, late) = tokio::join!(
        gate.enter(Create),
        async {
            let place = gate.enter(Complete).await;
            place.is_ok()
        },
        async {
            let refused = gate.enter(Create).await.err();
            drop(inside);
            refused
        },
    );
    assert_eq!(created.err(), Some(Busy), "its place in the queue was taken");
    assert!(completed);
    assert_eq!(late, Some(Busy), "nobody who matters less is left to go");
}

#[tokio::test(start_paused = true)]
async fn the_catalog_never_takes_the_last_place() {
    let gate = gate(2, 8);
    let page = gate.enter(Catalog).await.unwrap();
    assert_eq!(gate.enter(Catalog).await.err(), Some(Busy));
    let buyer = gate.enter(Create).await.unwrap();
    drop((page, buyer));
    let one = self::gate(1, 8);
    assert!(one.enter(Catalog).await.is_ok(), "where there is but one, it takes that");
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_waiting_leaves_no_hole() {
    let gate = gate(1, 1);
    let inside = gate.enter(Update).await.unwrap();
    let given_up = tokio::time::timeout(Duration::from_millis(1), gate.enter(Update)).await;
    assert!(given_up.is_err());
    let (place, ()) = tokio::join!(gate.enter(Update), async { drop(inside) });
    assert!(place.is_ok());
    drop(place);
    assert!(gate.enter(Update).await.is_ok(), "every place was given back");
}
