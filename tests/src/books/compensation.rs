//! What the platform paid for output that nobody received, by the budgets of a day.

use crate::stack::Stack;

/// Everybody who was paid, or caused, more than the budget: 10 for one owner, 10 for one consumer, 200 in all.
/// For a stack with these usual budgets, on one UTC day or more.
pub async fn beyond_budget(stack: &Stack) -> Vec<String> {
    sqlx::query_scalar(
        "WITH paid AS (
             SELECT a.owner_id, t.user_id, (e.created_at AT TIME ZONE 'UTC')::date AS day, e.gross
               FROM ledger.journal e
               JOIN generation.attempt a ON a.id IN (e.attempt, e.ref)
               JOIN generation.task t ON t.id = a.task_id
              WHERE e.kind IN ('compensate', 'surplus'))
         SELECT format('owner %s was compensated with %s on %s', owner_id, sum(gross), day)
           FROM paid GROUP BY owner_id, day HAVING sum(gross) > 10
         UNION ALL
         SELECT format('output for consumer %s was compensated with %s on %s', user_id, sum(gross), day)
           FROM paid GROUP BY user_id, day HAVING sum(gross) > 10
         UNION ALL
         SELECT format('%s were paid in compensation on %s', sum(gross), day)
           FROM paid GROUP BY day HAVING sum(gross) > 200",
    )
    .fetch_all(&stack.pool)
    .await
    .expect("a superuser reads everything")
}
