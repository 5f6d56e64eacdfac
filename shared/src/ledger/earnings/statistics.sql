-- $1 account, $2 from, $3 to, $4 day or month, $5 how many resources are told apart: those that moved the most. The
-- rest of a period has no resource. A fee on an own task is no earning.
WITH sums AS MATERIALIZED (
    SELECT date_trunc($4, j.created_at AT TIME ZONE 'UTC') AS period, a.resource_id,
           sum(j.dir * j.gross) AS gross, sum(j.dir * j.fee) AS commission, sum(j.dir * j.net) AS net,
           count(*) FILTER (WHERE j.kind IN ('settle', 'surplus', 'parked')) AS images
      FROM ledger.journal j JOIN generation.attempt a ON a.id = j.attempt
     WHERE j.credit = $1 AND j.created_at >= $2 AND j.created_at < $3 AND NOT a.own
     GROUP BY 1, 2
), told AS (
    SELECT s.resource_id FROM sums s GROUP BY s.resource_id
     ORDER BY sum(s.gross) DESC, sum(s.images) DESC, s.resource_id LIMIT $5
)
SELECT to_char(p.period, CASE $4 WHEN 'day' THEN 'YYYY-MM-DD' ELSE 'YYYY-MM' END) AS period, t.resource_id,
       coalesce(sum(s.gross), 0) AS gross, coalesce(sum(s.commission), 0) AS commission,
       coalesce(sum(s.net), 0) AS net, coalesce(sum(s.images), 0)::bigint AS images
  FROM generate_series(date_trunc($4, $2 AT TIME ZONE 'UTC'), ($3 - interval '1 microsecond') AT TIME ZONE 'UTC',
                       ('1 ' || $4)::interval) AS p (period)
  LEFT JOIN sums s ON s.period = p.period
  LEFT JOIN told t ON t.resource_id = s.resource_id
 GROUP BY p.period, t.resource_id
 ORDER BY p.period, t.resource_id
