SELECT w.tasks::float8 AS waiting, extract(epoch FROM n.at - w.oldest)::float8 AS oldest_seconds,
       c.attempts::float8 AS calling, p.tasks::float8 AS parked,
       h.holds::float8 AS holds_open, h.credits::float8 AS credits_held,
       extract(epoch FROM n.at - r.rolled_at)::float8 AS rollup_lag_seconds,
       g.models::float8 AS models_gone, b.boots::float8 AS workers, b.permits::float8 AS permits, b.busy::float8 AS busy
  FROM (SELECT aether.now() AS at) n,
       (SELECT count(*) AS tasks, min(created_at) AS oldest FROM generation.task WHERE status = 'pending') w,
       (SELECT count(*) AS attempts FROM generation.attempt WHERE state = 'calling') c,
       (SELECT count(*) AS tasks FROM generation.task WHERE settle_failed_at IS NOT NULL) p,
       (SELECT count(*) AS holds, coalesce(sum(amount), 0) AS credits FROM ledger.hold WHERE state = 'open') h,
       (SELECT count(*) AS models FROM pool.model WHERE gone_since IS NOT NULL AND deleted_at IS NULL) g,
       (SELECT count(*) AS boots, coalesce(sum(permits), 0) AS permits, coalesce(sum(busy), 0) AS busy
          FROM generation.boot WHERE ended_at IS NULL) b,
       ledger.rollup r
