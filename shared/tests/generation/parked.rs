//! Settlements that failed for a lasting reason, and their three exits.

use crate::market::{Market, ask};

async fn parked() -> Market {
    let mut market = Market::open().await;
    market.call("1", "c1", "e1").await;
    assert_eq!(market.ask("generation.park_settlement(a(1), 'why')").await, "true");
    market
}

const STATE: &str = "SELECT (t.status, t.error_code, a.state, h.state)
    FROM generation.task t JOIN generation.attempt a ON a.task_id = t.id JOIN ledger.hold h ON h.id = t.id";

#[tokio::test]
async fn parking_frees_the_key_at_once_and_keeps_hold_and_units() {
    let mut market = parked().await;

    let key = "SELECT (in_flight, trim_scale(day_units)) FROM pool.resource_state WHERE resource_id = u('e1')";
    assert_eq!(market.ask(key).await, "(0,3)");
    assert_eq!(market.ask(STATE).await, "(processing,,unknown,open)");
    assert_eq!(market.ask("generation.park_settlement(a(1), 'again')").await, "true");
    assert_eq!(market.ask(key).await, "(0,3)", "it is freed once");
    assert_eq!(market.ask("pool.delete_resource(u('e1'), u('d1'))").await, "deleted");
    market.close().await;
}

#[tokio::test]
async fn a_parked_settlement_that_is_paid_pays_the_owner_the_cost_beyond_budgets() {
    let mut market = parked().await;

    assert_eq!(market.ask("generation.end_parked(t(1), true)").await, "ended");

    assert_eq!(market.ask(STATE).await, "(failed,settle_failed,surplus,released)");
    assert_eq!(market.ask("paid(1)").await, "7.5 of 7.5");
    assert_eq!(market.ask("SELECT count(*) FROM generation.compensation_budget").await, "0");
    let balance = "SELECT trim_scale(available) FROM ledger.wallet WHERE user_id = u('c1')";
    assert_eq!(market.ask(balance).await, "1000");
    market.close().await;
}

#[tokio::test]
async fn a_parked_settlement_that_is_released_leaves_the_owner_unpaid_and_says_so() {
    let mut market = parked().await;

    assert_eq!(market.ask("generation.end_parked(t(1), false)").await, "ended");

    assert_eq!(market.ask(STATE).await, "(failed,settle_failed,failed,released)");
    assert_eq!(market.ask("paid(1)").await, "0 of 7.5: released");
    assert_eq!(market.ask("SELECT count(*) FROM ledger.journal WHERE kind <> 'issue'").await, "0");
    market.close().await;
}

#[tokio::test]
async fn whoever_gives_a_parked_settlement_up_first_is_the_only_one() {
    let mut market = parked().await;
    market.ask("generation.end_parked(t(1), true)").await;

    for again in ["generation.end_parked(t(1), true)", "generation.end_parked(t(1), false)"] {
        assert_eq!(market.ask(again).await, "not_parked");
    }
    assert_eq!(market.ask("generation.retry_settlement(t(1))").await, "false");
    assert_eq!(market.ask("settle(1)").await, "already", "a retry that was under way");
    assert_eq!(market.ask("generation.end_parked(t(9), true)").await, "not_found");
    market.close().await;
}

#[tokio::test]
async fn a_settlement_that_a_retry_brought_home_cannot_be_given_up() {
    let mut market = parked().await;
    assert_eq!(market.ask("generation.retry_settlement(t(1))").await, "true");

    assert_eq!(market.ask("settle(1)").await, "settled");

    assert_eq!(market.ask("generation.end_parked(t(1), false)").await, "not_parked");
    assert_eq!(market.ask(STATE).await, "(completed,,delivered,settled)");
    market.close().await;
}

#[tokio::test]
async fn a_settlement_is_not_given_up_while_another_attempt_is_out() {
    let mut market = Market::open().await;
    market.call("1", "c1", "e1").await;
    market.ask("lose(1)").await;
    // The second attempt of the task is called like the one of a second task would be.
    let again = "SELECT generation.start_attempts(u('b1'), '1h', jsonb_build_array(jsonb_build_object('ord', 0,
        'attempt', a(2), 'task', t(1), 'resource', u('e2'), 'model', 'stability/core')), '90s', '30s', 0, 0.1, 5)";
    market.run(again).await;
    market.ask("generation.park_settlement(a(1), 'why')").await;

    assert_eq!(market.ask("generation.end_parked(t(1), true)").await, "running");
    market.ask("lose(2)").await;
    assert_eq!(market.ask("generation.end_parked(t(1), true)").await, "ended");
    assert_eq!(market.ask("settle(2)").await, "surplus", "its late image is one like any other");
    market.close().await;
}

#[tokio::test]
async fn of_retry_pay_and_release_at_once_exactly_one_wins() {
    for round in 0..12 {
        let mut market = parked().await;
        let acts = [
            "settle(1)",
            "generation.end_parked(t(1), true)",
            "generation.end_parked(t(1), false)",
        ];
        let mut running = tokio::task::JoinSet::new();
        for n in 0..acts.len() {
            let act = acts[(n + round) % acts.len()];
            let mut conn = market.database.superuser().await;
            running.spawn(async move { ask(&mut conn, act).await });
        }

        let outcomes = running.join_all().await;

        let won = outcomes.iter().filter(|it| ["settled", "ended"].contains(&it.as_str()));
        assert_eq!(won.count(), 1, "{outcomes:?}");
        let entries = "SELECT count(*) <= 1 FROM ledger.journal WHERE kind IN ('settle', 'parked', 'surplus')";
        assert_eq!(market.ask(entries).await, "true");
        market.close().await;
    }
}
