//! What a wallet spent and received over a span of time, by period and by model.

mod span;
mod store;

use sqlx::PgConnection;

pub use span::{Period, Span, SpanError, resolve};
pub use store::now;

use super::Credits;

/// One day or month, in UTC.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PeriodSums {
    /// `2026-11-22` or `2026-11`.
    pub period: String,
    /// Credits charged.
    pub spent: Credits,
    /// Credits that came in: issued, refunded, moved over from earnings.
    pub received: Credits,
    /// Tasks charged.
    pub tasks: i64,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ModelSums {
    pub model: String,
    /// Credits charged.
    pub spent: Credits,
    /// Tasks charged.
    pub tasks: i64,
}

/// A span's sums; every period of it is there, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistics {
    pub span: Span,
    pub series: Vec<PeriodSums>,
    /// Most spent first.
    pub by_model: Vec<ModelSums>,
}

/// The sums of the whole span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    pub spent: Credits,
    pub received: Credits,
    pub tasks: i64,
}

impl Statistics {
    /// Everything together.
    pub fn totals(&self) -> Totals {
        let sum = |of: fn(&PeriodSums) -> Credits| {
            Credits::from(
                self.series.iter().map(|it| of(it).decimal()).sum::<rust_decimal::Decimal>(),
            )
        };
        Totals {
            spent: sum(|it| it.spent),
            received: sum(|it| it.received),
            tasks: self.series.iter().map(|it| it.tasks).sum(),
        }
    }
}

/// The sums of a wallet's account.
pub async fn read_statistics(
    conn: &mut PgConnection,
    account: i64,
    span: Span,
    period: Period,
) -> sqlx::Result<Statistics> {
    let series = store::list_periods(conn, account, span, period).await?;
    let by_model = store::list_models(conn, account, span).await?;
    Ok(Statistics { span, series, by_model })
}
