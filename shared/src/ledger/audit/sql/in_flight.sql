-- A key is as busy as its attempts that occupy it: those calling, and unknown ones for as long as the provider may
-- still be running them.
SELECT count(*)
  FROM pool.resource_state s
  FULL JOIN (SELECT resource_id, count(*) AS attempts, bool_and(state IN ('calling', 'unknown')) AS may
               FROM generation.attempt WHERE occupies GROUP BY resource_id) a USING (resource_id)
 WHERE s.in_flight IS DISTINCT FROM coalesce(a.attempts, 0)::int
    OR NOT coalesce(a.may, true)
