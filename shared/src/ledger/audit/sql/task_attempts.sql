-- A task has as many attempts as it started, numbered without a gap.
SELECT count(*)
  FROM generation.task t
  FULL JOIN (SELECT task_id, count(*) AS attempts, min(no) AS first, max(no) AS last
               FROM generation.attempt GROUP BY task_id) a ON a.task_id = t.id
 WHERE t.id IS NULL
    OR t.attempts_started <> coalesce(a.attempts, 0)
    OR t.attempts_started <> coalesce(a.last, 0)
    OR a.first <> 1
