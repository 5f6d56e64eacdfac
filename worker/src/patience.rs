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
