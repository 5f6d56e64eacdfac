//! Waiting between two attempts at something that must succeed in the end.

use std::time::Duration;

/// A pause that doubles up to a limit, with jitter so that processes do not knock in step.
pub struct Patience {
    next: Duration,
    max: Duration,
}

impl Patience {
    pub fn new(first: Duration, max: Duration) -> Self {
        Self { next: first, max }
    }

    pub async fn pause(&mut self) {
        let jitter = rand::random_range(0.7..1.3);
        #[expect(clippy::disallowed_methods, reason = "this is the pause between two attempts")]
        tokio::time::sleep(self.next.mul_f64(jitter)).await;
        self.next = (self.next * 2).min(self.max);
    }
}

/// Whether repeating a statement can help: the database was away, or broke off a transaction that did
/// nothing wrong. Anything else is a fault of the statement or its data.
pub fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            // Connection exceptions, out of resources, operator intervention, system errors, serialisation, deadlock.
            ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class))
                || code == "40001"
                || code == "40P01"
        }),
        _ => false,
    }
}
