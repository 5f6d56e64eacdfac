//! Proof that workers looked at a waiting task and left it alone.

use std::time::Duration;

use devkit::deadline;

use super::Stack;

/// A worker that finds nothing looks again after a second.
const LOOKED_WITHIN: Duration = Duration::from_secs(20);

/// Has the database count, outside of any transaction, the rounds that pass over no task. What a worker
/// could not place is passed over for a second; a round that does so proves nothing about it.
const COUNT_ROUNDS: &str = "
    DO $do$ BEGIN
        IF to_regclass('public.claim_rounds') IS NULL THEN
            CREATE SEQUENCE public.claim_rounds;
            PERFORM nextval('public.claim_rounds');
            GRANT USAGE ON SEQUENCE public.claim_rounds TO PUBLIC;
            EXECUTE replace(pg_get_functiondef('generation.lock_due'::regproc), E'\\nBEGIN\\n', E'\\nBEGIN
                IF cardinality(p_skip || p_own_skip) = 0 THEN PERFORM nextval(''public.claim_rounds''); END IF;\\n');
        END IF;
    END $do$";

impl Stack {
    /// Waits until a worker has gone through all waiting tasks in a round that began after this call.
    /// What it did not take, it must not take.
    pub async fn await_claim_round(&self) {
        self.sql(COUNT_ROUNDS).await;
        let before = self.claim_rounds().await;
        // A round is counted when it begins. With one more than there are workers, one of them has
        // begun its second, so its first is over.
        let enough = 1 + i64::try_from(self.names_of("worker").len()).expect("workers are few");
        deadline::until_true("a worker looks for due tasks", LOOKED_WITHIN, async || {
            self.claim_rounds().await >= before + enough
        })
        .await;
    }

    async fn claim_rounds(&self) -> i64 {
        let count = sqlx::query_scalar("SELECT last_value FROM public.claim_rounds");
        count.fetch_one(&self.pool).await.expect("a superuser reads everything")
    }
}
