-- Attempts of a resource ($1) under its present owner that began in [$2, $3), grouped by nothing, day,
-- model, and state with class.
  WITH span AS MATERIALIZED (
       SELECT coalesce($2::timestamptz, t.to_at - interval '30 days') AS from_at, t.to_at
         FROM (SELECT coalesce($3::timestamptz, aether.now()) AS to_at) t),
       facts AS MATERIALIZED (
       SELECT aether.utc_day(a.started_at) AS day, a.model, a.state, a.error_class, a.units,
              a.state IN ('delivered', 'surplus') AS image, a.billed,
              CASE WHEN a.own THEN 0 ELSE coalesce(
                  (SELECT sum(j.dir * j.net) FROM ledger.journal j
                    WHERE j.ref = a.task_id AND j.attempt = a.id AND j.credit = a.owner_account), 0) END AS earned
         FROM generation.attempt a, span
        WHERE a.resource_id = $1 AND a.owner_id = (SELECT owner_id FROM pool.resource WHERE id = $1)
          AND a.started_at >= span.from_at AND a.started_at < span.to_at)
SELECT (SELECT from_at FROM span) AS from_at, (SELECT to_at FROM span) AS to_at,
       grouping(day, model, state) AS grouped, day, model, state, error_class,
       count(*) AS attempts,
       count(*) FILTER (WHERE image) AS images,
       count(*) FILTER (WHERE state IN ('failed', 'refused')) AS failed,
       count(*) FILTER (WHERE state = 'unknown') AS unknown,
       coalesce(sum(units) FILTER (WHERE image OR billed), 0) AS units,
       coalesce(sum(earned), 0) AS earned
  FROM facts
 GROUP BY GROUPING SETS ((), (day), (model), (state, error_class))
