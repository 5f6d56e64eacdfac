-- $1 resource, $2 its owner, $3 only what lasted beyond, $4 and $5 where the page before ended, $6 how many. What the
-- key was like for those who hosted it before is not theirs. A cooling that is over by itself is followed by probing,
-- as the next claim would find it.
  WITH clock AS MATERIALIZED (SELECT aether.now() AS now),
       spell AS (
       SELECT c.line, c.condition, c.reason, c.since, c.cooling_until,
              lead(c.since) OVER (ORDER BY c.line) AS next
         FROM pool.resource_condition c JOIN pool.resource r ON r.id = c.resource_id
        WHERE c.resource_id = $1 AND r.owner_id = $2 AND c.since >= r.created_at),
       part AS (
       SELECT s.line, 0 AS part, s.condition, s.reason, s.since,
              CASE WHEN s.cooling_until < coalesce(s.next, c.now) THEN s.cooling_until ELSE s.next END AS until
         FROM spell s, clock c
        UNION ALL
       SELECT s.line, 1, 'probing', NULL, s.cooling_until, s.next
         FROM spell s, clock c WHERE s.cooling_until < coalesce(s.next, c.now))
SELECT p.line, p.part, p.condition, p.reason, p.since, p.until
  FROM part p
 WHERE (p.until IS NULL OR p.until > p.since)
   AND ($3::timestamptz IS NULL OR p.until IS NULL OR p.until > $3)
   AND ($4::bigint IS NULL OR (p.line, p.part) < ($4, $5))
 ORDER BY p.line DESC, p.part DESC LIMIT $6
