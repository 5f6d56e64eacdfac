-- A key's health as the next claim would find it: units that are not enough for any model exhaust it (p_units_min: what
-- the smallest enabled model of its provider takes), and a cooling that is over reads probing.
CREATE OR REPLACE FUNCTION pool.present_health(
    p_health text, p_cooling_until timestamptz, p_available numeric, p_units_min numeric, p_now timestamptz)
    RETURNS text
    LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_available < p_units_min THEN 'exhausted'
                WHEN p_health = 'cooling' AND p_cooling_until <= p_now THEN 'probing'
                ELSE p_health END
$$;

-- What a failure does to a key's health. It counts only if its attempt began after the last change of health (sixteen
-- parallel 429s are one 429). The caller holds the state row.
--   cool:    no calls until p_cool has passed, longer each time without a success between; then one task at a time
--   suspect: a task blames the key, and the free probe does not confirm it (pool.suspect)
--   confirm: a task blames the key, and so does the probe
--   exhaust: no credit left at the provider, until a sync sees some
-- Answers what was done: none | cooling | parked | exhausted.
CREATE OR REPLACE FUNCTION pool.judge_failure(
    p_resource uuid, p_attempt_started timestamptz, p_task uuid, p_effect text, p_class text, p_cool interval,
    p_reason text, p_now timestamptz) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
DECLARE
    s pool.resource_state%ROWTYPE;
BEGIN
    SELECT * INTO STRICT s FROM pool.resource_state WHERE resource_id = p_resource;
    UPDATE pool.resource_state SET success_rate = success_rate * 0.9
     WHERE resource_id = p_resource AND p_effect <> 'none';
    IF p_effect = 'none' OR p_attempt_started < s.health_changed_at THEN
        RETURN 'none';
    END IF;
    CASE p_effect
    WHEN 'suspect' THEN
        RETURN pool.suspect(p_resource, p_class, p_task, p_cool, p_reason, p_now);
    WHEN 'confirm' THEN
        -- The provider is asked again soon.
        UPDATE pool.resource_state SET sync_due_at = least(sync_due_at, p_now + interval '30 seconds')
         WHERE resource_id = p_resource;
        RETURN pool.suspect(p_resource, p_class, p_task, p_cool, p_reason, p_now);
    WHEN 'cool' THEN
        PERFORM pool.cool(p_resource, p_cool, p_now);
        PERFORM pool.explain_condition(p_resource, p_class);
        RETURN 'cooling';
    WHEN 'exhaust' THEN
        PERFORM pool.exhaust(p_resource, p_now);
        RETURN 'exhausted';
    END CASE;
END $$;

-- Notes why a key cools. The caller holds the state row.
CREATE OR REPLACE FUNCTION pool.explain_condition(p_resource uuid, p_class text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
    UPDATE pool.resource_condition c SET reason = p_class
     WHERE c.line = (SELECT max(l.line) FROM pool.resource_condition l WHERE l.resource_id = p_resource)
       AND c.condition = 'cooling'
$$;

-- Forgets what keys were like long ago, but for the last that is known of each. A row is over when the next one begins:
-- what lasted until p_keep ago or longer stays. Answers how many rows.
CREATE OR REPLACE FUNCTION pool.forget_conditions(p_keep interval, p_limit int) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
DECLARE
    v_before constant timestamptz := aether.now() - p_keep;
    v_count  int;
BEGIN
    DELETE FROM pool.resource_condition c WHERE c.line IN (
        SELECT x.line FROM pool.resource_condition x
         WHERE x.since < v_before
           AND EXISTS (SELECT FROM pool.resource_condition l
                        WHERE l.resource_id = x.resource_id AND l.line > x.line AND l.since < v_before)
         ORDER BY x.line LIMIT p_limit FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END $$;

-- No calls until a sync sees credit. The caller holds the state row.
CREATE OR REPLACE FUNCTION pool.exhaust(p_resource uuid, p_now timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
    UPDATE pool.resource_state
       SET health = 'exhausted', cooling_until = NULL, health_changed_at = p_now,
           available_units = CASE WHEN available_units IS NULL THEN NULL ELSE 0 END,
           -- A balance that can be read is read soon. Else the next sync ends the exhaustion: not before it is likely
           -- that somebody has paid.
           sync_due_at = CASE WHEN available_units IS NULL THEN p_now + interval '15 minutes'
                              ELSE least(sync_due_at, p_now + interval '1 minute') END
     WHERE resource_id = p_resource
$$;

-- No calls for p_cool, doubled with every cooling since the last success. The caller holds the state row.
CREATE OR REPLACE FUNCTION pool.cool(p_resource uuid, p_cool interval, p_now timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
    UPDATE pool.resource_state
       SET health = 'cooling', coolings = coolings + 1, health_changed_at = p_now,
           cooling_until = p_now + p_cool * power(2, least(coolings, 5))
     WHERE resource_id = p_resource
$$;

-- Somebody blames the key: a task whose call the provider refused for it, or (p_task NULL) a probe. Anything may be
-- wrong once: the key cools. The third in a row within an hour, each from another task or a probe, parks it; lack of
-- credit is believed the second time, for a sync ends it. A delivery or a good answer to a sync begins anew.
-- The caller holds the state row. Answers: cooling | parked | exhausted.
CREATE OR REPLACE FUNCTION pool.suspect(
    p_resource uuid, p_class text, p_task uuid, p_cool interval, p_reason text, p_now timestamptz) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
DECLARE
    s       pool.resource_state%ROWTYPE;
    v_money constant boolean := p_class = 'key_no_credit';
    v_count int := 1;
BEGIN
    SELECT * INTO STRICT s FROM pool.resource_state WHERE resource_id = p_resource;
    -- Whether a key is called invalid or forbidden is the provider's choice of words.
    IF s.suspect_at > p_now - interval '1 hour' AND (s.suspect_class = 'key_no_credit') = v_money THEN
        v_count := s.suspicions + CASE WHEN p_task IS NOT NULL AND s.suspect_task = p_task THEN 0 ELSE 1 END;
    END IF;
    UPDATE pool.resource_state
       SET suspect_class = p_class, suspect_task = p_task, suspect_at = p_now, suspicions = v_count
     WHERE resource_id = p_resource;
    IF v_money AND v_count >= 2 THEN
        PERFORM pool.exhaust(p_resource, p_now);
        RETURN 'exhausted';
    ELSIF NOT v_money AND v_count >= 3 THEN
        UPDATE pool.resource_state SET health_changed_at = p_now WHERE resource_id = p_resource;
        UPDATE pool.resource SET status = 'error', status_reason = p_reason WHERE id = p_resource AND status = 'active';
        RETURN 'parked';
    END IF;
    IF s.health <> 'exhausted' THEN
        PERFORM pool.cool(p_resource, p_cool, p_now);
    END IF;
    RETURN 'cooling';
END $$;

-- The provider accepts the key: what made the machine take it out of service is over, never what an admin did. It comes
-- back one task at a time, and cools longer if that fails. A refusal of a probe is refuted by a good one; what a task
-- met is not, since a provider may accept a key and refuse its calls. The caller holds the state row.
CREATE OR REPLACE FUNCTION pool.clear_suspicion(p_resource uuid, p_now timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
BEGIN
    UPDATE pool.resource_state
       SET health = 'probing', cooling_until = NULL, health_changed_at = p_now
     WHERE resource_id = p_resource AND suspicions > 0 AND suspect_task IS NULL AND health = 'cooling';
    UPDATE pool.resource_state
       SET suspect_class = NULL, suspect_task = NULL, suspect_at = NULL, suspicions = 0
     WHERE resource_id = p_resource AND suspicions > 0;
    UPDATE pool.resource SET status = 'active', status_reason = NULL WHERE id = p_resource AND status = 'error';
    IF FOUND THEN
        UPDATE pool.resource_state SET health = 'probing', cooling_until = NULL, health_changed_at = p_now
         WHERE resource_id = p_resource AND health <> 'exhausted';
    END IF;
END $$;

-- The owner had the key tested, and the provider accepts it. What is left on it is read soon.
CREATE OR REPLACE FUNCTION pool.confirm_key(p_resource uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
DECLARE
    v_now timestamptz;
BEGIN
    PERFORM 1 FROM pool.resource_state WHERE resource_id = p_resource FOR NO KEY UPDATE;
    v_now := aether.now();
    PERFORM pool.clear_suspicion(p_resource, v_now);
    UPDATE pool.resource_state SET sync_due_at = v_now WHERE resource_id = p_resource;
END $$;

-- The same, of a key that is still this owner's: the provider takes seconds to answer.
CREATE OR REPLACE FUNCTION pool.confirm_key_as_owner(p_resource uuid, p_owner uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM pool.resource_state WHERE resource_id = p_resource FOR NO KEY UPDATE;
    PERFORM 1 FROM pool.resource WHERE id = p_resource AND owner_id = p_owner AND deleted_at IS NULL;
    IF FOUND THEN
        PERFORM pool.confirm_key(p_resource);
    END IF;
END $$;

-- This key's provider does not know the model: for a day the key does not serve it. The model is gone, for everybody,
-- when keys of two owners say so, or every key that could serve it, unless somebody delivered it within the last day:
-- no two owners can end what others sell. The caller holds the state row; the model's row comes after it.
-- true: it is gone.
CREATE OR REPLACE FUNCTION pool.refuse_model(p_resource uuid, p_model text, p_now timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
DECLARE
    v_since constant timestamptz := p_now - interval '1 day';
    v_gone  boolean;
BEGIN
    INSERT INTO pool.model_refusal AS f (resource_id, model, owner_id, refused_at)
    SELECT r.id, p_model, r.owner_id, p_now FROM pool.resource r WHERE r.id = p_resource
        ON CONFLICT (resource_id, model) DO UPDATE SET owner_id = excluded.owner_id, refused_at = p_now;
    PERFORM 1 FROM pool.model WHERE id = p_model FOR NO KEY UPDATE;
    SELECT m.gone_since IS NULL AND (m.delivered_at IS NULL OR m.delivered_at <= v_since)
           AND ((SELECT count(DISTINCT f.owner_id) FROM pool.model_refusal f
                  WHERE f.model = p_model AND f.refused_at > v_since) >= 2
                OR NOT EXISTS (
                   SELECT 1 FROM pool.resource r
                    WHERE r.provider = m.provider AND r.status = 'active' AND r.deleted_at IS NULL
                      AND NOT r.owner_barred
                      AND NOT EXISTS (SELECT 1 FROM pool.model_refusal f
                                       WHERE f.resource_id = r.id AND f.model = p_model AND f.refused_at > v_since)))
      INTO v_gone FROM pool.model m WHERE m.id = p_model;
    IF v_gone THEN
        UPDATE pool.model SET gone_since = p_now WHERE id = p_model;
    END IF;
    RETURN coalesce(v_gone, false);
END $$;

-- What these attempts delivered is known to its provider. The caller holds the state rows. When a model was last
-- delivered is a note that nobody waits for.
CREATE OR REPLACE FUNCTION pool.note_delivered(p_attempts uuid[], p_now timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
    SET enable_mergejoin = off AS $$
DECLARE
    v_models text[];
BEGIN
    SELECT array_agg(DISTINCT a.model ORDER BY a.model) INTO v_models
      FROM generation.attempt a WHERE a.id = ANY (p_attempts);
    DELETE FROM pool.model_refusal f USING generation.attempt a
     WHERE a.id = ANY (p_attempts) AND f.resource_id = a.resource_id AND f.model = a.model;
    UPDATE pool.model SET gone_since = NULL WHERE id = ANY (v_models) AND gone_since IS NOT NULL;
    UPDATE pool.model SET delivered_at = p_now
     WHERE id = ANY (ARRAY(
           SELECT m.id FROM pool.model m
            WHERE m.id = ANY (v_models) AND (m.delivered_at IS NULL OR m.delivered_at <= p_now - interval '1 minute')
              FOR NO KEY UPDATE SKIP LOCKED));
END $$;

-- Another key was connected: what one owner's keys alone said is gone may be tried with it.
CREATE OR REPLACE FUNCTION pool.offer_again(p_provider text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
    UPDATE pool.model m SET gone_since = NULL
     WHERE m.provider = p_provider AND m.gone_since IS NOT NULL
       AND (SELECT count(DISTINCT f.owner_id) FROM pool.model_refusal f WHERE f.model = m.id) < 2
$$;

-- Refusals that are a day old, and what they led to, are tried again. Answers how many.
CREATE OR REPLACE FUNCTION pool.forget_refusals(p_limit int) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
DECLARE
    v_since constant timestamptz := aether.now() - interval '1 day';
    v_count int;
BEGIN
    DELETE FROM pool.model_refusal f WHERE (f.resource_id, f.model) IN (
        SELECT x.resource_id, x.model FROM pool.model_refusal x WHERE x.refused_at <= v_since
         ORDER BY x.resource_id, x.model LIMIT p_limit FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    UPDATE pool.model SET gone_since = NULL WHERE gone_since <= v_since;
    RETURN v_count;
END $$;

-- Takes up to p_limit resources whose sync is due; each is due again in p_retry unless pool.record_sync says otherwise.
CREATE OR REPLACE FUNCTION pool.take_due_syncs(p_limit int, p_retry interval)
    RETURNS TABLE (resource_id uuid, asked_at timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_now   timestamptz := aether.now();
    v_due   uuid[];
    v_taken uuid[];
BEGIN
    -- The most urgent are chosen without locks, and locked in the order of their ids.
    SELECT array_agg(d.resource_id ORDER BY d.resource_id) INTO v_due
      FROM (SELECT s.resource_id FROM pool.resource_state s
             WHERE s.sync_due_at <= v_now ORDER BY s.sync_due_at LIMIT p_limit) d;
    SELECT array_agg(d.resource_id) INTO v_taken
      FROM (SELECT s.resource_id FROM pool.resource_state s
             WHERE s.resource_id = ANY (v_due) AND s.sync_due_at <= v_now
             ORDER BY s.resource_id FOR NO KEY UPDATE SKIP LOCKED) d;
    -- What is deleted or disabled is not asked about again soon.
    UPDATE pool.resource_state s
       SET sync_due_at = v_now + CASE WHEN r.deleted_at IS NULL AND r.status <> 'disabled' THEN p_retry
                                      ELSE interval '1 day' END
      FROM pool.resource r WHERE s.resource_id = ANY (v_taken) AND r.id = s.resource_id;
    RETURN QUERY
    SELECT r.id, v_now FROM pool.resource r
     WHERE r.id = ANY (v_taken) AND r.deleted_at IS NULL AND r.status <> 'disabled';
END $$;

-- An owner wants to know soon what is left on their key.
CREATE OR REPLACE FUNCTION pool.request_sync_as_owner(p_resource uuid, p_owner uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
    UPDATE pool.resource_state SET sync_due_at = aether.now()
     WHERE resource_id = (SELECT r.id FROM pool.resource r WHERE r.id = p_resource AND r.owner_id = p_owner)
$$;

-- Stores what the provider reported (p_units NULL: it reports nothing). Units of attempts that may not be in the
-- reading yet (running, or ended since it was asked for) are subtracted: too careful until the next sync, never too
-- bold.
-- Where the provider reports nothing, an exhausted key is simply tried again. An answer is also a word for the key.
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
    PERFORM pool.clear_suspicion(p_resource, v_now);
END $$;

-- The free probe says that the provider refuses the key: the same as a task that says so.
-- Answers what was done: cooling | parked.
CREATE OR REPLACE FUNCTION pool.refuse_sync(p_resource uuid, p_class text, p_cool interval, p_reason text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM pool.resource_state WHERE resource_id = p_resource FOR NO KEY UPDATE;
    RETURN pool.suspect(p_resource, p_class, NULL, p_cool, p_reason, aether.now());
END $$;

-- What is stored of the key cannot be opened. Only if it is still what the caller tried to open: it may have been
-- connected or wrapped anew in the meantime. false: it was, or the key is not in service.
CREATE OR REPLACE FUNCTION pool.park_unopened(p_resource uuid, p_ciphertext bytea, p_wrapped bytea, p_reason text)
    RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM pool.resource_state WHERE resource_id = p_resource FOR NO KEY UPDATE;
    UPDATE pool.resource SET status = 'error', status_reason = p_reason
     WHERE id = p_resource AND status = 'active' AND deleted_at IS NULL
       AND key_ciphertext = p_ciphertext AND data_key_wrapped = p_wrapped;
    RETURN FOUND;
END $$;
