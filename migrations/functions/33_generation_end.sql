-- Ends an attempt that delivered nothing and decides what becomes of its task. The caller judged the failure; whether
-- the task was canceled, is out of time or has failed too often is judged here, under the locks.
-- p_end: shared::generation::end::AttemptEnd
--   state:  refused (the task's fault) | failed | unknown (the provider may have billed it)
--   billed: the provider billed output that it withheld: the platform compensates the owner
--           (generation.compensate; p_budgets are its budgets)
--   action: retry (back to pending after delay_seconds, exclude: with another key) | fail (with error_code)
--   effect: what the failure does to the key (pool.judge_failure)
-- outcome: ended | already; task_status: pending | failed | canceled | as it was.
CREATE OR REPLACE FUNCTION generation.end_attempt(
    p_attempt uuid, p_end jsonb, p_attempts_max int, p_budgets numeric[] DEFAULT '{10,10,200}',
    OUT outcome text, OUT task_id uuid, OUT task_status text, OUT health text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    e         generation.attempt_end := jsonb_populate_record(NULL::generation.attempt_end, p_end);
    t         generation.task%ROWTYPE;
    a         generation.attempt%ROWTYPE;
    v_now     timestamptz;
    v_counted int;
    v_unknown int;
    v_code    text := e.error_code;
    v_text    text := e.error_message;
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
       SET state = e.state, error_class = e.class, error_message = left(e.message, 300), ended_at = v_now,
           billed = e.billed, occupies = (e.state = 'unknown' AND x.occupied_until > v_now),
           -- Its image may still be kept, by a worker that was thought lost or a write that was given up.
           look_at = CASE WHEN e.state = 'unknown' THEN v_now + interval '15 seconds' END
     WHERE x.id = p_attempt;

    v_counted := t.attempts_counted + CASE WHEN e.class = 'not_sent' THEN 0 ELSE 1 END;
    v_unknown := t.attempts_unknown + CASE WHEN e.state = 'unknown' THEN 1 ELSE 0 END;
    -- A task's failures count against three resources at the most.
    v_blamed := e.effect <> 'none' AND (a.resource_id = ANY (t.implicated) OR cardinality(t.implicated) < 3);
    -- A parked task waits for the image of its other attempt to be settled: it is neither bought again nor released.
    IF t.status <> 'processing' OR t.settle_failed_at IS NOT NULL THEN
        task_status := t.status;
    ELSIF t.cancel_requested_at IS NOT NULL THEN
        task_status := 'canceled';
    ELSIF e.action = 'fail' THEN
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
           excluded = CASE WHEN e.exclude AND NOT a.resource_id = ANY (x.excluded)
                           THEN x.excluded || a.resource_id ELSE x.excluded END,
           implicated = CASE WHEN v_blamed AND NOT a.resource_id = ANY (x.implicated)
                             THEN x.implicated || a.resource_id ELSE x.implicated END,
           next_at = CASE WHEN task_status = 'pending' THEN v_now + make_interval(secs => e.delay_seconds)
                          ELSE x.next_at END,
           completed_at = CASE WHEN task_status IN ('failed', 'canceled') THEN v_now ELSE x.completed_at END,
           error_code = CASE WHEN task_status = 'failed' THEN v_code ELSE x.error_code END,
           error_message = CASE WHEN task_status = 'failed' THEN left(v_text, 300) ELSE x.error_message END
     WHERE x.id = task_id AND x.status = 'processing';
    IF task_status IN ('failed', 'canceled') THEN
        PERFORM ledger.release_holds(ARRAY[task_id]);
        PERFORM generation.give_back_turns(ARRAY[task_id]);
    END IF;
    IF e.class = 'content_blocked' THEN
        INSERT INTO generation.strike (day, user_id, end_user, count)
        SELECT aether.utc_day(v_now), t.user_id, x.end_user, 1
          FROM unnest(ARRAY[''::bytea, t.end_user]) AS x (end_user)
         WHERE x.end_user IS NOT NULL ORDER BY x.end_user
            ON CONFLICT (day, user_id, end_user) DO UPDATE SET count = strike.count + 1;
    END IF;
    IF e.billed AND NOT a.own THEN
        PERFORM generation.compensate('compensate', ARRAY[p_attempt], p_budgets, v_now);
    END IF;

    PERFORM 1 FROM pool.resource_state s WHERE s.resource_id = a.resource_id FOR NO KEY UPDATE;
    UPDATE pool.resource_state s SET in_flight = s.in_flight - 1
     WHERE s.resource_id = a.resource_id AND NOT (e.state = 'unknown' AND a.occupied_until > v_now);
    IF e.state <> 'unknown' AND NOT e.billed THEN
        PERFORM pool.give_back_units(a.resource_id, a.units, a.started_at);
    END IF;
    IF e.class = 'model_gone' THEN
        PERFORM pool.refuse_model(a.resource_id, a.model, v_now);
    END IF;
    health := pool.judge_failure(a.resource_id, a.started_at, task_id, CASE WHEN v_blamed THEN e.effect ELSE 'none' END,
        e.class, make_interval(secs => e.cool_seconds), e.message, v_now);
END $$;
