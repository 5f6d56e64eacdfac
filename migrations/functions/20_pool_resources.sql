-- Every change of a resource locks its state row first: a claim that holds the state then judges the present.

-- Hosts a key. A key that was ever hosted keeps its row: the caller seals for that id, or is told to seal again
-- (retry). What is known of it stays, under whatever account: windows, calls of unknown outcome, exclusions, health.
-- p_resource: columns of pool.resource by their names (bytea as \x and hex digits), and available_units.
-- Outcome: connected | key_in_use | sanctioned | role_revoked | retry.
CREATE OR REPLACE FUNCTION pool.connect_resource(p_resource jsonb, p_sync_every interval) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
DECLARE
    r       pool.resource := jsonb_populate_record(NULL::pool.resource, p_resource);
    v_known pool.resource%ROWTYPE;
    v_units numeric := (p_resource ->> 'available_units')::numeric;
    v_now   timestamptz;
    u       record;
BEGIN
    -- Held until the end: an admin who suspends this user meanwhile waits, and then sees this key (pool.follow_owner).
    SELECT status, hosting_revoked INTO u FROM identity.users WHERE id = r.owner_id FOR NO KEY UPDATE;
    IF u.hosting_revoked THEN
        RETURN 'role_revoked';
    END IF;
    PERFORM 1 FROM pool.resource_state s
      WHERE s.resource_id = (SELECT x.id FROM pool.resource x WHERE x.fingerprint = r.fingerprint) FOR NO KEY UPDATE;
    v_now := aether.now();
    SELECT * INTO v_known FROM pool.resource x WHERE x.fingerprint = r.fingerprint;
    IF v_known.sanctioned_at IS NOT NULL THEN
        RETURN 'sanctioned';
    ELSIF v_known.id IS NOT NULL AND v_known.deleted_at IS NULL THEN
        RETURN 'key_in_use';
    ELSIF v_known.id <> r.id THEN
        RETURN 'retry';
    END IF;

    INSERT INTO pool.resource AS x (id, owner_id, owner_account, provider, name, key_hint, key_ciphertext,
            data_key_wrapped, master_key_id, fingerprint, price_per_unit, daily_limit, monthly_limit,
            concurrency_limit, rpm_limit, owner_barred, attested_at, created_at)
        VALUES (r.id, r.owner_id, ledger.open_owner(r.owner_id), r.provider, r.name, r.key_hint, r.key_ciphertext,
                r.data_key_wrapped, r.master_key_id, r.fingerprint, r.price_per_unit, r.daily_limit, r.monthly_limit,
                r.concurrency_limit, r.rpm_limit, coalesce(u.status <> 'active', false), v_now, v_now)
        ON CONFLICT (fingerprint) DO UPDATE
        SET owner_id = excluded.owner_id, owner_account = excluded.owner_account, name = excluded.name,
            key_hint = excluded.key_hint, key_ciphertext = excluded.key_ciphertext,
            data_key_wrapped = excluded.data_key_wrapped, master_key_id = excluded.master_key_id,
            status = 'active', status_reason = NULL, price_per_unit = excluded.price_per_unit,
            daily_limit = excluded.daily_limit, monthly_limit = excluded.monthly_limit,
            concurrency_limit = excluded.concurrency_limit, rpm_limit = excluded.rpm_limit,
            owner_barred = excluded.owner_barred, attested_at = excluded.attested_at,
            created_at = excluded.created_at, deleted_at = NULL
      WHERE x.id = excluded.id AND x.deleted_at IS NOT NULL AND x.sanctioned_at IS NULL;
    IF NOT FOUND THEN
        -- Somebody else connected it in the meantime.
        RETURN 'retry';
    END IF;
    INSERT INTO pool.resource_state (resource_id, available_units, day, month, health_changed_at, synced_at,
                                     sync_due_at)
        VALUES (r.id, v_units, aether.utc_day(v_now), aether.utc_month(v_now), v_now, v_now, v_now + p_sync_every)
        ON CONFLICT (resource_id) DO NOTHING;
    IF NOT FOUND THEN
        PERFORM pool.record_sync(r.id, v_units, v_now, p_sync_every);
    END IF;
    PERFORM pool.offer_again(r.provider);
    UPDATE identity.users SET roles = array_append(roles, 'resource_provider'), access_changed_at = v_now
     WHERE id = r.owner_id AND NOT 'resource_provider' = ANY (roles);
    RETURN 'connected';
END $$;

-- p_change: the columns to change, by their names; rpm_limit 0 takes the limit away. false: no such resource of this
-- owner.
CREATE OR REPLACE FUNCTION pool.change_resource(p_id uuid, p_owner uuid, p_change jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM pool.resource_state WHERE resource_id = p_id FOR NO KEY UPDATE;
    UPDATE pool.resource r
       SET (name, price_per_unit, daily_limit, monthly_limit, concurrency_limit, rpm_limit) =
           (SELECT c.name, c.price_per_unit, c.daily_limit, c.monthly_limit, c.concurrency_limit, nullif(c.rpm_limit, 0)
              FROM jsonb_populate_record(r, p_change) AS c)
     WHERE r.id = p_id AND r.owner_id = p_owner AND r.deleted_at IS NULL;
    RETURN FOUND;
END $$;

-- p_owner NULL: an admin, whose `disabled` is a sanction that only an admin lifts. Activating clears what was held
-- against the key's health and asks for a sync. Only the admin role may call it; owners have the one below.
-- Outcome: changed | not_found | disabled.
CREATE OR REPLACE FUNCTION pool.set_resource_status(p_id uuid, p_owner uuid, p_status text, p_reason text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
DECLARE
    v_now    timestamptz;
    v_status text;
BEGIN
    PERFORM 1 FROM pool.resource_state WHERE resource_id = p_id FOR NO KEY UPDATE;
    v_now := aether.now();
    SELECT status INTO v_status FROM pool.resource
     WHERE id = p_id AND deleted_at IS NULL AND (p_owner IS NULL OR owner_id = p_owner);
    IF NOT FOUND THEN
        RETURN 'not_found';
    END IF;
    IF v_status = 'disabled' AND p_owner IS NOT NULL THEN
        RETURN 'disabled';
    END IF;
    UPDATE pool.resource
       SET status = p_status, status_reason = p_reason,
           sanctioned_at = CASE WHEN p_status = 'disabled' THEN v_now END,
           sanction_reason = CASE WHEN p_status = 'disabled' THEN p_reason END
     WHERE id = p_id;
    IF p_status = 'active' THEN
        UPDATE pool.resource_state
           SET health = 'ok', cooling_until = NULL, coolings = 0, health_changed_at = v_now, suspect_class = NULL,
               suspect_task = NULL, suspect_at = NULL, suspicions = 0, sync_due_at = v_now
         WHERE resource_id = p_id AND v_status <> 'active';
    END IF;
    RETURN 'changed';
END $$;

-- What owners do to their own: nobody is an admin here by leaving the owner out. Each change is a row that is kept for
-- a month, so that a key is resumed no more after 120 changes within an hour; pausing it is always possible.
CREATE OR REPLACE FUNCTION pool.set_status_as_owner(p_id uuid, p_owner uuid, p_status text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
BEGIN
    IF p_owner IS NULL OR (p_status IN ('active', 'paused')) IS NOT TRUE THEN
        RAISE EXCEPTION 'an owner sets a resource of their own to active or paused'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF p_status = 'active'
       AND EXISTS (SELECT 1 FROM pool.resource
                    WHERE id = p_id AND owner_id = p_owner AND deleted_at IS NULL AND status = 'paused')
       AND (SELECT c.since FROM pool.resource_condition c
             WHERE c.resource_id = p_id ORDER BY c.line DESC OFFSET 119 LIMIT 1) > aether.now() - interval '1 hour' THEN
        RETURN 'too_often';
    END IF;
    RETURN pool.set_resource_status(p_id, p_owner, p_status,
                                    CASE p_status WHEN 'paused' THEN 'paused by its owner' END);
END $$;

-- The key of this fingerprint, if it was ever hosted, and why nobody may host it.
CREATE OR REPLACE FUNCTION pool.find_key(p_fingerprint bytea) RETURNS TABLE (id uuid, sanction_reason text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
    SELECT r.id, r.sanction_reason FROM pool.resource r WHERE r.fingerprint = p_fingerprint
$$;

-- The envelope of one key, for its owner, who has it tested.
CREATE OR REPLACE FUNCTION pool.sealed_key(p_id uuid, p_owner uuid)
    RETURNS TABLE (provider text, key_ciphertext bytea, data_key_wrapped bytea, master_key_id text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
    SELECT r.provider, r.key_ciphertext, r.data_key_wrapped, r.master_key_id
      FROM pool.resource r WHERE r.id = p_id AND r.owner_id = p_owner AND r.deleted_at IS NULL
$$;

-- Lifts an admin's sanction from a key, whether somebody hosts it now or not: a hosted one serves again. false: there
-- is none.
CREATE OR REPLACE FUNCTION pool.lift_sanction(p_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
DECLARE
    v_deleted timestamptz;
BEGIN
    PERFORM 1 FROM pool.resource_state WHERE resource_id = p_id FOR NO KEY UPDATE;
    SELECT deleted_at INTO v_deleted FROM pool.resource WHERE id = p_id AND sanctioned_at IS NOT NULL;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF v_deleted IS NULL THEN
        PERFORM pool.set_resource_status(p_id, NULL, 'active', NULL);
    ELSE
        UPDATE pool.resource SET sanctioned_at = NULL, sanction_reason = NULL WHERE id = p_id;
    END IF;
    RETURN true;
END $$;

-- Deletes, and destroys the key: what is known of it stays, for when it is connected again. While calls are running it
-- only pauses. Outcome: deleted | in_use | not_found.
CREATE OR REPLACE FUNCTION pool.delete_resource(p_id uuid, p_owner uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM pool.resource_state WHERE resource_id = p_id FOR NO KEY UPDATE;
    PERFORM 1 FROM pool.resource WHERE id = p_id AND owner_id = p_owner AND deleted_at IS NULL;
    IF NOT FOUND THEN
        RETURN 'not_found';
    END IF;
    IF EXISTS (SELECT 1 FROM generation.attempt WHERE resource_id = p_id AND state = 'calling') THEN
        UPDATE pool.resource SET status = 'paused', status_reason = 'draining before deletion'
         WHERE id = p_id AND status <> 'disabled';
        RETURN 'in_use';
    END IF;
    UPDATE pool.resource
       SET deleted_at = aether.now(), status = 'disabled',
           status_reason = coalesce(sanction_reason, 'deleted by its owner'),
           key_ciphertext = '', data_key_wrapped = ''
     WHERE id = p_id;
    RETURN 'deleted';
END $$;

-- Replaces a wrapped data key if it is still the old one, so that of two rotations at once none is lost. false: it
-- changed meanwhile.
CREATE OR REPLACE FUNCTION pool.rewrap_key(p_id uuid, p_old bytea, p_new bytea, p_master_key_id text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM pool.resource_state WHERE resource_id = p_id FOR NO KEY UPDATE;
    UPDATE pool.resource SET data_key_wrapped = p_new, master_key_id = p_master_key_id
     WHERE id = p_id AND data_key_wrapped = p_old AND deleted_at IS NULL;
    RETURN FOUND;
END $$;

-- Units of an attempt go back only to the windows it was counted in. The caller holds the state row.
CREATE OR REPLACE FUNCTION pool.give_back_units(p_resource uuid, p_units numeric, p_started_at timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
BEGIN
    UPDATE pool.resource_state
       SET day_units = CASE WHEN day = aether.utc_day(p_started_at)
                            THEN greatest(0, day_units - p_units) ELSE day_units END,
           month_units = CASE WHEN month = aether.utc_month(p_started_at)
                              THEN greatest(0, month_units - p_units) ELSE month_units END,
           available_units = available_units + p_units
     WHERE resource_id = p_resource;
END $$;
