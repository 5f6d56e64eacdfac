//! Whether a process lives, and whether it can do its work: `/health`, `/health/live` and
//! `/health/ready`, answered alike by every binary.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use poem::http::{StatusCode, header};
use poem::web::Json;
use poem::{Endpoint, IntoResponse, Request, Response, Route, get};
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A dependency that has not answered by then counts as down.
const CHECKS_TIMEOUT: Duration = Duration::from_secs(2);
/// An answer is shared for this long, so that callers cannot make a process ask more often.
const REPORT_LIFETIME: Duration = Duration::from_millis(500);

/// How well something works, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// As it should.
    Ok,
    /// Worse, but work gets done: Redis away, PostgreSQL there.
    Degraded,
    /// No work gets done.
    Down,
}

/// What was found about one dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The dependency, in a word: `postgres`, `redis`, `object_store`.
    pub name: &'static str,
    /// How well it works.
    pub status: HealthStatus,
    /// Why, without addresses or credentials: anybody may read it.
    pub detail: Option<String>,
}

impl Check {
    /// It works.
    pub fn ok(name: &'static str) -> Self {
        Self { name, status: HealthStatus::Ok, detail: None }
    }

    /// It does not, and we can work without.
    pub fn degraded(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, status: HealthStatus::Degraded, detail: Some(detail.into()) }
    }

    /// It does not, and nothing works without.
    pub fn down(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, status: HealthStatus::Down, detail: Some(detail.into()) }
    }
}

/// Asks the dependencies of one binary.
#[async_trait]
pub trait HealthSource: Send + Sync + 'static {
    /// One check per dependency, each asked now. May be dropped half way.
    async fn checks(&self) -> Vec<Check>;
}

/// The answer of every health route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The worst of the checks.
    pub status: HealthStatus,
    /// What was found, by name.
    pub checks: BTreeMap<&'static str, Finding>,
}

/// A check without its name, which is its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How well it works.
    pub status: HealthStatus,
    /// Why it does not work well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Report {
    fn new(checks: impl IntoIterator<Item = Check>) -> Self {
        let mut report = Self { status: HealthStatus::Ok, checks: BTreeMap::new() };
        for Check { name, status, detail } in checks {
            report.status = report.status.max(status);
            report.checks.insert(name, Finding { status, detail });
        }
        report
    }
}

impl IntoResponse for Report {
    /// 503 when down; a degraded process is to be left in service.
    fn into_response(self) -> Response {
        let status = match self.status {
            HealthStatus::Ok | HealthStatus::Degraded => StatusCode::OK,
            HealthStatus::Down => StatusCode::SERVICE_UNAVAILABLE,
        };
        Json(self)
            .with_status(status)
            .with_header(header::CACHE_CONTROL, "no-store")
            .into_response()
    }
}

/// The health of this process; cheap to clone.
#[derive(Clone)]
pub struct Health {
    shared: Arc<Shared>,
}

struct Shared {
    source: Box<dyn HealthSource>,
    stopping: CancellationToken,
    last: Mutex<Option<(Instant, Report)>>,
}

impl Health {
    /// Asks `source`; not ready any more once `stopping` is canceled, so that no new work is sent
    /// to a process that is finishing its last.
    pub fn new(source: impl HealthSource, stopping: CancellationToken) -> Self {
        let source = Box::new(source);
        Self { shared: Arc::new(Shared { source, stopping, last: Mutex::default() }) }
    }

    /// The dependencies, asked at most twice a second and by one caller at a time.
    pub async fn report(&self) -> Report {
        let mut last = self.shared.last.lock().await;
        if let Some((at, report)) = last.as_ref()
            && at.elapsed() < REPORT_LIFETIME
        {
            return report.clone();
        }
        let report = ask_within(CHECKS_TIMEOUT, &*self.shared.source).await;
        *last = Some((Instant::now(), report.clone()));
        report
    }

    /// The same, and down while stopping.
    pub async fn readiness(&self) -> Report {
        if self.shared.stopping.is_cancelled() {
            return Report::new([Check::down("process", "stopping")]);
        }
        self.report().await
    }

    /// That this process runs at all; asks nobody, so that an outage elsewhere does not make a
    /// supervisor restart everything.
    pub fn liveness() -> Report {
        Report::new([])
    }
}

async fn ask_within(timeout: Duration, source: &dyn HealthSource) -> Report {
    let checks = tokio::time::timeout(timeout, source.checks()).await;
    Report::new(checks.unwrap_or_else(|_| {
        let detail = format!("no answer within {}", humantime::format_duration(timeout));
        vec![Check::down("checks", detail)]
    }))
}

/// Adds `/health`, `/health/live` and `/health/ready`.
pub fn routes(route: Route, health: &Health) -> Route {
    let answer = |question| get(Answer { health: health.clone(), question });
    route
        .at("/health", answer(Question::Health))
        .at("/health/live", answer(Question::Live))
        .at("/health/ready", answer(Question::Ready))
}

#[derive(Clone, Copy)]
enum Question {
    Health,
    Live,
    Ready,
}

struct Answer {
    health: Health,
    question: Question,
}

impl Endpoint for Answer {
    type Output = Response;

    async fn call(&self, _request: Request) -> poem::Result<Response> {
        let report = match self.question {
            Question::Health => self.health.report().await,
            Question::Live => Health::liveness(),
            Question::Ready => self.health.readiness().await,
        };
        Ok(report.into_response())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    struct Scripted(Vec<Check>);

    #[async_trait]
    impl HealthSource for Scripted {
        async fn checks(&self) -> Vec<Check> {
            self.0.clone()
        }
    }

    async fn ask(checks: Vec<Check>, path: &str, stopping: bool) -> (StatusCode, String) {
        let token = CancellationToken::new();
        if stopping {
            token.cancel();
        }
        let routes = routes(Route::new(), &Health::new(Scripted(checks), token));
        let request = Request::builder().uri_str(path).finish();
        let response = routes.call(request).await.unwrap();
        (response.status(), response.into_body().into_string().await.unwrap())
    }

    #[tokio::test]
    async fn the_worst_check_decides_and_degraded_stays_in_service() {
        let redis = Check::degraded("redis", "no connection");
        let (status, body) = ask(vec![Check::ok("postgres"), redis], "/health", false).await;

        assert_eq!(status, StatusCode::OK);
        assert_eq!(
            body,
            r#"{"status":"degraded","checks":{"postgres":{"status":"ok"},"redis":{"status":"degraded","detail":"no connection"}}}"#
        );
    }

    #[tokio::test]
    async fn a_process_whose_database_is_away_is_down_but_lives() {
        let checks = vec![Check::down("postgres", "no connection"), Check::ok("redis")];

        assert_eq!(ask(checks.clone(), "/health", false).await.0, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            ask(checks.clone(), "/health/ready", false).await.0,
            StatusCode::SERVICE_UNAVAILABLE
        );
        let (status, body) = ask(checks, "/health/live", false).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, r#"{"status":"ok","checks":{}}"#));
    }

    #[tokio::test]
    async fn a_stopping_process_is_not_ready_and_still_healthy() {
        let checks = vec![Check::ok("postgres")];

        assert_eq!(
            ask(checks.clone(), "/health/ready", true).await.0,
            StatusCode::SERVICE_UNAVAILABLE
        );
        assert_eq!(ask(checks, "/health", true).await.0, StatusCode::OK);
    }

    struct Never;

    #[async_trait]
    impl HealthSource for Never {
        async fn checks(&self) -> Vec<Check> {
            std::future::pending().await
        }
    }

    #[tokio::test]
    async fn a_dependency_that_never_answers_counts_as_down() {
        let report = ask_within(Duration::from_millis(1), &Never).await;

        assert_eq!(report.status, HealthStatus::Down);
        assert_eq!(report.checks["checks"].detail.as_deref(), Some("no answer within 1ms"));
    }

    struct Counted(Arc<AtomicUsize>);

    #[async_trait]
    impl HealthSource for Counted {
        async fn checks(&self) -> Vec<Check> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Vec::new()
        }
    }

    #[tokio::test]
    async fn many_questions_at_once_ask_the_dependencies_once() {
        let asked = Arc::new(AtomicUsize::new(0));
        let health = Health::new(Counted(Arc::clone(&asked)), CancellationToken::new());

        for _ in 0..100 {
            health.report().await;
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);

        if let Some((at, _)) = health.shared.last.lock().await.as_mut() {
            *at = at.checked_sub(REPORT_LIFETIME).unwrap();
        }
        health.report().await;
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }
}
