//! What owners learn of their keys: what they earned by day, each call, and what the keys were like.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use shared::ledger::earnings::statistics::{EarningsStatistics, read_earnings_statistics};
use shared::ledger::statistics::{Period, Span};
use shared::pool::resource::hosted::{
    self, Condition, HostedAttempt, Spell, forget_conditions, list_attempts, list_conditions,
};
use sqlx::PgPool;

use super::{Database, id, lived_in, number, set_clock};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

async fn statistics(api: &PgPool, user: &str, from: &str, to: &str) -> EarningsStatistics {
    let span = Span { from: at(from), to: at(to) };
    read_earnings_statistics(api, id(user), span, Period::Day).await.unwrap()
}

#[tokio::test]
async fn earnings_of_days_and_keys_add_up_to_what_the_ledger_says() {
    let (database, api) = lived_in().await;

    let whole = statistics(&api, "d1", "2030-06-09T00:00:00Z", "2030-06-13T00:00:00Z").await;

    let earned =
        "SELECT sum(e.amount) FROM ledger.posting e JOIN ledger.account a ON a.id = e.account
                   WHERE a.kind = 'owner' AND a.user_id = u('d1')";
    assert_eq!(whole.totals.net.to_string(), number(&database, earned).await);
    let exact = |it: &shared::ledger::earnings::statistics::EarningSums| {
        it.gross.decimal() - it.commission.decimal() == it.net.decimal()
    };
    assert!(exact(&whole.totals) && whole.series.iter().all(|it| exact(&it.sums)));
    let days: Vec<_> = whole.series.iter().map(|it| it.period.as_str()).collect();
    assert_eq!(days, ["2030-06-09", "2030-06-10", "2030-06-11", "2030-06-12"]);
    let net = |sums: Vec<Decimal>| sums.into_iter().sum::<Decimal>();
    let of_days = net(whole.series.iter().map(|it| it.sums.net.decimal()).collect());
    let of_keys = net(whole.resources.iter().map(|it| it.sums.net.decimal()).collect());
    assert_eq!((of_days, of_keys), (whole.totals.net.decimal(), whole.totals.net.decimal()));
    for day in &whole.series {
        let of_keys = net(day.resources.iter().map(|it| it.sums.net.decimal()).collect());
        assert_eq!(of_keys, day.sums.net.decimal(), "{}", day.period);
    }
    let names: Vec<_> = whole.resources.iter().map(|it| it.name.as_deref()).collect();
    assert_eq!(names, [Some("e1"), Some("e2")]);
    assert!(whole.series[0].resources.is_empty() && whole.series[2].sums.images == 0);

    let nobody = statistics(&api, "c1", "2030-06-10T00:00:00Z", "2030-06-11T00:00:00Z").await;
    assert_eq!((nobody.series.len(), nobody.totals.net), (1, shared::ledger::Credits::ZERO));
    api.close().await;
    database.drop().await;
}

#[tokio::test]
async fn a_refund_counts_against_the_day_it_was_made_on() {
    let (database, api) = lived_in().await;
    set_clock(&database, "2030-06-14 01:00:00Z").await;
    database.run("SELECT ledger.refund(u('11'), 2, 2.5, u('fa'), u('fb'))").await;

    let day = statistics(&api, "d1", "2030-06-14T00:00:00Z", "2030-06-15T00:00:00Z").await;

    let sums = day.totals;
    let said = (sums.gross.to_string(), sums.commission.to_string(), sums.net.to_string());
    assert_eq!((said, sums.images), (("-2.5".into(), "-0.25".into(), "-2.25".into()), 0));
    api.close().await;
    database.drop().await;
}

async fn attempts(api: &PgPool, owner: &str, page: i64) -> Vec<HostedAttempt> {
    let mut conn = api.acquire().await.unwrap();
    let mut all: Vec<HostedAttempt> = Vec::new();
    loop {
        let before = all.last().map(HostedAttempt::position);
        let next = list_attempts(&mut conn, id("e1"), id(owner), before, page).await.unwrap();
        if next.is_empty() {
            return all;
        }
        all.extend(next);
    }
}

#[tokio::test]
async fn each_call_of_a_key_is_listed_once_with_what_it_earned_its_owner() {
    let (database, api) = lived_in().await;

    let all = attempts(&api, "d1", 100).await;

    assert_eq!(attempts(&api, "d1", 2).await, all, "whatever the size of the pages");
    let count = "SELECT count(*)::numeric FROM generation.attempt WHERE resource_id = u('e1')";
    assert_eq!(all.len().to_string(), number(&database, count).await);
    assert!(all.windows(2).all(|pair| pair[0].started_at >= pair[1].started_at));
    let earned: Decimal = all.iter().map(|it| it.earned.decimal()).sum();
    let of_key = "SELECT sum(j.dir * j.net) FROM ledger.journal j JOIN generation.attempt a ON a.id = j.attempt
                   WHERE a.resource_id = u('e1') AND j.credit = a.owner_account";
    assert_eq!(earned.normalize().to_string(), number(&database, of_key).await);
    assert!(all.iter().any(|it| it.own) && all.iter().any(|it| it.billed));
    assert!(attempts(&api, "c1", 100).await.is_empty(), "not theirs");
    api.close().await;
    database.drop().await;
}

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

#[tokio::test]
async fn owners_who_watch_see_the_health_that_a_read_shows_and_no_sum_of_earnings() {
    let (database, api) = lived_in().await;
    let mut conn = api.acquire().await.unwrap();
    for (health, cooling_until, available, expected) in [
        ("ok", "NULL", "NULL", "ok"),
        ("ok", "NULL", "500", "ok"),
        ("ok", "NULL", "0.1", "exhausted"),
        ("cooling", "aether.now() + interval '1 minute'", "500", "cooling"),
        ("cooling", "aether.now()", "500", "probing"),
        ("cooling", "aether.now()", "0.1", "exhausted"),
        ("exhausted", "NULL", "500", "exhausted"),
    ] {
        database
            .run(&format!(
                "UPDATE pool.resource_state SET health = '{health}', cooling_until = {cooling_until},
                        available_units = {available} WHERE resource_id = u('e1')"
            ))
            .await;

        let marks = hosted::list_marks(&mut conn, &[id("d1")]).await.unwrap();
        let news = hosted::list_any(&mut conn, &[id("e1")], 5.into()).await.unwrap();
        let read = hosted::find(&mut conn, id("e1"), Some(id("d1")), 5.into()).await.unwrap();

        let (news, read) = (&news[0], read.unwrap());
        let mark = marks.iter().find(|it| it.id == id("e1")).unwrap();
        let words = [mark.health, news.health, read.health].map(hosted::Health::as_str);
        assert_eq!(words, [expected; 3], "{health} {cooling_until} {available}");
        assert!(news.earned.is_none() && read.earned.is_some());
    }
    let both = hosted::list_any(&mut conn, &[id("e1"), id("e2"), id("c1")], 5.into()).await;
    assert_eq!(both.unwrap().len(), 2);
    for (resource, owner, exists) in [("e1", "d1", true), ("e1", "c1", false), ("c1", "d1", false)]
    {
        assert_eq!(hosted::exists(&mut conn, id(resource), id(owner)).await.unwrap(), exists);
    }
    drop(conn);
    api.close().await;
    database.drop().await;
}
