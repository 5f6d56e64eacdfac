//! What the caller's hosted keys earned, by period and by resource.

use poem::web::Data;
use poem_openapi::OpenApi;
use shared::ledger::{
    earnings::statistics::{
        self, EarningSums, EarningsStatistics as Statistics, PeriodEarnings, ResourceEarnings,
    },
    statistics::{Period, now},
};

use super::statistics::GroupingQuery;
use crate::{
    auth::Caller,
    extract::{Amount, Id, Parameters, SpanQuery, Word},
    problem::Fail,
    response::{Reply, Timestamp, view},
    routes::Tag,
    state::App,
};

/// The statistics of the caller's earnings.
pub struct EarningsStatistics;

view! {
    /// Sums of earnings: `gross` less `commission` is `net`. A refund counts against the period it was made in.
    struct EarningSumsView as "EarningSums" from sums: EarningSums {
        /// Credits that consumers were charged, or that the platform paid.
        gross: Amount,
        /// Credits that the platform keeps.
        commission: Amount,
        /// Credits that you get.
        net: Amount,
        /// How many images were paid for.
        images: i64,
    }
}

view! {
    /// What one resource earned.
    struct ResourceEarningsView as "ResourceEarnings" from earnings: ResourceEarnings {
        /// The id of the resource.
        resource_id: Id,
        /// The name you gave it; absent if somebody else hosts the key now.
        name: Option<String>,
        #[oai(flatten)]
        sums: EarningSumsView,
    }
}

view! {
    /// What was earned in one day or month, in UTC.
    struct PeriodEarningsView as "PeriodEarnings" from earnings: PeriodEarnings {
        /// The day, such as `2026-11-22`, or the month, such as `2026-11`.
        period: String,
        #[oai(flatten)]
        sums: EarningSumsView,
        /// What each resource of `by_resource` earned of it; those without a movement are left out.
        by_resource: Vec<ResourceEarningsView> = earnings.resources,
    }
}

view! {
    /// What your hosted keys earned in a span of time.
    struct EarningsStatisticsView as "EarningsStatistics" from statistics: Statistics {
        /// Where the span begins; this time is part of it.
        from: Timestamp = statistics.span.from,
        /// Where the span ends; this time is not part of it.
        to: Timestamp = statistics.span.to,
        /// The sums of the whole span.
        totals: EarningSumsView,
        /// The sums of each day or month of the span, oldest first.
        series: Vec<PeriodEarningsView>,
        /// The sums of the twenty resources that moved the most, best earning first. What others earned is in `totals`
        /// and in the sums of `series`.
        by_resource: Vec<ResourceEarningsView> = statistics.resources,
    }
}

#[OpenApi(prefix_path = "/api/wallet", tag = "Tag::Wallet")]
impl EarningsStatistics {
    /// Get what your hosted keys earned, by day or month and by resource.
    ///
    /// Without `from`, the span is the last 30 days if it is divided into days, and the last 12 months if
    /// it is divided into months. It may be at most 13 months or 10 years long, respectively.
    #[oai(path = "/earnings/statistics", method = "get", operation_id = "get_earnings_statistics")]
    async fn show(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Parameters(span): Parameters<SpanQuery>,
        Parameters(query): Parameters<GroupingQuery>,
    ) -> Result<Reply<EarningsStatisticsView>, Fail> {
        let period = query.group_by.map_or(Period::Day, Word::value);
        let span = span.resolve(now(&mut *app.db.acquire().await?).await?, period)?;
        let found =
            statistics::read_earnings_statistics(&app.db, caller.user_id, span, period).await?;
        Ok(Reply::of(found))
    }
}
