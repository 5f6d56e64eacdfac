-- Admits a batch of submits in one autocommit call, each with its own outcome: hold and task, or neither. Holding the
-- wallet row serialises everything one consumer does here, his idempotency keys included. Items are judged one by one, as
-- each changes what the next one finds; what was admitted is written in one statement per table.
-- Outcome: accepted | replayed | key_reused | insufficient | suspended | queue_full | strikes.
CREATE OR REPLACE FUNCTION generation.submit_batch(p_tasks jsonb, p_strikes_max int)
    RETURNS TABLE (ord int, outcome text, task_id uuid, credits numeric, created_at timestamptz, deadline timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    v_now    timestamptz;
    v_vtime  double precision;
    v_struck uuid[];
    v_start  double precision;
    v_cost   double precision;
    v_wallet ledger.wallet%ROWTYPE;
    v_taken  record;
    v_twin   record;
    -- What was admitted: the holds, and for each task (by ord) what it holds and its place in the queue.
    v_hold   ledger.hold%ROWTYPE;
    v_holds  ledger.hold[] := '{}';
    v_ords   int[] := '{}';
    v_held   numeric[] := '{}';
    v_starts double precision[] := '{}';
    v_tags   double precision[] := '{}';
    -- Of the present user: tasks admitted in this batch, and their idempotency keys.
    v_user   uuid;
    v_mine   int;
    v_keys   jsonb;
    t        record;
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
        SELECT x.* FROM jsonb_to_recordset(p_tasks) AS x (
            ord int, id uuid, user_id uuid, wallet bigint, idempotency_key text, request_hash text, amount numeric, amount_min numeric,
            deadline_seconds int, queue_max int)
         ORDER BY x.wallet, x.user_id, x.ord
    LOOP
        IF v_user IS DISTINCT FROM t.user_id THEN
            v_user := t.user_id;
            v_mine := 0;
            v_keys := '{}';
        END IF;
        ord := t.ord;
        task_id := t.id;
        credits := NULL;
        created_at := v_now;
        deadline := v_now + make_interval(secs => t.deadline_seconds);
        IF t.idempotency_key IS NOT NULL THEN
            SELECT k.id, k.hash INTO v_twin FROM (
                SELECT k.id, k.request_hash AS hash FROM generation.task k
                 WHERE k.user_id = t.user_id AND k.idempotency_key = t.idempotency_key
                UNION ALL
                SELECT (v_keys -> t.idempotency_key ->> 'id')::uuid, decode(v_keys -> t.idempotency_key ->> 'hash', 'hex')
                 WHERE v_keys ? t.idempotency_key) k;
            IF FOUND THEN
                task_id := v_twin.id;
                outcome := CASE WHEN v_twin.hash = decode(t.request_hash, 'hex') THEN 'replayed' ELSE 'key_reused' END;
                RETURN NEXT;
                CONTINUE;
            END IF;
        END IF;
        SELECT * INTO v_wallet FROM ledger.wallet w WHERE w.account = t.wallet AND w.user_id = t.user_id;
        IF NOT FOUND OR v_wallet.suspended THEN
            outcome := 'suspended';
        ELSIF t.user_id = ANY (v_struck) THEN
            outcome := 'strikes';
        ELSIF t.queue_max IS NOT NULL AND t.queue_max <= v_mine + (
            SELECT count(*) FROM (SELECT 1 FROM generation.task k
                                   WHERE k.user_id = t.user_id AND k.status = 'pending' LIMIT t.queue_max) q) THEN
            outcome := 'queue_full';
        ELSE
            -- A task on an own key may cost nothing, yet takes a turn.
            v_cost := CASE WHEN t.amount > 0 THEN t.amount ELSE 1 END;
            v_start := greatest(v_vtime, v_wallet.last_tag);
            v_taken := ledger.take_credits(t.wallet, t.amount, t.amount_min, v_now, v_start + v_cost);
            IF v_taken.amount IS NULL THEN
                outcome := 'insufficient';
                SELECT w.available INTO credits FROM ledger.wallet w WHERE w.account = t.wallet;
            ELSE
                v_hold.id := t.id;
                v_hold.wallet := t.wallet;
                v_hold.amount := v_taken.amount;
                v_hold.grant_ids := v_taken.grant_ids;
                v_hold.grant_amounts := v_taken.grant_amounts;
                v_hold.paid := v_taken.paid;
                v_holds := v_holds || v_hold;
                v_ords := v_ords || t.ord;
                v_held := v_held || v_taken.amount;
                v_starts := v_starts || v_start;
                v_tags := v_tags || (v_start + v_cost);
                v_mine := v_mine + 1;
                IF t.idempotency_key IS NOT NULL THEN
                    v_keys := v_keys || jsonb_build_object(t.idempotency_key, jsonb_build_object('id', t.id, 'hash', t.request_hash));
                END IF;
                outcome := 'accepted';
                credits := v_taken.amount;
            END IF;
        END IF;
        RETURN NEXT;
    END LOOP;
    IF cardinality(v_ords) = 0 THEN
        RETURN;
    END IF;

    INSERT INTO ledger.hold (id, wallet, ref_kind, amount, grant_ids, grant_amounts, paid, created_at, expires_at)
    SELECT h.id, h.wallet, 'task', h.amount, h.grant_ids, h.grant_amounts, h.paid, v_now, v_now + interval '24 hours'
      FROM unnest(v_holds) h;
    INSERT INTO generation.task (id, user_id, wallet, idempotency_key, request_hash, requested_model, prompt, negative_prompt, aspect_ratio,
            seed, output_format, style_preset, credits_held, lane, start_tag, tag, next_at, deadline, created_at)
    SELECT x.id, x.user_id, x.wallet, x.idempotency_key, decode(x.request_hash, 'hex'), x.requested_model, x.prompt, x.negative_prompt,
           x.aspect_ratio, x.seed, x.output_format, x.style_preset, a.held, x.lane, a.start_tag, a.tag, v_now,
           v_now + make_interval(secs => x.deadline_seconds), v_now
      FROM unnest(v_ords, v_held, v_starts, v_tags) AS a (ord, held, start_tag, tag)
      JOIN jsonb_to_recordset(p_tasks) AS x (
            ord int, id uuid, user_id uuid, wallet bigint, idempotency_key text, request_hash text, requested_model text, prompt text,
            negative_prompt text, aspect_ratio text, seed bigint, output_format text, style_preset text, lane text, deadline_seconds int)
        ON x.ord = a.ord;
END $$;

-- The task an idempotency key stands for, once every submit of this consumer that is under way has ended.
CREATE OR REPLACE FUNCTION generation.find_submitted(p_user uuid, p_key text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM ledger.wallet w WHERE w.user_id = p_user FOR SHARE;
    RETURN (SELECT t.id FROM generation.task t WHERE t.user_id = p_user AND t.idempotency_key = p_key);
END $$;
