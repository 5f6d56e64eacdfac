//! Why a transaction moved what it moved: the price, who got which part, and the grants it came from or went to. Every
//! part is read from the entry, its hold and its attempt; nothing is computed that the ledger does not say.

use rust_decimal::Decimal;
use serde_json::{Map, Value};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{Transaction, TransactionFilter, TransactionPosition, store};
use crate::ledger::Credits;
use crate::ledger::journal::EntryKind;
use crate::ledger::wallet::GrantSource;

/// A transaction and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    pub transaction: Transaction,
    /// Of charges and refunds.
    pub charge: Option<Charge>,
    /// What it used, made or ended, in the order it was spent. Together they are the amount that moved; empty where the
    /// journal does not say.
    pub grants: Vec<GrantPart>,
}

/// The two sides of a charge, or of its refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// Of a task's; a service's has none.
    pub price: Option<Price>,
    /// Below zero: what they gave back.
    pub to_owner: Credits,
    /// Below zero: what it gave back.
    pub to_platform: Credits,
    /// What was set aside.
    pub held: Credits,
    /// What of it was not charged.
    pub returned: Credits,
    /// How many other keys were passed over when this one was chosen.
    pub skipped: Vec<Skipped>,
}

/// `cost` is `per_unit` times `units`, rounded to six places; on an own key it is the fee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    pub per_unit: Option<Credits>,
    pub units: Decimal,
    pub cost: Credits,
}

/// A part of a grant.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct GrantPart {
    pub id: Uuid,
    pub source: GrantSource,
    pub amount: Credits,
}

crate::vocabulary! {
    /// Why a key was passed over when one was chosen for a task.
    pub enum SkipReason {
        /// The policy of its provider did not allow it.
        Policy = "policy",
        /// It cost more than the task may pay.
        TooDear = "too_dear",
        /// It paused after a failure, or because its provider asked for it.
        Cooling = "cooling",
        /// All its calls, or its units, were taken.
        Full = "full",
        /// It had been tried for the task before.
        Excluded = "excluded",
        /// It had no recent delivery, and others had.
        Unproven = "unproven",
    }
}

/// How many keys were passed over for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub reason: SkipReason,
    pub count: u64,
}

/// A transaction by its id; `None` if this wallet has none of that id. The total after it costs a look at everything
/// newer.
pub async fn explain(db: &PgPool, account: i64, id: &str) -> sqlx::Result<Option<Explained>> {
    let Some((reference, kind, seq)) = parse_id(id) else { return Ok(None) };
    // One snapshot: what is added in between must not be in one part alone.
    let mut tx = db.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let place: Option<(i64, Credits)> = sqlx::query_as(include_str!("place.sql"))
        .bind(account)
        .bind(reference)
        .bind(kind)
        .bind(seq)
        .fetch_optional(&mut *tx)
        .await?;
    let Some((line, total)) = place else { return Ok(None) };
    let above = TransactionPosition { line: line + 1, total };
    let filter = TransactionFilter::default();
    let rows = store::list(&mut tx, account, filter, Some(above), 1, 1).await?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    let transaction = row.into_transaction();
    let charge = match kind {
        EntryKind::Settle | EntryKind::Refund => find_charge(&mut tx, reference, kind, seq).await?,
        _ => None,
    };
    let grants = sqlx::query_as(include_str!("grants.sql"))
        .bind(account)
        .bind(reference)
        .bind(kind)
        .bind(transaction.created_at)
        .bind(transaction.amount.decimal().abs())
        .fetch_all(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Some(Explained { transaction, charge, grants }))
}

/// The journal's own key: see [`Transaction::id`].
fn parse_id(id: &str) -> Option<(Uuid, EntryKind, i32)> {
    let mut parts = id.split('.');
    let parsed =
        (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(parsed)
}

#[derive(sqlx::FromRow)]
struct ChargeRow {
    to_owner: Credits,
    to_platform: Credits,
    held: Credits,
    returned: Credits,
    units: Option<Decimal>,
    per_unit: Option<Credits>,
    cost: Option<Credits>,
    choice: Option<Json<Map<String, Value>>>,
}

async fn find_charge(
    conn: &mut PgConnection,
    reference: Uuid,
    kind: EntryKind,
    seq: i32,
) -> sqlx::Result<Option<Charge>> {
    let row: Option<ChargeRow> = sqlx::query_as(include_str!("charge.sql"))
        .bind(reference)
        .bind(kind)
        .bind(seq)
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|it| Charge {
        price: it.units.zip(it.cost).map(|(units, cost)| Price {
            per_unit: it.per_unit,
            units,
            cost,
        }),
        to_owner: it.to_owner,
        to_platform: it.to_platform,
        held: it.held,
        returned: it.returned,
        skipped: it.choice.map(|Json(it)| skipped(&it)).unwrap_or_default(),
    }))
}

/// The counts among the reasons of a choice; the ids beside them are not for consumers.
fn skipped(choice: &Map<String, Value>) -> Vec<Skipped> {
    let of = |reason: &SkipReason| {
        let count = choice.get(reason.as_str())?.as_u64().filter(|it| *it > 0)?;
        Some(Skipped { reason: *reason, count })
    };
    SkipReason::ALL.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::pool::rank::Reason;

    #[test]
    fn an_id_is_the_key_of_its_entry_and_nothing_else_is_an_id() {
        let id = "00000000-0000-7000-8000-000000000011";
        let parsed = parse_id(&format!("{id}.refund.2")).unwrap();
        assert_eq!(parsed, (id.parse().unwrap(), EntryKind::Refund, 2));

        for text in ["", "x", id, "x.refund.2"] {
            assert_eq!(parse_id(text), None, "{text}");
        }
        for rest in ["", ".refund", ".gift.0", ".refund.x", ".refund.2.", ".refund.99999999999"] {
            assert_eq!(parse_id(&format!("{id}{rest}")), None, "{rest}");
        }
    }

    #[test]
    fn every_reason_of_a_choice_is_counted_and_no_id_is_passed_on() {
        let reason = Reason {
            fit: 7,
            policy: 1,
            too_dear: 2,
            cooling: 3,
            full: 4,
            excluded: 5,
            unproven: 6,
            best: vec![Uuid::nil()],
        };
        let Value::Object(choice) = json!(reason) else { panic!("a reason is an object") };

        let counted: Vec<_> = skipped(&choice).iter().map(|it| it.count).collect();
        assert_eq!(counted, [1, 2, 3, 4, 5, 6]);
        assert_eq!(choice.len(), SkipReason::ALL.len() + 2, "fit and best are no obstacles");
        assert!(skipped(&Map::new()).is_empty());
    }
}
