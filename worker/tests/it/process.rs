//! The binary itself.

use std::process::{Command, Stdio};

use crate::exchange::Exchange;

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
