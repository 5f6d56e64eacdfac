-- At most one attempt of a task runs. It runs for a task in processing, or for one that a late image of an earlier
-- attempt has completed meanwhile. A task in processing has one, unless it is parked with its image.
WITH calling AS (
    SELECT task_id, count(*) AS attempts FROM generation.attempt WHERE state = 'calling' GROUP BY task_id
)
SELECT count(*)
  FROM generation.task t
  FULL JOIN calling c ON c.task_id = t.id
 WHERE t.id IS NULL
    OR c.attempts > 1
    OR (c.attempts = 1 AND t.status NOT IN ('processing', 'completed', 'refunded'))
    OR (c.attempts IS NULL AND t.status = 'processing' AND t.settle_failed_at IS NULL)
