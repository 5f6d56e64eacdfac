//! What is read for a task that waits, and for a submit that was refused.

use shared::db::Role;
use shared::generation::submit::NewTask;
use shared::generation::tasks::find_place;
use shared::ledger::wallet::read_held;

use super::exchange::Exchange;
use super::submit::task;

#[tokio::test]
async fn a_waiting_task_knows_how_many_come_before_it() {
    let exchange = Exchange::open().await;
    let consumer = exchange.consumer(&["10"]).await;
    let batch = [task(&consumer, "1"), task(&consumer, "2"), task(&consumer, "3")];
    let another = exchange.lane("ultra", "market", None, "stability").await;
    let other = NewTask { lane: another, ..task(&consumer, "1") };
    exchange.submit(&batch).await;
    exchange.submit(std::slice::from_ref(&other)).await;
    let api = exchange.database.pool_as(Role::Api).await;
    let mut conn = api.acquire().await.unwrap();

    let mut positions = Vec::new();
    for task in batch.iter().chain([&other]) {
        positions.push(find_place(&mut conn, task.id).await.unwrap().unwrap().position);
    }

    assert_eq!(positions, [0, 1, 2, 0]);
    let cancel = format!(
        "SELECT generation.cancel_task(id, user_id) FROM generation.task WHERE lane = {another}"
    );
    exchange.database.run(&cancel).await;
    assert_eq!(find_place(&mut conn, other.id).await.unwrap(), None, "it waits no longer");
    drop(conn);
    api.close().await;
    exchange.close().await;
}

#[tokio::test]
async fn a_refusal_can_name_the_tasks_that_hold_the_most() {
    let exchange = Exchange::open().await;
    let consumer = exchange.consumer(&["10"]).await;
    let batch = [task(&consumer, "1"), task(&consumer, "3"), task(&consumer, "2")];
    exchange.submit(&batch).await;
    let api = exchange.database.pool_as(Role::Api).await;
    let mut conn = api.acquire().await.unwrap();

    let (held, by) = read_held(&mut conn, consumer.wallet, 2).await.unwrap();

    assert_eq!(held, "6".parse().unwrap());
    let by: Vec<_> = by.into_iter().map(|it| (it.task_id, it.amount)).collect();
    assert_eq!(by, [(batch[1].id, batch[1].amount), (batch[2].id, batch[2].amount)]);
    drop(conn);
    api.close().await;
    exchange.close().await;
}
