//! The exchange minute by minute: what was submitted, what ended, what failed and how long tasks waited. A minute that
//! lies some minutes back does not change any more, so each is read once.

use std::collections::BTreeMap;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::generation::tasks::ErrorClass;

/// What happened in one minute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Minute {
    /// Tasks submitted.
    pub submitted: i64,
    /// Tasks that ended with an image.
    pub completed: i64,
    /// Tasks that ended without one.
    pub failed: i64,
    pub canceled: i64,
    /// How long the tasks that ended had waited for their first attempt, in milliseconds: half of them, and 95 of a
    /// hundred, no longer than this.
    pub wait_ms: Option<(i64, i64)>,
    /// Attempts begun in this minute that brought no image, by class.
    pub errors: BTreeMap<ErrorClass, i64>,
}

/// How it stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Standing {
    /// Tasks that wait; at most [`DEPTH_MAX`] are counted.
    pub waiting: i64,
    /// Tasks with an attempt out.
    pub running: i64,
    /// Tasks whose settlement is parked.
    pub parked: i64,
    /// Since when the oldest of those that wait waits.
    pub oldest_at: Option<DateTime<Utc>>,
    /// Workers that nobody ended.
    pub workers: i64,
    /// Calls that they may have out.
    pub permits: i64,
    /// Calls that they had out at their last beat.
    pub busy: i64,
    /// When this was read.
    pub now: DateTime<Utc>,
}

/// No more waiting tasks than this are counted.
pub const DEPTH_MAX: i64 = 100_000;

/// A task's id is older than its row by less than this, whatever the clocks say.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(10);

/// The beginning of the minute.
pub fn minute_of(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::minutes(1)).unwrap_or(at)
}

/// The least id that is made at this time.
fn id_at(at: DateTime<Utc>) -> Uuid {
    let milliseconds = u64::try_from(at.timestamp_millis()).unwrap_or_default();
    Uuid::from_u128(u128::from(milliseconds) << 80)
}

/// Every minute from `from` until before `to`, both of them beginnings of minutes.
pub async fn read_minutes(
    conn: &mut PgConnection,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> sqlx::Result<BTreeMap<DateTime<Utc>, Minute>> {
    let mut minutes = BTreeMap::new();
    let mut at = from;
    while at < to {
        minutes.insert(at, Minute::default());
        at += TimeDelta::minutes(1);
    }
    let low = id_at(from - CLOCKS_DIFFER);
    let submitted: Vec<(DateTime<Utc>, i64)> = sqlx::query_as(
        "SELECT date_trunc('minute', t.created_at, 'UTC'), count(*) FROM generation.task t
          WHERE t.id >= $1 AND t.created_at >= $2 AND t.created_at < $3 GROUP BY 1",
    )
    .persistent(false)
    .bind(low)
    .bind(from)
    .bind(to)
    .fetch_all(&mut *conn)
    .await?;
    for (at, count) in submitted {
        minutes.entry(at).or_default().submitted = count;
    }
    for row in list_ended(conn, from, to).await? {
        let minute = minutes.entry(row.at).or_default();
        (minute.completed, minute.failed, minute.canceled) =
            (row.completed, row.failed, row.canceled);
        minute.wait_ms = row.wait_p50.zip(row.wait_p95);
    }
    let errors: Vec<(DateTime<Utc>, ErrorClass, i64)> = sqlx::query_as(
        "SELECT date_trunc('minute', a.started_at, 'UTC'), a.error_class, count(*) FROM generation.attempt a
          WHERE a.id >= $1 AND a.started_at >= $2 AND a.started_at < $3 AND a.error_class IS NOT NULL GROUP BY 1, 2",
    )
    .persistent(false)
    .bind(low)
    .bind(from)
    .bind(to)
    .fetch_all(conn)
    .await?;
    for (at, class, count) in errors {
        minutes.entry(at).or_default().errors.insert(class, count);
    }
    Ok(minutes)
}

#[derive(sqlx::FromRow)]
struct Ended {
    at: DateTime<Utc>,
    completed: i64,
    failed: i64,
    canceled: i64,
    wait_p50: Option<i64>,
    wait_p95: Option<i64>,
}

async fn list_ended(
    conn: &mut PgConnection,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> sqlx::Result<Vec<Ended>> {
    sqlx::query_as(
        "SELECT date_trunc('minute', t.completed_at, 'UTC') AS at,
                count(*) FILTER (WHERE t.status IN ('completed', 'refunded')) AS completed,
                count(*) FILTER (WHERE t.status = 'failed') AS failed,
                count(*) FILTER (WHERE t.status = 'canceled') AS canceled,
                percentile_disc(0.5) WITHIN GROUP (ORDER BY w.ms) AS wait_p50,
                percentile_disc(0.95) WITHIN GROUP (ORDER BY w.ms) AS wait_p95
           FROM generation.task t,
        LATERAL (SELECT (extract(epoch FROM t.started_at - t.created_at) * 1000)::bigint AS ms) w
          WHERE t.completed_at >= $1 AND t.completed_at < $2 GROUP BY 1",
    )
    .persistent(false)
    .bind(from)
    .bind(to)
    .fetch_all(conn)
    .await
}

/// Reads how it stands now.
pub async fn read_standing(conn: &mut PgConnection) -> sqlx::Result<Standing> {
    sqlx::query_as(
        "SELECT w.waiting, w.oldest_at,
                (SELECT count(*) FROM generation.task
                  WHERE status = 'processing' AND settle_failed_at IS NULL) AS running,
                (SELECT count(*) FROM generation.task WHERE settle_failed_at IS NOT NULL) AS parked,
                b.workers, b.permits, b.busy, aether.now() AS now
           FROM (SELECT count(*) AS waiting, min(p.created_at) AS oldest_at
                   FROM (SELECT created_at FROM generation.task WHERE status = 'pending' LIMIT $1) p) w,
                (SELECT count(*) AS workers, coalesce(sum(permits), 0)::bigint AS permits,
                        coalesce(sum(busy), 0)::bigint AS busy
                   FROM generation.boot WHERE ended_at IS NULL) b",
    )
    .bind(DEPTH_MAX)
    .fetch_one(conn)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_a_time_lies_between_those_made_before_and_after() {
        let at: DateTime<Utc> = "2026-11-28T12:00:00Z".parse().unwrap();
        let made = |at: DateTime<Utc>| {
            let (seconds, nanos) =
                (at.timestamp().try_into().unwrap(), at.timestamp_subsec_nanos());
            Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos))
        };

        assert!(made(at - TimeDelta::milliseconds(1)) < id_at(at));
        assert!(id_at(at) < made(at));
        assert_eq!(minute_of(at + TimeDelta::seconds(59)), at);
    }
}
