//! What hosted keys earned over a span of time, by period and by key. A refund counts against the period it was made in.

use std::collections::HashMap;
use std::ops::AddAssign;

use rust_decimal::Decimal;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::ledger::Credits;
use crate::ledger::statistics::{Period, Span};

/// How many resources are told apart: those that earned the most.
pub const RESOURCES_TOLD: usize = 20;

/// Sums of earnings: `gross - commission = net`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EarningSums {
    /// What consumers, or the platform, paid.
    pub gross: Credits,
    /// The platform's part.
    pub commission: Credits,
    /// The owner's part.
    pub net: Credits,
    /// Images that were paid for.
    pub images: i64,
}

impl AddAssign for EarningSums {
    fn add_assign(&mut self, other: Self) {
        let sum = |one: Credits, two: Credits| Credits::from(one.decimal() + two.decimal());
        *self = Self {
            gross: sum(self.gross, other.gross),
            commission: sum(self.commission, other.commission),
            net: sum(self.net, other.net),
            images: self.images + other.images,
        };
    }
}

/// What one resource earned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceEarnings {
    pub resource_id: Uuid,
    /// `None`: somebody else hosts the key now.
    pub name: Option<String>,
    pub sums: EarningSums,
}

/// One day or month, in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodEarnings {
    /// `2026-11-22` or `2026-11`.
    pub period: String,
    /// Of all resources, also of those that are not told apart.
    pub sums: EarningSums,
    pub resources: Vec<ResourceEarnings>,
}

/// A span's earnings; every period of it is there, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarningsStatistics {
    pub span: Span,
    pub totals: EarningSums,
    pub series: Vec<PeriodEarnings>,
    /// Most earned first, at most [`RESOURCES_TOLD`].
    pub resources: Vec<ResourceEarnings>,
}

#[derive(sqlx::FromRow)]
struct Row {
    period: String,
    resource_id: Option<Uuid>,
    gross: Decimal,
    commission: Decimal,
    net: Decimal,
    images: i64,
}

/// What the keys of a user earned in a span. Zeros if they host none.
pub async fn read_earnings_statistics(
    db: &PgPool,
    user_id: Uuid,
    span: Span,
    period: Period,
) -> sqlx::Result<EarningsStatistics> {
    let mut conn = db.acquire().await?;
    let rows: Vec<Row> = sqlx::query_as(include_str!("statistics.sql"))
        .bind(find_account(&mut conn, user_id).await?)
        .bind(span.from)
        .bind(span.to)
        .bind(period)
        .bind(i64::try_from(RESOURCES_TOLD).unwrap_or(i64::MAX))
        .fetch_all(&mut *conn)
        .await?;
    let told: Vec<Uuid> = rows.iter().filter_map(|it| it.resource_id).collect();
    let names = find_names(&mut conn, user_id, &told).await?;
    Ok(add_up(span, rows, &names))
}

fn add_up(span: Span, rows: Vec<Row>, names: &HashMap<Uuid, String>) -> EarningsStatistics {
    let mut totals = EarningSums::default();
    let mut by_resource: HashMap<Uuid, EarningSums> = HashMap::new();
    let mut series: Vec<PeriodEarnings> = Vec::new();
    let of = |resource_id: Uuid, sums| ResourceEarnings {
        resource_id,
        name: names.get(&resource_id).cloned(),
        sums,
    };
    for row in rows {
        let sums = EarningSums {
            gross: row.gross.into(),
            commission: row.commission.into(),
            net: row.net.into(),
            images: row.images,
        };
        totals += sums;
        if series.last().is_none_or(|it| it.period != row.period) {
            let (sums, resources) = (EarningSums::default(), Vec::new());
            series.push(PeriodEarnings { period: row.period, sums, resources });
        }
        let Some(last) = series.last_mut() else { continue };
        last.sums += sums;
        if let Some(id) = row.resource_id {
            last.resources.push(of(id, sums));
            *by_resource.entry(id).or_default() += sums;
        }
    }
    let mut resources: Vec<_> = by_resource.into_iter().map(|(id, sums)| of(id, sums)).collect();
    resources.sort_unstable_by_key(|it| (std::cmp::Reverse(it.sums.net), it.resource_id));
    EarningsStatistics { span, totals, series, resources }
}

async fn find_account(conn: &mut PgConnection, user_id: Uuid) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(
        "SELECT a.id FROM ledger.account a WHERE a.user_id = $1 AND a.kind = 'owner'",
    )
    .bind(user_id)
    .fetch_optional(conn)
    .await
}

/// A key that somebody else hosts now has a name that is theirs.
async fn find_names(
    conn: &mut PgConnection,
    user_id: Uuid,
    resources: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, String>> {
    let names: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT r.id, r.name FROM pool.resource r WHERE r.id = ANY ($1) AND r.owner_id = $2",
    )
    .bind(resources)
    .bind(user_id)
    .fetch_all(conn)
    .await?;
    Ok(names.into_iter().collect())
}
