//! What is known about hearing: when the bells of each kind were last read, and what was dropped.

use std::time::Duration;

use parking_lot::Mutex;
use shared::jobs::{BEAT_EVERY, JobKind};
use tokio::time::Instant;

/// A reader that did not beat for so long reads nothing.
const SILENT_MAX: Duration = BEAT_EVERY.saturating_mul(3);
/// One complaint for each kind within this time.
const COMPLAIN_EVERY: Duration = Duration::from_mins(1);

/// The ears of this process, one for each kind.
pub struct Ears([Mutex<Ear>; JobKind::ALL.len()]);

struct Ear {
    read: Instant,
    complained: Option<Instant>,
    dropped: Option<Instant>,
}

impl Default for Ears {
    /// Deaf only after a while: the readers have not begun.
    fn default() -> Self {
        let read = Instant::now();
        Self(std::array::from_fn(|_| Mutex::new(Ear { read, complained: None, dropped: None })))
    }
}

impl Ears {
    /// The reader of this kind is well.
    pub fn read(&self, kind: JobKind) {
        self.ear(kind).lock().read = Instant::now();
    }

    /// The kinds whose bells nobody reads here.
    pub fn deaf(&self) -> Vec<&'static str> {
        let silent = |it: &JobKind| self.ear(*it).lock().read.elapsed() > SILENT_MAX;
        JobKind::ALL.iter().copied().filter(silent).map(JobKind::as_str).collect()
    }

    /// Whether to log that the reader of this kind ended.
    pub fn may_complain(&self, kind: JobKind) -> bool {
        once_within(&mut self.ear(kind).lock().complained)
    }

    /// Counts entries that are no bells. Their content is nobody's business: it may be anything.
    pub fn drop_malformed(&self, kind: JobKind, count: u64) {
        metrics::counter!("aetherflow_bells_malformed_total", "kind" => kind.as_str())
            .increment(count);
        if once_within(&mut self.ear(kind).lock().dropped) {
            tracing::warn!(kind = kind.as_str(), "entries of a queue are no bells and are dropped");
        }
    }

    fn ear(&self, kind: JobKind) -> &Mutex<Ear> {
        &self.0[kind as usize]
    }
}

fn once_within(last: &mut Option<Instant>) -> bool {
    let silent = last.is_some_and(|it| it.elapsed() < COMPLAIN_EVERY);
    if !silent {
        *last = Some(Instant::now());
    }
    !silent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_kind_whose_reader_does_not_beat_is_deaf_until_it_does() {
        let ears = Ears::default();
        assert!(ears.deaf().is_empty(), "nothing had the time to begin");

        tokio::time::advance(SILENT_MAX + Duration::from_millis(1)).await;
        ears.read(JobKind::GenerateImage);

        assert_eq!(ears.deaf(), ["sync-quotas", "expire-credits"]);
        ears.read(JobKind::SyncQuotas);
        ears.read(JobKind::ExpireCredits);
        assert!(ears.deaf().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn each_kind_complains_once_a_minute() {
        let ears = Ears::default();

        assert!(ears.may_complain(JobKind::SyncQuotas));
        assert!(!ears.may_complain(JobKind::SyncQuotas));
        assert!(ears.may_complain(JobKind::GenerateImage));
        tokio::time::advance(COMPLAIN_EVERY).await;
        assert!(ears.may_complain(JobKind::SyncQuotas));
    }
}
