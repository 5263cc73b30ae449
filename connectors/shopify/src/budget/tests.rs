use std::{sync::Arc, time::Duration};

use serde_json::json;
use tokio::time::{Instant, sleep};
use upstream::Priority;

use super::{Budget, Cost};

fn shown(available: u64) -> Option<Cost> {
    let status = json!({ "maximumAvailable": 2000.0, "currentlyAvailable": available, "restoreRate": 100.0 });
    serde_json::from_value(json!({ "requestedQueryCost": 60, "throttleStatus": status })).ok()
}

/// A budget in which the store has left so much.
async fn left(available: u64) -> Budget {
    let budget = Budget::new(Duration::from_secs(8));
    budget.take("first", 1, budget.deadline()).await.unwrap().settle("first", shown(available));
    budget
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_its_points_and_no_longer() {
    let budget = left(10).await;
    let begun = Instant::now();
    let pay = Priority::Complete.around(budget.take("pay", 160, budget.deadline()));
    pay.await.unwrap();
    let waited = begun.elapsed();
    assert!(waited >= Duration::from_millis(1_500) && waited < Duration::from_millis(1_600));
    let dear = Priority::Catalog.around(budget.take("page", 400, budget.deadline())).await;
    let wait = dear.err().unwrap();
    assert!(wait > Duration::from_secs(13), "half of the bucket is for others: {wait:?}");
}

#[tokio::test(start_paused = true)]
async fn whoever_matters_more_goes_first_and_the_first_among_equals() {
    let budget = Arc::new(left(0).await);
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let go = |name: &'static str, priority: Priority| {
        let (budget, order) = (Arc::clone(&budget), Arc::clone(&order));
        priority.around(async move {
            let taken = budget.take(name, 100, budget.deadline()).await.unwrap();
            order.lock().unwrap().push(name);
            sleep(Duration::from_millis(1)).await;
            drop(taken);
        })
    };
    tokio::join!(
        go("update 1", Priority::Update),
        go("update 2", Priority::Update),
        go("pay 1", Priority::Complete),
        go("pay 2", Priority::Complete),
    );
    assert_eq!(*order.lock().unwrap(), ["pay 1", "pay 2", "update 1", "update 2"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_call_costs_is_learned() {
    let budget = left(100).await;
    // The store says 60 for it.
    budget.take("read", 1, budget.deadline()).await.unwrap().settle("read", shown(30));
    let begun = Instant::now();
    let read = Priority::Complete.around(budget.take("read", 1, budget.deadline()));
    read.await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(300));
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_is_in_nobodys_way() {
    let budget = left(0).await;
    let gone = Priority::Complete.around(budget.take("pay", 700, budget.deadline()));
    assert!(tokio::time::timeout(Duration::from_millis(10), gone).await.is_err());
    let begun = Instant::now();
    Priority::Complete.around(budget.take("pay", 100, budget.deadline())).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1));
}
