-- Ends an attempt that delivered nothing and says what becomes of its task. The caller decided (pure Rust); cancel,
-- deadline and bounds are judged here, under the locks.
--   p_state:  refused (the task's fault) | failed | unknown (the provider may have billed it)
--   p_action: retry (back to pending after p_delay) | fail (with p_error_code)
--   p_billed: filtered output: the platform compensates the owner
--   p_effect: what it means for the key (pool.judge_failure)
-- outcome: ended | already; task_status: pending | failed | canceled | as it was.
CREATE OR REPLACE FUNCTION generation.end_attempt(
    p_attempt uuid, p_state text, p_class text, p_message text, p_billed boolean, p_action text, p_delay interval, p_exclude boolean,
    p_error_code text, p_error_message text, p_effect text, p_cool interval, p_attempts_max int,
    OUT outcome text, OUT task_id uuid, OUT task_status text, OUT health text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    t         generation.task%ROWTYPE;
    a         generation.attempt%ROWTYPE;
    v_now     timestamptz;
    v_counted int;
    v_unknown int;
    v_code    text := p_error_code;
    v_text    text := p_error_message;
    v_blamed  boolean;
BEGIN
    health := 'none';
    SELECT x.task_id INTO task_id FROM generation.attempt x WHERE x.id = p_attempt;
    SELECT * INTO STRICT t FROM generation.task x WHERE x.id = task_id FOR NO KEY UPDATE;
    SELECT * INTO STRICT a FROM generation.attempt x WHERE x.id = p_attempt FOR NO KEY UPDATE;
    IF a.state <> 'calling' THEN
        outcome := 'already';
        task_status := t.status;
        RETURN;
    END IF;
    v_now := aether.now();
    outcome := 'ended';
    UPDATE generation.attempt x
       SET state = p_state, error_class = p_class, error_message = left(p_message, 300), ended_at = v_now, billed = p_billed,
           occupies = (p_state = 'unknown' AND x.occupied_until > v_now)
     WHERE x.id = p_attempt;

    v_counted := t.attempts_counted + CASE WHEN p_class = 'not_sent' THEN 0 ELSE 1 END;
    v_unknown := t.attempts_unknown + CASE WHEN p_state = 'unknown' THEN 1 ELSE 0 END;
    -- A task is believed about three resources at the most.
    v_blamed := p_effect <> 'none' AND (a.resource_id = ANY (t.implicated) OR cardinality(t.implicated) < 3);
    -- Parked, it waits for its other attempt's image to be settled: it is neither bought again nor released.
    IF t.status <> 'processing' OR t.settle_failed_at IS NOT NULL THEN
        task_status := t.status;
    ELSIF t.cancel_requested_at IS NOT NULL THEN
        task_status := 'canceled';
    ELSIF p_action = 'fail' THEN
        task_status := 'failed';
    ELSIF v_unknown >= 2 OR v_counted >= p_attempts_max THEN
        task_status := 'failed';
        v_code := 'providers_failed';
        v_text := format('no provider delivered in %s attempts; nothing was charged', t.attempts_started);
    ELSIF t.deadline <= v_now THEN
        task_status := 'failed';
        v_code := 'deadline_exceeded';
        v_text := 'the deadline passed before an image could be made; nothing was charged';
    ELSE
        task_status := 'pending';
    END IF;
    UPDATE generation.task x
       SET status = task_status, attempts_counted = v_counted, attempts_unknown = v_unknown,
           excluded = CASE WHEN p_exclude AND NOT a.resource_id = ANY (x.excluded) THEN x.excluded || a.resource_id ELSE x.excluded END,
           implicated = CASE WHEN v_blamed AND NOT a.resource_id = ANY (x.implicated) THEN x.implicated || a.resource_id ELSE x.implicated END,
           next_at = CASE WHEN task_status = 'pending' THEN v_now + p_delay ELSE x.next_at END,
           completed_at = CASE WHEN task_status IN ('failed', 'canceled') THEN v_now ELSE x.completed_at END,
           error_code = CASE WHEN task_status = 'failed' THEN v_code ELSE x.error_code END,
           error_message = CASE WHEN task_status = 'failed' THEN left(v_text, 300) ELSE x.error_message END
     WHERE x.id = task_id AND x.status = 'processing';
    IF task_status IN ('failed', 'canceled') THEN
        PERFORM ledger.release_holds(ARRAY[task_id]);
    END IF;
    IF p_billed AND NOT a.own THEN
        PERFORM ledger.pay_owner(task_id, 'compensate', a.no, a.id, a.owner_account, a.cost, a.commission_rate, v_now);
    END IF;
    IF p_class = 'content_blocked' THEN
        INSERT INTO generation.strike (user_id, day, count) VALUES (t.user_id, aether.utc_day(v_now), 1)
            ON CONFLICT (user_id, day) DO UPDATE SET count = strike.count + 1;
    END IF;

    PERFORM 1 FROM pool.resource_state s WHERE s.resource_id = a.resource_id FOR NO KEY UPDATE;
    UPDATE pool.resource_state s SET in_flight = s.in_flight - 1
     WHERE s.resource_id = a.resource_id AND NOT (p_state = 'unknown' AND a.occupied_until > v_now);
    IF p_state <> 'unknown' AND NOT p_billed THEN
        PERFORM pool.give_back_units(a.resource_id, a.units, a.started_at);
    END IF;
    health := pool.judge_failure(a.resource_id, a.started_at, task_id, CASE WHEN v_blamed THEN p_effect ELSE 'none' END,
        p_class, p_cool, p_message, v_now);
END $$;
