//! Images that are kept after their attempt was given up, and the boots that kept them.

use std::sync::Arc;

use scheduler::Deps;
use scheduler::duty::{forget_boots, rescue};

use crate::exchange::{Counts, Exchange, NOTHING, did};

async fn rescue(deps: &Arc<Deps>) -> Counts {
    did(rescue::run(Arc::clone(deps)).await)
}

/// The worker fell silent a minute ago, and its call was given up; the clock stands 20 seconds later.
async fn given_up() -> (Exchange, Arc<Deps>) {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11'), claim('11', '21', 'e1')").await;
    exchange.advance("1 minute").await;
    let deps = exchange.scheduler().await;
    assert_eq!(rescue(&deps).await, [("silent_boots", 1), ("unknown", 1)]);
    (exchange, deps)
}

#[tokio::test]
async fn an_image_that_is_kept_late_completes_its_task_while_the_hold_is_open() {
    let (mut exchange, deps) = given_up().await;
    exchange.advance("20 seconds").await;
    assert_eq!(rescue(&deps).await, NOTHING);

    exchange.keep_image("11", "21").await;
    assert_eq!(rescue(&deps).await, NOTHING, "not before the next look is due");
    exchange.advance("25 seconds").await;
    assert_eq!(rescue(&deps).await, [("settled", 1)]);

    assert_eq!(exchange.task("11").await, "completed");
    assert_eq!(exchange.attempt("21").await, "delivered");
    exchange.advance("1 hour").await;
    assert_eq!(rescue(&deps).await, NOTHING);
    exchange.close().await;
}

#[tokio::test]
async fn one_that_comes_when_the_task_has_ended_is_surplus() {
    let (mut exchange, deps) = given_up().await;
    exchange.sql("SELECT generation.cancel_task(u('11'), NULL)").await;
    exchange.keep_image("11", "21").await;
    exchange.advance("20 seconds").await;

    assert_eq!(rescue(&deps).await, [("surplus", 1)]);

    assert_eq!(exchange.task("11").await, "canceled");
    let paid = "SELECT string_agg(kind, ',') FROM ledger.journal WHERE kind <> 'issue'";
    assert_eq!(exchange.text(paid).await, "surplus");
    exchange.close().await;
}

#[tokio::test]
async fn it_is_looked_for_ever_more_rarely_and_not_for_ever() {
    let (mut exchange, deps) = given_up().await;
    let looks = "SELECT look_at FROM generation.attempt";
    let mut changes = 0;
    for _ in 0..60 {
        let before = exchange.text(looks).await;
        exchange.advance("5 seconds").await;
        assert_eq!(rescue(&deps).await, NOTHING);
        changes += i32::from(exchange.text(looks).await != before);
    }
    assert_eq!(exchange.text(looks).await, "NULL");
    assert!((2..=6).contains(&changes), "looked {changes} times");

    exchange.keep_image("11", "21").await;
    exchange.advance("1 day").await;
    assert_eq!(rescue(&deps).await, NOTHING);
    assert_eq!(exchange.attempt("21").await, "unknown");
    exchange.close().await;
}

#[tokio::test]
async fn a_boot_that_was_silent_and_that_nobody_ended_is_alive() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11'), submit('12')").await;
    exchange.advance("1 hour").await;

    assert_eq!(exchange.text("SELECT try_claim('11', '21', 'e1')").await, "true");
    let silent = "SELECT generation.end_silent_boots('20s')";
    assert_eq!(exchange.text(silent).await, "0", "a claim is a sign of life");
    exchange.advance("1 hour").await;
    assert_eq!(exchange.text("SELECT generation.beat(u('b1'), 1)").await, "true");

    exchange.sql("SELECT generation.end_boot(u('b1'), 'stopped')").await;
    assert_eq!(exchange.text("SELECT generation.beat(u('b1'), 1)").await, "false");
    let claim = sqlx::query("SELECT try_claim('12', '22', 'e1')").execute(&mut exchange.conn).await;
    let code = claim.unwrap_err().as_database_error().and_then(|it| it.code().map(String::from));
    assert_eq!(code.as_deref(), Some("AE001"));
    exchange.close().await;
}

#[tokio::test]
async fn boots_that_ended_a_week_ago_are_forgotten_unless_they_left_a_call() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11'), claim('11', '21', 'e1')").await;
    exchange
        .sql(
            "SELECT generation.register_boot(u('b2'), 'host', 2, 'v', 1), generation.end_boot(u('b1'), 'dead'),
                    generation.end_boot(u('b2'), 'stopped'), generation.register_boot(u('b3'), 'host', 3, 'v', 1)",
        )
        .await;
    let deps = exchange.scheduler().await;
    exchange.advance("6 days").await;
    assert_eq!(did(forget_boots::run(Arc::clone(&deps)).await), NOTHING);

    exchange.advance("1 day").await;
    assert_eq!(did(forget_boots::run(Arc::clone(&deps)).await), [("boots", 1)]);

    let left = "SELECT string_agg(right(id::text, 2), ',' ORDER BY id) FROM generation.boot";
    assert_eq!(exchange.text(left).await, "b1,b3");
    exchange.close().await;
}
