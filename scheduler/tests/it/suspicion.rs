//! What it takes to take a key out of service, and what brings it back.

use crate::exchange::Exchange;

const STATE: &str = "SELECT (r.status, s.health, s.suspicions) FROM pool.resource r
                       JOIN pool.resource_state s ON s.resource_id = r.id WHERE r.id = u('e1')";

/// A task of its own blames the key, whatever the probe said then; it comes back from its rest.
async fn blame(exchange: &mut Exchange, number: u8, effect: &str) -> String {
    exchange
        .sql(&format!("SELECT submit('1{number}'), claim('1{number}', '2{number}', 'e1')"))
        .await;
    let outcome =
        exchange.text(&format!("SELECT fail('2{number}', 'key_invalid', '{effect}')")).await;
    exchange.advance("5 minutes").await;
    outcome
}

#[tokio::test]
async fn one_refusal_cools_a_key_and_only_several_in_a_row_take_it_out_of_service() {
    let mut exchange = Exchange::open().await;

    assert_eq!(blame(&mut exchange, 1, "confirm").await, "cooling");
    assert_eq!(exchange.text(STATE).await, "(active,cooling,1)");
    let soon =
        "SELECT sync_due_at <= aether.now() FROM pool.resource_state WHERE resource_id = u('e1')";
    assert_eq!(exchange.text(soon).await, "true", "the provider is asked again soon");
    let refuse = "SELECT pool.refuse_sync(u('e1'), 'key_forbidden', '30 seconds', 'refused')";
    assert_eq!(exchange.text(refuse).await, "cooling");
    exchange.advance("5 minutes").await;
    assert_eq!(blame(&mut exchange, 2, "suspect").await, "parked");
    assert_eq!(exchange.text(STATE).await, "(error,probing,3)");
    let words = "SELECT status_reason FROM pool.resource WHERE id = u('e1')";
    assert_eq!(exchange.text(words).await, "the provider says so");
    exchange.close().await;
}

#[tokio::test]
async fn one_task_alone_and_reports_long_ago_park_nothing() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11')").await;
    for attempt in ["31", "32", "33", "34"] {
        exchange.sql(&format!("SELECT claim('11', '{attempt}', 'e1')")).await;
        exchange.sql(&format!("SELECT fail('{attempt}', 'key_invalid', 'suspect')")).await;
        exchange.advance("10 minutes").await;
    }
    assert_eq!(exchange.text(STATE).await, "(active,cooling,1)");

    assert_eq!(blame(&mut exchange, 2, "suspect").await, "cooling");
    exchange.advance("1 hour").await;
    assert_eq!(blame(&mut exchange, 3, "suspect").await, "cooling");
    assert_eq!(exchange.text(STATE).await, "(active,cooling,1)", "counted anew");
    exchange.close().await;
}

#[tokio::test]
async fn a_delivery_in_between_begins_anew() {
    let mut exchange = Exchange::open().await;
    blame(&mut exchange, 1, "suspect").await;
    blame(&mut exchange, 2, "suspect").await;
    exchange.sql("SELECT submit('13'), claim('13', '23', 'e1'), settle('23')").await;

    assert_eq!(exchange.text(STATE).await, "(active,ok,0)");
    assert_eq!(blame(&mut exchange, 4, "suspect").await, "cooling");
    exchange.close().await;
}

#[tokio::test]
async fn a_good_answer_of_the_provider_heals_what_the_machine_did_and_never_what_an_admin_did() {
    let mut exchange = Exchange::open().await;
    let refuse = "SELECT pool.refuse_sync(u('e1'), 'key_invalid', '30 seconds', 'refused')";
    let sync = "SELECT pool.record_sync(u('e1'), 500, aether.now(), '15m')";
    for healing in [sync, "SELECT pool.confirm_key(u('e1'))"] {
        for _ in 0..3 {
            exchange.sql(refuse).await;
        }
        assert_eq!(
            exchange.text("SELECT status FROM pool.resource WHERE id = u('e1')").await,
            "error"
        );

        exchange.sql(healing).await;
        assert_eq!(exchange.text(STATE).await, "(active,probing,0)", "one task at a time");
    }

    exchange.sql("SELECT pool.set_resource_status(u('e1'), NULL, 'disabled', 'abuse')").await;
    exchange.sql(sync).await;
    exchange.sql("SELECT pool.confirm_key(u('e1'))").await;
    assert_eq!(
        exchange.text("SELECT status FROM pool.resource WHERE id = u('e1')").await,
        "disabled"
    );
    exchange.close().await;
}

#[tokio::test]
async fn a_damaged_key_is_parked_only_if_it_is_still_the_one_that_did_not_open() {
    let mut exchange = Exchange::open().await;
    let park = "SELECT pool.park_unopened(u('e1'), '\\x09', '\\x02', 'cannot be opened')";
    assert_eq!(exchange.text(park).await, "false", "it was sealed anew");
    let park = "SELECT pool.park_unopened(u('e1'), '\\x01', '\\x02', 'cannot be opened')";
    assert_eq!(exchange.text(park).await, "true");
    let parked = "SELECT (status, status_reason) FROM pool.resource WHERE id = u('e1')";
    assert_eq!(exchange.text(parked).await, "(error,\"cannot be opened\")");
    exchange.close().await;
}

#[tokio::test]
async fn one_refusal_of_a_probe_is_over_with_the_next_good_one_and_that_of_a_task_is_not() {
    let mut exchange = Exchange::open().await;
    let refuse = "SELECT pool.refuse_sync(u('e1'), 'key_invalid', '30 seconds', 'refused')";
    for good in [
        "SELECT pool.confirm_key(u('e1'))",
        "SELECT pool.record_sync(u('e1'), 100, aether.now(), '15 minutes')",
    ] {
        assert_eq!(exchange.text(refuse).await, "cooling");
        assert_eq!(exchange.text(STATE).await, "(active,cooling,1)");
        exchange.sql(good).await;
        assert_eq!(exchange.text(STATE).await, "(active,probing,0)", "{good}");
    }

    exchange.sql("SELECT submit('11'), claim('11', '21', 'e1')").await;
    exchange.text("SELECT fail('21', 'key_invalid', 'suspect')").await;
    exchange.sql("SELECT pool.confirm_key(u('e1'))").await;
    assert_eq!(exchange.text(STATE).await, "(active,cooling,0)");
    exchange.close().await;
}
