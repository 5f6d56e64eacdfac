-- $1 resource, $2 its owner, $3 only what lasted beyond, $4 and $5 where the page before ended, $6 how many. What the
-- key was like for those who hosted it before is not theirs. A cooling that is over by itself is followed by probing,
-- as the next claim would find it. Every row that is taken gives one part at the least, so no more are read than the
-- page needs.
  WITH clock AS MATERIALIZED (SELECT aether.now() AS now),
       spell AS MATERIALIZED (
       SELECT c.line, c.condition, c.reason, c.since, c.cooling_until, n.since AS next
         FROM pool.resource r
         JOIN pool.resource_condition c ON c.resource_id = r.id
         LEFT JOIN LATERAL (
              SELECT x.since FROM pool.resource_condition x
               WHERE x.resource_id = c.resource_id AND x.line > c.line ORDER BY x.line LIMIT 1) n ON true
        WHERE r.id = $1 AND r.owner_id = $2 AND c.resource_id = $1 AND c.since >= r.created_at
          AND ($4::bigint IS NULL OR c.line <= $4)
          AND (n.since IS NULL OR (n.since > c.since AND ($3::timestamptz IS NULL OR n.since > $3)))
        ORDER BY c.line DESC LIMIT $6 + 1),
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
