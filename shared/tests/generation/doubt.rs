//! One key's moderation is one owner's word: a key of another owner is asked before it ends a task.

use crate::market::Market;

/// Starts another attempt of task `n`, as attempt `as_number`, with the key.
async fn again(market: &mut Market, n: u32, as_number: u32, key: &str) -> String {
    let claim = format!(
        "SELECT count(*) FROM generation.start_attempts(u('b1'), '1h', jsonb_build_array(jsonb_build_object('ord', 0,
            'attempt', a({as_number}), 'task', t({n}), 'resource', u('{key}'), 'model', 'stability/core')),
            '90s', '30s', 0, 0.1, 5)"
    );
    market.ask(&claim).await
}

async fn strikes(market: &mut Market) -> String {
    market.ask("SELECT sum(count) FROM generation.strike WHERE user_id = u('c1')").await
}

#[tokio::test]
async fn an_owner_whose_key_refuses_what_it_likes_ends_nobodys_task() {
    let mut market = Market::open().await;
    market.call("1", "c1", "e1").await;

    assert_eq!(market.ask("doubted(1)").await, "ended pending");
    assert_eq!(strikes(&mut market).await, "1", "it counts until somebody else makes the image");
    let excluded = "SELECT excluded = ARRAY[u('e1')] FROM generation.task WHERE id = t(1)";
    assert_eq!(market.ask(excluded).await, "true", "all keys of that owner");
    assert_eq!(again(&mut market, 1, 2, "e2").await, "1");
    assert_eq!(market.ask("settle(2)").await, "settled");

    assert_eq!(strikes(&mut market).await, "0");
    market.close().await;
}

#[tokio::test]
async fn what_two_owners_keys_refuse_has_failed_and_counts() {
    let mut market = Market::open().await;
    market.call("1", "c1", "e1").await;
    market.ask("doubted(1)").await;
    again(&mut market, 1, 2, "e2").await;

    assert_eq!(market.ask("doubted(2)").await, "ended failed");

    let code = "SELECT error_code FROM generation.task WHERE id = t(1)";
    assert_eq!(market.ask(code).await, "content_blocked");
    assert_eq!(strikes(&mut market).await, "2");
    market.close().await;
}

#[tokio::test]
async fn where_no_other_key_could_be_asked_the_first_word_is_the_last() {
    for alone in [
        "UPDATE pool.resource_state SET delivered_at = NULL WHERE resource_id = u('e2')",
        "UPDATE pool.resource_state SET health = 'exhausted' WHERE resource_id = u('e2')",
        "UPDATE pool.resource SET status = 'paused' WHERE id = u('e2')",
        "UPDATE pool.resource SET owner_id = u('d1') WHERE id = u('e2')",
        "UPDATE pool.resource SET owner_id = u('c1') WHERE id = u('e2')",
        "UPDATE pool.resource SET price_per_unit = 2.6 WHERE id = u('e2')",
        "UPDATE pool.provider SET policy = 'own_use_only'",
    ] {
        let mut market = Market::open().await;
        market.call("1", "c1", "e1").await;
        market.run(alone).await;

        assert_eq!(market.ask("doubted(1)").await, "ended failed", "{alone}");
        market.close().await;
    }
}

#[tokio::test]
async fn who_has_had_three_strikes_today_is_doubted_no_longer() {
    let mut market = Market::open().await;
    market.call("1,2,3,4", "c1", "e1").await;

    for n in 1..=3 {
        assert_eq!(market.ask(&format!("doubted({n})")).await, "ended pending");
    }

    assert_eq!(market.ask("doubted(4)").await, "ended failed");
    market.close().await;
}
