//! Faults of the connection, and clients that leave.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::stage::{PATIENCE, Stage};

/// Long enough to tell "no answer" from a slow one.
const SILENCE: Duration = Duration::from_millis(300);

#[tokio::test]
async fn cut_before_closes_the_connection_without_work() {
    let stage = Stage::with_key(json!({"balance": 10, "faults": {"cut_before": 1}})).await;

    let error = stage.call("sk-a", "core").try_send().await.unwrap_err();

    assert!(!error.is_timeout() && !error.is_connect(), "{error:?}");
    let view = stage.until("sk-a", |view| view["in_flight"] == 0).await;
    assert_eq!((&view["calls"], &view["images"]), (&json!(1), &json!(0)));
    assert_eq!(view["balance"], 10.0);
}

#[tokio::test]
async fn cut_after_charges_and_closes_without_a_single_byte() {
    let stage = Stage::with_key(json!({"balance": 10, "faults": {"cut_after": 1}})).await;
    let body = "--x\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\na cat\r\n--x--\r\n";
    let address = stage.simulator.url().strip_prefix("http://").unwrap();
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST /stability/v2beta/stable-image/generate/core HTTP/1.1\r\nHost: {address}\r\n\
         Authorization: Bearer sk-a\r\nContent-Type: multipart/form-data; boundary=x\r\n\
         X-Request-Id: cut\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );

    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, socket.read_to_end(&mut answer)).await.unwrap();

    assert_eq!(read.unwrap(), 0);
    let view = stage.until("sk-a", |view| view["in_flight"] == 0).await;
    assert_eq!((&view["images"], &view["balance"]), (&json!(1), &json!(7.0)));
    assert_eq!(view["attempts"], json!(["cut"]));
}

#[tokio::test]
async fn hang_never_answers_and_makes_nothing() {
    let stage = Stage::with_key(json!({"balance": 10, "faults": {"hang": 1}})).await;

    let mut call = tokio::spawn(stage.call("sk-a", "core").try_send());
    let hanging = stage.until("sk-a", |view| view["in_flight"] == 1).await;
    let answer = timeout(SILENCE, &mut call).await;
    call.abort();

    assert!(answer.is_err(), "it answered");
    assert_eq!(hanging["calls"], 1);
    let left = stage.until("sk-a", |view| view["in_flight"] == 0).await;
    assert_eq!((&left["images"], &left["balance"]), (&json!(0), &json!(10.0)));
    assert_eq!(left["in_flight_max"], 1);
}

#[tokio::test]
async fn hang_after_charges_and_never_answers() {
    let stage = Stage::with_key(json!({"balance": 10, "faults": {"hang_after": 1}})).await;

    let call = stage.call("sk-a", "core").header("x-request-id", "late");
    let mut call = tokio::spawn(call.try_send());
    let hanging = stage.until("sk-a", |view| view["images"] == 1).await;
    let answer = timeout(SILENCE, &mut call).await;
    call.abort();

    assert!(answer.is_err(), "it answered");
    assert_eq!((&hanging["attempts"], &hanging["balance"]), (&json!(["late"]), &json!(7.0)));
    assert_eq!(hanging["in_flight"], 1);
    stage.until("sk-a", |view| view["in_flight"] == 0).await;
}

#[tokio::test]
async fn a_client_that_leaves_during_the_work_is_charged_all_the_same() {
    let stage = Stage::with_key(json!({"balance": 10, "latency_ms": 3000})).await;

    let call = stage.call("sk-a", "core").header("x-request-id", "gone");
    let call = tokio::spawn(call.try_send());
    stage.until("sk-a", |view| view["in_flight"] == 1).await;
    call.abort();
    let left = stage.until("sk-a", |view| view["in_flight"] == 0).await;
    let done = stage.until("sk-a", |view| view["images"] == 1).await;

    assert_eq!((&left["images"], &left["balance"]), (&json!(0), &json!(10.0)));
    assert_eq!((&done["attempts"], &done["balance"]), (&json!(["gone"]), &json!(7.0)));
}

#[tokio::test]
async fn latency_holds_the_answer_back() {
    let stage = Stage::with_key(json!({"latency_ms": 200, "latency_jitter_ms": 50})).await;
    let start = Instant::now();

    let answer = stage.core().await;

    assert_eq!(answer.status(), 200);
    assert!(start.elapsed() >= Duration::from_millis(150), "{:?}", start.elapsed());
}

#[tokio::test]
async fn shutdown_cuts_hanging_calls_and_frees_the_port() {
    let stage = Stage::with_key(json!({"faults": {"hang": 1}})).await;
    let address = stage.simulator.url().strip_prefix("http://").unwrap().to_owned();
    let call = tokio::spawn(stage.call("sk-a", "core").try_send());
    stage.until("sk-a", |view| view["in_flight"] == 1).await;

    timeout(PATIENCE, stage.simulator.shutdown()).await.unwrap();

    assert!(timeout(PATIENCE, call).await.unwrap().unwrap().is_err());
    assert!(TcpStream::connect(address).await.is_err());
}
