//! Closed sets of words are the same in PostgreSQL and in Rust.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::generation::tasks::{AttemptState, ErrorClass, TaskErrorCode, TaskStatus};
use crate::generation::{CompensationKind, Route, UnpaidReason};
use crate::identity::session::EndReason;
use crate::identity::user::{Locale, Role, UserStatus};
use crate::images::ImageFormat;
use crate::ledger::journal::{AccountKind, EntryKind};
use crate::ledger::wallet::GrantSource;
use crate::pool::resource::hosted::{Condition, Health};
use crate::pool::{Policy, ResourceStatus};
use crate::vocabulary::Vocabulary;

type Words = BTreeSet<String>;

fn words<V: Vocabulary>() -> Words {
    V::ALL.iter().map(|it| it.as_str().to_owned()).collect()
}

/// Every domain that is a set of words, by its name.
fn declared() -> BTreeMap<&'static str, Words> {
    BTreeMap::from([
        ("generation.attempt_error", words::<ErrorClass>()),
        ("generation.attempt_state", words::<AttemptState>()),
        ("generation.compensation_kind", words::<CompensationKind>()),
        ("generation.image_format", words::<ImageFormat>()),
        ("generation.route", words::<Route>()),
        ("generation.task_error", words::<TaskErrorCode>()),
        ("generation.task_status", words::<TaskStatus>()),
        ("generation.unpaid_reason", words::<UnpaidReason>()),
        ("identity.end_reason", words::<EndReason>()),
        ("identity.locale", words::<Locale>()),
        ("identity.roles", words::<Role>()),
        ("identity.user_status", words::<UserStatus>()),
        ("ledger.account_kind", words::<AccountKind>()),
        ("ledger.entry_kind", words::<EntryKind>()),
        ("ledger.grant_source", words::<GrantSource>()),
        ("pool.condition", words::<Condition>()),
        ("pool.health", words::<Health>()),
        ("pool.policy", words::<Policy>()),
        ("pool.resource_status", words::<ResourceStatus>()),
        // No Rust code reads these two.
        ("ledger.hold_ref_kind", Words::from(["task", "service"].map(str::to_owned))),
        ("ledger.hold_state", Words::from(["open", "settled", "released"].map(str::to_owned))),
    ])
}

#[tokio::test]
async fn every_domain_of_words_has_the_words_of_its_vocabulary() {
    let database = Database::create().await;
    migrate(&database.url(), &Passwords::default()).await.unwrap();
    let pool = database.pool().await;

    let domains: Vec<(String, Vec<String>)> = sqlx::query_as(
        "SELECT t.oid::regtype::text, ARRAY(SELECT m[1] FROM regexp_matches(
                    pg_get_constraintdef(c.oid), '''([^'']+)''', 'g') AS m)
           FROM pg_type t JOIN pg_constraint c ON c.contypid = t.oid
          WHERE t.typtype = 'd' AND t.typbasetype IN ('text'::regtype, 'text[]'::regtype)
            AND t.typnamespace::regnamespace::text IN
                ('aether', 'identity', 'ledger', 'pool', 'generation', 'ops')",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let ruled: Vec<String> =
        sqlx::query_scalar("SELECT kind FROM ledger.entry_rule").fetch_all(&pool).await.unwrap();

    let domains: BTreeMap<&str, Words> = domains
        .iter()
        .map(|(name, words)| (name.as_str(), words.iter().cloned().collect()))
        .collect();
    assert_eq!(domains, declared());
    assert_eq!(Words::from_iter(ruled), words::<EntryKind>(), "each kind of entry has its rule");
    pool.close().await;
    database.drop().await;
}
