-- Locks up to p_limit due tasks, fairest first, for the caller's transaction. Lanes that the caller knows to be full
-- come with how many they can still take (p_lanes, p_caps); other lanes are not bounded. p_skip holds what the caller
-- could not place lately, so that it never stands before those behind it.
-- Reads in the order of the index: the plan that sorts all that waits is the cheaper one only as long as statistics say
-- that little waits (with 10,000 waiting it takes 13.6 ms, this one 0.1 ms).
CREATE OR REPLACE FUNCTION generation.lock_due(p_limit int, p_lanes text[], p_caps int[], p_skip uuid[])
    RETURNS TABLE (id uuid, user_id uuid, requested_model text, prompt text, negative_prompt text, aspect_ratio text,
                   seed generation.seed, output_format generation.image_format, style_preset text,
                   route generation.route, credits_held numeric, lane text, excluded uuid[])
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
    SET enable_mergejoin = off SET enable_sort = off SET enable_bitmapscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := aether.now();
BEGIN
    RETURN QUERY
    WITH RECURSIVE waiting AS (
        (SELECT t.lane FROM generation.task t WHERE t.status = 'pending' AND t.lane IS NOT NULL ORDER BY t.lane LIMIT 1)
        UNION ALL
        SELECT (SELECT t.lane FROM generation.task t
                 WHERE t.status = 'pending' AND t.lane > w.lane ORDER BY t.lane LIMIT 1)
          FROM waiting w WHERE w.lane IS NOT NULL
    ), bounded AS (
        SELECT w.lane, least(p_limit, coalesce(c.cap, p_limit)) AS cap
          FROM waiting w LEFT JOIN unnest(p_lanes, p_caps) AS c (lane, cap) ON c.lane = w.lane
         WHERE w.lane IS NOT NULL
    )
    SELECT d.id, d.user_id, d.requested_model, d.prompt, d.negative_prompt, d.aspect_ratio, d.seed, d.output_format,
           d.style_preset, d.route, d.credits_held, d.lane, d.excluded
      FROM bounded b, LATERAL (
            SELECT t.* FROM generation.task t
             WHERE t.lane = b.lane AND t.status = 'pending' AND t.next_at <= v_now AND t.deadline > v_now
               AND t.id <> ALL (p_skip)
             ORDER BY t.tag, t.id LIMIT b.cap FOR NO KEY UPDATE SKIP LOCKED) d
     ORDER BY d.tag, d.id LIMIT p_limit;
END $$;

-- Grants what fits of the wanted pairs of task and resource, in the order given, and writes an attempt for each. The
-- caller holds the task rows (generation.lock_due). No key whose price is above p_price_max_factor times the reference
-- price of its provider is granted. Price, policy, health, calls in flight, windows, units and the
-- provider's rate are judged here, under the locks of the state rows, in a statement after the locking one.
-- p_wanted: [{ord (from 0, each once), attempt, task, resource, model, choice?}].
-- Raises AE001 when this boot is dead: its owner must register a new one.
CREATE OR REPLACE FUNCTION generation.start_attempts(
    p_boot uuid, p_lease interval, p_wanted jsonb, p_call_max interval, p_keep_max interval, p_own_fee numeric,
    p_commission numeric, p_price_max_factor numeric)
    RETURNS TABLE (attempt_id uuid, task_id uuid, resource_id uuid, no smallint, cost numeric)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    v_now       timestamptz;
    v_resource  uuid;
    v_slots     int;
    v_rate      int;
    v_day       numeric;
    v_month     numeric;
    v_available numeric;
    v_cost      numeric;
    v_own       boolean;
    v_tag       double precision := 0;
    v_tasks     uuid[] := '{}';
    -- By ord; NULL: not granted.
    v_granted   generation.granted[] := '{}';
    w           record;
BEGIN
    PERFORM 1 FROM pool.resource_state s
      WHERE s.resource_id IN (SELECT (x ->> 'resource')::uuid FROM jsonb_array_elements(p_wanted) x)
      ORDER BY s.resource_id FOR NO KEY UPDATE;
    v_now := aether.now();
    PERFORM 1 FROM generation.boot b WHERE b.id = p_boot AND b.ended_at IS NULL AND b.beat_at + p_lease > v_now;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'worker boot % is not alive', p_boot USING ERRCODE = 'AE001';
    END IF;

    FOR w IN
        SELECT x.ord, x.task, x.resource, t.user_id, t.status AS task_status, t.cancel_requested_at, t.credits_held,
               t.start_tag, m.units, m.enabled AND m.deleted_at IS NULL AS served, p.policy, p.rate_requests,
               p.rate_seconds, p.reference_price * p_price_max_factor AS price_max, r.owner_id, r.status,
               r.deleted_at, r.price_per_unit, r.daily_limit, r.monthly_limit,
               r.concurrency_limit, r.rpm_limit, s.in_flight, s.available_units, s.health, s.cooling_until,
               s.health_changed_at,
               CASE WHEN s.day < aether.utc_day(v_now) THEN 0 ELSE s.day_units END AS day_units,
               CASE WHEN s.month < aether.utc_month(v_now) THEN 0 ELSE s.month_units END AS month_units
          FROM jsonb_to_recordset(p_wanted) AS x (ord int, task uuid, resource uuid, model text)
          JOIN generation.task t ON t.id = x.task
          JOIN pool.resource r ON r.id = x.resource
          JOIN pool.resource_state s ON s.resource_id = x.resource
          JOIN pool.model m ON m.id = x.model AND m.provider = r.provider
          JOIN pool.provider p ON p.name = r.provider
         ORDER BY x.resource, x.ord
    LOOP
        IF v_resource IS DISTINCT FROM w.resource THEN
            v_resource := w.resource;
            v_day := w.daily_limit - w.day_units;
            v_month := w.monthly_limit - w.month_units;
            v_available := w.available_units;
            v_slots := w.concurrency_limit - w.in_flight;
            IF w.health = 'exhausted' OR (w.health = 'cooling' AND w.cooling_until > v_now) THEN
                v_slots := 0;
            ELSIF w.health <> 'ok' THEN
                -- Recovering: one task at a time.
                v_slots := least(v_slots, CASE WHEN EXISTS (
                    SELECT 1 FROM generation.attempt a
                     WHERE a.resource_id = w.resource AND a.ended_at IS NULL
                       AND a.started_at >= w.health_changed_at) THEN 0 ELSE 1 END);
            END IF;
            v_rate := pool.rate_left(w.resource, w.rate_requests, w.rate_seconds, w.rpm_limit, v_now);
        END IF;
        v_own := w.owner_id = w.user_id;
        v_cost := CASE WHEN v_own THEN p_own_fee ELSE round(w.price_per_unit * w.units, 6) END;
        -- The status is judged here too: in the query it would offer the planner the list of all that waits
        -- (12_ledger_holds.sql).
        CONTINUE WHEN w.task_status <> 'pending' OR w.cancel_requested_at IS NOT NULL
            OR w.status <> 'active' OR w.deleted_at IS NOT NULL OR NOT w.served OR w.policy = 'denied'
            OR (w.policy <> 'third_party_allowed' AND NOT v_own) OR v_cost > w.credits_held
            OR w.price_per_unit > w.price_max
            OR v_slots < 1 OR v_rate < 1 OR v_day < w.units OR v_month < w.units
            OR coalesce(v_available < w.units, false);
        v_slots := v_slots - 1;
        v_rate := v_rate - 1;
        v_day := v_day - w.units;
        v_month := v_month - w.units;
        v_available := v_available - w.units;
        v_tag := greatest(v_tag, w.start_tag);
        v_tasks := v_tasks || w.task;
        v_granted[w.ord + 1] := ROW(w.resource, w.units, v_cost);
    END LOOP;
    IF cardinality(v_tasks) = 0 THEN
        RETURN;
    END IF;

    UPDATE pool.resource_state s
       SET in_flight = s.in_flight + g.calls,
           day = greatest(s.day, aether.utc_day(v_now)),
           day_units = CASE WHEN s.day < aether.utc_day(v_now) THEN 0 ELSE s.day_units END + g.units,
           month = greatest(s.month, aether.utc_month(v_now)),
           month_units = CASE WHEN s.month < aether.utc_month(v_now) THEN 0 ELSE s.month_units END + g.units,
           available_units = s.available_units - g.units,
           health_changed_at = CASE WHEN s.health = 'cooling' THEN v_now ELSE s.health_changed_at END,
           cooling_until = NULL,
           health = CASE WHEN s.health = 'cooling' THEN 'probing' ELSE s.health END
      FROM (SELECT x.resource, count(*)::int AS calls, sum(x.units) AS units
              FROM unnest(v_granted) AS x WHERE x.resource IS NOT NULL GROUP BY x.resource) g
     WHERE s.resource_id = g.resource;

    RETURN QUERY
    INSERT INTO generation.attempt (id, task_id, no, boot_id, resource_id, owner_id, owner_account, provider, model,
            units, price_per_unit, cost, commission_rate, own, choice, occupied_until, started_at, hard_deadline)
    SELECT x.attempt, x.task, t.attempts_started + 1, p_boot, r.id, r.owner_id, r.owner_account, r.provider, x.model,
           g.units, r.price_per_unit, g.cost, CASE WHEN r.owner_id = t.user_id THEN 1 ELSE p_commission END,
           r.owner_id = t.user_id, coalesce(x.choice, '{}'), v_now + make_interval(secs => m.run_seconds_max), v_now,
           v_now + p_call_max + p_keep_max
      FROM jsonb_to_recordset(p_wanted)
           AS x (ord int, attempt uuid, task uuid, resource uuid, model text, choice jsonb)
     CROSS JOIN LATERAL (SELECT (v_granted[x.ord + 1]).*) AS g
      JOIN generation.task t ON t.id = x.task
      JOIN pool.resource r ON r.id = x.resource
      JOIN pool.model m ON m.id = x.model
     WHERE g.cost IS NOT NULL
    RETURNING id, task_id, resource_id, no, cost;

    UPDATE generation.task t
       SET status = 'processing', attempts_started = t.attempts_started + 1,
           started_at = coalesce(t.started_at, v_now)
     WHERE t.id = ANY (v_tasks);

    -- A hint, so nobody waits for it: the transaction that holds the row writes a tag as good as this one.
    PERFORM 1 FROM generation.fairness f WHERE f.only_row AND f.vtime < v_tag FOR NO KEY UPDATE SKIP LOCKED;
    IF FOUND THEN
        UPDATE generation.fairness SET vtime = greatest(vtime, v_tag) WHERE only_row;
    END IF;
END $$;

-- How many more calls a key may start now: the provider's limit and the owner's per minute, both over a sliding
-- window. A call leaves at most 2 s after its claim, so calls claimed up to 3 s before the window can still fall into
-- it. Only called by our own functions, once per key, and so without settings of its own. Not in SQL, which would be
-- planned anew for every claim.
CREATE OR REPLACE FUNCTION pool.rate_left(
    p_resource uuid, p_requests int, p_seconds int, p_rpm int, p_now timestamptz) RETURNS int
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_left int;
BEGIN
    SELECT p_requests - count(*) INTO v_left FROM generation.attempt a
     WHERE a.resource_id = p_resource AND a.started_at > p_now - make_interval(secs => p_seconds + 3);
    IF p_rpm IS NOT NULL THEN
        SELECT least(v_left, p_rpm - count(*)) INTO v_left FROM generation.attempt a
         WHERE a.resource_id = p_resource AND a.started_at > p_now - interval '63 seconds';
    END IF;
    RETURN v_left;
END $$;
