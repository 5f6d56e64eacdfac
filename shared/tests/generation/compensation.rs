//! What the platform pays for output that no consumer is charged for. Calls cost 7.5 here, at the reference price 1.5.

use crate::market::{Market, ask};

#[tokio::test]
async fn filtered_output_is_paid_at_the_reference_price_whatever_the_owner_asks() {
    let mut market = Market::open().await;
    market.call("1", "c1", "e1").await;

    assert_eq!(market.ask("filtered(1)").await, "ended failed");

    assert_eq!(market.ask("paid(1)").await, "1.5 of 1.5");
    let entry =
        "SELECT (trim_scale(gross), trim_scale(net)) FROM ledger.journal WHERE kind = 'compensate'";
    assert_eq!(market.ask(entry).await, "(1.5,1.35)");
    market.close().await;
}

#[tokio::test]
async fn an_owner_cheaper_than_the_reference_is_paid_their_own_price() {
    let mut market = Market::open().await;
    market.run("UPDATE pool.resource SET price_per_unit = 0.1").await;
    market.call("1", "c1", "e1").await;

    market.ask("filtered(1)").await;

    assert_eq!(market.ask("paid(1)").await, "0.3 of 0.3");
    market.close().await;
}

#[tokio::test]
async fn an_image_that_came_after_its_task_had_ended_is_paid_at_the_reference_price() {
    let mut market = Market::open().await;
    market.call("1", "c1", "e1").await;
    market.ask("lose(1)").await;
    market.ask("generation.cancel_task(t(1), NULL)").await;

    assert_eq!(market.ask("settle(1)").await, "surplus");

    assert_eq!(market.ask("paid(1)").await, "1.5 of 1.5");
    market.close().await;
}

#[tokio::test]
async fn nothing_is_due_where_consumer_and_owner_are_one() {
    let mut market = Market::open().await;
    market.call("1", "d1", "e1").await;

    market.ask("filtered(1)").await;

    assert_eq!(market.ask("SELECT count(*) FROM generation.compensation").await, "0");
    assert_eq!(
        market.ask("SELECT count(*) FROM ledger.journal WHERE kind = 'compensate'").await,
        "0"
    );
    market.close().await;
}

#[tokio::test]
async fn what_a_budget_leaves_is_paid_and_the_rest_recorded_with_the_reason() {
    // Of owner, consumer and all; the third compensation finds what two have left.
    for (budgets, reason) in [
        ("{4,10,200}", "owner_budget"),
        ("{10,4,200}", "consumer_budget"),
        ("{10,10,4}", "total_budget"),
    ] {
        let mut market = Market::open().await;
        market.call("1,2,3,4", "c1", "e1").await;

        for n in 1..=4 {
            market.ask(&format!("filtered({n}, '{budgets}')")).await;
        }

        let paid = market.ask("SELECT string_agg(paid(n), ', ') FROM generate_series(1, 4) n");
        let expected = format!("1.5 of 1.5, 1.5 of 1.5, 1 of 1.5: {reason}, 0 of 1.5: {reason}");
        assert_eq!(paid.await, expected);
        market.close().await;
    }
}

#[tokio::test]
async fn a_budget_is_a_days_and_an_owners_own() {
    let mut market = Market::open().await;
    market.call("1,2,3", "c1", "e1").await;
    market.call("4", "c1", "e2").await;

    market.ask("filtered(1, '{1.5,100,100}')").await;
    market.ask("filtered(2, '{1.5,100,100}')").await;
    market.ask("filtered(4, '{1.5,100,100}')").await;
    market.run("UPDATE public.clock SET at = '2030-06-11 00:00:00Z'").await;
    market.ask("filtered(3, '{1.5,100,100}')").await;

    let paid =
        market.ask("SELECT string_agg(paid(n), ', ' ORDER BY n) FROM unnest('{1,2,3,4}'::int[]) n");
    let expected = "1.5 of 1.5, 0 of 1.5: owner_budget, 1.5 of 1.5, 1.5 of 1.5";
    assert_eq!(paid.await, expected, "the second finds it used up; another owner and day do not");
    market.close().await;
}

#[tokio::test]
async fn a_smaller_budget_in_the_middle_of_a_day_takes_nothing_back_and_pays_nothing_more() {
    let mut market = Market::open().await;
    market.call("1,2,3", "c1", "e1").await;

    market.ask("filtered(1, '{3,10,200}')").await;
    market.ask("filtered(2, '{1,10,200}')").await;
    market.ask("filtered(3, '{2,10,200}')").await;

    let paid = market.ask("SELECT string_agg(paid(n), ', ') FROM generate_series(1, 3) n").await;
    assert_eq!(paid, "1.5 of 1.5, 0 of 1.5: owner_budget, 0.5 of 1.5: owner_budget");
    market.close().await;
}

#[tokio::test]
async fn what_commission_takes_whole_is_recorded_and_uses_no_budget() {
    let mut market = Market::open().await;
    market.call("1", "c1", "e1").await;
    market.run("UPDATE generation.attempt SET commission_rate = 1").await;

    market.ask("filtered(1)").await;

    assert_eq!(market.ask("paid(1)").await, "0 of 1.5: commission");
    assert_eq!(market.ask("SELECT sum(paid)::int FROM generation.compensation_budget").await, "0");
    market.close().await;
}

#[tokio::test]
async fn ends_and_settlements_at_once_keep_within_the_budgets_and_never_deadlock() {
    const AT_ONCE: u32 = 20;
    let mut market = Market::open().await;
    // Half end filtered and half come late, over two owners and two consumers.
    for n in 1..=AT_ONCE {
        let (user, key) = (n % 2 + 1, n / 2 % 2 + 1);
        market.call(&n.to_string(), &format!("c{user}"), &format!("e{key}")).await;
    }
    market
        .run("SELECT lose(n), generation.cancel_task(t(n), NULL) FROM generate_series(11, 20) n")
        .await;

    let mut running = tokio::task::JoinSet::new();
    for n in 1..=AT_ONCE {
        let mut conn = market.database.superuser().await;
        let act = if n > 10 { "settle" } else { "filtered" };
        running.spawn(async move { ask(&mut conn, &format!("{act}({n}, '{{5,6,8}}')")).await });
    }
    while let Some(ended) = running.join_next().await {
        let ended = ended.unwrap();
        assert!(ended == "surplus" || ended == "ended failed", "{ended}");
    }

    assert_eq!(market.ask("SELECT trim_scale(sum(paid)) FROM generation.compensation").await, "8");
    assert_eq!(market.ask("SELECT count(*) FROM generation.compensation").await, "20");
    let most = |who| {
        format!(
            "SELECT max(s) <= 6 FROM (SELECT sum(paid) AS s FROM generation.compensation GROUP BY {who}) x"
        )
    };
    assert_eq!(market.ask(&most("consumer_id")).await, "true");
    assert_eq!(market.ask(&most("owner_id")).await, "true");
    market.close().await;
}
