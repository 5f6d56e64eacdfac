//! The law of the statement: each total is the next older one plus the amount, the newest is the balance.

use std::collections::HashMap;

use shared::ledger::statement::{
    Transaction, TransactionFilter, TransactionType, list_transactions,
};
use shared::ledger::statistics::{Period, Span, read_statistics};
use shared::ledger::wallet::{
    NewManualGrant, WalletError, find_account, issue_manually, read_balance, revoke,
};
use sqlx::PgPool;
use uuid::Uuid;

use super::{id, lived_in, set_clock};

/// All lines, read in pages of `page`.
async fn lines(
    api: &PgPool,
    account: i64,
    filter: TransactionFilter,
    page: i64,
) -> Vec<Transaction> {
    let mut conn = api.acquire().await.unwrap();
    let mut all: Vec<Transaction> = Vec::new();
    loop {
        let before = all.last().map(Transaction::position);
        let next = list_transactions(&mut conn, account, filter, before, page).await.unwrap();
        let last = i64::try_from(next.len()).unwrap() < page;
        all.extend(next);
        if last {
            return all;
        }
    }
}

async fn account(api: &PgPool, user: &str) -> i64 {
    find_account(&mut api.acquire().await.unwrap(), id(user)).await.unwrap()
}

/// Checks the law for one wallet and answers its lines.
async fn lawful(api: &PgPool, account: i64) -> Vec<Transaction> {
    let balance = read_balance(&mut api.acquire().await.unwrap(), account).await.unwrap();
    let all = lines(api, account, TransactionFilter::default(), 100).await;

    assert_eq!(all.first().map(|it| it.balance_after), Some(balance.total()));
    for pair in all.windows(2) {
        let (newer, older) = (&pair[0], &pair[1]);
        assert!(newer.line > older.line);
        assert_eq!(
            newer.balance_after.decimal(),
            older.balance_after.decimal() + newer.amount.decimal(),
            "{newer:?} after {older:?}"
        );
    }
    let first = all.last().unwrap();
    assert_eq!(first.balance_after, first.amount, "a wallet begins empty");
    let granted: rust_decimal::Decimal =
        balance.grants.iter().map(|it| it.remaining.decimal()).sum();
    assert_eq!(granted, balance.available.decimal(), "what is available is in the grants");
    all
}

#[tokio::test]
async fn the_law_holds_after_a_life_cycle_whatever_the_size_of_the_pages() {
    let (database, api) = lived_in().await;

    for user in ["c1", "d1"] {
        let account = account(&api, user).await;
        let all = lawful(&api, account).await;
        for page in [1, 2, 3] {
            assert_eq!(lines(&api, account, TransactionFilter::default(), page).await, all);
        }
    }
    database.drop().await;
}

#[tokio::test]
async fn every_event_is_told_with_its_type_its_task_and_its_grants() {
    let (database, api) = lived_in().await;

    let all = lawful(&api, account(&api, "c1").await).await;

    let told = |kind: TransactionType, amount: &str| {
        let amount = amount.parse().unwrap();
        all.iter().find(|it| it.kind == kind && it.amount == amount).cloned().unwrap_or_else(|| {
            panic!("no {kind:?} of {amount} among {all:#?}");
        })
    };
    let grant = |line: Transaction| (line.description, line.task_id, line.grant_ids);
    let issued = |text: &str, grant: &str| (text.to_owned(), None, vec![id(grant)]);
    assert_eq!(
        grant(told(TransactionType::Grant, "6")),
        issued("Credits added by an operator", "f1")
    );
    assert_eq!(grant(told(TransactionType::Recharge, "20")), issued("Credits bought", "f2"));
    assert_eq!(grant(told(TransactionType::Promotion, "100")), issued("Promotional credits", "f3"));
    assert_eq!(grant(told(TransactionType::Promotion, "3")), issued("Welcome credits", "f4"));
    assert_eq!(grant(told(TransactionType::Expire, "-3")), issued("Credits expired unused", "f4"));
    assert_eq!(
        grant(told(TransactionType::Revoke, "-1.05")),
        issued("Credits taken back by an operator", "f1")
    );
    let returned = told(TransactionType::Revoke, "-4.95");
    assert_eq!((returned.task_id, returned.grant_ids), (Some(id("10")), vec![]));
    let refund = told(TransactionType::Refund, "2");
    assert_eq!(refund.task_id, Some(id("11")));
    assert_eq!(refund.grant_ids.iter().filter(|it| [id("f6"), id("f7")].contains(it)).count(), 1);
    assert_eq!(refund.description, "Refund for an image made with stability/core");
    let service = told(TransactionType::Consume, "-1.5");
    assert_eq!((service.description.as_str(), service.task_id), ("Service", None));
    let charged: Vec<_> = all
        .iter()
        .filter(|it| it.kind == TransactionType::Consume)
        .filter_map(|it| it.task_id)
        .collect();
    assert_eq!(charged, [id("1b"), id("12"), id("11")]);
    database.drop().await;
}

#[tokio::test]
async fn a_filter_hides_lines_but_changes_no_total() {
    let (database, api) = lived_in().await;
    let account = account(&api, "c1").await;
    let all = lawful(&api, account).await;

    for kind in [
        TransactionType::Recharge,
        TransactionType::Subscription,
        TransactionType::Grant,
        TransactionType::Promotion,
        TransactionType::Refund,
        TransactionType::Consume,
        TransactionType::Expire,
        TransactionType::Revoke,
        TransactionType::Earnings,
        TransactionType::Adjustment,
    ] {
        let filter = TransactionFilter { kind: Some(kind), ..TransactionFilter::default() };
        let expected: Vec<Transaction> = all.iter().filter(|it| it.kind == kind).cloned().collect();
        assert_eq!(lines(&api, account, filter, 100).await, expected, "{kind:?}");
        assert_eq!(lines(&api, account, filter, 1).await, expected, "{kind:?}, page by page");
    }
    let from = "2030-06-12T00:00:00Z".parse().unwrap();
    let later = TransactionFilter { from: Some(from), ..TransactionFilter::default() };
    let earlier = TransactionFilter { to: Some(from), ..TransactionFilter::default() };
    let (later, earlier) =
        (lines(&api, account, later, 2).await, lines(&api, account, earlier, 2).await);
    assert!(!later.is_empty() && !earlier.is_empty());
    assert_eq!([later, earlier].concat(), all);
    database.drop().await;
}

#[tokio::test]
async fn a_rare_line_is_found_behind_a_long_history() {
    let (database, api) = lived_in().await;
    let account = account(&api, "c1").await;
    let many = format!(
        "SELECT count(ledger.issue_grant(gen_random_uuid(), {account}, 'promotion', NULL, 0.000001, 0::smallint, NULL))
           FROM generate_series(1, 3000)"
    );
    database.run(&many).await;
    let kind = Some(TransactionType::Refund);

    let all = lawful(&api, account).await;
    let expected: Vec<Transaction> =
        all.iter().filter(|it| it.kind == TransactionType::Refund).cloned().collect();

    assert_eq!((all.len(), expected.len()), (3_015, 1));
    for page in [1, 20] {
        let filter = TransactionFilter { kind, ..TransactionFilter::default() };
        assert_eq!(lines(&api, account, filter, page).await, expected);
        let from = Some("2030-06-10T00:00:00Z".parse().unwrap());
        assert_eq!(
            lines(&api, account, TransactionFilter { from, ..filter }, page).await,
            expected
        );
        let from = Some("2030-06-11T00:00:00Z".parse().unwrap());
        assert_eq!(lines(&api, account, TransactionFilter { from, ..filter }, page).await, []);
    }
    database.drop().await;
}

#[tokio::test]
async fn what_has_expired_has_left_the_statement_before_and_after_the_sweep() {
    let (database, api) = lived_in().await;
    let account = account(&api, "c1").await;
    let before = read_balance(&mut api.acquire().await.unwrap(), account).await.unwrap();
    let issue = |grant: &str, amount: u8, hours: u8| {
        format!(
            "SELECT ledger.issue_grant(u('{grant}'), {account}, 'admin', NULL, {amount}, 0::smallint,
                                       aether.now() + interval '{hours} hours')"
        )
    };
    database.run(&issue("a1", 7, 2)).await;
    database.run(&issue("a2", 5, 1)).await;
    database.run(&issue("a3", 11, 9)).await;

    set_clock(&database, "2030-06-12 15:00:00Z").await;
    let unswept = lawful(&api, account).await;
    let balance = read_balance(&mut api.acquire().await.unwrap(), account).await.unwrap();
    for page in [1, 2] {
        assert_eq!(lines(&api, account, TransactionFilter::default(), page).await, unswept);
    }
    database.run("SELECT ledger.expire_due(10)").await;
    let swept = lawful(&api, account).await;

    assert_eq!(
        balance.available.decimal(),
        before.available.decimal() + rust_decimal::Decimal::from(11)
    );
    let mut expiring = balance.expiring();
    expiring.retain(|it| {
        it.expires_at == "2030-06-12T21:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap()
    });
    assert_eq!(expiring.iter().map(|it| it.amount.to_string()).collect::<Vec<_>>(), ["11"]);
    assert_eq!(unswept[0].grant_ids, [id("a1")], "what expired last stands first");
    let by_id = |lines: &[Transaction]| -> HashMap<String, String> {
        lines.iter().map(|it| (it.id.clone(), it.amount.to_string())).collect()
    };
    assert_eq!(by_id(&unswept), by_id(&swept), "the sweep writes what was shown");
    database.drop().await;
}

#[tokio::test]
async fn statistics_are_the_statement_added_up() {
    let (database, api) = lived_in().await;
    let account = account(&api, "c1").await;
    let all = lawful(&api, account).await;
    let span = Span {
        from: "2030-05-31T22:00:00Z".parse().unwrap(),
        to: "2030-06-13T00:00:00Z".parse().unwrap(),
    };
    let mut conn = api.acquire().await.unwrap();

    let days = read_statistics(&mut conn, account, span, Period::Day).await.unwrap();
    let months = read_statistics(&mut conn, account, span, Period::Month).await.unwrap();

    let sum = |of: fn(&Transaction) -> bool| -> rust_decimal::Decimal {
        all.iter().filter(|it| of(it)).map(|it| it.amount.decimal()).sum()
    };
    let totals = days.totals();
    assert_eq!(totals.spent.decimal(), -sum(|it| it.kind == TransactionType::Consume));
    assert_eq!(totals.received.decimal(), sum(|it| it.amount.is_positive()));
    assert_eq!(totals.tasks, 3);
    assert_eq!(months.totals(), totals);
    let periods: Vec<_> = days.series.iter().map(|it| it.period.as_str()).collect();
    assert_eq!((periods.len(), periods[0], periods[12]), (13, "2030-05-31", "2030-06-12"));
    let periods: Vec<_> = months.series.iter().map(|it| it.period.as_str()).collect();
    assert_eq!(periods, ["2030-05", "2030-06"]);
    let models: Vec<_> = days.by_model.iter().map(|it| (it.model.as_str(), it.tasks)).collect();
    assert_eq!(models, [("stability/core", 3)]);
    database.drop().await;
}

#[tokio::test]
async fn an_admin_adds_credits_and_takes_them_back_once() {
    let (database, api) = lived_in().await;
    let admin = database.pool_as(shared::db::Role::Admin).await;
    let mut conn = admin.acquire().await.unwrap();
    let new = NewManualGrant {
        id: Uuid::now_v7(),
        user_id: id("c1"),
        amount: "12.5".parse().unwrap(),
        expires_in_days: Some(3),
    };
    let account = account(&api, "c1").await;
    let before = read_balance(&mut conn, account).await.unwrap();

    let grant = issue_manually(&mut conn, new).await.unwrap();
    let again = issue_manually(&mut conn, new).await.unwrap();
    let after = read_balance(&mut conn, account).await.unwrap();

    assert_eq!(grant, again, "the same id is issued once");
    assert_eq!(grant.expires_at.unwrap().to_rfc3339(), "2030-06-15T12:00:00+00:00");
    assert_eq!(after.total().decimal(), before.total().decimal() + new.amount.decimal());

    let revoked = revoke(&mut conn, grant.id).await.unwrap();

    assert_eq!((revoked.taken, revoked.grant.remaining.to_string()), (new.amount, "0".to_owned()));
    assert!(matches!(revoke(&mut conn, grant.id).await, Err(WalletError::GrantRevoked)));
    assert!(matches!(revoke(&mut conn, Uuid::now_v7()).await, Err(WalletError::GrantNotFound)));
    let stranger = NewManualGrant { user_id: Uuid::now_v7(), ..new };
    assert!(matches!(issue_manually(&mut conn, stranger).await, Err(WalletError::WalletNotFound)));
    lawful(&api, account).await;

    let mut api_conn = api.acquire().await.unwrap();
    let refused = issue_manually(&mut api_conn, NewManualGrant { id: Uuid::now_v7(), ..new }).await;
    assert!(matches!(refused, Err(WalletError::Store(_))), "only the admin role issues");
    database.drop().await;
}
