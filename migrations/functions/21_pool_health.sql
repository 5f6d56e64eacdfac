-- What a failure does to a key's health. It counts only if its attempt began after the last change of health (sixteen
-- parallel 429s are one 429). The caller holds the state row.
--   cool:    no calls until p_cool has passed, longer each time without a success between; then one task at a time
--   suspect: one task reports it: cool; a second task with the same class confirms it and parks
--   park:    the free probe confirmed it: status error
--   exhaust: no credit left at the provider, until a sync sees some
-- Answers what was done: none | cooling | parked | exhausted.
CREATE OR REPLACE FUNCTION pool.judge_failure(
    p_resource uuid, p_attempt_started timestamptz, p_task uuid, p_effect text, p_class text, p_cool interval,
    p_reason text, p_now timestamptz) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
DECLARE
    s        pool.resource_state%ROWTYPE;
    v_effect text := p_effect;
BEGIN
    SELECT * INTO STRICT s FROM pool.resource_state WHERE resource_id = p_resource;
    UPDATE pool.resource_state SET success_rate = success_rate * 0.9
     WHERE resource_id = p_resource AND p_effect <> 'none';
    IF p_effect = 'none' OR p_attempt_started < s.health_changed_at THEN
        RETURN 'none';
    END IF;
    IF p_effect = 'suspect' THEN
        IF s.suspect_class = p_class AND s.suspect_task <> p_task
           AND s.suspect_at > p_now - interval '1 hour' THEN
            v_effect := CASE p_class WHEN 'key_no_credit' THEN 'exhaust' ELSE 'park' END;
        ELSE
            UPDATE pool.resource_state SET suspect_class = p_class, suspect_task = p_task, suspect_at = p_now
             WHERE resource_id = p_resource;
            v_effect := 'cool';
        END IF;
    END IF;
    CASE v_effect
    WHEN 'cool' THEN
        UPDATE pool.resource_state
           SET health = 'cooling', coolings = coolings + 1, health_changed_at = p_now,
               cooling_until = p_now + p_cool * power(2, least(coolings, 5))
         WHERE resource_id = p_resource;
        RETURN 'cooling';
    WHEN 'exhaust' THEN
        UPDATE pool.resource_state
           SET health = 'exhausted', cooling_until = NULL, health_changed_at = p_now,
               available_units = CASE WHEN available_units IS NULL THEN NULL ELSE 0 END,
               -- A balance that can be read is read soon. Else the next sync ends the exhaustion: not before it
               -- is likely that somebody has paid.
               sync_due_at = CASE WHEN available_units IS NULL THEN p_now + interval '15 minutes'
                                  ELSE least(sync_due_at, p_now + interval '1 minute') END
         WHERE resource_id = p_resource;
        RETURN 'exhausted';
    WHEN 'park' THEN
        UPDATE pool.resource_state SET health_changed_at = p_now WHERE resource_id = p_resource;
        UPDATE pool.resource SET status = 'error', status_reason = p_reason WHERE id = p_resource AND status = 'active';
        RETURN 'parked';
    END CASE;
END $$;

-- Takes up to p_limit resources whose sync is due; each is due again in p_retry unless pool.record_sync says otherwise.
CREATE OR REPLACE FUNCTION pool.take_due_syncs(p_limit int, p_retry interval)
    RETURNS TABLE (resource_id uuid, asked_at timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := aether.now();
BEGIN
    RETURN QUERY
    WITH due AS (
        SELECT s.resource_id FROM pool.resource_state s
         WHERE s.sync_due_at <= v_now ORDER BY s.sync_due_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE pool.resource_state s SET sync_due_at = v_now + p_retry
      FROM due JOIN pool.resource r ON r.id = due.resource_id
     WHERE s.resource_id = due.resource_id AND r.deleted_at IS NULL AND r.status IN ('active', 'paused', 'error')
    RETURNING s.resource_id, v_now;
    -- What is deleted or disabled is not asked about again soon.
    UPDATE pool.resource_state s SET sync_due_at = v_now + interval '1 day'
      FROM pool.resource r
     WHERE r.id = s.resource_id AND s.sync_due_at <= v_now AND (r.deleted_at IS NOT NULL OR r.status = 'disabled');
END $$;

CREATE OR REPLACE FUNCTION pool.request_sync(p_resource uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
BEGIN
    UPDATE pool.resource_state SET sync_due_at = aether.now() WHERE resource_id = p_resource;
END $$;

-- Stores what the provider reported (p_units NULL: it reports nothing). Units of attempts that may not be in the
-- reading yet (running, or ended since it was asked for) are subtracted: too careful until the next sync, never too
-- bold.
-- Where the provider reports nothing, an exhausted key is simply tried again.
CREATE OR REPLACE FUNCTION pool.record_sync(
    p_resource uuid, p_units numeric, p_asked_at timestamptz, p_every interval) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
DECLARE
    v_now      timestamptz;
    v_pending  numeric;
    v_poor     boolean;
BEGIN
    PERFORM 1 FROM pool.resource_state WHERE resource_id = p_resource FOR NO KEY UPDATE;
    v_now := aether.now();
    SELECT coalesce(sum(a.units), 0) INTO v_pending
      FROM generation.attempt a
     WHERE a.resource_id = p_resource AND a.started_at > v_now - interval '1 day'
       AND (a.occupies OR (a.ended_at >= p_asked_at AND (a.state IN ('delivered', 'surplus', 'unknown') OR a.billed)));
    SELECT coalesce(p_units < min(m.units), false) INTO v_poor
      FROM pool.model m JOIN pool.resource r ON r.provider = m.provider WHERE r.id = p_resource AND m.enabled;
    UPDATE pool.resource_state
       SET available_units = CASE WHEN p_units IS NOT NULL THEN greatest(0, p_units - v_pending) END,
           health = CASE WHEN v_poor THEN 'exhausted' WHEN health = 'exhausted' THEN 'ok' ELSE health END,
           cooling_until = CASE WHEN v_poor THEN NULL ELSE cooling_until END,
           health_changed_at = CASE WHEN v_poor <> (health = 'exhausted') THEN v_now ELSE health_changed_at END,
           synced_at = v_now, sync_due_at = v_now + p_every
     WHERE resource_id = p_resource;
END $$;

-- The free probe says that the provider refuses the key: take it out of service.
CREATE OR REPLACE FUNCTION pool.park_resource(p_resource uuid, p_reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM pool.resource_state WHERE resource_id = p_resource FOR NO KEY UPDATE;
    UPDATE pool.resource SET status = 'error', status_reason = p_reason WHERE id = p_resource AND status = 'active';
END $$;
