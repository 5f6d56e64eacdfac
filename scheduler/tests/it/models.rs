//! Models that a provider does not know.

use std::sync::Arc;

use scheduler::duty::{fail_overdue, forget_boots};

use crate::exchange::{Exchange, did};

const GONE: &str = "SELECT gone_since IS NOT NULL FROM pool.model WHERE id = 'stability/core'";

/// `e1` belongs to one owner and `e2` to another.
async fn two_owners() -> Exchange {
    let mut exchange = Exchange::open().await;
    exchange
        .sql(
            "SELECT pool.delete_resource(u('e2'), u('d1')); SELECT connect('e2', 'd2', 'e2');
             UPDATE pool.resource_state SET delivered_at = aether.now()",
        )
        .await;
    exchange
}

async fn refuse(exchange: &mut Exchange, number: u8, key: &str) {
    exchange
        .sql(&format!(
            "SELECT submit('1{number}', 'stability/core'), claim('1{number}', '2{number}', '{key}');
             SELECT fail('2{number}', 'model_gone', 'none')"
        ))
        .await;
}

#[tokio::test]
async fn one_keys_word_excludes_it_for_that_model_alone() {
    let mut exchange = two_owners().await;
    refuse(&mut exchange, 1, "e1").await;

    assert_eq!(exchange.text(GONE).await, "false");
    assert_eq!(exchange.text("SELECT try_claim('11', '31', 'e1')").await, "false");
    assert_eq!(exchange.text("SELECT try_claim('11', '31', 'e2')").await, "true");
    let other = "SELECT count(*) FROM generation.start_attempts(u('b1'), '20s', jsonb_build_array(
        jsonb_build_object('ord', 0, 'attempt', u('32'), 'task', u('12'), 'resource', u('e1'),
                           'model', 'stability/sd3.5-medium')), '90s', '30s', 0, 0.1, 5)";
    exchange.sql("UPDATE pool.resource SET price_per_unit = 1; SELECT submit('12')").await;
    assert_eq!(exchange.text(other).await, "1");
    exchange.advance("1 day").await;
    exchange.sql("UPDATE pool.resource_state SET delivered_at = aether.now()").await;
    exchange.sql("SELECT submit('13')").await;
    assert_eq!(
        exchange.text("SELECT try_claim('13', '33', 'e1')").await,
        "true",
        "it is asked again"
    );
    exchange.database.drop().await;
}

#[tokio::test]
async fn a_model_that_keys_of_two_owners_do_not_know_fails_its_tasks_at_once_with_words() {
    let mut exchange = two_owners().await;
    let deps = exchange.scheduler().await;
    refuse(&mut exchange, 1, "e1").await;
    assert_eq!(did(fail_overdue::run(Arc::clone(&deps)).await), []);
    refuse(&mut exchange, 2, "e2").await;
    assert_eq!(exchange.text(GONE).await, "true");
    exchange.sql("SELECT submit('13', 'stability/core'), submit('14')").await;

    assert_eq!(did(fail_overdue::run(Arc::clone(&deps)).await), [("model_gone", 3)]);

    let failed = "SELECT (error_code, error_message) FROM generation.task WHERE id = u('13')";
    let words = "its provider does not know the model stability/core any more: choose another, or auto; \
                 nothing was charged";
    assert_eq!(exchange.text(failed).await, format!("(providers_failed,\"{words}\")"));
    assert_eq!(exchange.task("14").await, "pending", "auto has other models");
    assert_eq!(exchange.text("SELECT try_claim('14', '24', 'e1')").await, "false");
    exchange.close().await;
}

#[tokio::test]
async fn the_word_of_every_key_there_is_is_enough_and_another_key_is_another_chance() {
    let mut exchange = Exchange::open().await;
    refuse(&mut exchange, 1, "e1").await;
    assert_eq!(exchange.text(GONE).await, "false", "e2 has not been asked");
    refuse(&mut exchange, 2, "e2").await;
    assert_eq!(exchange.text(GONE).await, "true");

    exchange.sql("SELECT connect('e3', 'd2', 'e3')").await;
    assert_eq!(exchange.text(GONE).await, "false");
    exchange.close().await;
}

#[tokio::test]
async fn two_owners_cannot_end_a_model_that_others_deliver() {
    let mut exchange = two_owners().await;
    exchange.sql("SELECT connect('e3', 'd1', 'e3')").await;
    exchange.sql("SELECT submit('13'), claim('13', '23', 'e3'), settle('23')").await;

    refuse(&mut exchange, 1, "e1").await;
    refuse(&mut exchange, 2, "e2").await;

    assert_eq!(exchange.text(GONE).await, "false");
    exchange.close().await;
}

#[tokio::test]
async fn a_delivery_an_edit_by_an_admin_and_a_day_bring_a_model_back() {
    let mut exchange = two_owners().await;
    let deps = exchange.scheduler().await;
    exchange.sql("SELECT submit('13'), claim('13', '23', 'e1')").await;
    let refusals = "SELECT count(*) FROM pool.model_refusal";
    for back in ["delivery", "edit", "day"] {
        exchange
            .sql(
                "UPDATE pool.model SET gone_since = aether.now(), delivered_at = NULL
                  WHERE id = 'stability/core';
                 INSERT INTO pool.model_refusal VALUES (u('e1'), 'stability/core', u('d1'), aether.now())",
            )
            .await;
        match back {
            "delivery" => exchange.sql("SELECT settle('23')").await,
            "edit" => {
                let change = shared::pool::model::ModelChange::default();
                let mut conn = exchange.database.superuser().await;
                shared::pool::model::change_model(&mut conn, "stability/core", &change)
                    .await
                    .unwrap();
            }
            _ => {
                assert_eq!(did(forget_boots::run(Arc::clone(&deps)).await), []);
                exchange.advance("1 day").await;
                let forgotten = did(forget_boots::run(Arc::clone(&deps)).await);
                assert_eq!(forgotten, [("model_refusals", 1)]);
            }
        }
        assert_eq!(exchange.text(GONE).await, "false", "{back}");
        assert_eq!(exchange.text(refusals).await, "0", "{back}");
    }
    exchange.close().await;
}
