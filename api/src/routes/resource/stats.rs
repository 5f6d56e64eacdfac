//! `GET /api/resource/{id}/stats`.

use chrono::{DateTime, TimeDelta, Utc};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use serde::Deserialize;
use shared::{
    generation::tasks::{AttemptState, ErrorClass},
    pool::resource::hosted::{
        self, DayStats, ModelStats, OutcomeStats, ResourceStats, StatsRange, Totals,
    },
};

use super::read;
use crate::{
    auth::Caller,
    extract::{Amount, Id, Parameters, Word},
    problem::{Fail, Problem},
    response::{Reply, Timestamp, view},
    routes::Tag,
    state::App,
};

/// The longest span, so that one request stays a bounded piece of work.
const SPAN_MAX: TimeDelta = TimeDelta::days(366);

/// The statistics of resources.
pub struct Statistics;

view! {
    /// How many calls were made, and what came of them.
    struct TotalsView as "ResourceTotals" from totals: Totals {
        /// Calls that were started.
        attempts: i64,
        /// Calls that delivered an image.
        images: i64,
        /// Calls that ended without an image.
        failed: i64,
        /// Calls that the provider may have billed although no image arrived.
        unknown: i64,
        /// Units of the provider that were used, for images and for calls billed without one.
        units: Amount,
        /// Credits earned, after commission and refunds.
        earned: Amount,
    }
}

view! {
    /// The calls of one UTC day.
    struct DayView as "ResourceDay" from of: DayStats {
        /// The day in UTC, such as `2026-11-22`.
        day: String = of.day.to_string(),
        #[oai(flatten)]
        totals: TotalsView,
    }
}

view! {
    /// The calls for one model.
    struct ModelStatsView as "ResourceModel" from of: ModelStats {
        /// The id of the model.
        model: String,
        #[oai(flatten)]
        totals: TotalsView,
    }
}

view! {
    /// The calls that ended in one way.
    struct OutcomeView as "ResourceOutcome" from outcome: OutcomeStats {
        /// How these calls ended.
        state: Word<AttemptState>,
        /// Why these calls delivered no image; absent if they did, or if the reason is not known.
        error_class: Option<Word<ErrorClass>>,
        /// How many calls ended this way.
        attempts: i64,
    }
}

view! {
    /// What a resource did in a period.
    struct StatsView as "ResourceStats" from stats: ResourceStats {
        /// Where the period begins; this time is part of it.
        from: Timestamp,
        /// Where the period ends; this time is not part of it.
        to: Timestamp,
        /// All calls of the period together.
        totals: TotalsView,
        /// The calls by UTC day, oldest first; days without a call are left out.
        series: Vec<DayView> = stats.days,
        /// The calls by model.
        by_model: Vec<ModelStatsView> = stats.models,
        /// The calls by how they ended, most frequent first.
        by_outcome: Vec<OutcomeView> = stats.outcomes,
    }
}

/// The period to look at.
#[derive(Debug, Object, Deserialize)]
struct RangeQuery {
    /// Only calls started at this time or later; thirty days before `to` by default.
    from: Option<Timestamp>,
    /// Only calls started before this time; now by default. At most 366 days after `from`.
    to: Option<Timestamp>,
}

#[OpenApi(prefix_path = "/api/resource", tag = "Tag::Resources")]
impl Statistics {
    /// Get the statistics of one of your resources.
    ///
    /// By default they cover the last thirty days.
    #[oai(path = "/:id/stats", method = "get", operation_id = "get_resource_stats")]
    async fn show(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        /// The id of the resource.
        id: Path<Id>,
        Parameters(query): Parameters<RangeQuery>,
    ) -> Result<Reply<StatsView>, Fail> {
        let Path(Id(id)) = id;
        let range = range(query.from.map(|it| it.0), query.to.map(|it| it.0))?;
        read(app, id, caller.user_id).await?;
        let mut conn = app.db.acquire().await?;
        Ok(Reply::of(hosted::read_stats(&mut conn, id, range).await?))
    }
}

/// 400 for a period that ends before it begins, or is too long.
fn range(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Result<StatsRange, Problem> {
    if let (Some(from), Some(to)) = (from, to) {
        if from >= to {
            return Err(Problem::invalid_field("to", "must be after `from`"));
        }
        if to - from > SPAN_MAX {
            let detail = format!("must be at most {} days after `from`", SPAN_MAX.num_days());
            return Err(Problem::invalid_field("to", detail));
        }
    }
    Ok(StatsRange { from, to })
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
