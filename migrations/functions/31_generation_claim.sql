-- Locks up to p_limit due tasks for the caller's transaction, the fairest first, and none that it does not answer. Fair
-- is by how far a tag lies beyond the virtual time of its key group. Tasks of owners' lanes that are answered as
-- own_turn come first, at most p_own_limit of them: they are for a free own key, and for nothing else.
-- p_rooms: by lane, what the caller knows to be free (worker/src/claim/room.rs), an array of
--   calls that keys of the market can take, calls that own keys can take, the cost of the cheapest free key of the
--   market (null: none), the cost of the cheapest that serves, busy or not (null: none), the key group (null: own keys
--   only), calls of own keys that run (the owner with the fewest comes first).
-- Lanes that are not in it are passed over. So are tasks in p_skip, which the caller could not place lately, and tasks
-- that pay less than what is free costs: neither are they locked, nor do they stand before others. Tasks in p_own_skip
-- could not be placed with an own key (it may not be tried again for them): they have their turn in the market only.
-- Looks at no more than 256 waiting lanes of the market and 32 of owners, which lie after p_market_from and
-- p_owner_from. The last row tells what was looked at: {lanes, market_to, owner_to, lowest}; null: to the end; lowest:
-- by key group, the lowest start tag in the owners' lanes that were looked at. p_lowest: the same of all owners' lanes,
-- from the caller's last looks at them; null: not known yet.
CREATE OR REPLACE FUNCTION generation.lock_due(
    p_limit int, p_own_limit int, p_rooms jsonb, p_skip uuid[], p_market_from int, p_owner_from int,
    p_lowest jsonb, p_own_skip uuid[] DEFAULT '{}')
    RETURNS TABLE (id uuid, user_id uuid, requested_model text, prompt text, negative_prompt text, aspect_ratio text,
                   seed generation.seed, output_format generation.image_format, style_preset text,
                   route generation.route, credits_held numeric, lane int, excluded uuid[], attempts_unproven smallint,
                   attempts_unknown smallint, verdicts smallint, end_user bytea, own_turn boolean, looked_at jsonb)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
    SET enable_mergejoin = off SET enable_sort = off SET enable_bitmapscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_now    timestamptz := aether.now();
    v_vtimes double precision[];
    v_lanes  generation.waiting_lane[];
    v_market int;
    v_owners int;
    v_upto   double precision;
    -- Every owner's lane was looked at.
    v_whole  boolean;
BEGIN
    SELECT array_agg(coalesce(g.vtime, 0) ORDER BY n.id) INTO v_vtimes
      FROM generate_series(1, (SELECT max(g.id) FROM generation.key_group g)) AS n (id)
      LEFT JOIN generation.key_group g ON g.id = n.id;
    SELECT array_agg(w ORDER BY (w).lane DESC), count(*) FILTER (WHERE (w).lane > 0),
           count(*) FILTER (WHERE (w).lane < 0)
      INTO v_lanes, v_market, v_owners
      FROM generation.waiting_lanes(p_market_from, p_owner_from, p_rooms, p_skip, v_now) AS w;

    -- So many of the fairest are looked at that two workers that look at once do not find the same ones only. The heads
    -- of as many lanes bound their tags.
    SELECT s.ahead INTO v_upto
      FROM (SELECT l.tag - l.served - v_vtimes[l.key_group] AS ahead FROM unnest(v_lanes) AS l
             WHERE l.tag IS NOT NULL) s
     ORDER BY s.ahead OFFSET 3 * p_limit - 1 LIMIT 1;
    -- Each is locked by its id; that it still waits is said in words that offer no list of what waits
    -- (12_ledger_holds.sql).
    RETURN QUERY
    WITH found AS (
        SELECT t.id, t.ahead, t.no, t.own_turn,
               row_number() OVER (PARTITION BY t.own_turn ORDER BY t.no + t.own_busy, random()) AS turn
          FROM (SELECT f.id, l.own_busy, f.no, NOT f.passed AND f.no <= l.own_room AS own_turn,
                       f.tag - l.served - v_vtimes[l.key_group] AS ahead
                  FROM unnest(v_lanes) AS l
                 CROSS JOIN LATERAL (
                        SELECT q.*, count(*) FILTER (WHERE NOT q.passed) OVER (ROWS UNBOUNDED PRECEDING) AS no
                          FROM (SELECT t.id, t.tag, t.credits_held, t.id = ANY (p_own_skip) AS passed
                                  FROM generation.task t
                                 WHERE t.lane = l.lane AND t.status = 'pending' AND t.next_at <= v_now
                                   AND t.deadline > v_now AND t.id <> ALL (p_skip)
                                   AND t.credits_held >= CASE WHEN l.own_room > 0 THEN 0 ELSE l.cost_free END
                                   AND t.tag <= CASE WHEN l.own_room > 0 OR v_upto IS NULL THEN 'infinity'
                                                     ELSE v_upto + l.served + v_vtimes[l.key_group] END
                                   AND (t.id <> ALL (p_own_skip)
                                        OR (l.room > 0 AND t.credits_held >= l.cost_free
                                            AND (v_upto IS NULL
                                                 OR t.tag <= v_upto + l.served + v_vtimes[l.key_group])))
                                 ORDER BY t.tag, t.id
                                 LIMIT least(l.own_room, p_limit) + least(l.room, 3 * p_limit)) q) f
                 WHERE NOT f.passed AND f.no <= l.own_room
                    OR (l.room > 0 AND f.credits_held >= l.cost_free
                        AND (v_upto IS NULL OR f.tag - l.served - v_vtimes[l.key_group] <= v_upto))) t
    )
    SELECT d.id, d.user_id, d.requested_model, d.prompt, d.negative_prompt, d.aspect_ratio, d.seed, d.output_format,
           d.style_preset, d.route, d.credits_held, d.lane, d.excluded, d.attempts_unproven, d.attempts_unknown,
           d.verdicts, d.end_user, c.own_turn, NULL::jsonb
      FROM (SELECT f.id, f.own_turn FROM found f
             WHERE NOT f.own_turn OR f.turn <= p_own_limit
             ORDER BY NOT f.own_turn,
                      CASE WHEN f.own_turn THEN f.turn ELSE f.ahead END, f.id) c
     CROSS JOIN LATERAL (
            SELECT t.* FROM generation.task t
             WHERE t.id = c.id AND t.status <> 'processing' AND num_nulls(t.completed_at) > 0 AND t.next_at <= v_now
               FOR NO KEY UPDATE SKIP LOCKED) d
     LIMIT p_limit;

    -- Virtual time follows the lowest start tag that waits and can be served, known only where every lane was seen.
    v_whole := p_owner_from = -2147483648 AND v_owners < 32;
    IF p_market_from = 0 AND v_market < 256 AND (v_whole OR p_lowest IS NOT NULL)
       AND NOT EXISTS (SELECT 1 FROM unnest(v_lanes) AS l WHERE NOT l.known) THEN
        PERFORM generation.advance_vtime(v_lanes, CASE WHEN NOT v_whole THEN p_lowest END);
    END IF;
    looked_at := jsonb_build_object(
        'lanes', coalesce((SELECT jsonb_agg(l.lane) FROM unnest(v_lanes) AS l), '[]'),
        'lowest', coalesce((
            SELECT jsonb_object_agg(s.key_group, s.lowest)
              FROM (SELECT l.key_group, min(l.start_tag - l.served) AS lowest FROM unnest(v_lanes) AS l
                     WHERE l.lane < 0 AND l.start_tag IS NOT NULL GROUP BY l.key_group) s), '{}'),
        'market_to', CASE WHEN v_market = 256 THEN (SELECT max(l.lane) FROM unnest(v_lanes) AS l) END,
        'owner_to', CASE WHEN v_owners = 32
                         THEN (SELECT max(l.lane) FROM unnest(v_lanes) AS l WHERE l.lane < 0) END);
    RETURN NEXT;
END $$;

-- The lanes in which tasks wait, by a step of the index for each, with the room that the caller knows of there. tag: of
-- the first that is due and pays what is free; start_tag: of the first that is due and pays what serves, busy or not.
-- Only called by our own functions, once per claim, and so with their settings.
CREATE OR REPLACE FUNCTION generation.waiting_lanes(
    p_market_from int, p_owner_from int, p_rooms jsonb, p_skip uuid[], p_now timestamptz)
    RETURNS SETOF generation.waiting_lane
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    WITH RECURSIVE market AS (
        (SELECT t.lane, t.id, t.tag, t.start_tag, t.credits_held, t.next_at, t.deadline, 1 AS n
           FROM generation.task t
          WHERE t.status = 'pending' AND t.lane > p_market_from ORDER BY t.lane, t.tag, t.id LIMIT 1)
        UNION ALL
        SELECT h.*, w.n + 1 FROM market w CROSS JOIN LATERAL (
            SELECT t.lane, t.id, t.tag, t.start_tag, t.credits_held, t.next_at, t.deadline FROM generation.task t
             WHERE t.status = 'pending' AND t.lane > w.lane ORDER BY t.lane, t.tag, t.id LIMIT 1) h
         WHERE w.n < 256
    ), owners AS (
        (SELECT t.lane, t.id, t.tag, t.start_tag, t.credits_held, t.next_at, t.deadline, 1 AS n
           FROM generation.task t
          WHERE t.status = 'pending' AND t.lane > p_owner_from AND t.lane < 0 ORDER BY t.lane, t.tag, t.id LIMIT 1)
        UNION ALL
        SELECT h.*, w.n + 1 FROM owners w CROSS JOIN LATERAL (
            SELECT t.lane, t.id, t.tag, t.start_tag, t.credits_held, t.next_at, t.deadline FROM generation.task t
             WHERE t.status = 'pending' AND t.lane > w.lane AND t.lane < 0 ORDER BY t.lane, t.tag, t.id LIMIT 1) h
         WHERE w.n < 32
    ), head AS (
        SELECT h.*, r.room IS NOT NULL AS known, coalesce((r.room ->> 0)::int, 0) AS room,
               coalesce((r.room ->> 1)::int, 0) AS own_room, (r.room ->> 2)::numeric AS cost_free,
               (r.room ->> 3)::numeric AS cost_serving, (r.room ->> 4)::smallint AS key_group,
               coalesce((r.room ->> 5)::int, 0) AS own_busy,
               h.next_at <= p_now AND h.deadline > p_now AND h.id <> ALL (p_skip) AS due
          FROM (SELECT * FROM market UNION ALL SELECT * FROM owners) h
         CROSS JOIN LATERAL (SELECT p_rooms -> h.lane::text AS room) r
    )
    SELECT h.lane, h.known, h.room, h.own_room, h.own_busy, h.cost_free, h.key_group,
           CASE WHEN h.lane > 0 THEN 0
                ELSE coalesce((SELECT o.served FROM generation.lane l
                                 JOIN generation.own_supply o ON o.owner = l.owner AND o.key_group = l.key_group
                                WHERE l.id = h.lane), 0) END,
           CASE WHEN h.cost_free IS NULL OR h.room < 1 THEN NULL
                WHEN h.due AND h.credits_held >= h.cost_free THEN h.tag
                ELSE (SELECT t.tag FROM generation.task t
                       WHERE t.lane = h.lane AND t.status = 'pending' AND t.next_at <= p_now AND t.deadline > p_now
                         AND t.id <> ALL (p_skip) AND t.credits_held >= h.cost_free
                       ORDER BY t.tag, t.id LIMIT 1) END,
           CASE WHEN h.cost_serving IS NULL OR h.key_group IS NULL THEN NULL
                WHEN h.due AND h.credits_held >= h.cost_serving THEN h.start_tag
                ELSE (SELECT t.start_tag FROM generation.task t
                       WHERE t.lane = h.lane AND t.status = 'pending' AND t.next_at <= p_now AND t.deadline > p_now
                         AND t.id <> ALL (p_skip) AND t.credits_held >= h.cost_serving
                       ORDER BY t.tag, t.id LIMIT 1) END
      FROM head h;
END $$;

-- A hint, so nobody waits for it: the transaction that holds the row writes a time as good as this one.
-- Only called by our own functions, like generation.waiting_lanes.
CREATE OR REPLACE FUNCTION generation.advance_vtime(p_lanes generation.waiting_lane[], p_lowest jsonb) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    s record;
BEGIN
    FOR s IN SELECT l.key_group, least(min(l.start_tag - l.served),
                                       (p_lowest ->> l.key_group::text)::double precision) AS lowest
               FROM unnest(p_lanes) AS l WHERE l.start_tag IS NOT NULL GROUP BY l.key_group LOOP
        PERFORM 1 FROM generation.key_group g
          WHERE g.id = s.key_group AND g.vtime < s.lowest FOR NO KEY UPDATE SKIP LOCKED;
        IF FOUND THEN
            UPDATE generation.key_group g SET vtime = greatest(g.vtime, s.lowest) WHERE g.id = s.key_group;
        END IF;
    END LOOP;
END $$;

-- Grants what fits of the wanted pairs of task and resource, in the order given, and writes an attempt for each. The
-- caller holds the task rows (generation.lock_due). No key whose price is above p_price_max_factor times the reference
-- price of its provider is granted. Price, policy, route, health, calls in flight, windows, units and the provider's
-- rate are judged here, under the locks of the state rows, in a statement after the locking one.
-- A key that delivered nothing within a day is unproven: it takes one call of others at a time, and a task spends two
-- attempts at the most on such keys of others.
-- p_wanted: [{ord (from 0, each once), attempt, task, resource, model, choice?}].
-- After a first strike today, a consumer's strikes and calls out stay within their limit: what is more is not granted
-- and is due again in a second.
-- Raises AE001 when this boot was ended: its owner must register a new one. One that was silent is alive until then,
-- and a claim is as good as a beat.
CREATE OR REPLACE FUNCTION generation.start_attempts(
    p_boot uuid, p_lease interval, p_wanted jsonb, p_call_max interval, p_keep_max interval, p_own_fee numeric,
    p_commission numeric, p_price_max_factor numeric, p_strikes_max int DEFAULT NULL)
    RETURNS TABLE (attempt_id uuid, task_id uuid, resource_id uuid, no smallint, cost numeric)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    v_now       timestamptz;
    v_resource  uuid;
    v_slots     int;
    v_proven    boolean;
    v_idle      boolean;
    v_rate      int;
    v_day       numeric;
    v_month     numeric;
    v_available numeric;
    v_cost      numeric;
    v_own       boolean;
    v_tasks     uuid[] := '{}';
    -- Of them, those on unproven keys of others.
    v_risked    uuid[] := '{}';
    -- How many calls consumers with strikes may still start (generation.strike_room).
    v_room      jsonb := '{}';
    v_name      text;
    v_delayed   uuid[] := '{}';
    -- By ord; NULL: not granted.
    v_granted   generation.granted[] := '{}';
    w           record;
BEGIN
    IF p_strikes_max IS NOT NULL THEN
        v_room := generation.strike_room(
            ARRAY(SELECT (x ->> 'task')::uuid FROM jsonb_array_elements(p_wanted) x), p_strikes_max,
            aether.utc_day(aether.now()));
    END IF;
    PERFORM 1 FROM pool.resource_state s
      WHERE s.resource_id IN (SELECT (x ->> 'resource')::uuid FROM jsonb_array_elements(p_wanted) x)
      ORDER BY s.resource_id FOR NO KEY UPDATE;
    v_now := aether.now();
    -- Whoever ends silent boots waits for this lock, and then sees a sign of life.
    UPDATE generation.boot b SET beat_at = v_now
     WHERE b.id = p_boot AND b.ended_at IS NULL AND b.beat_at + p_lease / 2 <= v_now;
    IF NOT FOUND THEN
        PERFORM 1 FROM generation.boot b WHERE b.id = p_boot AND b.ended_at IS NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'worker boot % is not alive', p_boot USING ERRCODE = 'AE001';
        END IF;
    END IF;

    FOR w IN
        SELECT x.ord, x.task, x.resource, t.user_id, t.end_user, t.status AS task_status, t.cancel_requested_at,
               t.credits_held, t.route, t.attempts_unproven, m.units,
               m.enabled AND m.deleted_at IS NULL AND m.gone_since IS NULL AS served, p.policy, p.rate_requests,
               p.rate_seconds, p.reference_price * p_price_max_factor AS price_max, r.owner_id, r.status,
               r.owner_barred, r.deleted_at, r.price_per_unit, r.daily_limit, r.monthly_limit, r.concurrency_limit,
               r.rpm_limit, s.in_flight, s.available_units, s.health, s.cooling_until, s.health_changed_at,
               s.delivered_at,
               (SELECT f.refused_at FROM pool.model_refusal f
                 WHERE f.resource_id = x.resource AND f.model = x.model) AS refused_at,
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
            v_proven := coalesce(w.delivered_at > v_now - interval '1 day', false);
            v_idle := w.in_flight = 0;
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
            OR (w.route = 'own' AND NOT v_own) OR (w.route = 'market' AND v_own)
            OR w.status <> 'active' OR w.owner_barred OR w.deleted_at IS NOT NULL OR NOT w.served
            OR coalesce(w.refused_at > v_now - interval '1 day', false) OR w.policy = 'denied'
            OR NOT (v_proven OR v_own OR (v_idle AND w.attempts_unproven < 2))
            OR (w.policy <> 'third_party_allowed' AND NOT v_own) OR v_cost > w.credits_held
            OR w.price_per_unit > w.price_max
            OR v_slots < 1 OR v_rate < 1 OR v_day < w.units OR v_month < w.units
            OR coalesce(v_available < w.units, false);
        IF v_room <> '{}' THEN
            v_name := generation.strike_name(w.user_id, coalesce(w.end_user, ''));
            IF least((v_room ->> w.user_id::text)::int, (v_room ->> v_name)::int) < 1 THEN
                v_delayed := v_delayed || w.task;
                CONTINUE;
            END IF;
            SELECT jsonb_object_agg(r.key, r.value::int - (r.key IN (w.user_id::text, v_name))::int) INTO v_room
              FROM jsonb_each_text(v_room) AS r;
        END IF;
        v_slots := v_slots - 1;
        v_idle := false;
        v_rate := v_rate - 1;
        v_day := v_day - w.units;
        v_month := v_month - w.units;
        v_available := v_available - w.units;
        v_tasks := v_tasks || w.task;
        IF NOT v_proven AND NOT v_own THEN
            v_risked := v_risked || w.task;
        END IF;
        v_granted[w.ord + 1] := ROW(w.resource, w.units, v_cost, NOT v_proven AND NOT v_own);
    END LOOP;
    IF cardinality(v_delayed) > 0 THEN
        UPDATE generation.task t SET next_at = v_now + interval '1 second' WHERE t.id = ANY (v_delayed);
    END IF;
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
            units, price_per_unit, cost, reference_cost, commission_rate, own, unproven, choice, occupied_until,
            started_at, hard_deadline)
    SELECT x.attempt, x.task, t.attempts_started + 1, p_boot, r.id, r.owner_id, r.owner_account, r.provider, x.model,
           g.units, r.price_per_unit, g.cost, round(p.reference_price * g.units, 6),
           CASE WHEN r.owner_id = t.user_id THEN 1 ELSE p_commission END, r.owner_id = t.user_id, g.unproven,
           coalesce(x.choice, '{}'), v_now + make_interval(secs => m.run_seconds_max), v_now,
           v_now + p_call_max + p_keep_max
      FROM jsonb_to_recordset(p_wanted)
           AS x (ord int, attempt uuid, task uuid, resource uuid, model text, choice jsonb)
     CROSS JOIN LATERAL (SELECT (v_granted[x.ord + 1]).*) AS g
      JOIN generation.task t ON t.id = x.task
      JOIN pool.resource r ON r.id = x.resource
      JOIN pool.model m ON m.id = x.model
      JOIN pool.provider p ON p.name = r.provider
     WHERE g.cost IS NOT NULL
    RETURNING id, task_id, resource_id, no, cost;

    UPDATE generation.task t
       SET status = 'processing', attempts_started = t.attempts_started + 1,
           attempts_unproven = t.attempts_unproven + CASE WHEN t.id = ANY (v_risked) THEN 1 ELSE 0 END,
           started_at = coalesce(t.started_at, v_now)
     WHERE t.id = ANY (v_tasks);
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
