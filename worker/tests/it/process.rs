//! The binary itself.

use std::process::{Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::exchange::{Exchange, u};

#[tokio::test]
async fn a_worker_whose_heartbeat_panics_ends_with_a_failure_and_says_why() {
    let exchange = Exchange::open().await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_worker"));
    command
        .env_clear()
        .envs(exchange.variables("redis://127.0.0.1:1", "test"))
        .env("AETHERFLOW_FAILPOINT", "worker.beat=panic")
        .stderr(Stdio::piped());

    let ended = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();

    assert_eq!(ended.status.code(), Some(1));
    let log = String::from_utf8(ended.stderr).unwrap();
    assert!(log.contains("failpoint worker.beat"), "{log}");
    assert!(log.contains("the task heartbeat panicked"), "{log}");
    exchange.close().await;
}

#[tokio::test]
async fn a_worker_without_settings_names_them_and_exits_with_2() {
    let output = Command::new(env!("CARGO_BIN_EXE_worker")).env_clear().output().unwrap();

    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("worker: the environment cannot be used:"), "{stderr}");
    assert!(stderr.contains("DATABASE_URL: not set"), "{stderr}");
}

#[tokio::test]
async fn the_log_of_a_worker_is_json_with_one_line_for_a_finished_task_and_no_secret() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11')").await;
    exchange.sql("UPDATE generation.task SET prompt = 'a most private heron'").await;

    let log = log_of_a_worker(&mut exchange, "json", "completed").await;

    let lines: Vec<Value> = log.lines().map(|it| serde_json::from_str(it).expect(it)).collect();
    for line in &lines {
        for field in ["timestamp", "level", "target", "message"] {
            assert!(line[field].is_string(), "{field}: {line}");
        }
    }
    let finished: Vec<_> = lines.iter().filter(|it| it["message"] == "task finished").collect();
    let [line] = finished[..] else { panic!("one task, one line: {log}") };
    assert_eq!(line["task"], u("11").to_string());
    assert_eq!((&line["status"], &line["model"]), (&json!("completed"), &json!("stability/core")));
    assert_eq!((&line["provider"], &line["attempts"]), (&json!("stability"), &json!(1)));
    assert_eq!(line["credits"], "4.5");
    assert!(line["waited_ms"].as_u64().is_some() && line["run_ms"].as_u64() > Some(0), "{line}");
    for secret in ["a most private heron", "sk-the-key", "@example.com"] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
    exchange.close().await;
}

#[tokio::test]
async fn a_log_for_people_has_no_colours_in_a_file() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11')").await;

    let log = log_of_a_worker(&mut exchange, "text", "completed").await;

    assert!(log.contains("task finished") && log.contains("INFO"), "{log}");
    assert!(!log.contains('\u{1b}'), "{log}");
    exchange.close().await;
}

#[tokio::test]
async fn a_task_whose_end_was_written_but_not_heard_has_its_one_line_all_the_same() {
    for (faults, status, statement, again) in [
        (json!({}), "completed", "generation.settle_batch(", "settling again"),
        (json!({"content_blocked": 1.0}), "failed", "generation.end_attempt(", "ending again"),
    ] {
        let mut exchange = Exchange::open().await;
        exchange.set_key("e1", json!({"faults": faults})).await;
        exchange.proxy.lose_answer_to(statement);
        exchange.sql("SELECT submit('11')").await;

        let log = log_of_a_worker(&mut exchange, "text", status).await;

        assert!(log.contains(again), "an answer was lost: {log}");
        assert_eq!(log.matches("task finished").count(), 1, "{status}: {log}");
        exchange.close().await;
    }
}

#[tokio::test]
async fn a_worker_whose_log_cannot_be_written_goes_on() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11')").await;

    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ended = run_a_worker(&mut exchange, full, "text", "completed").await;

    assert!(ended.success(), "{ended}");
    exchange.close().await;
}

/// What a worker writes that ends one task and is asked to stop.
async fn log_of_a_worker(exchange: &mut Exchange, format: &str, status: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("worker.log");
    let log = std::fs::File::create(&path).unwrap();
    let ended = run_a_worker(exchange, log, format, status).await;
    assert!(ended.success(), "{ended}");
    std::fs::read_to_string(path).unwrap()
}

/// A worker that logs there, ends one task and is asked to stop.
async fn run_a_worker(
    exchange: &mut Exchange,
    log: std::fs::File,
    format: &str,
    status: &str,
) -> ExitStatus {
    let mut worker = Command::new(env!("CARGO_BIN_EXE_worker"))
        .env_clear()
        .envs(exchange.variables("redis://127.0.0.1:1", "test"))
        .env("AETHERFLOW_LOG_FORMAT", format)
        .stderr(log)
        .spawn()
        .unwrap();
    exchange.wait_for_task("11", status).await;
    let pid = Pid::from_raw(i32::try_from(worker.id()).unwrap());
    kill(pid, Signal::SIGTERM).unwrap();
    tokio::task::spawn_blocking(move || worker.wait().unwrap()).await.unwrap()
}
