//! What an admin looks at and sets.

use rust_decimal::Decimal;
use serde_json::json;
use shared::audit_log::{self, Action, NewEntry, Subject};
use shared::generation::boot::{BootState, list_boots};
use shared::generation::work::{
    Retry, WorkFilter, WorkState, count_tasks, list_work, retry_settlement,
};
use shared::ledger::journal::{Entry, EntryFilter, EntryKind, list_entries};
use shared::ledger::statistics::Span;
use shared::overview::read_overview;
use shared::pool::model::{self, ModelChange};
use shared::pool::provider::{self, PolicyReview};
use shared::pool::resource::admin::{self, AdminStatus};
use shared::pool::{Model, Policy, PoolError, resource::hosted};
use sqlx::PgPool;
use uuid::Uuid;

use super::{id, lived_in, number};

async fn entries(pool: &PgPool, filter: EntryFilter, page: i64) -> Vec<Entry> {
    let mut conn = pool.acquire().await.unwrap();
    let mut all: Vec<Entry> = Vec::new();
    loop {
        let before = all.last().map(Entry::position);
        let next = list_entries(&mut conn, filter, before, page).await.unwrap();
        if next.is_empty() {
            return all;
        }
        all.extend(next);
    }
}

#[tokio::test]
async fn the_journal_is_listed_whole_newest_first_and_in_the_direction_credits_went() {
    let (database, pool) = lived_in().await;
    let rows = number(&database, "SELECT count(*)::numeric FROM ledger.journal").await;

    let all = entries(&pool, EntryFilter::default(), 4).await;

    assert_eq!(all.len().to_string(), rows);
    assert!(all.is_sorted_by(|a, b| a.line > b.line));
    let refund = all.iter().find(|it| it.kind == EntryKind::Refund).unwrap();
    assert_eq!((refund.from_kind.as_str(), refund.from_user), ("owner", Some(id("d1"))));
    assert_eq!((refund.to_kind.as_str(), refund.to_user), ("wallet", Some(id("c1"))));

    let of_owner = EntryFilter { user_id: Some(id("d1")), ..EntryFilter::default() };
    let on_a_side = |it: &&Entry| [it.from_user, it.to_user].contains(&Some(id("d1")));
    let expected: Vec<_> = all.iter().filter(on_a_side).cloned().collect();
    assert_eq!(entries(&pool, of_owner, 3).await, expected);
    let about = EntryFilter { reference: Some(id("12")), ..EntryFilter::default() };
    let kinds: Vec<_> = entries(&pool, about, 1).await.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [EntryKind::Surplus, EntryKind::Settle]);
    let issued = EntryFilter { kind: Some(EntryKind::Issue), ..EntryFilter::default() };
    assert_eq!(entries(&pool, issued, 2).await.len(), 5);
    database.drop().await;
}

#[tokio::test]
async fn work_is_listed_by_state_and_a_parked_settlement_can_be_tried_again() {
    let (database, pool) = lived_in().await;
    let admin = database.pool_as(shared::db::Role::Admin).await;
    let mut conn = pool.acquire().await.unwrap();

    let all = list_work(&mut conn, &WorkFilter::default(), None, 100).await.unwrap();
    let counts = count_tasks(&mut conn).await.unwrap();
    let mut admin_conn = admin.acquire().await.unwrap();
    let parked = retry_settlement(&mut admin_conn, id("17")).await.unwrap();
    let running = retry_settlement(&mut admin_conn, id("15")).await.unwrap();
    let nothing = retry_settlement(&mut admin_conn, Uuid::now_v7()).await.unwrap();

    let states: Vec<_> = all.iter().map(|it| (it.task_id, it.state)).collect();
    assert_eq!(states, [(id("17"), WorkState::Parked), (id("15"), WorkState::Running)]);
    assert_eq!((counts.waiting, counts.running, counts.parked), (0, 1, 1));
    assert_eq!((parked, running, nothing), (Retry::Requested, Retry::NotParked, Retry::NotFound));
    let parked_only = WorkFilter { state: Some(WorkState::Parked), ..WorkFilter::default() };
    let again = list_work(&mut conn, &parked_only, None, 100).await.unwrap();
    assert!(again.len() == 1 && again[0].retry_requested_at.is_some());
    assert!(
        list_work(&mut conn, &WorkFilter::default(), Some(id("15")), 100).await.unwrap().is_empty()
    );
    database.drop().await;
}

#[tokio::test]
async fn an_admin_takes_a_key_out_of_service_and_puts_it_back() {
    let (database, _) = lived_in().await;
    let admin = database.pool_as(shared::db::Role::Admin).await;
    let mut conn = admin.acquire().await.unwrap();

    for (status, word) in [(AdminStatus::Disabled, "disabled"), (AdminStatus::Active, "active")] {
        assert!(admin::set_status(&mut conn, id("e1"), status, "abuse").await.unwrap());
        let found = hosted::find(&mut conn, id("e1"), None, 5.into()).await.unwrap().unwrap();
        assert_eq!(found.status.as_str(), word);
        assert_eq!(found.status_reason.as_deref(), Some("abuse"));
    }
    let unknown = admin::set_status(&mut conn, id("c1"), AdminStatus::Active, "x").await;
    assert!(!unknown.unwrap());
    database.drop().await;
}

#[tokio::test]
async fn a_key_whose_provider_tells_no_balance_stays_in_service() {
    let (database, _) = lived_in().await;
    let unlimited = "SELECT count(*)::numeric FROM pool.resource_state
                      WHERE resource_id = u('e1') AND available_units IS NULL AND health = 'ok'";

    for health in ["ok", "exhausted"] {
        let silent = format!(
            "UPDATE pool.resource_state SET available_units = NULL, health = '{health}'
              WHERE resource_id = u('e1');
             SELECT pool.record_sync(u('e1'), NULL, aether.now(), '15m')"
        );
        database.run(&silent).await;
        assert_eq!(number(&database, unlimited).await, "1", "{health}");
    }
    database.drop().await;
}

#[tokio::test]
async fn a_worker_is_alive_until_its_boot_is_ended() {
    let (database, _) = lived_in().await;
    let admin = database.pool_as(shared::db::Role::Admin).await;
    let mut conn = admin.acquire().await.unwrap();

    super::set_clock(&database, "2030-06-12 12:00:02.5Z").await;
    let alive = list_boots(&mut conn, None, None, 10).await.unwrap();
    database.run("SELECT generation.end_boot(u('b1'), 'stopped')").await;
    let still = list_boots(&mut conn, Some(BootState::Alive), None, 10).await.unwrap();
    let ended = list_boots(&mut conn, Some(BootState::Ended), None, 10).await.unwrap();

    assert_eq!(alive.iter().map(|it| it.state).collect::<Vec<_>>(), [BootState::Alive]);
    assert_eq!((alive[0].silent_ms, alive[0].busy), (2_500, 1));
    assert_eq!((still.len(), ended.len()), (0, 1));
    assert_eq!(ended[0].end_reason.as_deref(), Some("stopped"));
    database.drop().await;
}

#[tokio::test]
async fn a_change_and_its_entry_are_one() {
    let (database, _) = lived_in().await;
    database.run("UPDATE identity.users SET roles = '{consumer,resource_provider,admin}' WHERE id = u('d1')").await;
    let admin = database.pool_as(shared::db::Role::Admin).await;
    let review = PolicyReview {
        reference_price: None,
        policy: Policy::Denied,
        evidence: "terms §4",
        reviewed_at: "2030-06-01T00:00:00Z".parse().unwrap(),
    };
    let entry = NewEntry {
        actor_id: id("d1"),
        action: Action::ProviderPolicySet,
        subject: Subject::Provider("stability"),
        reason: "the terms changed",
        detail: json!({"policy": "denied"}),
        request_id: "r1",
    };

    for commit in [false, true] {
        let mut tx = admin.begin().await.unwrap();
        provider::set_policy(&mut tx, "stability", &review).await.unwrap();
        audit_log::record(&mut tx, &entry).await.unwrap();
        if commit {
            tx.commit().await.unwrap();
        }
    }

    let mut conn = admin.acquire().await.unwrap();
    let entries =
        audit_log::list(&mut conn, &audit_log::EntryFilter::default(), None, 10).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].actor_email.as_deref(), Some("owner@example.com"));
    assert_eq!(entries[0].subject, "provider:stability");
    let other = audit_log::EntryFilter {
        subject: Some("provider:openai".to_owned()),
        ..audit_log::EntryFilter::default()
    };
    assert!(audit_log::list(&mut conn, &other, None, 10).await.unwrap().is_empty());
    let provider = provider::find_provider(&mut conn, "stability").await.unwrap();
    assert_eq!((provider.policy, provider.evidence.as_str()), (Policy::Denied, "terms §4"));
    let unknown = provider::set_policy(&mut conn, "midjourney", &review).await;
    assert!(matches!(unknown, Err(PoolError::ProviderNotFound)));
    database.drop().await;
}

#[tokio::test]
async fn a_model_is_made_changed_deleted_and_made_again() {
    let (database, _) = lived_in().await;
    let admin = database.pool_as(shared::db::Role::Admin).await;
    let mut conn = admin.acquire().await.unwrap();
    let before = model::list_models(&mut conn, None, 100).await.unwrap().len();
    let mut new = model::find_model(&mut conn, "stability/core").await.unwrap();
    new.id = "stability/next".to_owned();
    new.wire_name = "next".to_owned();

    let made = model::create_model(&mut conn, &new).await.unwrap();
    let twice = model::create_model(&mut conn, &new).await;
    let change = ModelChange { units: Some(Decimal::new(45, 1)), ..ModelChange::default() };
    let changed = model::change_model(&mut conn, &new.id, &change).await.unwrap();
    model::delete_model(&mut conn, &new.id).await.unwrap();
    let gone = model::delete_model(&mut conn, &new.id).await;
    let again = model::create_model(&mut conn, &new).await.unwrap();

    assert_eq!(made.units, new.units);
    assert!(matches!(twice, Err(PoolError::ModelExists)));
    assert_eq!(
        (changed.units, changed.display_name),
        (Decimal::new(45, 1), new.display_name.clone())
    );
    assert!(matches!(gone, Err(PoolError::ModelNotFound)));
    assert_eq!(again.units, new.units);
    let nobody = Model { id: "x/y".to_owned(), provider: "x".to_owned(), ..new };
    assert!(matches!(
        model::create_model(&mut conn, &nobody).await,
        Err(PoolError::ProviderNotFound)
    ));
    assert_eq!(model::list_models(&mut conn, None, 100).await.unwrap().len(), before + 1);
    assert_eq!(model::list_models(&mut conn, Some("stability/next"), 1).await.unwrap().len(), 1);
    database.drop().await;
}

#[tokio::test]
async fn the_overview_adds_up() {
    let (database, pool) = lived_in().await;
    let mut conn = pool.acquire().await.unwrap();
    let span = Span {
        from: "2030-06-01T00:00:00Z".parse().unwrap(),
        to: "2030-06-13T00:00:00Z".parse().unwrap(),
    };

    let overview = read_overview(&mut conn, span).await.unwrap();

    let credits = overview.credits;
    let issued = [credits.purchased, credits.subscribed, credits.added, credits.promoted];
    assert_eq!(issued.map(|it| it.to_string()), ["20", "10", "6", "103"]);
    let out = overview.outstanding.available.decimal() + overview.outstanding.held.decimal();
    let moved = issued.iter().map(|it| it.decimal()).sum::<Decimal>() + credits.refunded.decimal()
        - credits.spent.decimal()
        - credits.expired.decimal()
        - credits.revoked.decimal();
    assert_eq!(out, moved, "what is in wallets is what came in less what went out");
    let tasks = overview.tasks;
    let by_status =
        tasks.pending + tasks.processing + tasks.completed + tasks.failed + tasks.canceled;
    assert_eq!(tasks.submitted, by_status + tasks.refunded);
    assert_eq!((overview.resources.active, overview.users.total, overview.users.active), (2, 1, 2));
    database.drop().await;
}
