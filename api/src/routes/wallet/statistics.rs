//! What was spent and received, by period and by model.

use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Deserialize;
use shared::ledger::statistics::{self, ModelSums, Period, PeriodSums, Statistics, Totals};

use crate::{
    auth::Caller,
    extract::{Amount, Parameters, SpanQuery, Word},
    problem::Fail,
    response::{Reply, Timestamp, view},
    routes::Tag,
    state::App,
};

/// The caller's statistics.
pub struct WalletStatistics;

view! {
    /// What a wallet spent and received in a span of time.
    struct StatisticsView as "WalletStatistics" from statistics: Statistics {
        /// Where the span begins; this time is part of it.
        from: Timestamp = statistics.span.from,
        /// Where the span ends; this time is not part of it.
        to: Timestamp = statistics.span.to,
        /// The sums of the whole span.
        totals: TotalsView = statistics.totals(),
        /// The sums of each day or month of the span, oldest first.
        series: Vec<PeriodView>,
        /// The sums of each model, most expensive first.
        by_model: Vec<ModelView>,
    }
}

view! {
    /// The sums of one day or month, in UTC.
    struct PeriodView as "PeriodSums" from sums: PeriodSums {
        /// The day, such as `2026-11-22`, or the month, such as `2026-11`.
        period: String,
        /// Credits charged for tasks.
        spent: Amount,
        /// Credits that came in: granted, refunded, or moved over from earnings.
        received: Amount,
        /// How many tasks were charged.
        tasks: i64,
    }
}

view! {
    /// The sums of one model.
    struct ModelView as "ModelSums" from sums: ModelSums {
        /// The id of the model.
        model: String,
        /// Credits charged for tasks.
        spent: Amount,
        /// How many tasks were charged.
        tasks: i64,
    }
}

view! {
    /// The sums of a whole span.
    struct TotalsView as "StatisticsTotals" from totals: Totals {
        /// Credits charged for tasks.
        spent: Amount,
        /// Credits that came in: granted, refunded, or moved over from earnings.
        received: Amount,
        /// How many tasks were charged.
        tasks: i64,
    }
}

/// How to divide the span.
#[derive(Debug, Object, Deserialize)]
pub(super) struct GroupingQuery {
    /// The length of each entry of `series`, by default `day`.
    pub group_by: Option<Word<Period>>,
}

#[OpenApi(prefix_path = "/api/wallet", tag = "Tag::Wallet")]
impl WalletStatistics {
    /// Get what you spent and received.
    ///
    /// Without `from`, the span is the last 30 days if it is divided into days, and the last 12 months if
    /// it is divided into months. It may be at most 13 months or 10 years long, respectively.
    #[oai(path = "/statistics", method = "get", operation_id = "get_wallet_statistics")]
    async fn show(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Parameters(span): Parameters<SpanQuery>,
        Parameters(query): Parameters<GroupingQuery>,
    ) -> Result<Reply<StatisticsView>, Fail> {
        let period = query.group_by.map_or(Period::Day, Word::value);
        let mut conn = app.db.acquire().await?;
        let span = span.resolve(statistics::now(&mut conn).await?, period)?;
        Ok(Reply::of(statistics::read_statistics(&mut conn, caller.wallet, span, period).await?))
    }
}
