SELECT w.tasks::float8, extract(epoch FROM n.at - w.oldest)::float8,
       p.tasks::float8, p.parked::float8,
       h.holds::float8, h.credits::float8,
       extract(epoch FROM n.at - r.rolled_at)::float8,
       b.boots::float8, b.permits::float8, b.busy::float8
  FROM (SELECT aether.now() AS at) n,
       (SELECT count(*) AS tasks, min(created_at) AS oldest FROM generation.task WHERE status = 'pending') w,
       (SELECT count(*) AS tasks, count(settle_failed_at) AS parked FROM generation.task WHERE status = 'processing') p,
       (SELECT count(*) AS holds, coalesce(sum(amount), 0) AS credits FROM ledger.hold WHERE state = 'open') h,
       (SELECT count(*) AS boots, coalesce(sum(permits), 0) AS permits, coalesce(sum(busy), 0) AS busy
          FROM generation.boot WHERE ended_at IS NULL) b,
       ledger.rollup r
