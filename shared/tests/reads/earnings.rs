//! Earnings are exact whatever part of the journal is rolled up, and pending for exactly the window.

use std::time::Duration;

use rust_decimal::Decimal;
use shared::ledger::earnings::{Earning, EarningState, Earnings, read_earnings};
use sqlx::PgPool;

use super::{Database, id, lived_in, number};

const DAY: Duration = Duration::from_hours(24);

async fn earnings(api: &PgPool, user: &str, window: Duration) -> Earnings {
    read_earnings(api, id(user), window, None, 1).await.unwrap().sums
}

async fn all(api: &PgPool, window: Duration) -> Vec<Earning> {
    let mut all: Vec<Earning> = Vec::new();
    loop {
        let before = all.last().map(Earning::position);
        let page = read_earnings(api, id("d1"), window, before, 2).await.unwrap();
        if page.lines.is_empty() {
            return all;
        }
        all.extend(page.lines);
    }
}

async fn balance_of_owner(database: &Database) -> Decimal {
    let sql = "SELECT sum(e.amount) FROM ledger.posting e JOIN ledger.account a ON a.id = e.account
                WHERE a.kind = 'owner' AND a.user_id = u('d1')";
    number(database, sql).await.parse().unwrap()
}

#[tokio::test]
async fn the_roll_up_and_a_rebuild_change_no_balance() {
    let (database, api) = lived_in().await;
    let balance = balance_of_owner(&database).await;

    for step in ["SELECT 1", "SELECT ledger.roll_up()", "SELECT ledger.rebuild_balances()"] {
        database.run(step).await;
        let seen = earnings(&api, "d1", DAY).await;
        assert_eq!(seen.pending.decimal() + seen.payable.decimal(), balance, "after {step}");
        assert!(seen.pending.is_positive() && seen.payable.is_positive());
    }
    database
        .run("SELECT submit('1c', 'c1', 4.95), claim('1c', '2c', 'e1'), settle('2c', 'settled')")
        .await;
    let seen = earnings(&api, "d1", DAY).await;
    let more = balance_of_owner(&database).await;
    assert!(more > balance);
    assert_eq!(seen.pending.decimal() + seen.payable.decimal(), more, "the tail counts");
    database.drop().await;
}

#[tokio::test]
async fn every_line_is_pending_for_the_window_and_payable_after_it() {
    let (database, api) = lived_in().await;
    let lines = all(&api, DAY).await;
    let seen = earnings(&api, "d1", DAY).await;

    let sum = |state: EarningState| -> Decimal {
        lines.iter().filter(|it| it.state == state).map(|it| it.net.decimal()).sum()
    };
    assert_eq!(sum(EarningState::Pending), seen.pending.decimal());
    assert_eq!(sum(EarningState::Payable), seen.payable.decimal());
    let tasks: Vec<_> = lines.iter().map(|it| it.task_id).collect();
    let earned = [id("1b"), id("41"), id("13"), id("12"), id("12"), id("11")];
    assert_eq!(tasks, earned, "the own task is none");
    for line in &lines {
        assert_eq!(line.gross.decimal(), line.net.decimal() + line.commission.decimal());
        assert_eq!(line.commission_rate, Decimal::new(1, 1));
        assert_eq!(line.payable_at - line.created_at, chrono::TimeDelta::days(1));
    }
    let refunded = lines.last().unwrap();
    assert_eq!(
        (refunded.gross.to_string(), refunded.net.to_string()),
        ("2.5".into(), "2.25".into())
    );

    let week = earnings(&api, "d1", DAY * 7).await;
    assert_eq!(week.payable.decimal(), Decimal::ZERO);
    database.drop().await;
}

#[tokio::test]
async fn a_full_refund_claws_back_what_was_earned() {
    let (database, api) = lived_in().await;
    database.run("SELECT ledger.refund(u('11'), 2, 2.5, u('fa'), u('fb'))").await;

    let lines = all(&api, DAY).await;
    let seen = earnings(&api, "d1", DAY).await;

    let line = lines.last().unwrap();
    assert_eq!(line.state, EarningState::ClawedBack);
    assert_eq!((line.gross.to_string(), line.net.to_string()), ("4.5".into(), "4.05".into()));
    let balance = balance_of_owner(&database).await;
    assert_eq!(seen.pending.decimal() + seen.payable.decimal(), balance);
    database.drop().await;
}

#[tokio::test]
async fn who_hosts_nothing_has_earned_nothing() {
    let (database, api) = lived_in().await;

    assert_eq!(earnings(&api, "c1", DAY).await, Earnings::default());
    database.drop().await;
}
