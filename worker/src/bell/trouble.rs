//! Why a reader of bells ended, as far as it matters for what is done about it.

use std::error::Error;
use std::io;
use std::sync::Arc;

use redis::{ErrorKind, RedisError, ServerErrorKind};

/// What was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Redis is away, busy, or refuses us: nothing is known about the queue.
    Away,
    /// Redis does not know this worker any more: it was emptied, or the queue was cleared.
    Forgotten,
    /// The queue holds what no version of ours wrote.
    Malformed,
    /// The reader ended or panicked: a defect.
    Ended,
}

/// What apalis' scripts say when a worker is not in the set of workers, or does not hold what it ends.
const FORGOTTEN: [&str; 2] = ["worker not registered", "task not executed by worker"];
/// Codes of Redis that are about Redis, not about a queue.
const AWAY: [&str; 6] = ["OOM", "MISCONF", "BUSY", "NOAUTH", "WRONGPASS", "NOREPLICAS"];

impl Trouble {
    /// Judges the error that a worker of apalis ended with.
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        match cause(error) {
            Some(error) => Self::of_redis(error),
            // Not of Redis, so of reading what Redis answered.
            None => Self::Malformed,
        }
    }

    /// Judges an error of Redis.
    pub fn of_redis(error: &RedisError) -> Self {
        let text = error.to_string();
        if FORGOTTEN.iter().any(|it| text.contains(it)) {
            return Self::Forgotten;
        }
        let of_redis_itself = error.code().is_some_and(|it| AWAY.contains(&it));
        match error.kind() {
            // apalis says so of an answer that it cannot read.
            ErrorKind::Io if is_invalid_data(error) => Self::Malformed,
            ErrorKind::Server(ServerErrorKind::ResponseError)
            | ErrorKind::Extension
            | ErrorKind::UnexpectedReturnType
                if !of_redis_itself =>
            {
                Self::Malformed
            }
            _ => Self::Away,
        }
    }

    /// One word, for logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::Forgotten => "forgotten",
            Self::Malformed => "malformed",
            Self::Ended => "ended",
        }
    }
}

fn cause<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e RedisError> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<RedisError>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

fn is_invalid_data(error: &RedisError) -> bool {
    // The library answers what it shares the error with.
    let source = error.source().and_then(|it| it.downcast_ref::<Arc<dyn Error + Send + Sync>>());
    let source = source.and_then(|it| it.downcast_ref::<io::Error>());
    source.is_some_and(|it| it.kind() == io::ErrorKind::InvalidData)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: &str, detail: &str) -> Trouble {
        Trouble::of_redis(&redis::make_extension_error(code.to_owned(), Some(detail.to_owned())))
    }

    #[test]
    fn a_key_of_another_type_or_a_script_that_fails_means_that_the_queue_is_cleared() {
        assert_eq!(
            of("WRONGTYPE", "Operation against a key holding the wrong kind of value"),
            Trouble::Malformed
        );
        let unreadable = io::Error::new(io::ErrorKind::InvalidData, "Invalid job data format");
        assert_eq!(Trouble::of_redis(&RedisError::from(unreadable)), Trouble::Malformed);
    }

    #[test]
    fn a_redis_that_is_away_full_or_closed_to_us_is_no_reason_to_clear_a_queue() {
        for code in AWAY {
            assert_eq!(of(code, "not now"), Trouble::Away, "{code}");
        }
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(Trouble::of_redis(&RedisError::from(refused)), Trouble::Away);
        let timed_out = io::Error::from(io::ErrorKind::TimedOut);
        assert_eq!(Trouble::of_redis(&RedisError::from(timed_out)), Trouble::Away);
    }

    #[test]
    fn a_worker_that_redis_forgot_clears_nothing() {
        let text = "user_script:18: Cant fetch next: worker not registered";
        assert_eq!(of("ERR", text), Trouble::Forgotten);
    }
}
