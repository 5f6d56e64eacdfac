-- A stored window that is over counts as empty: the next claim resets it.
SELECT r.id, CASE WHEN r.status = 'active' THEN s.health ELSE r.status END AS health,
       s.in_flight::float8 AS in_flight, s.success_rate, s.available_units::float8 AS units_available,
       greatest(0, r.daily_limit - CASE WHEN s.day < aether.utc_day(n.at) THEN 0 ELSE s.day_units END)::float8
           AS units_left_today,
       greatest(0, r.monthly_limit - CASE WHEN s.month < aether.utc_month(n.at) THEN 0 ELSE s.month_units END)::float8
           AS units_left_month
  FROM (SELECT aether.now() AS at) n, pool.resource r
  JOIN pool.resource_state s ON s.resource_id = r.id
 WHERE r.deleted_at IS NULL
