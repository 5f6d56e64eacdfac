//! What happens, what an id names, and how much of the tables it takes to say so.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use devkit::database::Database;
use shared::generation::tasks::{ErrorClass, TaskStatus, changes};
use shared::generation::work::{
    FactsFilter, SEARCHED_MAX, Wish, WorkFilter, WorkState, count_matching, find_facts,
    list_attempts, list_facts, list_matching, list_work,
};
use shared::ledger::audit;
use shared::overview::lookup::{LookupKind, lookup};
use shared::overview::pulse::{minute_of, read_minutes, read_standing};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};
use uuid::Uuid;

use super::{id, lived_in};

/// What was lived, as admins read it.
async fn lived_in_for_admins() -> (Database, PgPool) {
    let (database, _) = lived_in().await;
    let admin = database.pool_as(shared::db::Role::Admin).await;
    (database, admin)
}

/// Makes tasks of `user` that ended, one a second back from now, with ids that say when they were submitted; of every
/// tenth the attempt failed.
const PAST: &str = "
    CREATE FUNCTION public.id_at(p_at timestamptz, p_no int) RETURNS uuid LANGUAGE sql AS $$
        SELECT (lpad(to_hex((extract(epoch FROM p_at) * 1000)::bigint), 12, '0') || '7'
                || lpad(to_hex(p_no % 4096), 3, '0') || '8' || lpad(to_hex(p_no), 15, '0'))::uuid $$;
    CREATE FUNCTION public.past(p_count int, p_user uuid, p_wait interval) RETURNS void LANGUAGE sql AS $$
        INSERT INTO generation.task (id, user_id, wallet, request_hash, status, requested_model, prompt, aspect_ratio,
               output_format, credits_held, lane, start_tag, tag, next_at, deadline, created_at, started_at,
               completed_at, error_code)
        SELECT id_at(t.at, t.no), p_user, 1000, '', CASE WHEN t.no % 10 = 0 THEN 'failed' ELSE 'canceled' END,
               'stability/core', 'secret', '1:1', 'png', 0, 1, 0, 0, t.at, t.at, t.at, t.at + p_wait,
               t.at + interval '1 second', CASE WHEN t.no % 10 = 0 THEN 'providers_failed' END
          FROM (SELECT no, clock_timestamp() - (p_count - no + 2) * interval '1 second' AS at
                  FROM generate_series(1, p_count) no) t;
        INSERT INTO generation.attempt (id, task_id, no, boot_id, resource_id, owner_id, owner_account, provider, model,
               units, price_per_unit, cost, reference_cost, commission_rate, own, state, error_class, occupies,
               occupied_until, started_at, hard_deadline, ended_at)
        SELECT id_at(t.started_at, 100000 + row_number() OVER ()::int), t.id, 1, p_user, p_user, p_user, 1, 'stability',
               'stability/core', 3, 1, 3, 3, 0, false, 'failed', 'rate_limited', false, t.started_at, t.started_at,
               t.started_at, t.started_at
          FROM generation.task t WHERE t.user_id = p_user AND t.status = 'failed' $$";

async fn rows_read(conn: &mut PgConnection) -> HashMap<String, i64> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT schemaname || '.' || relname, seq_tup_read + coalesce(idx_tup_fetch, 0)
           FROM pg_stat_xact_user_tables WHERE schemaname IN ('ledger', 'pool', 'generation', 'ops')",
    )
    .fetch_all(conn)
    .await
    .unwrap();
    rows.into_iter().collect()
}

async fn run(conn: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await.unwrap();
}

/// Rows of tasks and attempts that `read` reads.
async fn cost<T>(
    conn: &mut PgConnection,
    read: impl AsyncFnOnce(&mut PgConnection) -> T,
) -> (T, i64) {
    let mut tx = conn.begin().await.unwrap();
    let before = rows_read(&mut tx).await;
    let answer = read(&mut tx).await;
    let after = rows_read(&mut tx).await;
    tx.rollback().await.unwrap();
    let of =
        |name: &str| after.get(name).copied().unwrap_or(0) - before.get(name).copied().unwrap_or(0);
    (answer, of("generation.task") + of("generation.attempt"))
}

#[tokio::test]
async fn the_pulse_counts_what_was_submitted_what_ended_and_what_failed_minute_by_minute() {
    let database = Database::create().await;
    database.run(PAST).await;
    let mut conn = database.superuser().await;
    let user = Uuid::now_v7();
    run(&mut conn, format!("SELECT past(300, '{user}', '250 milliseconds')")).await;

    let standing = read_standing(&mut conn).await.unwrap();
    let to = minute_of(standing.now) + TimeDelta::minutes(1);
    let from = to - TimeDelta::minutes(15);
    let minutes = read_minutes(&mut conn, from, to).await.unwrap();

    assert_eq!(minutes.len(), 15, "every minute, also those in which nothing happened");
    let sum =
        |of: fn(&shared::overview::pulse::Minute) -> i64| minutes.values().map(of).sum::<i64>();
    assert_eq!(sum(|it| it.submitted), 300);
    assert_eq!((sum(|it| it.failed), sum(|it| it.canceled), sum(|it| it.completed)), (30, 270, 0));
    assert_eq!(sum(|it| it.errors.get(&ErrorClass::RateLimited).copied().unwrap_or(0)), 30);
    let waits: Vec<_> = minutes.values().filter_map(|it| it.wait_ms).collect();
    assert!(!waits.is_empty() && waits.iter().all(|it| *it == (250, 250)), "{waits:?}");
    assert_eq!((standing.waiting, standing.running, standing.oldest_at), (0, 0, None));
    conn.close().await.unwrap();
    database.drop().await;
}

#[tokio::test]
async fn what_admins_and_streams_read_again_and_again_does_not_grow_with_what_has_ended() {
    let database = Database::create().await;
    database.run(PAST).await;
    let mut conn = database.superuser().await;
    let (user, other) = (Uuid::now_v7(), Uuid::now_v7());
    run(
        &mut conn,
        format!("SELECT past(40000, '{user}', '1 second'), past(10, '{other}', '1 second')"),
    )
    .await;
    for table in ["generation.task", "generation.attempt"] {
        run(&mut conn, format!("VACUUM ANALYZE {table}")).await;
    }
    let now = changes::now(&mut conn).await.unwrap();
    let minute = minute_of(now);

    let (minutes, rows) = cost(&mut conn, async |conn| {
        read_minutes(conn, minute - TimeDelta::minutes(2), minute).await.unwrap()
    })
    .await;
    assert_eq!(minutes.len(), 2);
    assert!(rows < 4_000, "two minutes of the pulse read {rows} rows");

    let (_, rows) = cost(&mut conn, async |conn| read_standing(conn).await.unwrap()).await;
    assert!(rows < 100, "how it stands reads {rows} rows");

    let (listed, rows) = cost(&mut conn, async |conn| {
        list_work(conn, &WorkFilter::default(), None, 20).await.unwrap()
    })
    .await;
    assert!(listed.is_empty() && rows < 100, "the jobs read {rows} rows");

    let (found, rows) = cost(&mut conn, async |conn| {
        let users = [user, other];
        changes::list_of_users(conn, &users, now - TimeDelta::seconds(10), 200, 3_000)
            .await
            .unwrap()
    })
    .await;
    assert!(found.iter().any(|it| it.user_id == other) && found.len() < 40);
    assert!(rows < 200, "a look for two users reads {rows} rows");

    let (count, rows) = cost(&mut conn, async |conn| {
        changes::count_ended(conn, user, DateTime::<Utc>::UNIX_EPOCH, 10_001).await.unwrap()
    })
    .await;
    assert!(count == 10_001 && rows <= 10_001, "counting what was missed reads {rows} rows");
    let after = (now - TimeDelta::seconds(60), Uuid::nil());
    let (page, rows) = cost(&mut conn, async |conn| {
        changes::list_ended_after(conn, user, after, 20).await.unwrap()
    })
    .await;
    assert!(page.len() == 20 && page.is_sorted_by_key(|it| (it.completed_at, it.id)));
    assert!(rows < 400, "a page of what was missed reads {rows} rows");
    conn.close().await.unwrap();
    database.drop().await;
}

#[tokio::test]
async fn a_search_among_all_tasks_ends_after_so_many_and_says_where_it_goes_on() {
    let database = Database::create().await;
    database.run(PAST).await;
    let mut conn = database.superuser().await;
    let (user, rare) = (Uuid::now_v7(), Uuid::now_v7());
    run(&mut conn, format!("SELECT past(3, '{rare}', '1 second')")).await;
    run(
        &mut conn,
        format!(
            "UPDATE generation.task SET requested_model = 'stability/ultra' WHERE user_id = '{rare}';
             SELECT past({}, '{user}', '1 second')",
            SEARCHED_MAX + 1_000
        ),
    )
    .await;
    // The rare ones are the oldest.
    run(&mut conn, format!(
        "UPDATE generation.task t SET id = id_at(t.created_at - interval '10 days', o.no::int)
           FROM (SELECT id, row_number() OVER () AS no FROM generation.task WHERE user_id = '{rare}') o
          WHERE o.id = t.id")).await;
    run(&mut conn, "VACUUM ANALYZE generation.task".to_owned()).await;
    let filter =
        FactsFilter { model: Some("stability/ultra".to_owned()), ..FactsFilter::default() };

    let (page, rows) =
        cost(&mut conn, async |conn| list_facts(conn, &filter, None, 21).await.unwrap()).await;
    assert!(page.tasks.is_empty() && page.searched_to.is_some());
    assert!(rows <= 2 * SEARCHED_MAX + 100, "it reads {rows} rows");
    let rest = list_facts(&mut conn, &filter, page.searched_to, 21).await.unwrap();
    assert_eq!((rest.tasks.len(), rest.searched_to), (3, None), "nothing is left out, and it ends");

    let failed = FactsFilter {
        status: Some(TaskStatus::Failed),
        user_id: Some(user),
        ..FactsFilter::default()
    };
    let page = list_facts(&mut conn, &failed, None, 21).await.unwrap();
    assert_eq!((page.tasks.len(), page.searched_to), (21, None));
    assert!(page.tasks.is_sorted_by(|a, b| a.id > b.id));
    conn.close().await.unwrap();
    database.drop().await;
}

#[tokio::test]
async fn work_is_filtered_by_user_model_and_age_and_says_which_worker_has_its_call() {
    let (database, pool) = lived_in_for_admins().await;
    let mut conn = pool.acquire().await.unwrap();
    let now = changes::now(&mut conn).await.unwrap();

    let all = list_work(&mut conn, &WorkFilter::default(), None, 100).await.unwrap();
    let running = all.iter().find(|it| it.task_id == id("15")).unwrap();
    assert_eq!(running.worker_id, Some(id("b1")));
    let ids = async |filter: WorkFilter| {
        list_matching(&mut pool.acquire().await.unwrap(), &filter, 100).await.unwrap()
    };
    assert_eq!(ids(WorkFilter::default()).await, [id("15"), id("17")], "the oldest first");
    assert!(ids(WorkFilter { user_id: Some(id("d1")), ..WorkFilter::default() }).await.is_empty());
    let auto = WorkFilter { model: Some("auto".to_owned()), ..WorkFilter::default() };
    assert_eq!(ids(auto.clone()).await.len(), 2);
    assert_eq!(count_matching(&mut conn, &auto, 1).await.unwrap(), 1, "counting ends");
    let ultra = WorkFilter { model: Some("stability/ultra".to_owned()), ..WorkFilter::default() };
    assert!(ids(ultra).await.is_empty());
    let day = now - TimeDelta::days(1);
    assert_eq!(ids(WorkFilter { submitted_before: Some(day), ..auto.clone() }).await.len(), 2);
    let week = now - TimeDelta::days(7);
    assert!(ids(WorkFilter { submitted_before: Some(week), ..auto.clone() }).await.is_empty());
    assert_eq!(ids(WorkFilter { ids: Some(vec![id("17"), id("11")]), ..auto }).await, [id("17")]);
    database.drop().await;
}

#[tokio::test]
async fn work_of_which_the_same_was_asked_already_is_neither_listed_nor_counted() {
    let (database, pool) = lived_in_for_admins().await;
    let mut conn = pool.acquire().await.unwrap();
    let not_asked = |wish| WorkFilter { not_asked: Some(wish), ..WorkFilter::default() };
    let parked = || WorkFilter { state: Some(WorkState::Parked), ..not_asked(Wish::Retry) };
    let found = async |filter: WorkFilter| {
        let mut conn = pool.acquire().await.unwrap();
        let ids = list_matching(&mut conn, &filter, 100).await.unwrap();
        let count = count_matching(&mut conn, &filter, 100).await.unwrap();
        let given = WorkFilter { ids: Some(vec![id("15"), id("17")]), ..filter };
        assert_eq!(list_matching(&mut conn, &given, 100).await.unwrap(), ids);
        assert_eq!(usize::try_from(count).unwrap(), ids.len());
        ids
    };
    assert_eq!(found(not_asked(Wish::Cancel)).await, [id("15"), id("17")]);
    assert_eq!(found(parked()).await, [id("17")]);

    shared::generation::tasks::cancel_any(&mut conn, id("15")).await.unwrap();
    shared::generation::work::retry_settlement(&mut conn, id("17")).await.unwrap();

    assert_eq!(found(not_asked(Wish::Cancel)).await, [id("17")]);
    assert!(found(parked()).await.is_empty());
    // It was tried again, and failed again: another try may be asked for.
    database
        .run(
            "UPDATE generation.task SET settle_failed_at = settle_retry_at + interval '1 second'
              WHERE id = u('17')",
        )
        .await;
    assert_eq!(found(parked()).await, [id("17")]);
    database.drop().await;
}

#[tokio::test]
async fn a_task_is_shown_with_every_key_that_was_chosen_for_it() {
    let (database, pool) = lived_in_for_admins().await;
    let mut conn = pool.acquire().await.unwrap();

    let facts = find_facts(&mut conn, id("12")).await.unwrap().unwrap();
    let attempts = list_attempts(&mut conn, id("12")).await.unwrap();

    assert_eq!((facts.status, facts.attempts), (TaskStatus::Completed, 2));
    let chosen: Vec<_> = attempts.iter().map(|it| (it.no, it.resource_id, it.owner_id)).collect();
    assert_eq!(chosen, [(1, id("e1"), id("d1")), (2, id("e2"), id("d1"))]);
    assert!(attempts.iter().all(|it| it.worker_id == id("b1") && it.choice.is_object()));
    assert!(find_facts(&mut conn, id("c1")).await.unwrap().is_none());
    database.drop().await;
}

#[tokio::test]
async fn every_kind_of_id_is_found_and_leads_to_what_shows_it() {
    let (database, pool) = lived_in_for_admins().await;
    let mut conn = pool.acquire().await.unwrap();
    let line: i64 =
        sqlx::query_scalar("SELECT line FROM ledger.journal WHERE ref = $1 AND kind = 'refund'")
            .bind(id("11"))
            .fetch_one(&mut *conn)
            .await
            .unwrap();

    for (text, kind, shown_by) in [
        (id("d1").to_string(), LookupKind::User, id("d1").to_string()),
        ("Owner@Example.com".to_owned(), LookupKind::User, id("d1").to_string()),
        (format!("  {} ", id("12")), LookupKind::Task, id("12").to_string()),
        (id("32").to_string(), LookupKind::Attempt, id("12").to_string()),
        (id("e2").to_string(), LookupKind::Resource, id("e2").to_string()),
        (id("f3").to_string(), LookupKind::Grant, id("c1").to_string()),
        (id("19").to_string(), LookupKind::Hold, id("c1").to_string()),
        (id("b1").to_string(), LookupKind::Worker, id("b1").to_string()),
        (line.to_string(), LookupKind::Transaction, id("11").to_string()),
        ("stability/core".to_owned(), LookupKind::Model, "stability/core".to_owned()),
        ("stability".to_owned(), LookupKind::Provider, "stability".to_owned()),
    ] {
        let hits = lookup(&mut conn, &text).await.unwrap();
        let found: Vec<_> = hits.iter().map(|it| (it.kind, it.shown_by.clone())).collect();
        assert_eq!(found, [(kind, shown_by)], "{text}");
        assert!(!hits[0].label.is_empty());
    }
    for text in ["", "nobody", "-1", "9999999999999999999999", &Uuid::now_v7().to_string()] {
        assert!(lookup(&mut conn, text).await.unwrap().is_empty(), "{text:?}");
    }
    database.drop().await;
}

#[tokio::test]
async fn the_last_audit_is_well_only_if_every_check_was_made_and_found_nothing() {
    let (database, pool) = lived_in_for_admins().await;
    let mut conn = pool.acquire().await.unwrap();
    assert!(audit::read_last(&mut conn).await.unwrap().is_none(), "nobody audited yet");

    let report = audit::run(&pool).await.unwrap();
    let last = audit::read_last(&mut conn).await.unwrap().unwrap();
    assert!(report.ok && last.ok);
    assert_eq!(last.checks.len(), report.checks.len());

    database.run("DELETE FROM ops.audit_result WHERE name = 'journal_balanced'").await;
    assert!(!audit::read_last(&mut conn).await.unwrap().unwrap().ok, "one was not made");
    database.run("UPDATE ops.audit_result SET violations = 1 WHERE name = 'no_negatives'").await;
    let last = audit::read_last(&mut conn).await.unwrap().unwrap();
    assert!(last.checks.iter().any(|it| it.violations == Some(1)) && !last.ok);
    database.drop().await;
}
