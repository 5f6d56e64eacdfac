//! A consumer's credits: what can be spent now, what is set aside, which grants they come from; and an
//! admin's two verbs, adding credits and taking a grant back.

mod error;
mod issue;
mod revoke;
mod store;
mod totals;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

pub use error::WalletError;
pub use issue::{NewManualGrant, issue_manually};
pub use revoke::{Revoked, revoke};
pub use totals::{WalletTotals, list_available, list_totals};

use super::Credits;

crate::vocabulary! {
    /// Where a batch of credits came from.
    pub enum GrantSource {
        /// It was bought with money.
        Purchase = "purchase",
        /// It belongs to a period of a subscription.
        Subscription = "subscription",
        /// An admin added it.
        Admin = "admin",
        /// It came from a promotion or a redeemed code.
        Promotion = "promotion",
        /// It was given back after a charge.
        Refund = "refund",
        /// It welcomed a new user.
        SignUp = "sign_up",
        /// The user moved it over from what their hosted keys earned.
        Earnings = "earnings",
    }
}

/// One batch of credits with its own source, priority and expiry.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Grant {
    pub id: Uuid,
    pub source: GrantSource,
    /// What the source calls it: an order, a task, a code.
    pub source_id: Option<String>,
    /// Credits it began with.
    pub amount: Credits,
    /// Credits of it that are neither spent, held, expired nor revoked.
    pub remaining: Credits,
    /// Lower is spent first; equals by expiry.
    pub priority: i16,
    /// `None`: never.
    pub expires_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// What a wallet holds at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Credits a new hold may take. Excludes what has expired, swept or not.
    pub available: Credits,
    /// Credits set aside by open holds.
    pub held: Credits,
    /// Grants that can be spent from, in the order they will be.
    pub grants: Vec<Grant>,
}

/// Available credits that lapse at the same instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiring {
    pub amount: Credits,
    pub expires_at: DateTime<Utc>,
}

impl Balance {
    /// Available and held together: what the newest line of the statement says.
    pub fn total(&self) -> Credits {
        Credits::from(self.available.decimal() + self.held.decimal())
    }

    /// What will lapse if it is not spent, soonest first.
    pub fn expiring(&self) -> Vec<Expiring> {
        let mut grants: Vec<(DateTime<Utc>, Credits)> =
            self.grants.iter().filter_map(|it| Some((it.expires_at?, it.remaining))).collect();
        grants.sort_unstable_by_key(|it| it.0);

        let mut expiring: Vec<Expiring> = Vec::new();
        for (expires_at, amount) in grants {
            match expiring.last_mut() {
                Some(last) if last.expires_at == expires_at => {
                    last.amount = Credits::from(last.amount.decimal() + amount.decimal());
                }
                _ => expiring.push(Expiring { amount, expires_at }),
            }
        }
        expiring
    }
}

/// The balance of a wallet's account, all of it from one snapshot.
pub async fn read_balance(conn: &mut PgConnection, account: i64) -> Result<Balance, WalletError> {
    store::find_balance(conn, account).await?.ok_or(WalletError::WalletNotFound)
}

/// Credits that a task has set aside.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct HeldByTask {
    /// The task.
    pub task_id: Uuid,
    /// How much.
    pub amount: Credits,
}

/// What is held of a wallet in all, and the `rows_max` tasks that hold the most. For refusals: it costs a look at every
/// open hold of the wallet.
pub async fn read_held(
    conn: &mut PgConnection,
    account: i64,
    rows_max: i64,
) -> sqlx::Result<(Credits, Vec<HeldByTask>)> {
    store::find_held(conn, account, rows_max).await
}

/// The wallet's account of a user.
pub async fn find_account(conn: &mut PgConnection, user_id: Uuid) -> Result<i64, WalletError> {
    store::find_account(conn, user_id).await?.ok_or(WalletError::WalletNotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(remaining: &str, expires_at: Option<&str>) -> Grant {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        Grant {
            id: Uuid::nil(),
            source: GrantSource::Admin,
            source_id: None,
            amount: remaining.parse().unwrap(),
            remaining: remaining.parse().unwrap(),
            priority: 0,
            expires_at: expires_at.map(at),
            created_at: at("2026-01-01T00:00:00Z"),
        }
    }

    #[test]
    fn what_expires_together_is_one_entry_and_the_soonest_comes_first() {
        let balance = Balance {
            available: "16.5".parse().unwrap(),
            held: "1".parse().unwrap(),
            grants: vec![
                grant("1", Some("2026-03-01T00:00:00Z")),
                grant("10", None),
                grant("2.5", Some("2026-02-01T00:00:00Z")),
                grant("3", Some("2026-03-01T00:00:00Z")),
            ],
        };

        let expiring: Vec<_> = balance
            .expiring()
            .iter()
            .map(|it| (it.amount.to_string(), it.expires_at.to_rfc3339()))
            .collect();

        let first = ("2.5".to_owned(), "2026-02-01T00:00:00+00:00".to_owned());
        let second = ("4".to_owned(), "2026-03-01T00:00:00+00:00".to_owned());
        assert_eq!(expiring, [first, second]);
        assert_eq!(balance.total().to_string(), "17.5");
    }
}
