//! The audit against a database in which a little of everything has happened: it finds nothing while
//! all is well, and names the right check for each way a row can be wrong.

mod corruption;

use std::collections::BTreeSet;
use std::time::Duration;

use devkit::database::Database;
use shared::db::Role;
use shared::ledger::audit::{self, AuditReport, CHECKS, Check};
use sqlx::{Connection, PgConnection};

use corruption::CORRUPTIONS;

const LIFE_CYCLE: &str = include_str!("life_cycle.sql");

/// A database after the life cycle, all of it rolled up.
async fn lived_in() -> Database {
    let database = Database::create().await;
    database.run(LIFE_CYCLE).await;
    // A transaction of another database on this server may hold the watermark back for a moment.
    database
        .wait_until("all is rolled up", async |conn| {
            sqlx::query("SELECT ledger.roll_up()").execute(&mut *conn).await?;
            sqlx::query_scalar(
                "SELECT (SELECT max(xid) FROM ledger.journal) < upto FROM ledger.rollup",
            )
            .fetch_one(conn)
            .await
        })
        .await;
    database
}

/// The names of the checks that find something in the transaction `conn` is in.
async fn violated(conn: &mut PgConnection) -> BTreeSet<&'static str> {
    let mut names = BTreeSet::new();
    for check in CHECKS {
        let violations: i64 = sqlx::query_scalar(check.sql)
            .persistent(false)
            .fetch_one(&mut *conn)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", check.name));
        if violations != 0 {
            names.insert(check.name);
        }
    }
    names
}

fn violated_of(report: &AuditReport) -> Vec<&'static str> {
    report.violated().map(|it| it.name).collect()
}

#[tokio::test]
async fn after_a_life_cycle_every_check_finds_nothing() {
    let database = lived_in().await;

    let report = audit::run(&database.pool().await).await.unwrap();

    assert_eq!(violated_of(&report), [""; 0]);
    assert!(report.ok);
    let names: Vec<_> = report.checks.iter().map(|it| it.name).collect();
    assert_eq!(names, CHECKS.iter().map(|it| it.name).collect::<Vec<_>>());
    database.drop().await;
}

#[tokio::test]
async fn while_credits_move_every_check_finds_nothing() {
    const CLIENTS: i32 = 4;
    const TASKS_EACH: i32 = 60;
    let database = lived_in().await;
    let mut conn = database.superuser().await;
    sqlx::raw_sql(include_str!("traffic.sql")).execute(&mut conn).await.unwrap();
    // Enough to spend, and places for all that is out at once.
    sqlx::raw_sql(
        "SELECT ledger.issue_grant(gen_random_uuid(), account, 'purchase', NULL, 5000, 0::smallint, NULL)
           FROM ledger.wallet;
         UPDATE pool.resource SET concurrency_limit = 1000;
         UPDATE pool.provider SET rate_requests = 100000",
    )
    .execute(&mut conn)
    .await
    .unwrap();
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        let mut conn = database.superuser().await;
        clients.spawn(async move {
            for seed in client * TASKS_EACH..(client + 1) * TASKS_EACH {
                for step in 1..=5 {
                    let stepped = sqlx::query("SELECT step($1, $2)").bind(seed).bind(step);
                    stepped
                        .execute(&mut conn)
                        .await
                        .unwrap_or_else(|error| panic!("{seed} {step}: {error}"));
                }
            }
        });
    }

    let pool = database.pool().await;
    let mut audits = 0;
    while !clients.is_empty() {
        let report = audit::run(&pool).await.unwrap();
        assert_eq!(violated_of(&report), [""; 0], "in audit {audits}");
        audits += 1;
        while let Some(client) = clients.try_join_next() {
            client.unwrap();
        }
    }
    assert!(audit::run(&pool).await.unwrap().ok);
    let lines: i64 =
        sqlx::query_scalar("SELECT count(*) FROM ledger.journal").fetch_one(&pool).await.unwrap();
    assert!(
        audits >= 1 && lines > i64::from(CLIENTS * TASKS_EACH),
        "{audits} audits, {lines} lines"
    );
    database.drop().await;
}

#[tokio::test]
async fn an_empty_exchange_passes_every_check() {
    let database = Database::create().await;

    let report = audit::run(&database.pool().await).await.unwrap();

    assert_eq!(violated_of(&report), [""; 0]);
    database.drop().await;
}

#[tokio::test]
async fn each_corruption_is_named_by_exactly_its_checks() {
    let database = lived_in().await;
    let mut conn = database.superuser().await;
    let (mut named, mut wrong) = (BTreeSet::new(), Vec::new());

    for corruption in CORRUPTIONS {
        let mut tx = conn.begin().await.unwrap();
        // Triggers stay silent, as for a restore or a superuser's slip.
        sqlx::raw_sql("SET LOCAL session_replication_role = replica")
            .execute(&mut *tx)
            .await
            .unwrap();
        sqlx::raw_sql(corruption.sql)
            .execute(&mut *tx)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", corruption.what));

        let found = violated(&mut tx).await;

        let expected: BTreeSet<_> = corruption.named.iter().copied().collect();
        if found != expected {
            wrong.push(format!("{}: {found:?} instead of {expected:?}", corruption.what));
        }
        named.extend(found);
        tx.rollback().await.unwrap();
    }

    assert_eq!(wrong, [""; 0]);
    let all: BTreeSet<_> = CHECKS.iter().map(|it| it.name).collect();
    assert_eq!(named, all, "every check has caught something");
    database.drop().await;
}

#[tokio::test]
async fn what_an_audit_found_is_stored() {
    let database = lived_in().await;
    let mut conn = database.superuser().await;
    sqlx::query("UPDATE ledger.wallet SET available = available + 1 WHERE user_id = u('c1')")
        .execute(&mut conn)
        .await
        .unwrap();

    let report = audit::run(&database.pool_as(shared::db::Role::Scheduler).await).await.unwrap();

    assert_eq!(violated_of(&report), ["wallet_entries", "wallet_grants"]);
    let stored: Vec<(String, i64)> = sqlx::query_as(
        "SELECT name, violations FROM ops.audit_result WHERE violations <> 0 ORDER BY name",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    assert_eq!(stored, [("wallet_entries".to_owned(), 1), ("wallet_grants".to_owned(), 1)]);
    database.drop().await;
}

#[tokio::test]
async fn a_check_that_errs_or_is_late_costs_no_other_check_its_result() {
    // Ended like a statement that runs into its timeout.
    const LATE: &str =
        "SELECT pg_cancel_backend(pg_backend_pid())::int::bigint + length(pg_sleep(60)::text)";
    const THREE: &[Check] = &[
        Check { name: "errs", sql: "SELECT 1 / 0" },
        Check { name: "finds", sql: "SELECT 2::bigint" },
        Check { name: "late", sql: LATE },
    ];
    let database = Database::create().await;
    let pool = database.pool_as(shared::db::Role::Scheduler).await;

    let report = audit::run_these(&pool, THREE).await.unwrap();

    assert!(!report.ok);
    assert_eq!(violated_of(&report), ["errs", "finds", "late"]);
    let stored: Vec<(String, Option<i64>, bool)> = sqlx::query_as(
        "SELECT name, violations, error IS NOT NULL FROM ops.audit_result ORDER BY name",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let row = |name: &str, found, error| (name.to_owned(), found, error);
    let expected = [row("errs", None, true), row("finds", Some(2), false), row("late", None, true)];
    assert_eq!(stored, expected);
    pool.close().await;
    database.drop().await;
}

#[tokio::test]
async fn an_audit_is_due_when_none_was_stored_or_the_last_has_aged() {
    let database = lived_in().await;
    let pool = database.pool().await;
    let hour = Duration::from_hours(1);

    assert!(audit::is_due(&pool, hour).await.unwrap());
    audit::run(&pool).await.unwrap();
    assert!(!audit::is_due(&pool, hour).await.unwrap());

    let mut conn = database.superuser().await;
    sqlx::raw_sql(
        "UPDATE ops.audit_result SET checked_at = checked_at - interval '61 minutes'
          WHERE name = 'in_flight'",
    )
    .execute(&mut conn)
    .await
    .unwrap();
    assert!(audit::is_due(&pool, hour).await.unwrap());
    database.drop().await;
}

#[tokio::test]
async fn every_role_that_audits_may() {
    let database = lived_in().await;

    for role in [Role::Scheduler, Role::Admin, Role::Readonly] {
        let report = audit::run(&database.pool_as(role).await).await.unwrap();
        assert!(report.ok, "{}", role.name());
    }
    database.drop().await;
}

#[tokio::test]
async fn a_second_audit_waits_and_then_finds_the_same() {
    let database = lived_in().await;
    let pool = database.pool().await;
    let mut conn = database.superuser().await;
    let mut tx = conn.begin().await.unwrap();
    // The key is the audit's own; a test that took another would not block it and fail below.
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(0x0061_7564_6974_i64)
        .execute(&mut *tx)
        .await
        .unwrap();
    let mut running = tokio::spawn({
        let pool = pool.clone();
        async move { audit::run(&pool).await }
    });

    database
        .wait_until("an audit waits for the lock", async |conn| {
            sqlx::query_scalar(
                "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)",
            )
            .fetch_one(conn)
            .await
        })
        .await;
    assert!(!running.is_finished());
    tx.rollback().await.unwrap();

    let first = tokio::time::timeout(Duration::from_secs(30), &mut running).await;
    assert!(first.unwrap().unwrap().unwrap().ok);
    let (one, other) = tokio::join!(audit::run(&pool), audit::run(&pool));
    assert!(one.unwrap().ok && other.unwrap().ok);
    database.drop().await;
}

#[tokio::test]
async fn a_watermark_from_another_clusters_future_is_not_ours() {
    let database = lived_in().await;
    let pool = database.pool().await;
    assert!(audit::watermark_is_ours(&pool).await.unwrap());

    let mut conn = database.superuser().await;
    sqlx::query("UPDATE ledger.rollup SET upto = upto + 1000000000")
        .execute(&mut conn)
        .await
        .unwrap();
    assert!(!audit::watermark_is_ours(&pool).await.unwrap());

    sqlx::query("SELECT ledger.rebuild_balances()").execute(&mut conn).await.unwrap();
    assert!(audit::run(&pool).await.unwrap().ok);
    database.drop().await;
}
