//! What a resource did in a span of time.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::db::unexpected;
use crate::generation::tasks::{AttemptState, ErrorClass};
use crate::ledger::Credits;

/// Attempts that began at or after `from` and before `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatsRange {
    /// `None`: thirty days before `to`.
    pub from: Option<DateTime<Utc>>,
    /// `None`: now.
    pub to: Option<DateTime<Utc>>,
}

/// Counts of attempts and what they came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Totals {
    /// Calls that began.
    pub attempts: i64,
    /// Images that arrived, surplus ones included.
    pub images: i64,
    /// Calls that ended without an image.
    pub failed: i64,
    /// Calls the provider may have billed although no image arrived.
    pub unknown: i64,
    /// Units of the images that arrived, and of calls billed without one.
    pub units: Decimal,
    /// Net credits, refunds taken off, counted where the attempt began.
    pub earned: Credits,
}

/// One UTC day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DayStats {
    /// Which.
    pub day: NaiveDate,
    /// What happened on it.
    #[sqlx(flatten)]
    pub totals: Totals,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ModelStats {
    /// Its id.
    pub model: String,
    /// What happened with it.
    #[sqlx(flatten)]
    pub totals: Totals,
}

/// How many attempts ended in one way.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OutcomeStats {
    /// The attempt's state.
    pub state: AttemptState,
    /// Why it brought no image.
    pub error_class: Option<ErrorClass>,
    /// How many.
    pub attempts: i64,
}

/// All of it; days without an attempt are not listed.
#[derive(Clone, Debug)]
pub struct ResourceStats {
    /// Where the span began.
    pub from: DateTime<Utc>,
    /// Where it ended.
    pub to: DateTime<Utc>,
    /// Everything together.
    pub totals: Totals,
    /// Ascending.
    pub days: Vec<DayStats>,
    /// By id.
    pub models: Vec<ModelStats>,
    /// Most frequent first.
    pub outcomes: Vec<OutcomeStats>,
}

/// One reading of the attempts, grouped in four ways at once.
#[derive(sqlx::FromRow)]
struct Row {
    from_at: DateTime<Utc>,
    to_at: DateTime<Utc>,
    grouped: i32,
    day: Option<NaiveDate>,
    model: Option<String>,
    state: Option<AttemptState>,
    error_class: Option<ErrorClass>,
    #[sqlx(flatten)]
    totals: Totals,
}

/// What `resource` did; whose it is, the caller has checked.
pub async fn read_stats(
    conn: &mut PgConnection,
    resource: Uuid,
    range: StatsRange,
) -> sqlx::Result<ResourceStats> {
    let rows: Vec<Row> = sqlx::query_as(include_str!("stats.sql"))
        .bind(resource)
        .bind(range.from)
        .bind(range.to)
        .fetch_all(conn)
        .await?;
    sort(rows).ok_or_else(|| unexpected("stats.sql", "no total"))
}

/// `grouping(day, model, state)` has a bit for each column that a row is *not* grouped by.
const BY_DAY: i32 = 0b011;
const BY_MODEL: i32 = 0b101;
const BY_OUTCOME: i32 = 0b110;

/// `None` without the row of the totals, which the statement always gives.
fn sort(rows: Vec<Row>) -> Option<ResourceStats> {
    let mut whole: Option<ResourceStats> = None;
    let (mut days, mut models, mut outcomes) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        match (row.grouped, row.day, row.model, row.state) {
            (BY_DAY, Some(day), _, _) => days.push(DayStats { day, totals: row.totals }),
            (BY_MODEL, _, Some(model), _) => models.push(ModelStats { model, totals: row.totals }),
            (BY_OUTCOME, _, _, Some(state)) => outcomes.push(OutcomeStats {
                state,
                error_class: row.error_class,
                attempts: row.totals.attempts,
            }),
            _ => {
                whole = Some(ResourceStats {
                    from: row.from_at,
                    to: row.to_at,
                    totals: row.totals,
                    days: Vec::new(),
                    models: Vec::new(),
                    outcomes: Vec::new(),
                });
            }
        }
    }
    days.sort_unstable_by_key(|it| it.day);
    models.sort_unstable_by(|a, b| a.model.cmp(&b.model));
    outcomes.sort_unstable_by(|a, b| {
        b.attempts.cmp(&a.attempts).then_with(|| a.error_class.cmp(&b.error_class))
    });
    whole.map(|it| ResourceStats { days, models, outcomes, ..it })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(grouped: i32, attempts: i64) -> Row {
        Row {
            from_at: DateTime::UNIX_EPOCH,
            to_at: DateTime::UNIX_EPOCH,
            grouped,
            day: (grouped == BY_DAY).then(NaiveDate::default),
            model: (grouped == BY_MODEL).then(|| "stability/core".to_owned()),
            state: (grouped == BY_OUTCOME).then_some(AttemptState::Failed),
            error_class: (grouped == BY_OUTCOME)
                .then(|| ErrorClass::ALL[usize::try_from(attempts).unwrap()]),
            totals: Totals { attempts, ..Totals::default() },
        }
    }

    #[test]
    fn each_row_goes_where_its_grouping_says() {
        let rows = vec![
            row(BY_OUTCOME, 1),
            row(BY_DAY, 3),
            row(0b111, 3),
            row(BY_MODEL, 3),
            row(BY_OUTCOME, 2),
        ];

        let stats = sort(rows).unwrap();

        assert_eq!(stats.totals.attempts, 3);
        assert_eq!((stats.days.len(), stats.models.len()), (1, 1));
        let classes: Vec<_> = stats.outcomes.iter().map(|it| it.error_class).collect();
        assert_eq!(
            classes,
            [Some(ErrorClass::ALL[2]), Some(ErrorClass::ALL[1])],
            "most frequent first"
        );
    }

    #[test]
    fn a_resource_that_did_nothing_has_totals_of_nothing() {
        let stats = sort(vec![row(0b111, 0)]).unwrap();

        assert_eq!(stats.totals, Totals::default());
        assert!(stats.days.is_empty());
    }
}
