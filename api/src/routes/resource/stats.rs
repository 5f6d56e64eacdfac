//! `GET /api/resource/{id}/stats`.

use crate::extract::Word;
use chrono::{DateTime, TimeDelta, Utc};
use poem::web::Data;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
};
use shared::generation::tasks::AttemptState;
use shared::generation::tasks::ErrorClass;
use shared::pool::resource::hosted::{
    self, DayStats, ModelStats, OutcomeStats, ResourceStats, StatsRange, Totals,
};

use super::read;
use crate::{
    auth::Caller,
    extract::{Amount, Id},
    problem::{Fail, Problem},
    response::{Reply, Timestamp},
    routes::Tag,
    state::App,
};

/// The longest span, so that one request stays a bounded piece of work.
const SPAN_MAX: TimeDelta = TimeDelta::days(366);

/// What resources did.
pub struct Statistics;

/// Counts of attempts and what they came to.
#[derive(Debug, Clone, Object)]
#[oai(rename = "ResourceTotals")]
struct TotalsView {
    /// Calls that began.
    attempts: i64,
    /// Images that arrived.
    images: i64,
    /// Calls that ended without an image.
    failed: i64,
    /// Calls the provider may have billed although no image arrived.
    unknown: i64,
    /// Units of the images, and of calls billed without one.
    units: Amount,
    /// Net credits, refunds taken off.
    earned: Amount,
}

/// One UTC day.
#[derive(Debug, Clone, Object)]
#[oai(rename = "ResourceDay")]
struct DayView {
    /// `2026-11-22`.
    day: String,
    #[oai(flatten)]
    totals: TotalsView,
}

/// One model.
#[derive(Debug, Clone, Object)]
#[oai(rename = "ResourceModel")]
struct ModelStatsView {
    /// Its id.
    model: String,
    #[oai(flatten)]
    totals: TotalsView,
}

/// How many attempts ended in one way.
#[derive(Debug, Clone, Object)]
#[oai(rename = "ResourceOutcome", skip_serializing_if_is_none)]
struct OutcomeView {
    /// How they ended.
    state: Word<AttemptState>,
    /// Why they brought no image.
    error_class: Option<Word<ErrorClass>>,
    /// How many.
    attempts: i64,
}

/// What a resource did in a span of time.
#[derive(Debug, Clone, Object)]
#[oai(rename = "ResourceStats")]
struct StatsView {
    /// Where the span begins.
    from: Timestamp,
    /// Where it ends.
    to: Timestamp,
    /// Everything together.
    totals: TotalsView,
    /// By UTC day, ascending; days without a call are left out.
    series: Vec<DayView>,
    /// By model.
    by_model: Vec<ModelStatsView>,
    /// By how they ended, most frequent first.
    by_outcome: Vec<OutcomeView>,
}

#[OpenApi(prefix_path = "/api/resource", tag = "Tag::Resources")]
impl Statistics {
    /// What a resource did: by default in the last thirty days.
    #[oai(path = "/:id/stats", method = "get", operation_id = "resource_stats")]
    async fn show(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        id: Path<Id>,
        /// Calls that began at or after; thirty days before `to` by default.
        from: Query<Option<Timestamp>>,
        /// Calls that began before; now by default.
        to: Query<Option<Timestamp>>,
    ) -> Result<Reply<StatsView>, Fail> {
        let Path(Id(id)) = id;
        let range = range(from.0.map(|it| it.0), to.0.map(|it| it.0))?;
        read(app, id, caller.user_id).await?;
        let mut conn = app.db.acquire().await?;
        let stats = hosted::read_stats(&mut conn, id, range).await?;
        Ok(Reply::new(&stats.into()))
    }
}

/// 400 for a span that ends before it begins, or is too long.
fn range(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Result<StatsRange, Problem> {
    if let (Some(from), Some(to)) = (from, to) {
        if from >= to {
            return Err(Problem::invalid_field("to", "must be after from"));
        }
        if to - from > SPAN_MAX {
            let detail = format!("must be within {} days of from", SPAN_MAX.num_days());
            return Err(Problem::invalid_field("to", detail));
        }
    }
    Ok(StatsRange { from, to })
}

impl From<Totals> for TotalsView {
    fn from(totals: Totals) -> Self {
        Self {
            attempts: totals.attempts,
            images: totals.images,
            failed: totals.failed,
            unknown: totals.unknown,
            units: totals.units.into(),
            earned: totals.earned.into(),
        }
    }
}

impl From<DayStats> for DayView {
    fn from(day: DayStats) -> Self {
        Self { day: day.day.to_string(), totals: day.totals.into() }
    }
}

impl From<ModelStats> for ModelStatsView {
    fn from(model: ModelStats) -> Self {
        Self { model: model.model, totals: model.totals.into() }
    }
}

impl From<OutcomeStats> for OutcomeView {
    fn from(outcome: OutcomeStats) -> Self {
        Self {
            state: outcome.state.into(),
            error_class: outcome.error_class.map(Into::into),
            attempts: outcome.attempts,
        }
    }
}

impl From<ResourceStats> for StatsView {
    fn from(stats: ResourceStats) -> Self {
        Self {
            from: stats.from.into(),
            to: stats.to.into(),
            totals: stats.totals.into(),
            series: stats.days.into_iter().map(Into::into).collect(),
            by_model: stats.models.into_iter().map(Into::into).collect(),
            by_outcome: stats.outcomes.into_iter().map(Into::into).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(n)
    }

    #[test]
    fn a_span_has_a_beginning_an_end_and_a_bound() {
        assert!(range(None, None).is_ok());
        assert!(range(Some(day(1)), Some(day(367))).is_ok());
        assert!(range(Some(day(1)), Some(day(368))).is_err());
        assert!(range(Some(day(2)), Some(day(2))).is_err());
        assert!(range(Some(day(3)), Some(day(2))).is_err());
    }
}
