//! The binary itself.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use secrecy::ExposeSecret;

use crate::exchange::{Exchange, wait_until};

fn start(exchange: &Exchange) -> Process {
    Process { child: command(exchange).stderr(Stdio::null()).spawn().unwrap() }
}

/// With a lease short enough to see a rescue, and a Redis that is away.
fn command(exchange: &Exchange) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scheduler"));
    command.env_clear().envs([
        ("DATABASE_URL", exchange.database.url().expose_secret()),
        ("REDIS_URL", "redis://127.0.0.1:1"),
        ("AETHERFLOW_OBJECT_STORE", &format!("file://{}", exchange.folder.path().display())),
        ("AETHERFLOW_METRICS_LISTEN", "127.0.0.1:0"),
        ("AETHERFLOW_LEASE", "1s"),
        ("AETHERFLOW_LOG_FORMAT", "text"),
    ]);
    command
}

struct Process {
    child: Child,
}

impl Process {
    async fn terminate(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        wait_until("it ends", async || self.child.try_wait().unwrap().is_some()).await;
        self.child.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_scheduler_rescues_audits_and_resigns_when_it_is_terminated() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11'), claim('11', '21', 'e1')").await;
    exchange.keep_image("11", "21").await;

    let scheduler = start(&exchange);

    for (what, query) in [
        ("the image is settled", "SELECT status = 'completed' FROM generation.task"),
        ("the journal is rolled up", "SELECT count(*) = 3 FROM ledger.balance"),
        (
            "the books are audited",
            "SELECT count(*) > 30 AND sum(violations) = 0 FROM ops.audit_result",
        ),
    ] {
        wait_until(what, async || exchange.text(query).await == "true").await;
    }
    let leads = "SELECT holder IS NOT NULL FROM ops.leader";
    assert_eq!(exchange.text(leads).await, "true");
    let began = std::time::Instant::now();
    assert!(scheduler.terminate().await.success());
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(exchange.text(leads).await, "false");
    exchange.close().await;
}

#[tokio::test]
async fn two_schedulers_beside_each_other_pay_once() {
    let mut exchange = Exchange::open().await;
    let mut all = Vec::new();
    for n in 1..=9 {
        exchange.sql(&format!("SELECT submit('1{n}'), claim('1{n}', '2{n}', 'e1')")).await;
        exchange.keep_image(&format!("1{n}"), &format!("2{n}")).await;
    }
    all.push(start(&exchange));
    all.push(start(&exchange));

    let settled = "SELECT count(*) FILTER (WHERE status = 'completed') = 9 FROM generation.task";
    wait_until("all are settled", async || exchange.text(settled).await == "true").await;

    for scheduler in all {
        assert!(scheduler.terminate().await.success());
    }
    let lines = "SELECT count(*) FROM ledger.journal WHERE kind = 'settle'";
    assert_eq!(exchange.text(lines).await, "9");
    exchange.close().await;
}

#[tokio::test]
async fn a_scheduler_refuses_a_watermark_from_another_clusters_future() {
    let mut exchange = Exchange::open().await;
    exchange.sql("UPDATE ledger.rollup SET upto = upto + 1000000000").await;

    let mut scheduler = start(&exchange);

    wait_until("it ends", async || scheduler.child.try_wait().unwrap().is_some()).await;
    assert!(!scheduler.child.wait().unwrap().success());
    exchange.sql("SELECT ledger.rebuild_balances()").await;
    exchange.close().await;
}

#[tokio::test]
async fn a_duty_that_fails_stops_no_other_and_goes_on_when_it_can() {
    let mut exchange = Exchange::open().await;
    exchange.sql("ALTER FUNCTION ledger.roll_up() RENAME TO away").await;
    exchange.sql("SELECT submit('11'), claim('11', '21', 'e1')").await;
    exchange.keep_image("11", "21").await;

    let scheduler = start(&exchange);

    let settled = "SELECT status = 'completed' FROM generation.task";
    wait_until("the image is settled", async || exchange.text(settled).await == "true").await;
    exchange.sql("ALTER FUNCTION ledger.away() RENAME TO roll_up").await;
    let rolled = "SELECT count(*) = 3 FROM ledger.balance";
    wait_until("the journal is rolled up", async || exchange.text(rolled).await == "true").await;
    assert!(scheduler.terminate().await.success());
    exchange.close().await;
}

#[tokio::test]
async fn a_scheduler_whose_lead_panics_ends_with_a_failure_and_says_why() {
    let mut exchange = Exchange::open().await;
    let mut command = command(&exchange);
    command.env("AETHERFLOW_FAILPOINT", "scheduler.lead=panic").stderr(Stdio::piped());

    let ended = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();

    assert_eq!(ended.status.code(), Some(1));
    let log = String::from_utf8(ended.stderr).unwrap();
    assert!(log.contains("failpoint scheduler.lead"), "{log}");
    assert!(log.contains("the task lead panicked"), "{log}");
    assert_eq!(
        exchange.text("SELECT count(*) FROM ops.leader WHERE holder IS NOT NULL").await,
        "0"
    );
    exchange.close().await;
}
