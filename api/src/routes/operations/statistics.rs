//! The exchange in numbers.

use poem::web::Data;
use poem_openapi::{OpenApi, param::Query};
use shared::{
    ledger::statistics::{self, Period},
    overview,
};

use super::statistics_view::OverviewView;
use crate::{
    auth::Admin,
    problem::Fail,
    response::{Reply, Timestamp},
    routes::{Tag, wallet::resolve_span},
    state::App,
};

/// Numbers.
pub struct AdminStatistics;

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminStatistics {
    /// What happened in a span of time, and how the exchange stands.
    ///
    /// Without `from` and `to`: the last 30 days. At most 13 months.
    #[oai(path = "/statistics", method = "get", operation_id = "admin_statistics")]
    async fn show(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        /// At or after.
        from: Query<Option<Timestamp>>,
        /// Before.
        to: Query<Option<Timestamp>>,
    ) -> Result<Reply<OverviewView>, Fail> {
        let mut conn = app.db.acquire().await?;
        let now = statistics::now(&mut conn).await?;
        let span = resolve_span(now, from.0, to.0, Period::Day)?;
        let overview = overview::read_overview(&mut conn, span).await?;
        Ok(Reply::new(&overview.into()))
    }
}
