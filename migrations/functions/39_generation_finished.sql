-- What the log says about tasks that ended: nothing that people wrote, nobody's name, no key.

-- What ran is the time of its attempts until it ended; the rest of its life it waited.
CREATE OR REPLACE FUNCTION generation.finished_tasks(p_tasks uuid[])
    RETURNS TABLE (task_id uuid, status text, model text, provider text, attempts int, waited_ms bigint, run_ms bigint,
                   credits numeric, error_code text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
    SELECT t.id, t.status, coalesce(t.model, t.requested_model), a.provider, t.attempts_started::int,
           greatest(extract(epoch FROM t.completed_at - t.created_at) * 1000 - a.run, 0)::bigint, a.run::bigint,
           coalesce(t.credits_cost, 0), t.error_code
      FROM unnest(p_tasks) AS u (id),
           LATERAL (SELECT x.id, x.status, x.model, x.requested_model, x.attempts_started, x.created_at, x.completed_at,
                           x.credits_cost, x.error_code, x.image_attempt
                      FROM generation.task x WHERE x.id = u.id AND x.completed_at IS NOT NULL) t,
           LATERAL (SELECT coalesce(sum(extract(epoch FROM coalesce(y.ended_at, t.completed_at) - y.started_at)), 0)
                               * 1000 AS run,
                           (array_agg(y.provider ORDER BY (y.id = t.image_attempt) DESC NULLS LAST, y.no DESC))[1]
                               AS provider
                      FROM generation.attempt y WHERE y.task_id = t.id) a
$$;
