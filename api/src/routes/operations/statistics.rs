//! The exchange in numbers, for admins.

use poem::web::Data;
use poem_openapi::OpenApi;
use shared::{
    ledger::statistics::{self, Period},
    overview,
};

use super::statistics_view::OverviewView;
use crate::{
    auth::Admin,
    extract::{Parameters, SpanQuery},
    problem::Fail,
    response::Reply,
    routes::Tag,
    state::App,
};

/// The exchange in numbers.
pub struct AdminStatistics;

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminStatistics {
    /// Get what happened on the exchange in a span of time, and how it stands now.
    ///
    /// Without `from`, the span is the last 30 days. It may be at most 13 months long.
    #[oai(path = "/statistics", method = "get", operation_id = "admin_get_statistics")]
    async fn show(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(span): Parameters<SpanQuery>,
    ) -> Result<Reply<OverviewView>, Fail> {
        let mut conn = app.admin_db.acquire().await?;
        let span = span.resolve(statistics::now(&mut conn).await?, Period::Day)?;
        Ok(Reply::of(overview::read_overview(&mut conn, span).await?))
    }
}
