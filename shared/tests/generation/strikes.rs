//! Prompts that moderation refused: what they delay, end and cost.

use shared::generation::strikes;

use crate::market::{Market, ask};

fn numbers(from: u32, to: u32) -> String {
    (from..=to).map(|it| it.to_string()).collect::<Vec<_>>().join(",")
}

#[tokio::test]
async fn after_a_first_strike_what_is_over_the_limit_waits_and_is_not_failed() {
    let mut market = Market::open().await;
    market.call("1", "c1", "e1").await;
    market.ask("filtered(1)").await;

    let granted = market.call(&numbers(2, 31), "c1", "e1").await;

    assert_eq!(granted, "19", "with the strike they may come to 20");
    let waiting = "SELECT count(*) FROM generation.task WHERE status = 'pending'
                     AND next_at = aether.now() + interval '1 second'";
    assert_eq!(market.ask(waiting).await, "11");
    assert_eq!(market.call("32", "c2", "e1").await, "1", "nobody else waits for it");

    market.ask("settle(2)").await;
    assert_eq!(
        market.ask("claim('{30,31}', 'e2')").await,
        "1",
        "one has come back without a strike"
    );
    market.close().await;
}

#[tokio::test]
async fn two_claims_at_once_count_each_others_calls() {
    let mut market = Market::open().await;
    market.call("1", "c1", "e1").await;
    market.ask("filtered(1)").await;
    let submits = "SELECT submit(n, 'c1') FROM generate_series(2, 41) n";
    market.run(submits).await;

    let mut running = tokio::task::JoinSet::new();
    for (from, key) in [(2, "e1"), (12, "e2"), (22, "e1"), (32, "e2")] {
        let mut conn = market.database.superuser().await;
        let claim = format!("claim('{{{}}}', '{key}')", numbers(from, from + 9));
        running.spawn(async move { ask(&mut conn, &claim).await.parse::<u32>().unwrap() });
    }

    assert_eq!(running.join_all().await.iter().sum::<u32>(), 19);
    market.close().await;
}

#[tokio::test]
async fn without_a_strike_nothing_is_counted() {
    let mut market = Market::open().await;

    assert_eq!(market.call(&numbers(1, 60), "c1", "e1").await, "60");
    market.close().await;
}

#[tokio::test]
async fn at_the_limit_what_waits_ends_content_blocked_without_a_call() {
    let mut market = Market::open().await;
    market.call(&numbers(1, 20), "c1", "e1").await;
    market
        .run("SELECT submit(n, 'c1') FROM generate_series(21, 30) n; SELECT submit(31, 'c2')")
        .await;
    market.run("SELECT filtered(n) FROM generate_series(1, 20) n").await;
    let scheduler = market.database.pool_as(shared::db::Role::Scheduler).await;

    assert_eq!(market.ask("claim('{21,22}', 'e1')").await, "0");
    let mut ended = strikes::fail_struck(&scheduler, 7, 20).await.unwrap();
    assert_eq!(ended.len(), 7, "bounded");
    ended.extend(strikes::fail_struck(&scheduler, 7, 20).await.unwrap());
    assert_eq!(ended.len(), 10);
    assert!(strikes::fail_struck(&scheduler, 7, 20).await.unwrap().is_empty());

    let blocked = "SELECT count(*) FROM generation.task t WHERE error_code = 'content_blocked'
                     AND NOT EXISTS (SELECT FROM generation.attempt a WHERE a.task_id = t.id)";
    assert_eq!(market.ask(blocked).await, "10");
    assert_eq!(
        market.ask("SELECT status FROM generation.task WHERE user_id = u('c2')").await,
        "pending"
    );
    assert_eq!(market.ask("submit(32, 'c1')").await, "strikes");
    market.close().await;
}

#[tokio::test]
async fn strikes_are_a_days_and_an_admin_can_forgive_them() {
    let mut market = Market::open().await;
    market.call(&numbers(1, 20), "c1", "e1").await;
    market.run("SELECT filtered(n) FROM generate_series(1, 20) n").await;
    let admin = market.database.pool_as(shared::db::Role::Admin).await;
    let mut conn = admin.acquire().await.unwrap();
    let user: uuid::Uuid = market.ask("u('c1')").await.parse().unwrap();

    assert_eq!(market.ask("submit(21, 'c1')").await, "strikes");
    assert_eq!(strikes::find(&mut conn, user).await.unwrap().unwrap().count, 20);
    assert_eq!(strikes::lift_strikes(&mut conn, user).await.unwrap(), 20);
    assert_eq!(market.ask("submit(22, 'c1')").await, "accepted");

    market.run("INSERT INTO generation.strike VALUES ('2030-06-10', u('c1'), '', 20)").await;
    market.run("UPDATE public.clock SET at = '2030-06-11 00:00:00Z'").await;
    assert_eq!(market.ask("submit(23, 'c1')").await, "accepted");
    market.close().await;
}

#[tokio::test]
async fn a_resellers_own_limit_holds_in_place_of_everybodys_at_submit_claim_and_sweep() {
    let mut market = Market::open().await;
    let admin = market.database.pool_as(shared::db::Role::Admin).await;
    let mut conn = admin.acquire().await.unwrap();
    let user: uuid::Uuid = market.ask("u('c1')").await.parse().unwrap();
    strikes::set_limit(&mut conn, user, Some(40)).await.unwrap();
    market.run("INSERT INTO generation.strike VALUES ('2030-06-10', u('c1'), '', 25)").await;

    assert_eq!(market.call(&numbers(1, 20), "c1", "e1").await, "15");
    let scheduler = market.database.pool_as(shared::db::Role::Scheduler).await;
    assert!(strikes::fail_struck(&scheduler, 100, 20).await.unwrap().is_empty());

    strikes::set_limit(&mut conn, user, None).await.unwrap();
    assert_eq!(market.ask("submit(21, 'c1')").await, "strikes");
    assert_eq!(strikes::fail_struck(&scheduler, 100, 20).await.unwrap().len(), 5);
    market.close().await;
}

#[tokio::test]
async fn an_end_user_is_counted_beside_the_account_and_stops_nobody_else() {
    let mut market = Market::open().await;
    market.run("UPDATE identity.users SET strikes_max = 1000").await;
    market.run("SELECT submit(n, 'c1', 'anna') FROM generate_series(1, 21) n; SELECT submit(22, 'c1', 'bert')").await;
    market.ask(&format!("claim('{{{}}}', 'e1')", numbers(1, 20))).await;
    market.run("SELECT filtered(n) FROM generate_series(1, 20) n").await;

    assert_eq!(market.ask("submit(23, 'c1', 'anna')").await, "end_user_strikes");
    assert_eq!(market.ask("submit(24, 'c1', 'bert')").await, "accepted");
    assert_eq!(market.ask("submit(25, 'c1')").await, "accepted");
    assert_eq!(market.ask("claim('{21,22,24,25}', 'e1')").await, "3");
    let scheduler = market.database.pool_as(shared::db::Role::Scheduler).await;
    assert_eq!(strikes::fail_struck(&scheduler, 100, 20).await.unwrap().len(), 1);

    // Under everybody's limit their names do not help the account.
    market.run("UPDATE identity.users SET strikes_max = NULL").await;
    assert_eq!(market.ask("submit(26, 'c1', 'carl')").await, "strikes");
    market.close().await;
}

#[tokio::test]
async fn counts_of_days_long_over_are_forgotten() {
    let mut market = Market::open().await;
    market
        .run(
            "INSERT INTO generation.strike
             SELECT date '2030-06-10' - n, u('c1'), '', 1 FROM generate_series(0, 60) n",
        )
        .await;
    let scheduler = market.database.pool_as(shared::db::Role::Scheduler).await;

    assert_eq!(strikes::forget_strikes(&scheduler, 15).await.unwrap(), 15);
    assert_eq!(strikes::forget_strikes(&scheduler, 15).await.unwrap(), 5);
    let oldest = "SELECT min(day) FROM generation.strike";
    assert_eq!(market.ask(oldest).await, "2030-05-01");
    market.close().await;
}

#[tokio::test]
async fn a_consumer_and_an_owner_together_earn_no_more_than_a_days_budget_from_filtered_prompts() {
    let mut market = Market::open().await;
    market.run("SELECT submit(n, 'c1') FROM generate_series(1, 60) n").await;
    // Five are out when the first comes back filtered; then the worker looks again whenever one has ended.
    market.ask("claim('{1,2,3,4,5}', 'e1')").await;
    let scheduler = market.database.pool_as(shared::db::Role::Scheduler).await;
    loop {
        let next =
            "SELECT min(right(id::text, 6)::int) FROM generation.attempt WHERE state = 'calling'";
        let next = market.ask(next).await;
        if next == "NULL" {
            break;
        }
        market.ask(&format!("filtered({next})")).await;
        market.run("UPDATE public.clock SET at = at + interval '1 second'").await;
        let due = "SELECT array_agg(right(id::text, 6)::int) FROM generation.task WHERE status = 'pending'";
        let due = market.ask(due).await;
        if due != "NULL" {
            market.ask(&format!("claim('{due}', 'e1')")).await;
        }
        strikes::fail_struck(&scheduler, 100, 20).await.unwrap();
    }

    assert_eq!(market.ask("SELECT count(*) FROM generation.attempt").await, "20", "calls");
    let earned = "SELECT trim_scale(sum(gross)) FROM ledger.journal WHERE kind = 'compensate'";
    assert_eq!(market.ask(earned).await, "10");
    let due = "SELECT trim_scale(max(due)) || ' ' || count(*) FROM generation.compensation";
    assert_eq!(market.ask(due).await, "1.5 20");
    let released = "SELECT trim_scale(available) FROM ledger.wallet WHERE user_id = u('c1')";
    assert_eq!(market.ask(released).await, "1000");
    market.close().await;
}
