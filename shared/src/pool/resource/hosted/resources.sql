-- Resources with everything an owner sees; what a key did for those who hosted it before is not theirs.
-- $1: these ids; $2: owner; $3: status; $4: older than this id; $5: how many; $6: with what they earned, for which all
-- that they ever did is read.
  WITH clock AS MATERIALIZED (SELECT aether.now() AS now),
       page AS MATERIALIZED (
       SELECT r.id, r.owner_id, r.owner_account, r.provider, r.name, r.key_hint, r.status, r.status_reason,
              r.owner_barred, r.price_per_unit, r.daily_limit, r.monthly_limit, r.concurrency_limit, r.rpm_limit,
              r.created_at
         FROM pool.resource r
        WHERE r.deleted_at IS NULL
          AND ($1::uuid[] IS NULL OR r.id = ANY ($1))
          AND ($2::uuid IS NULL OR r.owner_id = $2)
          AND ($3::text IS NULL OR r.status = $3)
          AND ($4::uuid IS NULL OR r.id < $4)
        ORDER BY r.id DESC LIMIT $5)
SELECT r.id, r.owner_id, r.provider, r.name, r.key_hint, r.status,
       CASE WHEN r.owner_barred AND r.status = 'active'
            THEN 'its owner is suspended or may not host keys: no new calls' ELSE r.status_reason END AS status_reason,
       pool.present_health(s.health, s.cooling_until, s.available_units, m.units_min, c.now) AS health,
       r.price_per_unit, s.available_units,
       CASE WHEN s.day < aether.utc_day(c.now) THEN 0 ELSE s.day_units END AS units_today,
       CASE WHEN s.month < aether.utc_month(c.now) THEN 0 ELSE s.month_units END AS units_month,
       r.daily_limit, r.monthly_limit, r.concurrency_limit,
       coalesce(r.rpm_limit, p.rate_requests * 60 / p.rate_seconds) AS rpm_limit,
       s.in_flight, coalesce(s.delivered_at > c.now - interval '1 day', false) AS proven, s.success_rate,
       coalesce(l.p50, 0) AS latency_ms_p50,
       -- A task's journal rows are few and keyed by the task; own tasks earn nothing.
       CASE WHEN $6 THEN (
            SELECT coalesce(sum(j.dir * j.net), 0)
              FROM generation.attempt a
              JOIN ledger.journal j ON j.ref = a.task_id AND j.attempt = a.id AND j.credit = r.owner_account
             WHERE a.resource_id = r.id AND a.owner_id = r.owner_id AND NOT a.own
               AND (a.state IN ('delivered', 'surplus') OR a.billed)) END AS earned,
       s.synced_at, r.created_at, p.reference_price, m.units_min, m.unserved
  FROM clock c, page r
  JOIN pool.resource_state s ON s.resource_id = r.id
  JOIN pool.provider p ON p.name = r.provider,
       LATERAL (
       SELECT min(m.units) AS units_min,
              coalesce(array_agg(m.id ORDER BY m.id) FILTER (WHERE m.units > least(r.daily_limit, r.monthly_limit)),
                       '{}') AS unserved
         FROM pool.model m WHERE m.provider = r.provider AND m.enabled AND m.deleted_at IS NULL) m,
       LATERAL (
       SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY d.ms) AS p50
         FROM (SELECT extract(epoch FROM a.ended_at - a.started_at)::float8 * 1000 AS ms
                 FROM generation.attempt a
                WHERE a.resource_id = r.id AND a.owner_id = r.owner_id AND a.state = 'delivered'
                ORDER BY a.started_at DESC LIMIT 100) d) l
 ORDER BY r.id DESC
