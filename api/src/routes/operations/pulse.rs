//! What happens on the exchange, minute by minute.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Deserialize;
use shared::{
    generation::tasks::ErrorClass,
    overview::pulse::{Minute, Standing},
};

use crate::{
    auth::Admin,
    extract::{Parameters, Word},
    problem::Fail,
    response::{FromDomain, Reply, Timestamp, view},
    routes::Tag,
    services::PulseReading,
    state::App,
};

/// The pulse.
pub struct AdminPulse;

shared::vocabulary! {
    /// How far to look back.
    pub enum PulseWindow {
        /// A quarter of an hour.
        Quarter = "15m",
        /// An hour.
        Hour = "1h",
        /// Six hours.
        SixHours = "6h",
    }
}

/// How far to look back.
#[derive(Debug, Object, Deserialize)]
struct PulseQuery {
    /// How far to look back; an hour by default.
    window: Option<Word<PulseWindow>>,
}

view! {
    /// What happens on the exchange.
    struct PulseView as "Pulse" {
        /// Every minute of the window, the oldest first; the last one is not over yet.
        series: Vec<MinuteView>,
        /// How many attempts of the window brought no image, by class, most first.
        errors: Vec<ErrorCountView>,
        /// How it stands at this moment.
        now: StandingView,
    }
}

view! {
    /// What happened in one minute.
    struct MinuteView as "PulseMinute" from it: (DateTime<Utc>, Minute) {
        /// When the minute began.
        at: Timestamp = it.0,
        /// How many tasks were submitted.
        submitted: i64 = it.1.submitted,
        /// How many tasks ended with an image.
        completed: i64 = it.1.completed,
        /// How many tasks ended without an image.
        failed: i64 = it.1.failed,
        /// How many tasks were canceled.
        canceled: i64 = it.1.canceled,
        /// How long half of the tasks that ended had waited for their first attempt at most, in milliseconds; absent if
        /// none had one.
        wait_p50_ms: Option<i64> = it.1.wait_ms.map(|(p50, _)| p50),
        /// How long 95 of a hundred of them had waited at most, in milliseconds.
        wait_p95_ms: Option<i64> = it.1.wait_ms.map(|(_, p95)| p95),
        /// How many attempts that began in this minute brought no image, by class.
        errors: Vec<ErrorCountView> = counted(&it.1.errors),
    }
}

view! {
    /// How often something failed.
    struct ErrorCountView as "ErrorCount" from it: (ErrorClass, i64) {
        /// Why the attempts brought no image.
        class: Word<ErrorClass> = it.0,
        /// How many attempts it were.
        count: i64 = it.1,
    }
}

view! {
    /// How the exchange stands at a moment.
    struct StandingView as "PulseNow" from it: Standing {
        /// Tasks that wait for their turn; at most 100,000 are counted.
        waiting: i64,
        /// Tasks with an attempt under way.
        running: i64,
        /// Settlements that are parked until an admin looks at them.
        parked: i64,
        /// When the oldest waiting task was submitted; absent if none waits.
        oldest_at: Option<Timestamp>,
        /// Worker processes that work.
        workers: i64,
        /// Calls that all workers together may make at the same time.
        permits: i64,
        /// Calls that they had under way when they last reported.
        busy: i64,
        /// When this was read.
        read_at: Timestamp = it.now,
    }
}

fn counted(errors: &BTreeMap<ErrorClass, i64>) -> Vec<(ErrorClass, i64)> {
    let mut counted: Vec<_> = errors.iter().map(|(class, count)| (*class, *count)).collect();
    counted.sort_by_key(|(class, count)| (-count, *class));
    counted
}

impl FromDomain<PulseReading> for PulseView {
    fn from_domain(reading: PulseReading) -> Self {
        let mut errors = BTreeMap::new();
        for (class, count) in reading.minutes.values().flat_map(|it| &it.errors) {
            *errors.entry(*class).or_default() += count;
        }
        Self {
            series: reading.minutes.into_iter().map(FromDomain::from_domain).collect(),
            errors: FromDomain::from_domain(counted(&errors)),
            now: FromDomain::from_domain(reading.standing),
        }
    }
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminPulse {
    /// Get what happens on the exchange, minute by minute, and how it stands.
    ///
    /// The numbers are at most two seconds old. Attempts are counted in the minute in which they began, so that their
    /// failures can still come for some minutes.
    #[oai(path = "/pulse", method = "get", operation_id = "admin_get_pulse")]
    async fn show(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(query): Parameters<PulseQuery>,
    ) -> Result<Reply<PulseView>, Fail> {
        let window = match query.window.map_or(PulseWindow::Hour, Word::value) {
            PulseWindow::Quarter => TimeDelta::minutes(15),
            PulseWindow::Hour => TimeDelta::hours(1),
            PulseWindow::SixHours => TimeDelta::hours(6),
        };
        Ok(Reply::of(app.pulse.read(&app.admin_db, window).await?))
    }
}
