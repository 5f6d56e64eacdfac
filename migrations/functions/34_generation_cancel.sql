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
        PERFORM generation.give_back_turns(ARRAY[p_task]);
        RETURN 'canceled';
    ELSIF v_status = 'processing' THEN
        UPDATE generation.task SET cancel_requested_at = coalesce(cancel_requested_at, v_now) WHERE id = p_task;
        RETURN 'requested';
    END IF;
    RETURN 'final';
END $$;

-- Cancels all pending tasks of a user, and requests it for those in processing. Answers those that were canceled.
CREATE OR REPLACE FUNCTION generation.cancel_user_tasks(p_user uuid) RETURNS SETOF uuid
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
        RETURN;
    END IF;
    UPDATE generation.task SET status = 'canceled', cancel_requested_at = v_now, completed_at = v_now
     WHERE id = ANY (v_ids);
    PERFORM ledger.release_holds(v_ids);
    PERFORM generation.give_back_turns(v_ids);
    RETURN QUERY SELECT unnest(v_ids);
END $$;

-- Of tasks that have just ended, those for which no call was sent have had no turn: their consumers' next tasks begin
-- where what they still have in the queue ends, though never before virtual time. Releasing the holds has locked the
-- wallets; one that is locked by others all the same is left alone, as its place in the queue is no money.
-- Only called by our own functions.
CREATE OR REPLACE FUNCTION generation.give_back_turns(p_tasks uuid[]) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    s record;
BEGIN
    FOR s IN SELECT DISTINCT t.wallet, t.user_id, l.key_group, g.vtime, coalesce(o.served, 0) AS served
               FROM generation.task t
               JOIN generation.lane l ON l.id = t.lane
               JOIN generation.key_group g ON g.id = l.key_group
               LEFT JOIN generation.own_supply o ON o.owner = t.user_id AND o.key_group = l.key_group
              WHERE t.id = ANY (p_tasks) AND t.attempts_counted = 0 ORDER BY 1, 3 LOOP
        PERFORM 1 FROM ledger.wallet w WHERE w.account = s.wallet FOR NO KEY UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        UPDATE ledger.wallet w
           SET last_tags[s.key_group] = least(w.last_tags[s.key_group], greatest(s.vtime + s.served, (
                   SELECT t.tag FROM generation.task t JOIN generation.lane l ON l.id = t.lane
                    WHERE t.user_id = s.user_id AND t.status IN ('pending', 'processing')
                      AND l.key_group = s.key_group AND l.owner IS NOT NULL
                    ORDER BY t.tag DESC LIMIT 1), s.served + (
                   SELECT t.tag FROM generation.task t JOIN generation.lane l ON l.id = t.lane
                    WHERE t.user_id = s.user_id AND t.status IN ('pending', 'processing')
                      AND l.key_group = s.key_group AND l.owner IS NULL
                    ORDER BY t.tag DESC LIMIT 1)))
         WHERE w.account = s.wallet;
    END LOOP;
END $$;
