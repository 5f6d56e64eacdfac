//! What was spent and received, by period and by model.

use crate::extract::Word;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Query, types::Example};
use rust_decimal::Decimal;
use shared::ledger::statistics::{self, ModelSums, Period, PeriodSums, Statistics};

use super::{balance::example_instant, resolve_span};
use crate::{
    auth::Caller,
    extract::Amount,
    problem::Fail,
    response::{Reply, Timestamp},
    routes::Tag,
    state::App,
};

/// The own statistics.
pub struct WalletStatistics;

/// Sums over a span of time.
#[derive(Debug, Clone, Object)]
#[oai(rename = "WalletStatistics", example)]
struct StatisticsView {
    /// At or after.
    from: Timestamp,
    /// Before.
    to: Timestamp,
    /// Every day or month of the span, oldest first.
    series: Vec<PeriodView>,
    /// Most spent first.
    by_model: Vec<ModelView>,
    /// The whole span.
    totals: TotalsView,
}

/// One day or month, in UTC.
#[derive(Debug, Clone, Object)]
#[oai(rename = "PeriodSums")]
struct PeriodView {
    /// `2026-11-22` or `2026-11`.
    period: String,
    /// Charged.
    spent: Amount,
    /// What came in: issued, refunded, moved over from earnings.
    received: Amount,
    /// Tasks charged.
    tasks: i64,
}

/// One model.
#[derive(Debug, Clone, Object)]
#[oai(rename = "ModelSums")]
struct ModelView {
    /// Its id.
    model: String,
    /// Charged.
    spent: Amount,
    /// Tasks charged.
    tasks: i64,
}

/// Everything together.
#[derive(Debug, Clone, Object)]
#[oai(rename = "StatisticsTotals")]
struct TotalsView {
    /// Charged.
    spent: Amount,
    /// What came in.
    received: Amount,
    /// Tasks charged.
    tasks: i64,
}

#[OpenApi(prefix_path = "/api/wallet", tag = "Tag::Wallet")]
impl WalletStatistics {
    /// What was spent and received.
    ///
    /// Without `from` and `to`: the last 30 days, or 12 months. At most 13 months by day, 10 years by
    /// month.
    #[oai(path = "/statistics", method = "get", operation_id = "wallet_statistics")]
    async fn show(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        /// At or after.
        from: Query<Option<Timestamp>>,
        /// Before.
        to: Query<Option<Timestamp>>,
        /// Days by default.
        group_by: Query<Option<Word<Period>>>,
    ) -> Result<Reply<StatisticsView>, Fail> {
        let period = group_by.0.map_or(Period::Day, Word::value);
        let mut conn = app.db.acquire().await?;
        let now = statistics::now(&mut conn).await?;
        let span = resolve_span(now, from.0, to.0, period)?;
        let sums = statistics::read_statistics(&mut conn, caller.wallet, span, period).await?;
        Ok(Reply::new(&sums.into()))
    }
}

impl From<Statistics> for StatisticsView {
    fn from(statistics: Statistics) -> Self {
        let totals = statistics.totals();
        Self {
            from: statistics.span.from.into(),
            to: statistics.span.to.into(),
            series: statistics.series.into_iter().map(Into::into).collect(),
            by_model: statistics.by_model.into_iter().map(Into::into).collect(),
            totals: TotalsView {
                spent: totals.spent.into(),
                received: totals.received.into(),
                tasks: totals.tasks,
            },
        }
    }
}

impl From<PeriodSums> for PeriodView {
    fn from(sums: PeriodSums) -> Self {
        Self {
            period: sums.period,
            spent: sums.spent.into(),
            received: sums.received.into(),
            tasks: sums.tasks,
        }
    }
}

impl From<ModelSums> for ModelView {
    fn from(sums: ModelSums) -> Self {
        Self { model: sums.model, spent: sums.spent.into(), tasks: sums.tasks }
    }
}

impl Example for StatisticsView {
    fn example() -> Self {
        let (spent, received) = (Amount(Decimal::new(135, 1)), Amount(Decimal::from(100)));
        let period = "2026-11-22".to_owned();
        Self {
            from: example_instant(0),
            to: example_instant(1),
            series: vec![PeriodView { period, spent, received, tasks: 3 }],
            by_model: vec![ModelView { model: "stability/core".to_owned(), spent, tasks: 3 }],
            totals: TotalsView { spent, received, tasks: 3 },
        }
    }
}
