//! Keys that delivered nothing lately.

use crate::exchange::Exchange;

async fn exchange() -> Exchange {
    let mut exchange = Exchange::open().await;
    exchange.sql("UPDATE pool.resource_state SET delivered_at = NULL").await;
    exchange.sql("SELECT submit('11'), submit('12'), submit('13')").await;
    exchange
}

#[tokio::test]
async fn a_key_takes_one_call_at_a_time_until_it_delivers_and_again_a_day_after() {
    let mut exchange = exchange().await;
    exchange.sql("SELECT claim('11', '21', 'e1')").await;
    assert_eq!(exchange.text("SELECT try_claim('12', '22', 'e1')").await, "false");

    exchange.sql("SELECT settle('21')").await;
    exchange.sql("SELECT claim('12', '22', 'e1'), claim('13', '23', 'e1'), settle('22')").await;
    let risked = "SELECT string_agg(attempts_unproven::text, ',' ORDER BY id) FROM generation.task";
    assert_eq!(exchange.text(risked).await, "1,0,0");

    exchange.advance("1 day").await;
    exchange.sql("SELECT submit('14')").await;
    assert_eq!(exchange.text("SELECT try_claim('14', '24', 'e1')").await, "false", "one is out");
    exchange.sql("SELECT settle('23')").await;
    exchange.sql("SELECT claim('14', '24', 'e1')").await;
    exchange.close().await;
}

#[tokio::test]
async fn two_tasks_of_one_batch_do_not_share_an_unproven_key() {
    let mut exchange = exchange().await;
    let batch = "SELECT count(*) FROM generation.start_attempts(u('b1'), '20s', jsonb_build_array(
        jsonb_build_object('ord', 0, 'attempt', u('21'), 'task', u('11'), 'resource', u('e1'),
                           'model', 'stability/core'),
        jsonb_build_object('ord', 1, 'attempt', u('22'), 'task', u('12'), 'resource', u('e1'),
                           'model', 'stability/core')), '90s', '30s', 0, 0.1, 5)";
    assert_eq!(exchange.text(batch).await, "1");
    exchange.close().await;
}

#[tokio::test]
async fn a_task_spends_two_attempts_on_such_keys_and_any_number_on_others() {
    let mut exchange = exchange().await;
    for attempt in ["21", "22"] {
        exchange
            .sql(&format!(
                "SELECT claim('11', '{attempt}', 'e1'), fail('{attempt}', 'provider_transient', 'none')"
            ))
            .await;
    }

    assert_eq!(exchange.text("SELECT try_claim('11', '23', 'e2')").await, "false");
    exchange.sql("UPDATE pool.resource_state SET delivered_at = aether.now()").await;
    assert_eq!(exchange.text("SELECT try_claim('11', '23', 'e2')").await, "true");
    exchange.close().await;
}

#[tokio::test]
async fn owners_may_use_their_own_new_key_as_they_like() {
    let mut exchange = exchange().await;
    exchange.sql("UPDATE pool.resource SET owner_id = u('c1')").await;
    exchange.sql("SELECT claim('11', '21', 'e1'), claim('12', '22', 'e1')").await;

    let unproven = "SELECT bool_or(unproven) FROM generation.attempt";
    assert_eq!(exchange.text(unproven).await, "false");
    exchange.database.drop().await;
}
