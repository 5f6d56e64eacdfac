//! The binary: what `up` and scripts rely on.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use crate::stage::PATIENCE;

#[tokio::test]
async fn it_prints_its_address_serves_and_stops_on_sigterm() {
    let mut simulator = Command::new(env!("CARGO_BIN_EXE_simulator"))
        .args(["--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(simulator.stdout.take().unwrap()).lines();
    let line = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
    let url = line.strip_prefix("listening on ").unwrap();

    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build().unwrap();
    let health = client.get(format!("{url}/healthz")).send().await.unwrap();
    let pid = simulator.id().unwrap().to_string();
    let told = Command::new("kill").args(["-TERM", &pid]).status().await.unwrap();
    let ended = timeout(PATIENCE, simulator.wait()).await.unwrap().unwrap();

    assert!(url.starts_with("http://127.0.0.1:"), "{line}");
    assert_eq!(health.status(), 200);
    assert!(told.success() && ended.success(), "{ended:?}");
    assert_eq!(lines.next_line().await.unwrap(), None, "one line only");
}

#[tokio::test]
async fn a_port_in_use_is_an_error_that_names_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();

    let mut simulator = Command::new(env!("CARGO_BIN_EXE_simulator"));
    let output = simulator.args(["--listen", &address]).kill_on_drop(true).output();
    let output = timeout(PATIENCE, output).await.unwrap().unwrap();

    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains(&address));
}
