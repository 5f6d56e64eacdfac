//! What keys were like: told without gaps, page by page, and forgotten when it is over.

use chrono::{DateTime, Utc};
use shared::pool::resource::hosted::{Condition, Spell, forget_conditions, list_conditions};
use sqlx::PgPool;

use super::hosting::{at, attempts};
use super::{Database, id, lived_in, number, set_clock};

async fn spells(api: &PgPool, owner: &str) -> Vec<Spell> {
    let mut conn = api.acquire().await.unwrap();
    let mut all: Vec<Spell> = Vec::new();
    loop {
        let before = all.last().map(Spell::position);
        let next = list_conditions(&mut conn, id("e1"), id(owner), None, before, 2).await.unwrap();
        if next.is_empty() {
            return all;
        }
        all.extend(next);
    }
}

/// From the oldest on: what the key was like, why, and from which to which minute after one o'clock.
fn told(spells: &[Spell]) -> Vec<(Condition, Option<&str>, i64, Option<i64>)> {
    let minute = |it: DateTime<Utc>| (it - at("2030-06-20T13:00:00Z")).num_minutes();
    let recent = spells.iter().rev().filter(|it| it.since >= at("2030-06-20T13:00:00Z"));
    recent
        .map(|it| (it.condition, it.reason.as_deref(), minute(it.since), it.until.map(minute)))
        .collect()
}

async fn fail(database: &Database, effect: &str, class: &str, cool: &str) {
    database
        .run(&format!(
            "SELECT 1 FROM pool.resource_state WHERE resource_id = u('e1') FOR NO KEY UPDATE;
             SELECT pool.judge_failure(u('e1'), aether.now(), u('11'), '{effect}', '{class}', '{cool}', 'a reason',
                                       aether.now())"
        ))
        .await;
}

async fn minute(database: &Database, minute: u32) {
    set_clock(database, &format!("2030-06-20 13:{minute:02}:00Z")).await;
}

#[tokio::test]
async fn what_a_key_was_like_is_told_without_gaps_and_with_the_reason() {
    let (database, api) = lived_in().await;
    minute(&database, 0).await;
    fail(&database, "cool", "rate_limited", "10 minutes").await;
    // Over by itself: the next claim would find it probing.
    minute(&database, 15).await;
    assert_eq!(
        told(&spells(&api, "d1").await),
        [
            (Condition::Cooling, Some("rate_limited"), 0, Some(10)),
            (Condition::Probing, None, 10, None)
        ]
    );
    fail(&database, "exhaust", "key_no_credit", "1 minute").await;
    minute(&database, 20).await;
    database
        .run("SELECT pool.set_resource_status(u('e1'), u('d1'), 'paused', 'paused by its owner')")
        .await;
    // Its health while it is paused is nobody's concern.
    fail(&database, "cool", "timeout", "1 minute").await;
    minute(&database, 30).await;
    database.run("SELECT pool.set_resource_status(u('e1'), u('d1'), 'active', NULL)").await;

    assert_eq!(
        told(&spells(&api, "d1").await),
        [
            (Condition::Cooling, Some("rate_limited"), 0, Some(10)),
            (Condition::Probing, None, 10, Some(15)),
            (Condition::Exhausted, Some("key_no_credit"), 15, Some(20)),
            (Condition::Paused, Some("paused by its owner"), 20, Some(30)),
            (Condition::Ok, None, 30, None),
        ]
    );
    let mut conn = api.acquire().await.unwrap();
    let after = Some(at("2030-06-20T13:20:00Z"));
    let late = list_conditions(&mut conn, id("e1"), id("d1"), after, None, 9).await.unwrap();
    assert_eq!(late.len(), 2, "only what lasted beyond");
    assert!(spells(&api, "c1").await.is_empty(), "not theirs");
    drop(conn);
    api.close().await;
    database.drop().await;
}

#[tokio::test]
async fn calls_that_change_nothing_of_a_keys_health_note_nothing() {
    let (database, api) = lived_in().await;
    let count = "SELECT count(*)::numeric FROM pool.resource_condition";
    let before = number(&database, count).await;
    assert_eq!(before, "2", "one for each key that was connected");

    database
        .run("SELECT submit('1c', 'c1', 4.95), claim('1c', '2c', 'e1'), settle('2c', 'settled')")
        .await;

    assert_eq!(number(&database, count).await, before);
    api.close().await;
    database.drop().await;
}

#[tokio::test]
async fn whoever_connects_a_key_again_is_told_nothing_of_those_before() {
    let (database, api) = lived_in().await;
    minute(&database, 0).await;
    fail(&database, "cool", "rate_limited", "10 minutes").await;
    minute(&database, 10).await;
    database
        .run(
            "UPDATE generation.attempt SET state = 'failed', ended_at = aether.now(), occupies = false
              WHERE resource_id = u('e1') AND state = 'calling';
             SELECT pool.delete_resource(u('e1'), u('d1'))",
        )
        .await;
    minute(&database, 20).await;
    database
        .run(
            "SELECT pool.connect_resource(jsonb_build_object('id', u('e1'), 'owner_id', u('c1'), 'provider', 'stability',
                'name', 'mine', 'key_hint', 'h', 'key_ciphertext', '\\x01', 'data_key_wrapped', '\\x02',
                'master_key_id', 'k', 'fingerprint', '\\xe1', 'price_per_unit', 1.5, 'daily_limit', 10000,
                'monthly_limit', 100000, 'concurrency_limit', 20, 'available_units', 500), '15m')",
        )
        .await;

    let seen = spells(&api, "c1").await;

    assert!(
        !seen.is_empty() && seen.iter().all(|it| it.since >= at("2030-06-20T13:20:00Z")),
        "{seen:?}"
    );
    assert!(attempts(&api, "c1", 100).await.is_empty());
    assert!(spells(&api, "d1").await.is_empty(), "nor is the one before told of what follows");
    api.close().await;
    database.drop().await;
}

#[tokio::test]
async fn what_keys_were_like_long_ago_is_forgotten_but_not_the_last_of_each() {
    let (database, api) = lived_in().await;
    minute(&database, 0).await;
    fail(&database, "cool", "rate_limited", "10 minutes").await;
    let scheduler = database.pool_as(shared::db::Role::Scheduler).await;
    assert_eq!(forget_conditions(&scheduler, 100).await.unwrap(), 0);

    set_clock(&database, "2030-08-01 00:00:00Z").await;

    assert_eq!(forget_conditions(&scheduler, 100).await.unwrap(), 1);
    assert_eq!(forget_conditions(&scheduler, 100).await.unwrap(), 0);
    let left = "SELECT count(*)::numeric FROM pool.resource_condition";
    assert_eq!(number(&database, left).await, "2");
    scheduler.close().await;
    api.close().await;
    database.drop().await;
}

#[tokio::test]
async fn what_began_long_ago_and_lasted_into_the_month_that_is_shown_is_kept() {
    let (database, api) = lived_in().await;
    let scheduler = database.pool_as(shared::db::Role::Scheduler).await;
    // It was well from the day it was connected until yesterday.
    set_clock(&database, "2030-08-01 13:00:00Z").await;
    fail(&database, "cool", "rate_limited", "10 minutes").await;
    set_clock(&database, "2030-08-02 13:00:00Z").await;

    assert_eq!(forget_conditions(&scheduler, 100).await.unwrap(), 0);

    let mut conn = api.acquire().await.unwrap();
    let after = Some(at("2030-07-04T00:00:00Z"));
    let month = list_conditions(&mut conn, id("e1"), id("d1"), after, None, 9).await.unwrap();
    let oldest = month.last().unwrap();
    assert_eq!((oldest.condition, oldest.until), (Condition::Ok, Some(at("2030-08-01T13:00:00Z"))));
    // Once all of it lies before what is kept, it goes.
    set_clock(&database, "2030-09-06 13:00:00Z").await;
    assert_eq!(forget_conditions(&scheduler, 100).await.unwrap(), 1);
    drop(conn);
    scheduler.close().await;
    api.close().await;
    database.drop().await;
}

/// So many times paused and resumed, a second apart, from one o'clock on.
async fn flip(database: &Database, times: u32) {
    database
        .run(&format!(
            "INSERT INTO pool.resource_condition (resource_id, condition, since)
             SELECT u('e1'), CASE WHEN n % 2 = 0 THEN 'ok' ELSE 'paused' END,
                    timestamptz '2030-06-20 13:00:00Z' + n * interval '1 second'
               FROM generate_series(1, 2 * {times}) n"
        ))
        .await;
}

#[tokio::test]
async fn a_page_of_what_a_key_was_like_reads_no_more_than_the_page() {
    let (database, api) = lived_in().await;
    flip(&database, 5_000).await;
    database.run("ANALYZE pool.resource_condition").await;
    set_clock(&database, "2030-06-20 17:00:00Z").await;
    let mut conn = api.acquire().await.unwrap();
    let mut tx = sqlx::Connection::begin(&mut *conn).await.unwrap();
    let read = async |tx: &mut sqlx::PgConnection| -> i64 {
        sqlx::query_scalar(
            "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables
              WHERE schemaname = 'pool' AND relname = 'resource_condition'",
        )
        .fetch_one(tx)
        .await
        .unwrap()
    };

    let before = read(&mut tx).await;
    let page = list_conditions(&mut tx, id("e1"), id("d1"), None, None, 21).await.unwrap();
    let position = page.last().map(Spell::position);
    let next = list_conditions(&mut tx, id("e1"), id("d1"), None, position, 21).await.unwrap();
    let rows = read(&mut tx).await - before;

    assert_eq!((page.len(), next.len()), (21, 21));
    assert_eq!(page[20].since, next[0].until.unwrap(), "without a gap");
    assert!(rows <= 200, "{rows} rows were read");
    tx.rollback().await.unwrap();
    drop(conn);
    api.close().await;
    database.drop().await;
}

#[tokio::test]
async fn a_key_that_was_paused_and_resumed_sixty_times_within_an_hour_stays_paused_for_a_while() {
    use shared::pool::resource::owner::{OwnerStatus, StatusSet, set_status};
    let (database, api) = lived_in().await;
    flip(&database, 60).await;
    set_clock(&database, "2030-06-20 13:30:00Z").await;
    let mut conn = api.acquire().await.unwrap();
    let mut set = async |owner: &str, status| {
        set_status(&mut conn, id("e1"), id(owner), status).await.unwrap()
    };

    assert_eq!(set("d1", OwnerStatus::Active).await, StatusSet::Changed, "it is active");
    assert_eq!(set("d1", OwnerStatus::Paused).await, StatusSet::Changed, "always possible");
    assert_eq!(set("d1", OwnerStatus::Active).await, StatusSet::TooOften);
    assert_eq!(set("c1", OwnerStatus::Active).await, StatusSet::NotFound, "not theirs");
    set_clock(&database, "2030-06-20 14:00:05Z").await;
    assert_eq!(set("d1", OwnerStatus::Active).await, StatusSet::Changed);
    drop(conn);
    api.close().await;
    database.drop().await;
}
