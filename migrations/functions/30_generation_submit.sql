-- Admits a batch of submits in one autocommit call, each with its own outcome: hold and task, or neither. Holding the
-- wallet row serialises everything one consumer does here, his idempotency keys included.
-- Outcome: accepted | replayed | key_reused | insufficient | suspended | queue_full | strikes.
CREATE OR REPLACE FUNCTION generation.submit_batch(p_tasks jsonb, p_strikes_max int)
    RETURNS TABLE (ord int, outcome text, task_id uuid, credits numeric, created_at timestamptz, deadline timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    v_now     timestamptz;
    v_vtime   double precision;
    v_start   double precision;
    v_cost    double precision;
    v_held    numeric;
    v_wallet  ledger.wallet%ROWTYPE;
    v_twin    record;
    t         record;
BEGIN
    PERFORM 1 FROM ledger.wallet w
      WHERE w.account IN (SELECT (x ->> 'wallet')::bigint FROM jsonb_array_elements(p_tasks) x)
      ORDER BY w.account FOR NO KEY UPDATE;
    v_now := aether.now();
    SELECT vtime INTO v_vtime FROM generation.fairness;
    FOR t IN
        SELECT x.* FROM jsonb_to_recordset(p_tasks) AS x (
            ord int, id uuid, user_id uuid, wallet bigint, idempotency_key text, request_hash text, requested_model text, prompt text,
            negative_prompt text, aspect_ratio text, seed bigint, output_format text, style_preset text, amount numeric,
            amount_min numeric, lane text, deadline_seconds int, queue_max int)
         ORDER BY x.wallet, x.ord
    LOOP
        ord := t.ord;
        task_id := t.id;
        credits := NULL;
        created_at := v_now;
        deadline := v_now + make_interval(secs => t.deadline_seconds);
        IF t.idempotency_key IS NOT NULL THEN
            SELECT k.id, k.request_hash INTO v_twin FROM generation.task k
             WHERE k.user_id = t.user_id AND k.idempotency_key = t.idempotency_key;
            IF FOUND THEN
                task_id := v_twin.id;
                outcome := CASE WHEN v_twin.request_hash = decode(t.request_hash, 'hex') THEN 'replayed' ELSE 'key_reused' END;
                RETURN NEXT;
                CONTINUE;
            END IF;
        END IF;
        SELECT * INTO v_wallet FROM ledger.wallet w WHERE w.account = t.wallet AND w.user_id = t.user_id;
        IF NOT FOUND OR v_wallet.suspended THEN
            outcome := 'suspended';
        ELSIF p_strikes_max IS NOT NULL AND EXISTS (
            SELECT 1 FROM generation.strike s
             WHERE s.user_id = t.user_id AND s.day = aether.utc_day(v_now) AND s.count >= p_strikes_max) THEN
            outcome := 'strikes';
        ELSIF t.queue_max IS NOT NULL AND t.queue_max <= (
            SELECT count(*) FROM (SELECT 1 FROM generation.task k
                                   WHERE k.user_id = t.user_id AND k.status = 'pending' LIMIT t.queue_max) q) THEN
            outcome := 'queue_full';
        ELSE
            -- A task on an own key may cost nothing, yet takes a turn.
            v_cost := CASE WHEN t.amount > 0 THEN t.amount ELSE 1 END;
            v_start := greatest(v_vtime, v_wallet.last_tag);
            v_held := ledger.place_hold(t.id, t.wallet, 'task', t.amount, t.amount_min, v_now, v_now + interval '24 hours', v_start + v_cost);
            IF v_held IS NULL THEN
                outcome := 'insufficient';
                SELECT w.available INTO credits FROM ledger.wallet w WHERE w.account = t.wallet;
            ELSE
                INSERT INTO generation.task (id, user_id, wallet, idempotency_key, request_hash, requested_model, prompt, negative_prompt,
                        aspect_ratio, seed, output_format, style_preset, credits_held, lane, start_tag, tag, next_at, deadline, created_at)
                VALUES (t.id, t.user_id, t.wallet, t.idempotency_key, decode(t.request_hash, 'hex'), t.requested_model, t.prompt,
                        t.negative_prompt, t.aspect_ratio, t.seed, t.output_format, t.style_preset, v_held, t.lane, v_start,
                        v_start + v_cost, v_now, deadline, v_now);
                outcome := 'accepted';
                credits := v_held;
            END IF;
        END IF;
        RETURN NEXT;
    END LOOP;
END $$;
