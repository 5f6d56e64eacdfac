-- A key's month counter holds the units of that UTC month's attempts, less what was given back because nothing was
-- made.
SELECT count(*)
  FROM pool.resource_state s,
       LATERAL (SELECT coalesce(sum(a.units), 0) AS units
                  FROM generation.attempt a
                 WHERE a.resource_id = s.resource_id
                   AND a.started_at >= s.month::timestamp AT TIME ZONE 'UTC'
                   AND a.started_at < (s.month::timestamp + interval '1 month') AT TIME ZONE 'UTC'
                   AND (a.state IN ('calling', 'delivered', 'surplus', 'unknown') OR a.billed)) counted
 WHERE s.month_units <> counted.units
