use std::sync::Arc;

use operations::Program;
use scheduler::duty::{
    audit, fail_overdue, fail_struck, forget_answers, forget_sign_ins, gauges, ring, roll_up,
    sweep_credits, vacate,
};
use scheduler::{Deps, DutyError, Report, timetable};
use shared::jobs::JobKind;

use crate::exchange::{Exchange, NOTHING, did, wait_until};

#[tokio::test]
async fn a_task_past_its_deadline_fails_once_and_gets_its_credits_back() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11')").await;
    let deps = exchange.scheduler().await;
    assert_eq!(did(fail_overdue::run(Arc::clone(&deps)).await), NOTHING);

    exchange.advance("61 minutes").await;

    assert_eq!(did(fail_overdue::run(Arc::clone(&deps)).await), [("tasks", 1)]);
    assert_eq!(exchange.task("11").await, "failed");
    let available = "SELECT available FROM ledger.wallet WHERE user_id = u('c1')";
    assert_eq!(exchange.text(available).await, "100.000000");
    assert_eq!(did(fail_overdue::run(deps).await), NOTHING);
    exchange.close().await;
}

#[tokio::test]
async fn an_unknown_attempt_gives_its_place_back_when_it_cannot_be_running_any_more() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11'), claim('11', '21', 'e1'), lose('21')").await;
    let deps = exchange.scheduler().await;
    assert_eq!(did(vacate::run(Arc::clone(&deps)).await), NOTHING);

    exchange.advance("121 seconds").await;

    assert_eq!(did(vacate::run(Arc::clone(&deps)).await), [("attempts", 1)]);
    let state =
        "SELECT (in_flight, day_units) FROM pool.resource_state WHERE resource_id = u('e1')";
    assert_eq!(exchange.text(state).await, "(0,3.000000)");
    assert_eq!(did(vacate::run(deps).await), NOTHING);
    exchange.close().await;
}

#[tokio::test]
async fn expired_credits_are_swept_once_by_two_leaders() {
    let mut exchange = Exchange::open().await;
    exchange
        .sql(
            "SELECT ledger.issue_grant(gen_random_uuid(), ledger.open_wallet(gen_random_uuid()), 'promotion', NULL, 2,
                                       0::smallint, aether.now() + interval '1 hour')
               FROM generate_series(1, 250)",
        )
        .await;
    let (one, other) = (exchange.scheduler().await, exchange.scheduler().await);
    assert_eq!(did(sweep_credits::run(Arc::clone(&one)).await), NOTHING);

    exchange.advance("2 hours").await;
    let (first, second) = tokio::join!(
        tokio::spawn(sweep_credits::run(Arc::clone(&one))),
        tokio::spawn(sweep_credits::run(Arc::clone(&other)))
    );

    let swept =
        first.unwrap().unwrap().count("wallets") + second.unwrap().unwrap().count("wallets");
    assert_eq!(swept, 250);
    let lines = "SELECT (count(*), sum(gross)) FROM ledger.journal WHERE kind = 'expire'";
    assert_eq!(exchange.text(lines).await, "(250,500.000000)");
    assert_eq!(did(sweep_credits::run(one).await), NOTHING);
    exchange.close().await;
}

async fn ring_for(kind: JobKind, deps: &Arc<Deps>) -> Result<Report, DutyError> {
    ring::run(kind, kind.row().schedule.as_ref().unwrap(), Arc::clone(deps)).await
}

#[tokio::test]
async fn the_bell_rings_when_credits_are_due_to_be_swept() {
    let mut exchange = Exchange::open().await;
    exchange
        .sql(
            "SELECT ledger.issue_grant(gen_random_uuid(), ledger.open_wallet(gen_random_uuid()), 'promotion', NULL, 2,
                                       0::smallint, aether.now() + interval '1 hour')",
        )
        .await;
    let deps = exchange.scheduler().await;
    assert_eq!(did(ring_for(JobKind::ExpireCredits, &deps).await), NOTHING);

    exchange.advance("2 hours").await;

    assert_eq!(did(ring_for(JobKind::ExpireCredits, &deps).await), [("bells", 1)]);
    assert_eq!(did(sweep_credits::run(Arc::clone(&deps)).await), [("wallets", 1)]);
    assert_eq!(did(ring_for(JobKind::ExpireCredits, &deps).await), NOTHING);
    exchange.close().await;
}

#[tokio::test]
async fn the_bell_rings_when_a_keys_balance_is_due_to_be_read() {
    let mut exchange = Exchange::open().await;
    let deps = exchange.scheduler().await;
    assert_eq!(did(ring_for(JobKind::SyncQuotas, &deps).await), NOTHING);

    exchange.advance("16 minutes").await;

    assert_eq!(did(ring_for(JobKind::SyncQuotas, &deps).await), [("bells", 1)]);
    assert_eq!(
        did(ring_for(JobKind::SyncQuotas, &deps).await),
        [("bells", 1)],
        "until a worker takes it"
    );
    exchange.close().await;
}

#[tokio::test]
async fn two_leaders_fold_each_journal_row_once() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11'), claim('11', '21', 'e1'), settle('21')").await;
    let (one, other) = (exchange.scheduler().await, exchange.scheduler().await);

    let (first, second) = tokio::join!(
        tokio::spawn(roll_up::run(Arc::clone(&one))),
        tokio::spawn(roll_up::run(Arc::clone(&other)))
    );

    let mut folded = first.unwrap().unwrap().count("rows") + second.unwrap().unwrap().count("rows");
    // A transaction of another database on this server may hold the watermark back for a moment.
    wait_until("all is folded", async || {
        folded += roll_up::run(Arc::clone(&one)).await.unwrap().count("rows");
        folded >= 2
    })
    .await;
    assert_eq!(folded, 2, "the issue and the charge");
    let owner = "SELECT balance FROM ledger.balance JOIN ledger.account a ON a.id = account AND a.kind = 'owner'";
    assert_eq!(exchange.text(owner).await, "4.050000");
    assert_eq!(did(roll_up::run(one).await), NOTHING);
    exchange.close().await;
}

#[tokio::test]
async fn an_audit_is_made_when_the_last_has_aged_and_names_what_is_wrong() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11')").await;
    let deps = exchange.scheduler().await;

    assert_eq!(did(audit::run(Arc::clone(&deps)).await), [("audits", 1)]);
    assert_eq!(did(audit::run(Arc::clone(&deps)).await), NOTHING, "the last one is fresh");

    exchange.sql("UPDATE pool.resource_state SET in_flight = 3 WHERE resource_id = u('e1')").await;
    exchange.advance("61 minutes").await;
    assert_eq!(did(audit::run(Arc::clone(&deps)).await), [("audits", 1), ("violations", 1)]);
    exchange.sql("UPDATE pool.resource_state SET in_flight = 0 WHERE resource_id = u('e1')").await;
    exchange.close().await;
}

#[tokio::test]
async fn first_answers_are_forgotten_after_two_days_and_not_before() {
    let mut exchange = Exchange::open().await;
    exchange
        .sql(
            "INSERT INTO ops.idempotency (user_id, path, key, request_hash, created_at)
             SELECT u('c1'), '/', n::text, '', aether.now() - n * interval '1 hour' FROM generate_series(40, 55) n",
        )
        .await;
    let deps = exchange.scheduler().await;

    assert_eq!(did(forget_answers::run(Arc::clone(&deps)).await), [("answers", 8)]);

    assert_eq!(exchange.text("SELECT max(key) FROM ops.idempotency").await, "47");
    assert_eq!(did(forget_answers::run(deps).await), NOTHING);
    exchange.close().await;
}

#[tokio::test]
async fn expired_sessions_and_windows_that_are_over_are_forgotten_and_no_others() {
    let mut exchange = Exchange::open().await;
    exchange
        .sql(
            "INSERT INTO identity.users (id, email, password_hash, display_name, wallet, created_at)
             VALUES (u('5e'), 'sessions@example.org', '', 'S', 1, aether.now());
             -- Two that ended days ago, and two that live; each with a token of before.
             INSERT INTO identity.session (id, user_id, created_at, expires_at)
             SELECT u('5' || n), u('5e'), aether.now(), aether.now() + (n - 2) * interval '2 days' - interval '1 hour'
               FROM generate_series(0, 4) n WHERE n <> 2;
             INSERT INTO identity.refresh_token (hash, session_id, created_at, expires_at)
             SELECT sha256(s.id::text::bytea), s.id, aether.now(), s.expires_at FROM identity.session s
             UNION ALL
             SELECT sha256('old' || s.id::text::bytea), s.id, aether.now(), aether.now() - interval '1 second'
               FROM identity.session s;
             INSERT INTO identity.throttle (subject, count, window_started_at, window_ends_at)
             SELECT sha256(n::text::bytea), 1, aether.now(), aether.now() + (n - 2) * interval '1 minute' - interval '1 second'
               FROM generate_series(0, 4) n",
        )
        .await;
    let deps = exchange.scheduler().await;

    // Six tokens, two sessions, three windows.
    assert_eq!(did(forget_sign_ins::run(Arc::clone(&deps)).await), [("rows", 11)]);

    let left = "SELECT (SELECT count(*) FROM identity.session) || ' ' || (SELECT count(*) FROM identity.refresh_token)
                    || ' ' || (SELECT count(*) FROM identity.throttle)";
    assert_eq!(exchange.text(left).await, "2 2 2");
    assert_eq!(did(forget_sign_ins::run(deps).await), NOTHING);
    exchange.close().await;
}

#[tokio::test]
async fn the_leader_shows_what_waits_and_how_the_keys_are() {
    let metrics = operations::metrics::install(Program::Scheduler).unwrap();
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11'), submit('12'), claim('12', '22', 'e1')").await;
    let deps = exchange.scheduler().await;
    did(audit::run(Arc::clone(&deps)).await);
    did(roll_up::run(Arc::clone(&deps)).await);

    did(gauges::run(Arc::clone(&deps)).await);

    let shown = metrics.render();
    let key = crate::exchange::u("e1");
    for line in [
        "aetherflow_queue_depth 1".to_owned(),
        "aetherflow_attempts_calling 1".to_owned(),
        "aetherflow_settlements_parked 0".to_owned(),
        "aetherflow_holds_open 2".to_owned(),
        "aetherflow_holds_open_credits 9.9".to_owned(),
        "aetherflow_workers_permits 32".to_owned(),
        "aetherflow_audit_violations{check=\"wallet_entries\"} 0".to_owned(),
        format!("aetherflow_resource_in_flight{{resource=\"{key}\"}} 1"),
        format!("aetherflow_resource_units_available{{resource=\"{key}\"}} 497"),
        format!("aetherflow_resource_units_left_today{{resource=\"{key}\"}} 9997"),
        format!("aetherflow_resource_health{{resource=\"{key}\",health=\"ok\"}} 1"),
    ] {
        assert!(shown.lines().any(|it| it == line), "{line} is missing in\n{shown}");
    }
    assert!(shown.contains("aetherflow_rollup_lag_seconds"));

    exchange.sql("SELECT pool.set_resource_status(u('e1'), NULL, 'disabled', 'm')").await;
    did(gauges::run(deps).await);
    let shown = metrics.render();
    let line = format!("aetherflow_resource_health{{resource=\"{key}\",health=\"disabled\"}} 1");
    assert!(shown.lines().any(|it| it == line), "{line} is missing in\n{shown}");
    let gone = format!("aetherflow_resource_health{{resource=\"{key}\",health=\"ok\"}}");
    assert!(!shown.contains(&gone), "{gone} is there in\n{shown}");
    exchange.close().await;
}

#[tokio::test]
async fn the_series_of_a_deleted_key_go_with_it() {
    let metrics = operations::metrics::install(operations::Program::Scheduler).unwrap();
    let mut exchange = Exchange::open().await;
    let deps = exchange.scheduler().await;
    // A key of this test's own: the process has one recorder for all its tests.
    let key = uuid::Uuid::now_v7();
    exchange
        .sql(&format!(
            "SELECT pool.connect_resource(jsonb_build_object('id', '{key}', 'owner_id', u('d1'), 'provider', 'stability',
                'name', 'n', 'key_hint', 'h', 'key_ciphertext', '\\x01', 'data_key_wrapped', '\\x02', 'master_key_id', 'k',
                'fingerprint', '\\xaa', 'price_per_unit', 1.5, 'daily_limit', 10000, 'monthly_limit', 100000,
                'concurrency_limit', 20), '15m')"
        ))
        .await;
    did(gauges::run(Arc::clone(&deps)).await);
    assert!(metrics.render().contains(&key.to_string()));

    exchange.sql(&format!("SELECT pool.delete_resource('{key}', u('d1'))")).await;
    did(gauges::run(deps).await);

    assert!(!metrics.render().contains(&key.to_string()));
    exchange.close().await;
}

#[tokio::test]
async fn what_waits_of_a_consumer_at_their_limit_is_ended_within_a_round() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11'), submit('12')").await;
    let deps = exchange.scheduler().await;
    assert_eq!(did(fail_struck::run(Arc::clone(&deps)).await), NOTHING);
    exchange
        .sql("INSERT INTO generation.strike VALUES (aether.utc_day(aether.now()), u('c1'), '', 20)")
        .await;

    assert_eq!(did(fail_struck::run(Arc::clone(&deps)).await), [("tasks", 2)]);

    assert_eq!(exchange.task("11").await, "failed");
    assert_eq!(
        exchange.text("SELECT available FROM ledger.wallet WHERE user_id = u('c1')").await,
        "100.000000"
    );
    assert_eq!(did(fail_struck::run(deps).await), NOTHING);
    exchange.close().await;
}

/// One activation of everything, as a leader makes them.
async fn everything(deps: &Arc<Deps>) {
    for duty in timetable(&deps.settings) {
        duty.run(Arc::clone(deps)).await.unwrap_or_else(|error| panic!("{}: {error}", duty.name));
    }
}

#[tokio::test]
async fn every_duty_may_do_its_work_as_the_schedulers_role_on_an_empty_exchange() {
    let exchange = Exchange::open().await;
    let deps = exchange.scheduler().await;

    everything(&deps).await;
    everything(&deps).await;

    exchange.close().await;
}
