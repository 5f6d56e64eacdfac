-- Every change of a resource locks its state row first: a claim that holds the state then judges the present.

-- Outcome: connected | key_in_use.
CREATE OR REPLACE FUNCTION pool.connect_resource(
    p_id uuid, p_owner uuid, p_provider text, p_name text, p_key_hint text, p_key_ciphertext bytea, p_data_key_wrapped bytea,
    p_master_key_id text, p_fingerprint bytea, p_price numeric, p_daily numeric, p_monthly numeric, p_concurrency int, p_rpm int,
    p_available numeric, p_sync_every interval) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
DECLARE
    v_now timestamptz := aether.now();
BEGIN
    INSERT INTO pool.resource (id, owner_id, owner_account, provider, name, key_hint, key_ciphertext, data_key_wrapped, master_key_id,
                               fingerprint, price_per_unit, daily_limit, monthly_limit, concurrency_limit, rpm_limit, attested_at, created_at)
        VALUES (p_id, p_owner, ledger.open_owner(p_owner), p_provider, p_name, p_key_hint, p_key_ciphertext, p_data_key_wrapped,
                p_master_key_id, p_fingerprint, p_price, p_daily, p_monthly, p_concurrency, p_rpm, v_now, v_now)
        ON CONFLICT (fingerprint) WHERE deleted_at IS NULL DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'key_in_use';
    END IF;
    INSERT INTO pool.resource_state (resource_id, available_units, day, month, health_changed_at, synced_at, sync_due_at)
        VALUES (p_id, p_available, aether.utc_day(v_now), aether.utc_month(v_now), v_now, v_now, v_now + p_sync_every);
    UPDATE identity.users SET roles = array_append(roles, 'resource_provider'), access_changed_at = v_now
     WHERE id = p_owner AND NOT 'resource_provider' = ANY (roles);
    RETURN 'connected';
END $$;

-- NULL leaves a value as it is; p_rpm = 0 takes the limit away. false: no such resource of this owner.
CREATE OR REPLACE FUNCTION pool.change_resource(
    p_id uuid, p_owner uuid, p_name text, p_price numeric, p_daily numeric, p_monthly numeric, p_concurrency int, p_rpm int) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM pool.resource_state WHERE resource_id = p_id FOR NO KEY UPDATE;
    UPDATE pool.resource
       SET name = coalesce(p_name, name), price_per_unit = coalesce(p_price, price_per_unit),
           daily_limit = coalesce(p_daily, daily_limit), monthly_limit = coalesce(p_monthly, monthly_limit),
           concurrency_limit = coalesce(p_concurrency, concurrency_limit),
           rpm_limit = CASE WHEN p_rpm = 0 THEN NULL ELSE coalesce(p_rpm, rpm_limit) END
     WHERE id = p_id AND owner_id = p_owner AND deleted_at IS NULL;
    RETURN FOUND;
END $$;

-- p_owner NULL: an admin. An owner cannot lift an admin's `disabled`. Making active clears suspicion and asks for a sync.
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
    UPDATE pool.resource SET status = p_status, status_reason = p_reason WHERE id = p_id;
    IF p_status = 'active' THEN
        UPDATE pool.resource_state
           SET health = 'ok', cooling_until = NULL, coolings = 0, health_changed_at = v_now,
               suspect_class = NULL, suspect_task = NULL, suspect_at = NULL, sync_due_at = v_now
         WHERE resource_id = p_id AND v_status <> 'active';
    END IF;
    RETURN 'changed';
END $$;

-- Deletes, and destroys the key. While calls are out it only drains. Outcome: deleted | in_use | not_found.
CREATE OR REPLACE FUNCTION pool.delete_resource(p_id uuid, p_owner uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM pool.resource_state WHERE resource_id = p_id FOR NO KEY UPDATE;
    PERFORM 1 FROM pool.resource WHERE id = p_id AND owner_id = p_owner AND deleted_at IS NULL;
    IF NOT FOUND THEN
        RETURN 'not_found';
    END IF;
    IF EXISTS (SELECT 1 FROM generation.attempt WHERE resource_id = p_id AND state = 'calling') THEN
        UPDATE pool.resource SET status = 'paused', status_reason = 'draining before deletion' WHERE id = p_id AND status <> 'disabled';
        RETURN 'in_use';
    END IF;
    UPDATE pool.resource
       SET deleted_at = aether.now(), status = 'disabled', status_reason = 'deleted by its owner',
           key_ciphertext = '', data_key_wrapped = ''
     WHERE id = p_id;
    RETURN 'deleted';
END $$;

-- Re-wraps a data key by compare-and-set, so two rotations at once cannot lose one. false: it changed meanwhile.
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
       SET day_units = CASE WHEN day = aether.utc_day(p_started_at) THEN greatest(0, day_units - p_units) ELSE day_units END,
           month_units = CASE WHEN month = aether.utc_month(p_started_at) THEN greatest(0, month_units - p_units) ELSE month_units END,
           available_units = available_units + p_units
     WHERE resource_id = p_resource;
END $$;
