-- Settlements that failed for a lasting reason. The image is kept, the hold stays open and nothing is bought again; an
-- admin ends it: it is tried again, the platform pays the owner, or the owner goes unpaid.

-- Parks a task whose image is kept and cannot be settled. The key is free for other calls at once; what it made is
-- counted. false: nothing left to park.
CREATE OR REPLACE FUNCTION generation.park_settlement(p_attempt uuid, p_error text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
DECLARE
    v_task uuid;
    a      generation.attempt%ROWTYPE;
BEGIN
    SELECT task_id INTO v_task FROM generation.attempt WHERE id = p_attempt;
    PERFORM 1 FROM generation.task WHERE id = v_task FOR NO KEY UPDATE;
    SELECT * INTO a FROM generation.attempt WHERE id = p_attempt FOR NO KEY UPDATE;
    UPDATE generation.task t
       SET status = 'processing', settle_failed_at = coalesce(settle_failed_at, aether.now()),
           parked_attempt = coalesce(parked_attempt, p_attempt), settle_error = left(p_error, 500),
           settle_retry_at = NULL, image_attempt = NULL
     WHERE t.id = v_task AND t.status IN ('pending', 'processing')
       AND EXISTS (SELECT 1 FROM ledger.hold h WHERE h.id = v_task AND h.state = 'open');
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF a.state IN ('calling', 'unknown') THEN
        UPDATE generation.attempt
           SET state = 'unknown', ended_at = coalesce(ended_at, aether.now()), occupies = false,
               error_class = 'unknown', error_message = 'the image is kept; settling it failed'
         WHERE id = p_attempt;
        IF a.occupies THEN
            PERFORM 1 FROM pool.resource_state WHERE resource_id = a.resource_id FOR NO KEY UPDATE;
            UPDATE pool.resource_state SET in_flight = in_flight - 1 WHERE resource_id = a.resource_id;
        END IF;
    END IF;
    RETURN true;
END $$;

-- An admin asks for a parked settlement to be tried again; the scheduler's rescue does it. false: not parked.
CREATE OR REPLACE FUNCTION generation.retry_settlement(p_task uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
BEGIN
    UPDATE generation.task SET settle_retry_at = aether.now() WHERE id = p_task AND settle_failed_at IS NOT NULL;
    RETURN FOUND;
END $$;

-- An admin gives a parked settlement up: the task fails, its credits go back to the consumer. p_pay: the platform pays
-- the owner what the attempt costs, whatever budgets say; else the owner goes unpaid, which is recorded.
-- Outcome: ended | not_parked | running (another attempt of the task is out, and its image may still come) | not_found.
CREATE OR REPLACE FUNCTION generation.end_parked(p_task uuid, p_pay boolean) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
DECLARE
    v_now  timestamptz;
    v_paid numeric := 0;
    t      generation.task%ROWTYPE;
    a      generation.attempt%ROWTYPE;
BEGIN
    SELECT * INTO t FROM generation.task WHERE id = p_task FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'not_found';
    END IF;
    IF t.settle_failed_at IS NULL THEN
        RETURN 'not_parked';
    END IF;
    PERFORM 1 FROM generation.attempt WHERE task_id = p_task ORDER BY id FOR NO KEY UPDATE;
    IF EXISTS (SELECT 1 FROM generation.attempt WHERE task_id = p_task AND state = 'calling') THEN
        RETURN 'running';
    END IF;
    SELECT * INTO STRICT a FROM generation.attempt WHERE id = t.parked_attempt;
    v_now := aether.now();
    UPDATE generation.task
       SET status = 'failed', completed_at = v_now, error_code = 'settle_failed',
           error_message = 'the image could not be delivered; nothing was charged', settle_failed_at = NULL,
           settle_error = NULL, settle_retry_at = NULL, parked_attempt = NULL
     WHERE id = p_task;
    -- Its units stay counted: the provider made the image.
    UPDATE generation.attempt
       SET state = CASE WHEN p_pay THEN 'surplus' ELSE 'failed' END, billed = NOT p_pay,
           error_class = CASE WHEN p_pay THEN NULL ELSE 'unknown' END,
           error_message = CASE WHEN p_pay THEN NULL ELSE 'the image could not be delivered' END
     WHERE id = a.id;
    PERFORM ledger.release_holds(ARRAY[p_task]);
    IF NOT a.own THEN
        IF p_pay AND ledger.pay_owner(p_task, 'parked', a.no, a.id, a.owner_account, a.cost, a.commission_rate,
                                      v_now) THEN
            v_paid := a.cost;
        END IF;
        INSERT INTO generation.compensation (attempt, task_id, kind, owner_id, consumer_id, day, due, paid, reason,
                                             created_at)
            VALUES (a.id, p_task, 'parked', a.owner_id, t.user_id, aether.utc_day(v_now), a.cost, v_paid,
                    CASE WHEN v_paid = a.cost THEN NULL WHEN p_pay THEN 'commission' ELSE 'released' END, v_now);
    END IF;
    RETURN 'ended';
END $$;
