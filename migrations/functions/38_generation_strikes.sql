-- A strike is a prompt that moderation refused, counted per UTC day against the consumer and, where they said on whose
-- behalf they asked, against that end user beside it. A consumer's limit is everybody's (p_strikes_max) unless an admin
-- set another; an end user's is everybody's. The consumer's own row is there from the first strike of the day on, and
-- whoever grants a consumer calls while it is there holds it: after wallets, before budgets and resources.

-- How a strike's consumer or end user is named in lists of this file's callers.
CREATE OR REPLACE FUNCTION generation.strike_name(p_user uuid, p_end_user bytea) RETURNS text
    LANGUAGE sql IMMUTABLE AS $$ SELECT p_user::text || encode(p_end_user, 'hex') $$;

-- Locks the consumers of these tasks that have a strike today, and answers how many calls each of them and of their end
-- users may still start, by generation.strike_name: all that are out may come to a strike, too. Only called by our own
-- functions.
CREATE OR REPLACE FUNCTION generation.strike_room(p_tasks uuid[], p_strikes_max int, p_day date) RETURNS jsonb
    LANGUAGE plpgsql AS $$
DECLARE
    v_users uuid[];
BEGIN
    SELECT array_agg(l.user_id) INTO v_users FROM (
        SELECT s.user_id FROM unnest(p_tasks) AS u (id)
          JOIN generation.task t ON t.id = u.id
          JOIN generation.strike s ON s.day = p_day AND s.user_id = t.user_id AND s.end_user = ''
         ORDER BY s.user_id FOR NO KEY UPDATE OF s) l;
    IF v_users IS NULL THEN
        RETURN '{}';
    END IF;
    RETURN (
        SELECT jsonb_object_agg(generation.strike_name(n.user_id, n.end_user),
                   CASE WHEN n.end_user = '' THEN coalesce(i.strikes_max, p_strikes_max) ELSE p_strikes_max END
                   - s.count - (
                   SELECT count(*) FROM generation.attempt a JOIN generation.task c ON c.id = a.task_id
                    WHERE a.state = 'calling' AND c.user_id = n.user_id
                      AND (n.end_user = '' OR c.end_user = n.end_user)))
          FROM (SELECT DISTINCT t.user_id, x.end_user
                  FROM unnest(p_tasks) AS u (id)
                  JOIN generation.task t ON t.id = u.id AND t.user_id = ANY (v_users),
                       LATERAL unnest(ARRAY['', t.end_user]) AS x (end_user)
                 WHERE x.end_user IS NOT NULL) n
          JOIN generation.strike s ON s.day = p_day AND s.user_id = n.user_id AND s.end_user = n.end_user
          LEFT JOIN identity.users i ON i.id = n.user_id);
END $$;

-- Takes back today's strikes of tasks that another key made an image of; yesterday's count for nothing any more.
-- Only called by our own functions, when a settlement has closed the holds.
CREATE OR REPLACE FUNCTION generation.forgive_verdicts(p_attempts uuid[], p_now timestamptz) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    s record;
BEGIN
    FOR s IN SELECT t.user_id, x.end_user, count(*)::int AS verdicts
               FROM unnest(p_attempts) AS u (id)
               JOIN generation.attempt a ON a.id = u.id
               JOIN generation.task t ON t.id = a.task_id AND t.verdicts > 0
               JOIN generation.attempt r ON r.task_id = t.id AND r.error_class = 'content_blocked'
                                        AND aether.utc_day(r.ended_at) = aether.utc_day(p_now),
                    LATERAL unnest(ARRAY[''::bytea, t.end_user]) AS x (end_user)
              WHERE x.end_user IS NOT NULL GROUP BY t.user_id, x.end_user ORDER BY t.user_id, x.end_user LOOP
        UPDATE generation.strike k SET count = greatest(0, k.count - s.verdicts)
         WHERE k.day = aether.utc_day(p_now) AND k.user_id = s.user_id AND k.end_user = s.end_user;
    END LOOP;
END $$;

-- Ends what waits of consumers and end users at their limit, without a call; nothing was charged. Answers the tasks.
CREATE OR REPLACE FUNCTION generation.fail_struck(p_limit int, p_strikes_max int) RETURNS SETOF uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
DECLARE
    v_ids uuid[];
    v_now timestamptz := aether.now();
BEGIN
    SELECT array_agg(DISTINCT l.id) INTO v_ids FROM (
        SELECT w.id FROM generation.strike s
          LEFT JOIN identity.users i ON i.id = s.user_id AND s.end_user = '',
               LATERAL (SELECT t.id FROM generation.task t
                         WHERE t.user_id = s.user_id AND t.status = 'pending'
                           AND (s.end_user = '' OR t.end_user = s.end_user)
                         LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED) w
         WHERE s.day = aether.utc_day(v_now) AND s.count >= coalesce(i.strikes_max, p_strikes_max)
         LIMIT p_limit) l;
    IF v_ids IS NULL THEN
        RETURN;
    END IF;
    UPDATE generation.task
       SET status = 'failed', completed_at = v_now, error_code = 'content_blocked',
           error_message = 'moderation refused too many prompts today, so this one was not tried; nothing was charged'
     WHERE id = ANY (v_ids);
    PERFORM ledger.release_holds(v_ids);
    PERFORM generation.give_back_turns(v_ids);
    RETURN QUERY SELECT unnest(v_ids);
END $$;

-- An admin forgives today's strikes of a user, their end users' as well. Answers how many the user had.
CREATE OR REPLACE FUNCTION generation.lift_strikes(p_user uuid) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
DECLARE
    v_day   date := aether.utc_day(aether.now());
    v_count int;
BEGIN
    DELETE FROM generation.strike WHERE day = v_day AND user_id = p_user AND end_user = '' RETURNING count INTO v_count;
    DELETE FROM generation.strike WHERE day = v_day AND user_id = p_user;
    RETURN coalesce(v_count, 0);
END $$;

-- Deletes up to p_limit counts of days that are over for long; answers how many.
CREATE OR REPLACE FUNCTION generation.forget_strikes(p_keep_days int, p_limit int) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
DECLARE
    v_count int;
BEGIN
    DELETE FROM generation.strike s WHERE (s.day, s.user_id, s.end_user) IN (
        SELECT day, user_id, end_user FROM generation.strike
         WHERE day < (SELECT aether.utc_day(aether.now())) - p_keep_days LIMIT p_limit FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END $$;
