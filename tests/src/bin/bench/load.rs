//! Closed-loop load: each lane submits, waits until it sees its task completed, and begins anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bytes::Bytes;
use futures::future::try_join_all;
use hyper::Method;

use crate::connection::{Connection, field};

/// The request all lanes send.
const BODY: &[u8] = br#"{"prompt":"a lighthouse at dawn, oil on canvas","model":"stability/core"}"#;
const SUBMIT: &str = "/api/generate/text-to-image";

/// What a load came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// From submit to seen, in milliseconds, each.
    pub lifecycles: Vec<f64>,
    /// Answers to submits, in milliseconds, each.
    pub submits: Vec<f64>,
    pub took: Duration,
}

impl Outcome {
    pub fn per_second(&self) -> f64 {
        self.lifecycles.len() as f64 / self.took.as_secs_f64()
    }
}

/// `Authorization` headers of the consumers, handed out in turn.
#[derive(Debug, Clone)]
pub struct Turns {
    headers: Arc<Vec<String>>,
    next: Arc<AtomicUsize>,
}

impl Turns {
    pub fn new(tokens: Vec<String>) -> Self {
        let headers = tokens.into_iter().map(|it| format!("Bearer {it}")).collect();
        Self { headers: Arc::new(headers), next: Arc::default() }
    }

    /// The first of them.
    pub fn one(&self) -> &str {
        &self.headers[0]
    }

    fn take(&self) -> &str {
        &self.headers[self.next.fetch_add(1, Ordering::Relaxed) % self.headers.len()]
    }
}

/// Runs so many lanes for so long; what is begun in time is finished and counted.
pub async fn run(api_url: &str, turns: &Turns, lanes: usize, length: Duration) -> Result<Outcome> {
    let began = Instant::now();
    let running = (0..lanes).map(|_| {
        let (api_url, turns) = (api_url.to_owned(), turns.clone());
        async move { tokio::spawn(lane(api_url, turns, began + length)).await? }
    });
    let mut outcome = Outcome::default();
    for lane in try_join_all(running).await? {
        outcome.lifecycles.extend(lane.lifecycles);
        outcome.submits.extend(lane.submits);
    }
    outcome.took = began.elapsed();
    Ok(outcome)
}

async fn lane(api_url: String, turns: Turns, until: Instant) -> Result<Outcome> {
    let mut connection = Connection::open(&api_url).await?;
    let mut outcome = Outcome::default();
    while Instant::now() < until {
        let authorization = turns.take();
        let began = Instant::now();
        let task = submit(&mut connection, authorization).await?;
        outcome.submits.push(milliseconds(began));
        wait(&mut connection, authorization, &task).await?;
        outcome.lifecycles.push(milliseconds(began));
    }
    Ok(outcome)
}

/// Submits one task and answers its id.
pub async fn submit(connection: &mut Connection, authorization: &str) -> Result<String> {
    let body = Bytes::from_static(BODY);
    let answer = connection.ask(Method::POST, SUBMIT, authorization, body, 202).await?;
    Ok(field(&answer, "id")?.to_owned())
}

/// Waits until its consumer sees the task completed.
pub async fn wait(connection: &mut Connection, authorization: &str, task: &str) -> Result<()> {
    let path = format!("/api/generate/task/{task}?wait=30");
    loop {
        let answer = connection.ask(Method::GET, &path, authorization, Bytes::new(), 200).await?;
        match field(&answer, "status")? {
            "completed" => return Ok(()),
            "pending" | "processing" => {}
            other => ensure!(false, "a task ended {other}: {}", String::from_utf8_lossy(&answer)),
        }
    }
}

/// Submits so many tasks at most so many at once, and waits for none.
pub async fn pile_up(api_url: &str, turns: &Turns, tasks: usize, lanes: usize) -> Result<()> {
    let piles = (0..lanes).map(|number| {
        let (api_url, turns) = (api_url.to_owned(), turns.clone());
        let share = tasks / lanes + usize::from(number < tasks % lanes);
        async move {
            let mut connection = Connection::open(&api_url).await?;
            for _ in 0..share {
                submit(&mut connection, turns.take()).await?;
            }
            anyhow::Ok(())
        }
    });
    try_join_all(piles).await.map(drop)
}

pub fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}
