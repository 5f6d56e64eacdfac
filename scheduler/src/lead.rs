//! Takes, renews and resigns the lead. Every answer also shows that the database stores what it is asked
//! to, which is what workers need for their heartbeats.

use std::time::{Duration, Instant};

use operations::periodic::ticks;
use shared::{failpoint, leader};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Deps;

/// How long the lead is taken for.
pub(crate) const LEASE: Duration = Duration::from_secs(10);
/// How often it is renewed, or tried for, at the most and at the least.
const RENEW_MAX: Duration = Duration::from_secs(3);
const RENEW_MIN: Duration = Duration::from_millis(50);

/// Whether this process leads.
#[derive(Debug)]
pub struct Lead {
    holder: Uuid,
    /// Until when it surely does, by this process's own clock.
    until: watch::Sender<Option<Instant>>,
}

impl Lead {
    /// Not yet.
    pub fn new() -> Self {
        Self { holder: Uuid::now_v7(), until: watch::Sender::new(None) }
    }

    /// Whether it leads now.
    pub fn is_ours(&self) -> bool {
        holds(*self.until.borrow())
    }

    /// Returns as soon as it leads.
    pub async fn ours(&self) {
        let mut until = self.until.subscribe();
        // The sender is `self`, so it cannot be gone.
        let _ = until.wait_for(|it| holds(*it)).await;
    }

    /// Tries for the lead and renews it until `stop`, then resigns. On a connection of its own: a
    /// lead that had to wait for a duty's would be lost to it.
    pub async fn keep(&self, deps: &Deps, stop: &CancellationToken) {
        let mut line = Line::new(deps);
        // Often enough for the watch to see an unbroken row of answers.
        let every = (deps.settings.lease / 8).clamp(RENEW_MIN, RENEW_MAX);
        let mut pace = ticks(every);
        while stop.run_until_cancelled(pace.tick()).await.is_some() {
            failpoint::hit("scheduler.lead");
            self.try_once(&mut line, deps, every.max(Duration::from_secs(1))).await;
        }
        self.resign(&mut line, deps).await;
    }

    /// One try of at most `limit`.
    async fn try_once(&self, line: &mut Line, deps: &Deps, limit: Duration) {
        let asked = Instant::now();
        let answer = tokio::time::timeout(limit, line.lead(self.holder)).await;
        let until = *self.until.borrow();
        match answer {
            Ok(Ok(ours)) => {
                deps.watch.answered(asked, Instant::now());
                self.set(ours.then(|| asked + LEASE), deps);
            }
            Ok(Err(error)) => {
                deps.watch.failed();
                tracing::debug!(%error, "the lead was not renewed");
                self.set(until, deps);
            }
            Err(_) => {
                deps.watch.failed();
                tracing::debug!("the lead was not renewed in time");
                self.set(until, deps);
            }
        }
    }

    fn set(&self, until: Option<Instant>, deps: &Deps) {
        let until = until.filter(|it| holds(Some(*it)));
        let led = self.until.send_replace(until).is_some();
        metrics::gauge!("aetherflow_leader").set(if until.is_some() { 1.0 } else { 0.0 });
        match (led, until.is_some()) {
            (false, true) => tracing::info!("leading"),
            (true, false) => {
                tracing::warn!("not leading any more");
                deps.board.clear();
            }
            _ => {}
        }
    }

    async fn resign(&self, line: &mut Line, deps: &Deps) {
        self.until.send_replace(None);
        metrics::gauge!("aetherflow_leader").set(0.0);
        deps.board.clear();
        match tokio::time::timeout(RENEW_MAX, line.resign(self.holder)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the lead was not resigned; it will run out"),
            Err(_) => tracing::warn!("the lead was not resigned in time; it will run out"),
        }
    }
}

/// The connection of the lead. One that failed, or did not answer in time, is dropped and made anew:
/// a pool would wait for its answer as long as the network makes it wait.
struct Line {
    options: PgConnectOptions,
    conn: Option<PgConnection>,
}

impl Line {
    fn new(deps: &Deps) -> Self {
        let options = PgConnectOptions::clone(&deps.db.connect_options());
        Self { options: options.application_name("aetherflow-scheduler-lead"), conn: None }
    }

    async fn lead(&mut self, holder: Uuid) -> sqlx::Result<bool> {
        let mut conn = self.take().await?;
        let ours = leader::lead(&mut conn, holder, LEASE).await?;
        self.conn = Some(conn);
        Ok(ours)
    }

    async fn resign(&mut self, holder: Uuid) -> sqlx::Result<()> {
        let mut conn = self.take().await?;
        leader::resign(&mut conn, holder).await
    }

    async fn take(&mut self) -> sqlx::Result<PgConnection> {
        match self.conn.take() {
            Some(conn) => Ok(conn),
            None => self.options.connect().await,
        }
    }
}

impl Default for Lead {
    fn default() -> Self {
        Self::new()
    }
}

fn holds(until: Option<Instant>) -> bool {
    until.is_some_and(|it| Instant::now() < it)
}
