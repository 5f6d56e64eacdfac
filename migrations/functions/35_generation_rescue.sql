-- Registers one life of a worker process, which then beats.
CREATE OR REPLACE FUNCTION generation.register_boot(
    p_id uuid, p_host text, p_pid int, p_version text, p_permits int) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
    INSERT INTO generation.boot (id, host, pid, version, permits, started_at, beat_at)
    SELECT p_id, p_host, p_pid, p_version, p_permits, n.at, n.at FROM (SELECT aether.now() AS at) n
$$;

-- false: this boot was declared dead; register a new one.
CREATE OR REPLACE FUNCTION generation.beat(p_id uuid, p_busy int) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
BEGIN
    UPDATE generation.boot SET beat_at = aether.now(), busy = p_busy WHERE id = p_id AND ended_at IS NULL;
    RETURN FOUND;
END $$;

CREATE OR REPLACE FUNCTION generation.end_boot(p_id uuid, p_reason text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
    UPDATE generation.boot SET ended_at = aether.now(), end_reason = p_reason WHERE id = p_id AND ended_at IS NULL
$$;

-- An admin wants a worker to start no new calls, or allows it again; it looks at its row with every beat. false: there
-- is no such boot, or it has ended.
CREATE OR REPLACE FUNCTION generation.drain_boot(p_id uuid, p_drain boolean) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
BEGIN
    UPDATE generation.boot SET drained_at = CASE WHEN p_drain THEN coalesce(drained_at, aether.now()) END
     WHERE id = p_id AND ended_at IS NULL;
    RETURN FOUND;
END $$;

-- Declares dead every boot silent for a lease, unless the database itself has been up for less: then no worker could
-- beat. Answers how many.
CREATE OR REPLACE FUNCTION generation.end_silent_boots(p_lease interval) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
DECLARE
    v_now   timestamptz := aether.now();
    v_count int;
BEGIN
    IF pg_postmaster_start_time() + p_lease > v_now THEN
        RETURN 0;
    END IF;
    UPDATE generation.boot SET ended_at = v_now, end_reason = 'silent for a lease'
     WHERE ended_at IS NULL AND beat_at + p_lease <= v_now;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END $$;

-- Attempts that no worker will end any more (calling): those of dead boots, and those a lease past their hard
-- deadline; settlements that an admin wants tried again (parked); and ended ones of unknown outcome whose image may
-- have been kept since (late). Rescue looks for their kept image first.
CREATE OR REPLACE FUNCTION generation.stranded(p_lease interval, p_limit int)
    RETURNS TABLE (attempt_id uuid, task_id uuid, kind text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := aether.now();
BEGIN
    RETURN QUERY
    SELECT a.id, a.task_id, 'calling'
      FROM generation.attempt a
      JOIN generation.task t ON t.id = a.task_id AND t.settle_failed_at IS NULL
      LEFT JOIN generation.boot b ON b.id = a.boot_id
     WHERE a.state = 'calling' AND (b.id IS NULL OR b.ended_at IS NOT NULL OR a.hard_deadline + p_lease <= v_now)
     LIMIT p_limit;
    RETURN QUERY
    SELECT a.id, t.id, 'parked'
      FROM generation.task t JOIN generation.attempt a ON a.task_id = t.id AND a.state IN ('calling', 'unknown')
     WHERE t.settle_failed_at IS NOT NULL AND t.settle_retry_at IS NOT NULL
     LIMIT p_limit;
    -- The image of a parked task is an admin's to settle.
    RETURN QUERY
    SELECT a.id, a.task_id, 'late'
      FROM generation.attempt a JOIN generation.task t ON t.id = a.task_id AND t.settle_failed_at IS NULL
     WHERE a.look_at <= v_now
     ORDER BY a.look_at LIMIT p_limit;
END $$;

-- No image of this attempt was found: it is looked for again after as long as it has been ended, and for the last time
-- when nobody can be keeping it any more, a lease and a minute past its hard deadline.
CREATE OR REPLACE FUNCTION generation.look_later(p_attempt uuid, p_lease interval) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
DECLARE
    v_now timestamptz;
BEGIN
    PERFORM 1 FROM generation.attempt WHERE id = p_attempt FOR NO KEY UPDATE;
    v_now := aether.now();
    UPDATE generation.attempt a
       SET look_at = CASE WHEN v_now < l.last THEN least(v_now + (v_now - a.ended_at), l.last) END
      FROM (SELECT x.hard_deadline + p_lease + interval '1 minute' AS last
              FROM generation.attempt x WHERE x.id = p_attempt) l
     WHERE a.id = p_attempt AND a.look_at IS NOT NULL;
END $$;

-- Deletes up to p_limit boots that ended a week ago and left no attempt to be rescued. Answers how many.
CREATE OR REPLACE FUNCTION generation.forget_boots(p_limit int) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
DECLARE
    v_now   timestamptz := aether.now();
    v_count int;
BEGIN
    DELETE FROM generation.boot b WHERE b.id = ANY (ARRAY(
        SELECT x.id FROM generation.boot x
         WHERE x.ended_at <= v_now - interval '7 days'
           AND NOT EXISTS (SELECT 1 FROM generation.attempt a WHERE a.boot_id = x.id AND a.state = 'calling')
         ORDER BY x.id LIMIT p_limit FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END $$;

-- Fails waiting tasks that asked for a model which its provider does not know any more; nothing was charged. Answers
-- them.
CREATE OR REPLACE FUNCTION generation.fail_gone(p_limit int) RETURNS SETOF uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
DECLARE
    v_models text[] := ARRAY(SELECT id FROM pool.model WHERE gone_since IS NOT NULL);
    v_ids    uuid[];
BEGIN
    IF cardinality(v_models) = 0 THEN
        RETURN;
    END IF;
    SELECT array_agg(s.id ORDER BY s.id) INTO v_ids
      FROM (SELECT id FROM generation.task WHERE status = 'pending' AND requested_model = ANY (v_models)
             ORDER BY id LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED) s;
    IF v_ids IS NULL THEN
        RETURN;
    END IF;
    UPDATE generation.task
       SET status = 'failed', completed_at = aether.now(), error_code = 'providers_failed',
           error_message = format('its provider does not know the model %s any more: choose another, or auto; '
                                  'nothing was charged', requested_model)
     WHERE id = ANY (v_ids);
    PERFORM ledger.release_holds(v_ids);
    PERFORM generation.give_back_turns(v_ids);
    RETURN QUERY SELECT unnest(v_ids);
END $$;

-- Fails waiting tasks whose deadline has passed; nothing was charged. Answers them.
CREATE OR REPLACE FUNCTION generation.fail_overdue(p_limit int) RETURNS SETOF uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
DECLARE
    v_ids uuid[];
    v_now timestamptz := aether.now();
BEGIN
    SELECT array_agg(s.id ORDER BY s.id) INTO v_ids
      FROM (SELECT id FROM generation.task WHERE status = 'pending' AND deadline <= v_now
             ORDER BY deadline LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED) s;
    IF v_ids IS NULL THEN
        RETURN;
    END IF;
    UPDATE generation.task
       SET status = 'failed', completed_at = v_now, error_code = 'deadline_exceeded',
           error_message = 'the deadline passed before an image could be made; nothing was charged'
     WHERE id = ANY (v_ids);
    PERFORM ledger.release_holds(v_ids);
    PERFORM generation.give_back_turns(v_ids);
    RETURN QUERY SELECT unnest(v_ids);
END $$;

-- Frees the places that attempts of unknown outcome occupied, once the provider cannot be working on them any more.
-- Their units stay counted.
CREATE OR REPLACE FUNCTION generation.vacate(p_limit int) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
DECLARE
    v_ids uuid[];
BEGIN
    SELECT array_agg(s.id) INTO v_ids
      FROM (SELECT id FROM generation.attempt
             WHERE occupies AND state <> 'calling' AND occupied_until <= (SELECT aether.now())
             ORDER BY id LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED) s;
    IF v_ids IS NULL THEN
        RETURN 0;
    END IF;
    UPDATE generation.attempt SET occupies = false WHERE id = ANY (v_ids);
    PERFORM 1 FROM pool.resource_state
      WHERE resource_id IN (SELECT resource_id FROM generation.attempt WHERE id = ANY (v_ids))
      ORDER BY resource_id FOR NO KEY UPDATE;
    UPDATE pool.resource_state s SET in_flight = s.in_flight - d.freed
      FROM (SELECT resource_id, count(*)::int AS freed FROM generation.attempt
             WHERE id = ANY (v_ids) GROUP BY resource_id) d
     WHERE s.resource_id = d.resource_id;
    RETURN cardinality(v_ids);
END $$;

-- Notes that the images of these tasks were deleted from the store.
CREATE OR REPLACE FUNCTION generation.mark_images_deleted(p_tasks uuid[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
    UPDATE generation.task SET image_deleted_at = aether.now() WHERE id = ANY (p_tasks) AND image_deleted_at IS NULL
$$;
