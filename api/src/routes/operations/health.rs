//! `/health`, `/health/live`, `/health/ready`.

use operations::health::{Health, HealthStatus, Report};
use poem::web::Data;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi, payload::Json};
use std::collections::BTreeMap;

use crate::{routes::Tag, state::App};

/// Whether this process works.
pub struct HealthRoutes;

/// How well something works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "HealthStatus", rename_all = "snake_case")]
enum StatusView {
    /// As it should.
    Ok,
    /// Worse, but work gets done.
    Degraded,
    /// No work gets done.
    Down,
}

/// What was found about one dependency.
#[derive(Debug, Object)]
#[oai(rename = "HealthCheck", skip_serializing_if_is_none)]
struct CheckView {
    status: StatusView,
    /// Why.
    detail: Option<String>,
}

/// The worst of the checks, and the checks by name.
#[derive(Debug, Object)]
#[oai(rename = "HealthReport")]
struct ReportView {
    status: StatusView,
    checks: BTreeMap<String, CheckView>,
}

#[derive(ApiResponse)]
enum HealthReply {
    /// It works, perhaps degraded.
    #[oai(status = 200)]
    Works(Json<ReportView>),
    /// It does not.
    #[oai(status = 503)]
    Down(Json<ReportView>),
}

#[OpenApi(prefix_path = "/health", tag = "Tag::Operations")]
impl HealthRoutes {
    /// How this process and what it depends on are.
    #[oai(path = "/", method = "get", operation_id = "health_report")]
    async fn report(&self, Data(app): Data<&App>) -> HealthReply {
        app.health.report().await.into()
    }

    /// That this process runs at all; asks nobody.
    #[expect(clippy::unused_async, reason = "operations are asynchronous")]
    #[oai(path = "/live", method = "get", operation_id = "health_live")]
    async fn live(&self) -> HealthReply {
        Health::liveness().into()
    }

    /// Whether requests should be sent here; not while stopping.
    #[oai(path = "/ready", method = "get", operation_id = "health_ready")]
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
