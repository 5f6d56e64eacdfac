-- Admits a batch of submits in one autocommit call, each with its own outcome: hold and task, or neither. Holding the
-- wallet row serialises everything one consumer does here, idempotency keys included. Items are judged one by one, as
-- each changes what the next one finds; what was admitted is written in one statement per table.
-- p_tasks: shared::generation::submit::NewTask, with ord counted from 0, each once.
-- Outcome: accepted | replayed | key_reused | insufficient | suspended | queue_full | strikes.
CREATE OR REPLACE FUNCTION generation.submit_batch(p_tasks jsonb, p_strikes_max int)
    RETURNS TABLE (ord int, outcome text, task_id uuid, credits numeric, created_at timestamptz, deadline timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    v_now      timestamptz;
    v_vtime    double precision;
    v_struck   uuid[];
    v_twin     jsonb;
    v_chosen   record;
    v_taking   ledger.taking;
    v_start    double precision;
    -- By ord, NULL for what is not admitted: what each task holds, and where it begins in the queue.
    v_takings  ledger.taking[] := '{}';
    v_starts   double precision[] := '{}';
    -- Chosen and not yet taken; at most one item of a consumer is.
    v_pending  ledger.taking[] := '{}';
    -- Of the present consumer: the wallet after what was admitted before, how many tasks that was, and their
    -- idempotency keys.
    v_user      uuid;
    v_available numeric;
    v_expiry    timestamptz;
    v_last_tag  double precision;
    v_mine      int;
    v_keys      jsonb;
    t           record;
BEGIN
    PERFORM 1 FROM ledger.wallet w
      WHERE w.account IN (SELECT (x ->> 'wallet')::bigint FROM jsonb_array_elements(p_tasks) x)
      ORDER BY w.account FOR NO KEY UPDATE;
    v_now := aether.now();
    SELECT vtime INTO v_vtime FROM generation.fairness WHERE only_row;
    SELECT coalesce(array_agg(s.user_id), '{}') INTO v_struck FROM generation.strike s
     WHERE s.user_id IN (SELECT (x ->> 'user_id')::uuid FROM jsonb_array_elements(p_tasks) x)
       AND s.day = aether.utc_day(v_now) AND s.count >= p_strikes_max;
    FOR t IN
        SELECT x.*, w.available, w.next_expiry, w.last_tag, coalesce(w.suspended, true) AS suspended, k.id AS twin,
               k.request_hash AS twin_hash,
               CASE WHEN x.queue_max IS NOT NULL THEN (
                   SELECT count(*) FROM (SELECT 1 FROM generation.task q WHERE q.user_id = x.user_id
                                            AND q.status = 'pending' LIMIT x.queue_max) q) END AS waiting
          FROM jsonb_to_recordset(p_tasks) AS x (
                   ord int, id uuid, user_id uuid, wallet bigint, idempotency_key text, request_hash text,
                   amount numeric, amount_min numeric, amount_spare numeric, reference_cost numeric,
                   deadline_seconds int,
                   queue_max int)
          LEFT JOIN ledger.wallet w ON w.account = x.wallet AND w.user_id = x.user_id
          LEFT JOIN generation.task k ON k.user_id = x.user_id AND k.idempotency_key = x.idempotency_key
         ORDER BY x.wallet, x.user_id, x.ord
    LOOP
        IF v_user IS DISTINCT FROM t.user_id THEN
            v_user := t.user_id;
            v_available := t.available;
            v_expiry := t.next_expiry;
            v_last_tag := t.last_tag;
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
        ELSIF t.user_id = ANY (v_struck) THEN
            outcome := 'strikes';
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
                v_start := greatest(v_vtime, v_last_tag);
                v_last_tag := v_start + t.reference_cost;
                v_available := v_available - v_taking.amount;
                v_taking.tag := v_last_tag;
                v_takings[t.ord + 1] := v_taking;
                v_starts[t.ord + 1] := v_start;
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
            negative_prompt, aspect_ratio, seed, output_format, style_preset, route, credits_held, lane, start_tag,
            tag, next_at, deadline, created_at)
    SELECT x.id, x.user_id, x.wallet, x.idempotency_key, decode(x.request_hash, 'hex'), x.model, x.prompt,
           x.negative_prompt, x.aspect_ratio, x.seed, x.output_format, x.style_preset, x.route, h.amount, x.lane,
           v_starts[x.ord + 1], h.tag, v_now, v_now + make_interval(secs => x.deadline_seconds), v_now
      FROM jsonb_to_recordset(p_tasks) AS x (
            ord int, id uuid, user_id uuid, wallet bigint, idempotency_key text, request_hash text, model text,
            prompt text, negative_prompt text, aspect_ratio text, seed bigint, output_format text, style_preset text,
            route text, lane text, deadline_seconds int),
           LATERAL (SELECT (v_takings[x.ord + 1]).*) AS h
     WHERE h.amount IS NOT NULL;
END $$;

-- The task an idempotency key stands for. Waits for submits of this consumer that are under way.
CREATE OR REPLACE FUNCTION generation.find_submitted(p_user uuid, p_key text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM ledger.wallet w WHERE w.user_id = p_user FOR SHARE;
    RETURN (SELECT t.id FROM generation.task t WHERE t.user_id = p_user AND t.idempotency_key = p_key);
END $$;
