//! Submits that share a batch are judged one after another: each finds what the ones before it have left.

use chrono::DateTime;
use shared::generation::submit::{
    Accepted, NewTask,
    SubmitOutcome::{self, Insufficient, KeyReused, QueueFull, Replayed, Suspended},
};
use shared::generation::tasks;
use shared::generation::{ImageSpec, Route};
use shared::ledger::Credits;
use sqlx::Connection as _;
use uuid::Uuid;

use super::exchange::{Consumer, Exchange};

/// A task that holds exactly `amount`.
pub(crate) fn task(of: &Consumer, amount: &str) -> NewTask {
    NewTask {
        id: Uuid::now_v7(),
        user_id: of.user_id,
        wallet: of.wallet,
        idempotency_key: None,
        request_hash: "00".to_owned(),
        spec: ImageSpec::of_prompt("a fox"),
        end_user: None,
        route: Route::Any,
        reference_cost: amount.parse().unwrap(),
        amount: amount.parse().unwrap(),
        amount_min: amount.parse().unwrap(),
        amount_spare: Credits::ZERO,
        lane: of.lane,
        deadline_seconds: 300,
        queue_max: None,
    }
}

fn with_key(key: &str, request_hash: &str, task: NewTask) -> NewTask {
    NewTask { idempotency_key: Some(key.to_owned()), request_hash: request_hash.to_owned(), ..task }
}

/// The outcome of a task that got what it asked for.
fn accepted(task: &NewTask) -> SubmitOutcome {
    SubmitOutcome::Accepted(Accepted {
        id: task.id,
        credits_held: task.amount,
        created_at: DateTime::UNIX_EPOCH,
        deadline: DateTime::UNIX_EPOCH,
    })
}

fn insufficient(available: &str) -> SubmitOutcome {
    Insufficient { available: available.parse().unwrap() }
}

#[tokio::test]
async fn a_request_that_is_twice_in_one_batch_is_one_task_and_one_hold() {
    let exchange = Exchange::open().await;
    let consumer = exchange.consumer(&["10"]).await;
    let batch =
        [with_key("k", "aa", task(&consumer, "3")), with_key("k", "aa", task(&consumer, "3"))];

    let outcomes = exchange.submit(&batch).await;

    assert_eq!(outcomes, [accepted(&batch[0]), Replayed(batch[0].id)]);
    assert_eq!(exchange.tasks(&consumer).await, [batch[0].id]);
    assert_eq!(exchange.balance(&consumer).await, "7 available, 3 held");
    exchange.close().await;
}

#[tokio::test]
async fn a_key_of_another_request_in_the_same_batch_is_refused() {
    let exchange = Exchange::open().await;
    let consumer = exchange.consumer(&["10"]).await;
    let batch = [
        with_key("k", "aa", task(&consumer, "3")),
        with_key("k", "bb", task(&consumer, "3")),
        with_key("k", "aa", task(&consumer, "3")),
    ];

    let outcomes = exchange.submit(&batch).await;

    assert_eq!(outcomes, [accepted(&batch[0]), KeyReused, Replayed(batch[0].id)]);
    assert_eq!(exchange.tasks(&consumer).await, [batch[0].id]);
    assert_eq!(exchange.balance(&consumer).await, "7 available, 3 held");
    exchange.close().await;
}

#[tokio::test]
async fn two_consumers_may_use_one_key_in_one_batch() {
    let exchange = Exchange::open().await;
    let (ada, bob) = (exchange.consumer(&["10"]).await, exchange.consumer(&["10"]).await);
    let batch = [
        with_key("k", "aa", task(&ada, "3")),
        with_key("k", "aa", task(&bob, "4")),
        with_key("k", "aa", task(&ada, "3")),
        with_key("k", "aa", task(&bob, "4")),
    ];

    let outcomes = exchange.submit(&batch).await;

    let [adas, bobs] = [batch[0].id, batch[1].id];
    let expected = [accepted(&batch[0]), accepted(&batch[1]), Replayed(adas), Replayed(bobs)];
    assert_eq!(outcomes, expected);
    assert_eq!(exchange.tasks(&ada).await, [adas]);
    assert_eq!(exchange.tasks(&bob).await, [bobs]);
    assert_eq!(exchange.balance(&ada).await, "7 available, 3 held");
    assert_eq!(exchange.balance(&bob).await, "6 available, 4 held");
    exchange.close().await;
}

#[tokio::test]
async fn the_key_of_a_refused_task_is_free_for_the_next_one_of_its_batch() {
    let exchange = Exchange::open().await;
    let consumer = exchange.consumer(&["5"]).await;
    let batch = [
        with_key("k", "aa", task(&consumer, "6")),
        with_key("k", "bb", task(&consumer, "3")),
        with_key("k", "bb", task(&consumer, "3")),
    ];

    let outcomes = exchange.submit(&batch).await;

    assert_eq!(outcomes, [insufficient("5"), accepted(&batch[1]), Replayed(batch[1].id)]);
    assert_eq!(exchange.tasks(&consumer).await, [batch[1].id]);
    assert_eq!(exchange.balance(&consumer).await, "2 available, 3 held");
    exchange.close().await;
}

#[tokio::test]
async fn a_batch_fills_a_queue_to_its_bound_and_no_further() {
    let exchange = Exchange::open().await;
    let (ada, bob) = (exchange.consumer(&["10"]).await, exchange.consumer(&["10"]).await);
    let bounded = |of, queue_max| NewTask { queue_max: Some(queue_max), ..task(of, "1") };
    let batch =
        [bounded(&ada, 2), bounded(&bob, 2), bounded(&ada, 2), bounded(&ada, 2), bounded(&bob, 2)];
    let next = [bounded(&ada, 3), bounded(&ada, 3)];

    let outcomes = exchange.submit(&batch).await;
    let later = exchange.submit(&next).await;

    let expected = [
        accepted(&batch[0]),
        accepted(&batch[1]),
        accepted(&batch[2]),
        QueueFull,
        accepted(&batch[4]),
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(later, [accepted(&next[0]), QueueFull], "those of earlier batches count too");
    assert_eq!(exchange.tasks(&ada).await, [batch[0].id, batch[2].id, next[0].id]);
    assert_eq!(exchange.balance(&ada).await, "7 available, 3 held");
    assert_eq!(exchange.balance(&bob).await, "8 available, 2 held");
    exchange.close().await;
}

#[tokio::test]
async fn only_accepted_tasks_of_a_batch_take_places_in_the_queue() {
    let exchange = Exchange::open().await;
    let consumer = exchange.consumer(&["5"]).await;
    let bounded = |task| NewTask { queue_max: Some(2), ..task };
    let batch = [
        bounded(with_key("k", "aa", task(&consumer, "3"))),
        bounded(with_key("k", "aa", task(&consumer, "3"))),
        bounded(task(&consumer, "6")),
        bounded(task(&consumer, "1")),
        bounded(task(&consumer, "1")),
        bounded(with_key("k", "aa", task(&consumer, "3"))),
    ];

    let outcomes = exchange.submit(&batch).await;

    let twin = Replayed(batch[0].id);
    let expected = [
        accepted(&batch[0]),
        twin.clone(),
        insufficient("2"),
        accepted(&batch[3]),
        QueueFull,
        twin,
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(exchange.tasks(&consumer).await, [batch[0].id, batch[3].id]);
    assert_eq!(exchange.balance(&consumer).await, "1 available, 4 held");
    exchange.close().await;
}

#[tokio::test]
async fn credits_that_run_out_in_a_batch_are_held_for_as_many_as_they_last() {
    let exchange = Exchange::open().await;
    // The second hold takes from both grants.
    let consumer = exchange.consumer(&["4", "6"]).await;
    let batch: Vec<_> = (0..5).map(|_| task(&consumer, "3")).collect();

    let outcomes = exchange.submit(&batch).await;

    let expected = [
        accepted(&batch[0]),
        accepted(&batch[1]),
        accepted(&batch[2]),
        insufficient("1"),
        insufficient("1"),
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(exchange.tasks(&consumer).await, [batch[0].id, batch[1].id, batch[2].id]);
    assert_eq!(exchange.balance(&consumer).await, "1 available, 9 held");
    exchange.close().await;
}

#[tokio::test]
async fn tasks_that_cost_nothing_hold_nothing_and_take_turns() {
    let exchange = Exchange::open().await;
    let consumer = exchange.consumer(&["10"]).await;
    let batch = ["0", "3", "0"].map(|amount| task(&consumer, amount));

    let outcomes = exchange.submit(&batch).await;

    assert_eq!(outcomes, [accepted(&batch[0]), accepted(&batch[1]), accepted(&batch[2])]);
    assert_eq!(exchange.tasks(&consumer).await, [batch[0].id, batch[1].id, batch[2].id]);
    assert_eq!(exchange.balance(&consumer).await, "7 available, 3 held");
    exchange.close().await;
}

#[tokio::test]
async fn a_suspended_consumer_is_refused_and_nobody_else_of_his_batch() {
    let exchange = Exchange::open().await;
    let (ada, bob) = (exchange.consumer(&["10"]).await, exchange.consumer(&["10"]).await);
    let suspend = format!("SELECT ledger.suspend_wallet('{}', true)", ada.user_id);
    exchange.database.run(&suspend).await;
    let batch = [task(&ada, "3"), task(&bob, "3"), task(&ada, "3"), task(&bob, "3")];

    let outcomes = exchange.submit(&batch).await;

    assert_eq!(outcomes, [Suspended, accepted(&batch[1]), Suspended, accepted(&batch[3])]);
    assert!(exchange.tasks(&ada).await.is_empty());
    assert_eq!(exchange.tasks(&bob).await, [batch[1].id, batch[3].id]);
    assert_eq!(exchange.balance(&ada).await, "10 available, 0 held");
    assert_eq!(exchange.balance(&bob).await, "4 available, 6 held");
    exchange.close().await;
}

#[tokio::test]
async fn a_repeat_that_asks_for_its_task_waits_for_the_first_try_that_is_under_way() {
    let exchange = Exchange::open().await;
    let consumer = exchange.consumer(&["10"]).await;
    let (user, task) = (consumer.user_id, with_key("k", "aa", task(&consumer, "3")));
    let mut batch = serde_json::to_value([&task]).unwrap();
    batch[0]["ord"] = 0.into();
    let mut conn = exchange.api().await;
    let mut first = conn.begin().await.unwrap();
    sqlx::query("SELECT FROM generation.submit_batch($1, 20)")
        .bind(&batch)
        .execute(&mut *first)
        .await
        .unwrap();

    let mut repeat = exchange.api().await;
    let found =
        tokio::spawn(async move { tasks::find_submitted(&mut repeat, user, "k").await.unwrap() });
    exchange.database.wait_until_one_waits().await;
    first.commit().await.unwrap();

    let (found, hash) = found.await.unwrap().unwrap();
    assert_eq!((found.id, hash), (task.id, vec![0xaa]));
    drop(conn);
    exchange.close().await;
}

#[tokio::test]
async fn a_default_hold_leaves_what_later_tasks_on_own_keys_need() {
    let exchange = Exchange::open().await;
    let consumer = exchange.consumer(&["5"]).await;
    let own = || NewTask {
        amount_min: "0.25".parse().unwrap(),
        amount_spare: "2.5".parse().unwrap(),
        ..task(&consumer, "1.65")
    };
    let batch: Vec<_> = (0..12).map(|_| own()).collect();

    let outcomes = exchange.submit(&batch).await;

    let held: Vec<_> = outcomes
        .iter()
        .map(|it| match it {
            SubmitOutcome::Accepted(accepted) => accepted.credits_held.to_string(),
            other => format!("{other:?}"),
        })
        .collect();
    let mut expected = vec!["1.65".to_owned(), "0.85".to_owned()];
    expected.extend(vec!["0.25".to_owned(); 10]);
    assert_eq!(held, expected);
    exchange.close().await;
}
