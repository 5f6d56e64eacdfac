//! Moving the one clock of the database.

use std::time::Duration;

use super::Stack;

impl Stack {
    /// From now on the database's clock is ahead of the real one by `ahead`. Not cumulative.
    ///
    /// Leases are judged by this clock too: a move beyond one makes every worker late until its next beat,
    /// and a scheduler that looks in between ends its boot.
    pub async fn move_clock(&self, ahead: Duration) {
        let statement = format!(
            "CREATE OR REPLACE FUNCTION aether.now() RETURNS timestamptz LANGUAGE sql VOLATILE
                 AS 'SELECT pg_catalog.clock_timestamp() + interval ''{} milliseconds'''",
            ahead.as_millis()
        );
        self.sql(&statement).await;
    }
}
