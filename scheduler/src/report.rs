//! What an activation of a duty came to.

use shared::images::ImageStoreError;

/// What was done, by what was done it to.
#[derive(Debug, Default)]
pub struct Report {
    /// Only what happened at least once.
    counts: Vec<(&'static str, u64)>,
    /// As much as one activation may do was done: there is probably more.
    pub more: bool,
    /// A part that failed beside the rest: it is tried again, with back-off.
    pub trouble: Option<DutyError>,
}

/// Why an activation failed, or a part of it. Trying again later is all there is to do.
#[derive(Debug, thiserror::Error)]
pub enum DutyError {
    /// The database failed, or was away.
    #[error("the database failed: {0}")]
    Store(#[from] sqlx::Error),
    /// The object store failed, or was away.
    #[error(transparent)]
    Images(#[from] ImageStoreError),
    /// It took longer than its time limit.
    #[error("it took longer than {0:?}")]
    TimeLimit(std::time::Duration),
    /// It panicked: a defect, which its log line before this one shows.
    #[error("it panicked")]
    Panicked,
}

impl Report {
    /// Adds to one of the counts.
    pub fn add(&mut self, what: &'static str, count: u64) {
        if count == 0 {
            return;
        }
        match self.counts.iter_mut().find(|(it, _)| *it == what) {
            Some((_, counted)) => *counted += count,
            None => self.counts.push((what, count)),
        }
    }

    /// The same, for a report made in one go.
    #[must_use]
    pub fn with(mut self, what: &'static str, count: u64) -> Self {
        self.add(what, count);
        self
    }

    /// Says whether there is probably more.
    #[must_use]
    pub fn more(mut self, more: bool) -> Self {
        self.more = more;
        self
    }

    /// How often this was done.
    pub fn count(&self, what: &str) -> u64 {
        self.counts.iter().find(|(it, _)| *it == what).map_or(0, |(_, count)| *count)
    }

    /// What was done at least once.
    pub fn counts(&self) -> &[(&'static str, u64)] {
        &self.counts
    }

    /// Whether anything was.
    pub fn did_something(&self) -> bool {
        !self.counts.is_empty()
    }

    /// For a log line: `settled=2 unknown=1`.
    pub fn summary(&self) -> String {
        let words: Vec<_> =
            self.counts.iter().map(|(what, count)| format!("{what}={count}")).collect();
        words.join(" ")
    }
}

/// A count the database answered as a signed number.
pub(crate) fn counted(count: impl TryInto<u64>) -> u64 {
    count.try_into().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_happened_is_not_told() {
        let mut report = Report::default().with("settled", 0);
        assert!(!report.did_something());

        report.add("unknown", 1);
        report.add("settled", 1);
        report.add("unknown", 2);

        assert_eq!(report.summary(), "unknown=3 settled=1");
        assert_eq!(report.count("unknown"), 3);
        assert_eq!(report.count("surplus"), 0);
    }
}
