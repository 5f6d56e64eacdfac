-- Ends an attempt that delivered nothing and decides what becomes of its task. The caller judged the failure; whether
-- the task was canceled, is out of time or has failed too often is judged here, under the locks.
-- p_end: shared::generation::end::AttemptEnd
--   state:  refused (the task's fault) | failed | unknown (the provider may have billed it)
--   billed: the provider billed output that it withheld: the platform compensates the owner
--           (generation.compensate; p_budgets are its budgets)
--   action: retry (back to pending after delay_seconds, exclude: with another key) | fail (with error_code) |
--           second_opinion (fail, unless a key of another owner can be asked first)
--   effect: what the failure does to the key (pool.judge_failure)
-- outcome: ended | repeated (this very end was written before, and ended the task: whoever wrote it did not hear the
-- answer) | already; task_status: pending | failed | canceled | as it was.
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
    v_doubted boolean := false;
BEGIN
    health := 'none';
    SELECT x.task_id INTO task_id FROM generation.attempt x WHERE x.id = p_attempt;
    SELECT * INTO STRICT t FROM generation.task x WHERE x.id = task_id FOR NO KEY UPDATE;
    SELECT * INTO STRICT a FROM generation.attempt x WHERE x.id = p_attempt FOR NO KEY UPDATE;
    IF a.state <> 'calling' THEN
        outcome := CASE WHEN (a.state, a.error_class, a.error_message, a.ended_at)
                                 = (e.state, e.class, left(e.message, 300), t.completed_at)
                        THEN 'repeated' ELSE 'already' END;
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
    ELSIF e.action = 'second_opinion' AND NOT a.own AND t.deadline > v_now AND v_counted < p_attempts_max
          AND generation.has_second_opinion(t, a.owner_id, v_now) THEN
        task_status := 'pending';
        v_doubted := true;
    ELSIF e.action IN ('fail', 'second_opinion') THEN
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
           verdicts = x.verdicts + CASE WHEN e.class = 'content_blocked' THEN 1 ELSE 0 END,
           excluded = CASE WHEN v_doubted THEN x.excluded || ARRAY(
                               SELECT r.id FROM pool.resource r WHERE r.owner_id = a.owner_id AND r.deleted_at IS NULL)
                           WHEN e.exclude AND NOT a.resource_id = ANY (x.excluded)
                           THEN x.excluded || a.resource_id ELSE x.excluded END,
           implicated = CASE WHEN v_blamed AND NOT a.resource_id = ANY (x.implicated)
                             THEN x.implicated || a.resource_id ELSE x.implicated END,
           next_at = CASE WHEN task_status = 'pending' THEN v_now + make_interval(secs => coalesce(e.delay_seconds, 0))
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
    UPDATE pool.resource_state s SET blocked_rate = s.blocked_rate * 0.9 + 0.1
     WHERE s.resource_id = a.resource_id AND e.class = 'content_blocked';
    IF e.state <> 'unknown' AND NOT e.billed THEN
        PERFORM pool.give_back_units(a.resource_id, a.units, a.started_at);
    END IF;
    IF e.class = 'model_gone' THEN
        PERFORM pool.refuse_model(a.resource_id, a.model, v_now);
    END IF;
    health := pool.judge_failure(a.resource_id, a.started_at, task_id, CASE WHEN v_blamed THEN e.effect ELSE 'none' END,
        e.class, make_interval(secs => e.cool_seconds), e.message, v_now);
END $$;

-- Whether a prompt that one key's moderation refused is asked of another: once for a task, of a key that is well and
-- proven and belongs to neither that owner nor the consumer. So an owner whose key refuses what it likes ends nobody's
-- task. Who has had three strikes today is believed no longer: each doubt costs a call.
-- Only called by our own functions, for a failure.
CREATE OR REPLACE FUNCTION generation.has_second_opinion(t generation.task, p_owner uuid, p_now timestamptz)
    RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN t.verdicts = 0 AND t.route <> 'own'
       AND coalesce((SELECT s.count FROM generation.strike s
                      WHERE s.day = aether.utc_day(p_now) AND s.user_id = t.user_id AND s.end_user = ''), 0) < 3
       AND EXISTS (
           SELECT 1 FROM generation.lane l
             JOIN pool.model m ON m.id = ANY (l.models) AND m.enabled AND m.deleted_at IS NULL AND m.gone_since IS NULL
             JOIN pool.provider p ON p.name = m.provider AND p.policy = 'third_party_allowed'
             JOIN pool.resource r ON r.provider = m.provider AND r.status = 'active' AND NOT r.owner_barred
                                 AND r.deleted_at IS NULL AND r.owner_id NOT IN (p_owner, t.user_id)
                                 AND round(r.price_per_unit * m.units, 6) <= t.credits_held
             JOIN pool.resource_state s ON s.resource_id = r.id AND s.health = 'ok'
                                       AND s.delivered_at > p_now - interval '1 day'
            WHERE l.id = t.lane AND r.id <> ALL (t.excluded));
END $$;
