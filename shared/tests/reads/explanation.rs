//! Every movement of a wallet is explained, and the parts of an explanation add up to the last place.

use rust_decimal::Decimal;
use shared::ledger::journal::EntryKind;
use shared::ledger::statement::explain::{Explained, SkipReason, explain};
use shared::ledger::statement::{Transaction, TransactionFilter, list_transactions};
use shared::ledger::wallet::find_account;
use sqlx::PgPool;

use super::{id, lived_in, set_clock};

async fn account(api: &PgPool, user: &str) -> i64 {
    find_account(&mut api.acquire().await.unwrap(), id(user)).await.unwrap()
}

async fn statement(api: &PgPool, account: i64) -> Vec<Transaction> {
    let mut conn = api.acquire().await.unwrap();
    list_transactions(&mut conn, account, TransactionFilter::default(), None, 1_000).await.unwrap()
}

async fn explained(api: &PgPool, account: i64, id: &str) -> Explained {
    explain(api, account, id).await.unwrap().unwrap()
}

fn kind(transaction: &Transaction) -> EntryKind {
    transaction.id.split('.').nth(1).unwrap().parse().unwrap()
}

/// Checks what must add up, and answers whether the grants are known.
fn check(it: &Explained) -> bool {
    let (of, amount) = (&it.transaction.id, it.transaction.amount.decimal());
    if let Some(charge) = &it.charge {
        let (owner, platform) = (charge.to_owner.decimal(), charge.to_platform.decimal());
        assert_eq!(amount + owner + platform, Decimal::ZERO, "{of}");
        if kind(&it.transaction) == EntryKind::Settle {
            assert_eq!(charge.held.decimal(), charge.returned.decimal() - amount, "{of}");
        }
        if let Some(price) = &charge.price {
            if kind(&it.transaction) == EntryKind::Settle {
                assert_eq!(price.cost.decimal(), -amount, "{of}");
            }
            if let Some(per_unit) = price.per_unit {
                let product = (per_unit.decimal() * price.units).round_dp(6);
                assert_eq!(product, price.cost.decimal(), "{of}");
            }
        }
    }
    let of_grants: Decimal = it.grants.iter().map(|it| it.amount.decimal()).sum();
    if it.grants.is_empty() {
        return false;
    }
    assert_eq!(of_grants, amount.abs(), "{of}");
    true
}

#[tokio::test]
async fn every_kind_of_movement_is_explained_and_adds_up() {
    let (database, api) = lived_in().await;
    database
        .run(
            "SELECT ledger.refund(u('11'), 2, 0.000001, u('fa'), u('fb'));
             SELECT ledger.issue_grant(u('fc'), account, 'promotion', NULL, 0.000003, 1::smallint, NULL),
                    ledger.issue_grant(u('fd'), account, 'promotion', NULL, 1, 1::smallint, aether.now() + interval '1 hour')
               FROM ledger.wallet WHERE user_id = u('c1');
             SELECT ledger.revoke_grant(u('fc'));",
        )
        .await;
    // One that is over and not swept yet is told as it will be.
    set_clock(&database, "2030-06-12 14:00:00Z").await;
    let mut kinds = Vec::new();
    for user in ["c1", "d1"] {
        let account = account(&api, user).await;
        for transaction in statement(&api, account).await {
            let it = explained(&api, account, &transaction.id).await;

            assert_eq!(it.transaction, transaction, "the same as in the list, total included");
            let kind = kind(&transaction);
            let known = check(&it);
            let returned = matches!(kind, EntryKind::ExpireReturned | EntryKind::RevokeReturned);
            assert!(known || returned, "{transaction:?} has no grants");
            let charged = matches!(kind, EntryKind::Settle | EntryKind::Refund);
            assert_eq!(it.charge.is_some(), charged, "{transaction:?}");
            kinds.push(kind);
        }
    }
    for kind in [
        EntryKind::Issue,
        EntryKind::Settle,
        EntryKind::Refund,
        EntryKind::Expire,
        EntryKind::ExpireReturned,
        EntryKind::Revoke,
        EntryKind::RevokeReturned,
    ] {
        assert!(kinds.contains(&kind), "{kind:?} was not among them");
    }
    api.close().await;
    database.drop().await;
}

#[tokio::test]
async fn a_charge_names_its_price_its_shares_and_what_was_passed_over() {
    let (database, api) = lived_in().await;
    database
        .run(
            r#"UPDATE generation.attempt SET choice = '{"fit": 3, "cooling": 2, "too_dear": 1, "best": []}'
                WHERE id = u('21')"#,
        )
        .await;
    let (consumer, owner) = (account(&api, "c1").await, account(&api, "d1").await);
    let of = |task: &str, rest: &str| format!("{}.{rest}", id(task));

    let charge = explained(&api, consumer, &of("11", "settle.0")).await.charge.unwrap();
    let price = charge.price.unwrap();
    assert_eq!(
        (price.per_unit.unwrap().to_string(), price.cost.to_string()),
        ("1.5".into(), "4.5".into())
    );
    assert_eq!(price.units, Decimal::from(3));
    assert_eq!(
        (charge.to_owner.to_string(), charge.to_platform.to_string()),
        ("4.05".into(), "0.45".into())
    );
    assert_eq!(
        (charge.held.to_string(), charge.returned.to_string()),
        ("4.95".into(), "0.45".into())
    );
    let skipped: Vec<_> = charge.skipped.iter().map(|it| (it.reason, it.count)).collect();
    assert_eq!(skipped, [(SkipReason::TooDear, 1), (SkipReason::Cooling, 2)]);

    let refund = explained(&api, consumer, &of("11", "refund.1")).await;
    let charge = refund.charge.unwrap();
    assert_eq!(
        (charge.to_owner.to_string(), charge.to_platform.to_string()),
        ("-1.8".into(), "-0.2".into())
    );

    // On an own key there is a fee and no price; a service has no price either.
    let own = explained(&api, owner, &of("18", "settle.0")).await.charge.unwrap();
    let price = own.price.unwrap();
    assert_eq!(
        (price.per_unit, price.cost.to_string(), own.to_owner.to_string()),
        (None, "0.5".into(), "0".into())
    );
    assert!(explained(&api, consumer, &of("19", "settle.0")).await.charge.unwrap().price.is_none());
    api.close().await;
    database.drop().await;
}

#[tokio::test]
async fn nobody_is_told_of_what_did_not_move_their_credits() {
    let (database, api) = lived_in().await;
    let (consumer, owner) = (account(&api, "c1").await, account(&api, "d1").await);
    let charge = format!("{}.settle.0", id("11"));

    assert!(explain(&api, consumer, &charge).await.unwrap().is_some());
    assert!(explain(&api, owner, &charge).await.unwrap().is_none(), "their key, not their wallet");
    for unknown in ["", "x", &charge.replace(".0", ".1"), &charge.replace("settle", "issue")] {
        assert!(explain(&api, consumer, unknown).await.unwrap().is_none(), "{unknown}");
    }
    api.close().await;
    database.drop().await;
}
