//! The exchange minute by minute, for admins. Minutes that do not change any more are remembered; a request reads the
//! few that do, and all requests of a moment share one look.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use shared::overview::pulse::{self, Minute, Standing};
use sqlx::PgPool;
use tokio::sync::Mutex;

/// What ended in a minute is known when the calls that began in it have ended, and what rescue gave up of them.
const SETTLED_AFTER: TimeDelta = TimeDelta::minutes(5);
/// Minutes that are read with one statement.
const CHUNK: TimeDelta = TimeDelta::hours(1);
/// The longest that is looked back.
const KEPT: TimeDelta = TimeDelta::hours(7);
/// A look is good for so long.
const FRESH: Duration = Duration::from_secs(2);

/// What happened lately.
#[derive(Clone, Debug)]
pub struct PulseReading {
    /// Every minute of the window, the last of them not over yet.
    pub minutes: BTreeMap<DateTime<Utc>, Minute>,
    /// How it stands.
    pub standing: Standing,
}

#[derive(Default)]
struct Known {
    /// Without a gap.
    minutes: BTreeMap<DateTime<Utc>, Minute>,
    standing: Option<(Instant, Standing)>,
}

/// What is known of the last hours.
#[derive(Default)]
pub struct Pulse {
    known: Mutex<Known>,
}

impl Pulse {
    /// The last `window`. Whoever asks while another reads waits for that.
    pub async fn read(&self, db: &PgPool, window: TimeDelta) -> sqlx::Result<PulseReading> {
        let mut known = self.known.lock().await;
        let fresh = known.standing.filter(|(at, _)| at.elapsed() < FRESH).map(|(_, it)| it);
        let mut conn = db.acquire().await?;
        let standing = match fresh {
            Some(standing) => standing,
            None => pulse::read_standing(&mut conn).await?,
        };
        let end = pulse::minute_of(standing.now) + TimeDelta::minutes(1);
        let begin = end - window;
        let first = known.begin_of_unknown(begin, end, fresh.is_some());
        let (mut read, mut from) = (BTreeMap::new(), first);
        while from < end {
            let to = end.min(from + CHUNK);
            read.extend(pulse::read_minutes(&mut conn, from, to).await?);
            from = to;
        }
        known.add(first, read);
        known.minutes.retain(|at, _| *at >= end - KEPT);
        known.standing = Some((
            known.standing.filter(|_| fresh.is_some()).map_or_else(Instant::now, |it| it.0),
            standing,
        ));
        let minutes = known.minutes.range(begin..end).map(|(at, it)| (*at, it.clone())).collect();
        Ok(PulseReading { minutes, standing })
    }
}

impl Known {
    /// Minutes that were read, all from `first` on. What was known stays where no gap lies between.
    fn add(&mut self, first: DateTime<Utc>, read: BTreeMap<DateTime<Utc>, Minute>) {
        let last = self.minutes.last_key_value().map(|(last, _)| *last);
        if last.is_some_and(|last| last + TimeDelta::minutes(1) < first) {
            self.minutes.clear();
        }
        self.minutes.extend(read);
    }

    /// From where on minutes have to be read.
    fn begin_of_unknown(
        &self,
        begin: DateTime<Utc>,
        end: DateTime<Utc>,
        fresh: bool,
    ) -> DateTime<Utc> {
        let reaches = self.minutes.first_key_value().is_some_and(|(first, _)| *first <= begin);
        let last = self.minutes.last_key_value().map(|(last, _)| *last + TimeDelta::minutes(1));
        match last.filter(|_| reaches) {
            None => begin,
            Some(last) if fresh && last == end => end,
            Some(last) => last.min(end - SETTLED_AFTER).max(begin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn known(minutes: std::ops::Range<i64>) -> Known {
        let minutes = minutes.map(|it| (at(it), Minute::default())).collect();
        Known { minutes, standing: None }
    }

    #[test]
    fn only_minutes_that_may_have_changed_are_read_again() {
        let unknown = |known: &Known, fresh| known.begin_of_unknown(at(100), at(160), fresh);

        assert_eq!(unknown(&known(0..0), false), at(100), "nothing is known");
        assert_eq!(unknown(&known(110..150), false), at(100), "there is a gap before");
        assert_eq!(unknown(&known(90..150), false), at(150), "the rest");
        assert_eq!(unknown(&known(90..160), false), at(155), "the last five");
        assert_eq!(unknown(&known(90..160), true), at(160), "somebody just looked");
        assert_eq!(unknown(&known(10..50), false), at(100), "long ago");
    }

    #[test]
    fn what_is_known_has_never_a_gap() {
        let all = |known: &Known| known.minutes.keys().copied().collect::<Vec<_>>();
        let minutes = |range| known(range).minutes;

        let mut adjoining = known(90..150);
        adjoining.add(at(150), minutes(150..160));
        assert_eq!(all(&adjoining), all(&known(90..160)));
        let mut overlapping = known(110..150);
        overlapping.add(at(100), minutes(100..160));
        assert_eq!(all(&overlapping), all(&known(100..160)));

        let mut long_ago = known(10..50);
        long_ago.add(at(100), minutes(100..160));

        assert_eq!(all(&long_ago), all(&known(100..160)));
        assert_eq!(long_ago.begin_of_unknown(at(40), at(160), false), at(40), "it is read again");
        let mut fresh = known(90..160);
        fresh.add(at(160), minutes(160..160));
        assert_eq!(all(&fresh), all(&known(90..160)));
    }
}
