//! What is logged of a request. It is a program of its own: where another test logs at the same time, what this one
//! listens for may be switched off.

#![expect(clippy::unwrap_used, reason = "this whole program is a test")]

mod offline;

use std::sync::{Arc, Mutex};

use offline::state;
use poem::{http::StatusCode, test::TestClient};
use serde_json::json;

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn every_line_of_a_request_carries_its_id() {
    let (log, client) = (Log::default(), TestClient::new(api::app(state(&[]))));
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let login = json!({"email": "ada@example.com", "password": "correct horse"});

    let request = client.post("/api/auth/login").header("x-request-id", "order-7");
    request.body_json(&login).send().await.assert_status(StatusCode::SERVICE_UNAVAILABLE);

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("the database did not answer") && text.contains("answered"), "{text}");
    for line in text.lines() {
        assert!(line.contains("request_id=order-7"), "{line}");
    }
    for secret in ["ada@example.com", "correct horse"] {
        assert!(!text.contains(secret), "{text}");
    }
}
