//! `/health`, `/health/live`, `/health/ready`.

use operations::health::{Health, HealthStatus, Report};
use poem::web::Data;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi, payload::Json};
use std::collections::BTreeMap;

use crate::{routes::Tag, state::App};

/// The health of this process.
pub struct HealthRoutes;

/// How well something works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "HealthStatus", rename_all = "snake_case")]
enum StatusView {
    /// It works as it should.
    Ok,
    /// It works, but worse than it should.
    Degraded,
    /// It does not work.
    Down,
}

/// What was found about one thing that the server depends on.
#[derive(Debug, Object)]
#[oai(rename = "HealthCheck", skip_serializing_if_is_none)]
struct CheckView {
    /// How well it works.
    status: StatusView,
    /// Why it does not work well; absent if it does.
    detail: Option<String>,
}

/// The health of the server, and of what it depends on.
#[derive(Debug, Object)]
#[oai(rename = "HealthReport")]
struct ReportView {
    /// How well the server works: the worst status of all checks.
    status: StatusView,
    /// The result of each check, by name.
    checks: BTreeMap<String, CheckView>,
}

#[derive(ApiResponse)]
enum HealthReply {
    /// The server works, though perhaps not as well as it should.
    #[oai(status = 200)]
    Works(Json<ReportView>),
    /// The server does not work.
    #[oai(status = 503)]
    Down(Json<ReportView>),
}

#[OpenApi(prefix_path = "/health", tag = "Tag::Operations")]
impl HealthRoutes {
    /// Report the health of the server and of what it depends on.
    #[oai(path = "/", method = "get", operation_id = "get_health")]
    async fn report(&self, Data(app): Data<&App>) -> HealthReply {
        app.health.report().await.into()
    }

    /// Report that the server process runs.
    ///
    /// Nothing that it depends on is asked.
    #[expect(clippy::unused_async, reason = "operations are asynchronous")]
    #[oai(path = "/live", method = "get", operation_id = "get_liveness")]
    async fn live(&self) -> HealthReply {
        Health::liveness().into()
    }

    /// Report whether requests should be sent to this server.
    ///
    /// They should not while it is stopping.
    #[oai(path = "/ready", method = "get", operation_id = "get_readiness")]
    async fn ready(&self, Data(app): Data<&App>) -> HealthReply {
        app.health.readiness().await.into()
    }
}

impl From<HealthStatus> for StatusView {
    fn from(status: HealthStatus) -> Self {
        match status {
            HealthStatus::Ok => Self::Ok,
            HealthStatus::Degraded => Self::Degraded,
            HealthStatus::Down => Self::Down,
        }
    }
}

impl From<Report> for HealthReply {
    fn from(report: Report) -> Self {
        let checks = report.checks.into_iter().map(|(name, finding)| {
            let check = CheckView { status: finding.status.into(), detail: finding.detail };
            (name.to_owned(), check)
        });
        let view = Json(ReportView { status: report.status.into(), checks: checks.collect() });
        match report.status {
            HealthStatus::Ok | HealthStatus::Degraded => Self::Works(view),
            HealthStatus::Down => Self::Down(view),
        }
    }
}
