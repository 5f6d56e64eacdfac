-- One task's life for a test's traffic, each step a transaction of its own: p_step 1 submits, 2 claims, 3 and 4 end
-- it one way or another, 5 does something beside. Ids derive from p_seed.
CREATE FUNCTION public.step(p_seed int, p_step int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_task    uuid := md5('task' || p_seed)::uuid;
    v_attempt uuid := md5('attempt' || p_seed)::uuid;
    v_user    uuid := CASE WHEN p_seed % 5 = 0 THEN u('d1') ELSE u('c1') END;
BEGIN
    CASE p_step
    WHEN 1 THEN
        PERFORM generation.submit_batch(jsonb_build_array(jsonb_build_object(
            'ord', 1, 'id', v_task, 'user_id', v_user,
            'wallet', (SELECT account FROM ledger.wallet WHERE user_id = v_user),
            'request_hash', '00', 'model', 'auto', 'prompt', 'p', 'aspect_ratio', '1:1', 'output_format', 'png',
        'route', 'any', 'reference_cost', 1.5,
            'amount', 4.95, 'amount_min', 4.5, 'deadline_seconds', 300,
            'lane', generation.lane_id('{stability/core}', 'market', NULL, 42, 'stability'))), NULL);
    WHEN 2 THEN
        PERFORM 1 FROM generation.task WHERE id = v_task FOR NO KEY UPDATE;
        PERFORM generation.start_attempts(u('b1'), '1h',
            jsonb_build_array(jsonb_build_object('ord', 1, 'attempt', v_attempt,
            'task', v_task, 'resource', u(CASE p_seed % 2 WHEN 0 THEN 'e1' ELSE 'e2' END), 'model', 'stability/core')),
            '90s', '30s', 0.5, 0.1, 5);
    WHEN 3 THEN
        IF p_seed % 7 < 3 THEN
            PERFORM public.try_settle(v_attempt);
        ELSIF p_seed % 7 = 3 THEN
            PERFORM public.try_end(v_attempt, 'unknown', 'timeout', false, 'retry');
        ELSIF p_seed % 7 = 4 THEN
            PERFORM public.try_end(v_attempt, 'refused', 'content_blocked', true, 'fail');
        ELSIF p_seed % 7 = 5 THEN
            PERFORM public.try_end(v_attempt, 'failed', 'provider_transient', false, 'retry');
        ELSE
            PERFORM generation.park_settlement(v_attempt, 'm');
        END IF;
    WHEN 4 THEN
        IF p_seed % 7 = 3 THEN
            PERFORM public.try_settle(v_attempt);
        ELSIF p_seed % 7 = 5 THEN
            PERFORM generation.cancel_task(v_task, NULL);
        END IF;
    WHEN 5 THEN
        IF p_seed % 3 = 0 THEN
            PERFORM ledger.refund(v_task, 1, 1.000001, gen_random_uuid(), gen_random_uuid());
        ELSIF p_seed % 3 = 1 THEN
            PERFORM ledger.roll_up();
        ELSE
            PERFORM ledger.issue_grant(gen_random_uuid(), account, 'promotion', NULL, 1, -1::smallint,
                                       aether.now() - interval '1 minute') FROM ledger.wallet WHERE user_id = v_user;
            PERFORM ledger.expire_due(1);
        END IF;
    END CASE;
END $$;

CREATE FUNCTION public.try_settle(p_attempt uuid) RETURNS void LANGUAGE sql AS $$
    SELECT FROM generation.settle_batch(jsonb_build_array(jsonb_build_object('attempt', p_attempt,
        'content_type', 'image/png', 'width', 1, 'height', 1, 'bytes', 10, 'sha256', '00')))
$$;

CREATE FUNCTION public.try_end(p_attempt uuid, p_state text, p_class text, p_billed boolean, p_action text) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM generation.attempt WHERE id = p_attempt) THEN
        PERFORM generation.end_attempt(p_attempt, jsonb_build_object('state', p_state, 'class', p_class, 'message', 'm',
            'billed', p_billed, 'action', p_action, 'delay_seconds', 0, 'exclude', false, 'error_message', 'm',
            'error_code', CASE p_action WHEN 'fail' THEN 'content_blocked' END, 'effect', 'none'), 6);
    END IF;
END $$;
