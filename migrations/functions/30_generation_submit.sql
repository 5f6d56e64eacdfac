-- Admits a batch of submits in one autocommit call, each with its own outcome: hold and task, or neither. Holding the
-- wallet row serialises everything one consumer does here, idempotency keys included. Items are judged one by one, as
-- each changes what the next one finds; what was admitted is written in one statement per table.
-- p_tasks: shared::generation::submit::NewTask, with ord counted from 0, each once.
-- Order in the queue: by tag, which is the start tag and the reference cost. A task starts where its consumer's last
-- one ended, but never before the virtual time of the keys it competes for. What own keys made is given back
-- (generation.own_supply).
-- Outcome: accepted | replayed | key_reused | insufficient | suspended | queue_full | strikes | end_user_strikes.
CREATE OR REPLACE FUNCTION generation.submit_batch(p_tasks jsonb, p_strikes_max int)
    RETURNS TABLE (ord int, outcome text, task_id uuid, credits numeric, created_at timestamptz, deadline timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    v_now      timestamptz;
    -- Who is at their limit of strikes, by generation.strike_name.
    v_struck   text[];
    v_twin     jsonb;
    v_chosen   record;
    v_taking   ledger.taking;
    v_start    double precision;
    v_tag      double precision;
    -- By ord, NULL for what is not admitted: what each task holds, and its place in the queue.
    v_takings  ledger.taking[] := '{}';
    v_starts   double precision[] := '{}';
    v_tags     double precision[] := '{}';
    -- Chosen and not yet taken; at most one item of a consumer is.
    v_pending  ledger.taking[] := '{}';
    -- Of the present consumer: the wallet after what was admitted before, how many tasks that was, and their
    -- idempotency keys.
    v_user      uuid;
    v_available numeric;
    v_expiry    timestamptz;
    v_last_tags double precision[];
    v_mine      int;
    v_keys      jsonb;
    t           record;
BEGIN
    PERFORM 1 FROM ledger.wallet w
      WHERE w.account IN (SELECT (x ->> 'wallet')::bigint FROM jsonb_array_elements(p_tasks) x)
      ORDER BY w.account FOR NO KEY UPDATE;
    v_now := aether.now();
    SELECT coalesce(array_agg(generation.strike_name(s.user_id, s.end_user)), '{}') INTO v_struck
      FROM jsonb_to_recordset(p_tasks) AS x (user_id uuid, end_user text)
     CROSS JOIN LATERAL unnest(ARRAY['', x.end_user]) AS e (end_user)
      JOIN generation.strike s ON s.day = aether.utc_day(v_now) AND s.user_id = x.user_id
                              AND s.end_user = decode(e.end_user, 'hex')
      LEFT JOIN identity.users i ON i.id = s.user_id AND s.end_user = ''
     WHERE s.count >= coalesce(i.strikes_max, p_strikes_max);
    FOR t IN
        SELECT x.*, w.available, w.next_expiry, w.last_tags, coalesce(w.suspended, true) AS suspended, k.id AS twin,
               k.request_hash AS twin_hash, l.id AS known_lane, l.key_group, l.owner AS lane_owner,
               g.vtime, coalesce(o.served, 0) AS served,
               CASE WHEN x.queue_max IS NOT NULL THEN (
                   SELECT count(*) FROM (SELECT 1 FROM generation.task q WHERE q.user_id = x.user_id
                                            AND q.status = 'pending' LIMIT x.queue_max) q) END AS waiting
          FROM jsonb_to_recordset(p_tasks) AS x (
                   ord int, id uuid, user_id uuid, wallet bigint, idempotency_key text, request_hash text,
                   amount numeric, amount_min numeric, amount_spare numeric, reference_cost numeric, lane int,
                   deadline_seconds int, queue_max int, end_user text)
          LEFT JOIN ledger.wallet w ON w.account = x.wallet AND w.user_id = x.user_id
          LEFT JOIN generation.task k ON k.user_id = x.user_id AND k.idempotency_key = x.idempotency_key
          LEFT JOIN generation.lane l ON l.id = x.lane
          LEFT JOIN generation.key_group g ON g.id = l.key_group
          LEFT JOIN generation.own_supply o ON o.owner = x.user_id AND o.key_group = l.key_group
         ORDER BY x.wallet, x.user_id, x.ord
    LOOP
        IF v_user IS DISTINCT FROM t.user_id THEN
            v_user := t.user_id;
            v_available := t.available;
            v_expiry := t.next_expiry;
            v_last_tags := t.last_tags;
            v_mine := 0;
            v_keys := '{}';
        END IF;
        ord := t.ord;
        task_id := t.id;
        credits := NULL;
        created_at := v_now;
        deadline := v_now + make_interval(secs => t.deadline_seconds);
        v_twin := v_keys -> t.idempotency_key;
        IF t.twin IS NOT NULL THEN
            v_twin := jsonb_build_object('id', t.twin, 'hash', encode(t.twin_hash, 'hex'));
        END IF;
        IF v_twin IS NOT NULL THEN
            task_id := (v_twin ->> 'id')::uuid;
            outcome := CASE WHEN v_twin ->> 'hash' = t.request_hash THEN 'replayed' ELSE 'key_reused' END;
        ELSIF t.suspended THEN
            outcome := 'suspended';
        ELSIF t.user_id::text = ANY (v_struck) THEN
            outcome := 'strikes';
        ELSIF coalesce(t.user_id::text || t.end_user = ANY (v_struck), false) THEN
            outcome := 'end_user_strikes';
        ELSIF t.queue_max <= v_mine + t.waiting THEN
            outcome := 'queue_full';
        ELSE
            IF v_mine > 0 AND cardinality(v_pending) > 0 THEN
                PERFORM ledger.take_credits(v_pending);
                v_pending := '{}';
            END IF;
            v_chosen := ledger.choose_credits(
                t.wallet, v_available, v_expiry,
                greatest(t.amount_min, least(t.amount, v_available - coalesce(t.amount_spare, 0))), t.amount_min,
                v_now);
            v_taking := v_chosen.taking;
            -- Whatever had expired is swept now.
            v_expiry := 'infinity';
            v_available := v_chosen.available;
            IF v_taking.amount IS NULL THEN
                outcome := 'insufficient';
                credits := v_available;
            ELSE
                IF t.known_lane IS NULL THEN
                    RAISE EXCEPTION 'task % is of no lane', t.id;
                ELSIF t.key_group IS NULL THEN
                    -- Own keys only: in the order they came, and before every tag of the market.
                    v_start := 0;
                    v_tag := extract(epoch FROM v_now) - 1e10;
                ELSE
                    v_start := greatest(t.vtime, v_last_tags[t.key_group] - t.served);
                    v_last_tags[t.key_group] := v_start + t.reference_cost + t.served;
                    IF t.lane_owner IS NOT NULL THEN
                        v_start := v_start + t.served;
                    END IF;
                    v_tag := v_start + t.reference_cost;
                    v_taking.last_tags := v_last_tags;
                END IF;
                v_available := v_available - v_taking.amount;
                v_takings[t.ord + 1] := v_taking;
                v_starts[t.ord + 1] := v_start;
                v_tags[t.ord + 1] := v_tag;
                v_pending := v_pending || v_taking;
                v_mine := v_mine + 1;
                IF t.idempotency_key IS NOT NULL THEN
                    v_keys := v_keys || jsonb_build_object(
                        t.idempotency_key, jsonb_build_object('id', t.id, 'hash', t.request_hash));
                END IF;
                outcome := 'accepted';
                credits := v_taking.amount;
            END IF;
        END IF;
        RETURN NEXT;
    END LOOP;
    IF cardinality(v_takings) = 0 THEN
        RETURN;
    END IF;

    PERFORM ledger.take_credits(v_pending);
    INSERT INTO ledger.hold (id, wallet, ref_kind, amount, grant_ids, grant_amounts, paid, created_at, expires_at)
    SELECT x.id, h.wallet, 'task', h.amount, h.grant_ids, h.grant_amounts, h.paid, v_now, v_now + interval '24 hours'
      FROM jsonb_to_recordset(p_tasks) AS x (ord int, id uuid), LATERAL (SELECT (v_takings[x.ord + 1]).*) AS h
     WHERE h.amount IS NOT NULL;
    INSERT INTO generation.task (id, user_id, wallet, idempotency_key, request_hash, requested_model, prompt,
            negative_prompt, aspect_ratio, seed, output_format, style_preset, end_user, route, credits_held, lane,
            start_tag, tag, next_at, deadline, created_at)
    SELECT x.id, x.user_id, x.wallet, x.idempotency_key, decode(x.request_hash, 'hex'), x.model, x.prompt,
           x.negative_prompt, x.aspect_ratio, x.seed, x.output_format, x.style_preset, decode(x.end_user, 'hex'),
           x.route, h.amount, x.lane, v_starts[x.ord + 1], v_tags[x.ord + 1], v_now,
           v_now + make_interval(secs => x.deadline_seconds), v_now
      FROM jsonb_to_recordset(p_tasks) AS x (
            ord int, id uuid, user_id uuid, wallet bigint, idempotency_key text, request_hash text, model text,
            prompt text, negative_prompt text, aspect_ratio text, seed bigint, output_format text, style_preset text,
            end_user text, route text, lane int, deadline_seconds int),
           LATERAL (SELECT (v_takings[x.ord + 1]).*) AS h
     WHERE h.amount IS NOT NULL;
END $$;

-- The lane of these tasks, which is made when they are the first. p_key_group: the name; NULL: own keys only.
CREATE OR REPLACE FUNCTION generation.lane_id(
    p_models text[], p_route text, p_owner uuid, p_band int, p_key_group text) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
DECLARE
    v_group smallint;
    v_id    int;
BEGIN
    IF p_key_group IS NOT NULL THEN
        SELECT g.id INTO v_group FROM generation.key_group g WHERE g.name = p_key_group;
        IF NOT FOUND THEN
            INSERT INTO generation.key_group (name) VALUES (p_key_group) ON CONFLICT (name) DO NOTHING;
            SELECT g.id INTO STRICT v_group FROM generation.key_group g WHERE g.name = p_key_group;
        END IF;
    END IF;
    LOOP
        SELECT l.id INTO v_id FROM generation.lane l
         WHERE l.models = p_models AND l.route = p_route AND l.owner IS NOT DISTINCT FROM p_owner AND l.band = p_band
           AND l.key_group IS NOT DISTINCT FROM v_group;
        EXIT WHEN FOUND;
        INSERT INTO generation.lane (id, models, route, owner, band, key_group)
        VALUES (CASE WHEN p_owner IS NULL THEN nextval('generation.market_lane')
                     ELSE nextval('generation.owner_lane') END, p_models, p_route, p_owner, p_band, v_group)
            ON CONFLICT ON CONSTRAINT lane_once DO NOTHING;
    END LOOP;
    RETURN v_id;
END $$;

-- The task an idempotency key stands for. Waits for submits of this consumer that are under way.
CREATE OR REPLACE FUNCTION generation.find_submitted(p_user uuid, p_key text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM ledger.wallet w WHERE w.user_id = p_user FOR SHARE;
    RETURN (SELECT t.id FROM generation.task t WHERE t.user_id = p_user AND t.idempotency_key = p_key);
END $$;
