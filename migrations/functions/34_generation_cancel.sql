-- A pending task is canceled and its hold released. For a task in processing this is a request: nothing new starts,
-- and an image that still arrives completes it. p_user NULL: of any user. Outcome: canceled | requested | final |
-- not_found.
CREATE OR REPLACE FUNCTION generation.cancel_task(p_task uuid, p_user uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
DECLARE
    v_status text;
    v_now    timestamptz;
BEGIN
    SELECT status INTO v_status FROM generation.task
     WHERE id = p_task AND (p_user IS NULL OR user_id = p_user) FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'not_found';
    END IF;
    v_now := aether.now();
    IF v_status = 'pending' THEN
        UPDATE generation.task SET status = 'canceled', cancel_requested_at = v_now, completed_at = v_now
         WHERE id = p_task;
        PERFORM ledger.release_holds(ARRAY[p_task]);
        RETURN 'canceled';
    ELSIF v_status = 'processing' THEN
        UPDATE generation.task SET cancel_requested_at = coalesce(cancel_requested_at, v_now) WHERE id = p_task;
        RETURN 'requested';
    END IF;
    RETURN 'final';
END $$;

-- Cancels all pending tasks of a user, and requests it for those in processing. Answers how many were canceled.
CREATE OR REPLACE FUNCTION generation.cancel_user_tasks(p_user uuid) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
DECLARE
    v_ids     uuid[];
    v_started uuid[];
    v_now     timestamptz;
BEGIN
    SELECT array_agg(s.id) FILTER (WHERE s.status = 'pending'), array_agg(s.id) FILTER (WHERE s.status = 'processing')
      INTO v_ids, v_started
      FROM (SELECT id, status FROM generation.task
             WHERE user_id = p_user AND status IN ('pending', 'processing') ORDER BY id FOR NO KEY UPDATE) s;
    v_now := aether.now();
    -- By id, never by status: this would wait, out of the lock order, for a task that was submitted and claimed since.
    UPDATE generation.task SET cancel_requested_at = coalesce(cancel_requested_at, v_now) WHERE id = ANY (v_started);
    IF v_ids IS NULL THEN
        RETURN 0;
    END IF;
    UPDATE generation.task SET status = 'canceled', cancel_requested_at = v_now, completed_at = v_now
     WHERE id = ANY (v_ids);
    PERFORM ledger.release_holds(v_ids);
    RETURN cardinality(v_ids);
END $$;
