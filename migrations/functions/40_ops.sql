-- One scheduler leads, by one row and the database's clock. That only saves work: every duty is safe with two leaders.
CREATE OR REPLACE FUNCTION ops.lead(p_holder uuid, p_for interval) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ops, pg_catalog, pg_temp AS $$
DECLARE
    v_now timestamptz;
BEGIN
    PERFORM 1 FROM ops.leader FOR NO KEY UPDATE;
    v_now := aether.now();
    UPDATE ops.leader SET holder = p_holder, until = v_now + p_for WHERE holder = p_holder OR until <= v_now;
    RETURN FOUND;
END $$;

CREATE OR REPLACE FUNCTION ops.resign(p_holder uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = ops, pg_catalog, pg_temp AS $$
    UPDATE ops.leader SET holder = NULL, until = '-infinity' WHERE holder = p_holder
$$;

CREATE OR REPLACE FUNCTION ops.record_audit(
    p_name text, p_violations bigint, p_elapsed_ms bigint, p_error text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = ops, pg_catalog, pg_temp AS $$
    INSERT INTO ops.audit_result (name, violations, elapsed_ms, error, checked_at)
        VALUES (p_name, p_violations, p_elapsed_ms, left(p_error, 500), aether.now())
        ON CONFLICT (name) DO UPDATE
       SET violations = excluded.violations, error = excluded.error,
           elapsed_ms = excluded.elapsed_ms, checked_at = excluded.checked_at
$$;

-- Deletes idempotency answers older than p_keep (at least 24 h are promised).
CREATE OR REPLACE FUNCTION ops.forget_answers(p_keep interval, p_limit int) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ops, pg_catalog, pg_temp AS $$
DECLARE
    v_count int;
BEGIN
    DELETE FROM ops.idempotency WHERE ctid IN (
        SELECT ctid FROM ops.idempotency WHERE created_at < (SELECT aether.now()) - p_keep LIMIT p_limit);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END $$;

-- Claims a request for the caller's transaction, and answers no row: it is the first. Else the answer that was kept,
-- with the hash of what it was given to. A twin that runs meanwhile makes this wait until it has committed or rolled
-- back.
CREATE OR REPLACE FUNCTION ops.claim_request(p_user uuid, p_path text, p_key text, p_hash bytea)
    RETURNS TABLE (request_hash bytea, status smallint, body jsonb)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ops, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    LOOP
        INSERT INTO ops.idempotency (user_id, path, key, request_hash, created_at)
        VALUES (p_user, p_path, p_key, p_hash, aether.now()) ON CONFLICT DO NOTHING;
        IF FOUND THEN
            RETURN;
        END IF;
        -- Not there: it was swept in between.
        RETURN QUERY
        SELECT i.request_hash, i.status, i.body FROM ops.idempotency i
         WHERE i.user_id = p_user AND i.path = p_path AND i.key = p_key;
        IF FOUND THEN
            RETURN;
        END IF;
    END LOOP;
END $$;

-- Keeps the answer of a request that was claimed in this transaction. An answer given is never changed.
CREATE OR REPLACE FUNCTION ops.keep_answer(p_user uuid, p_path text, p_key text, p_status smallint, p_body jsonb)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ops, pg_catalog, pg_temp AS $$
BEGIN
    UPDATE ops.idempotency SET status = p_status, body = p_body
     WHERE user_id = p_user AND path = p_path AND key = p_key AND status IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no unanswered request has this key';
    END IF;
END $$;

-- Records what an admin does, in the transaction that does it. Whoever acts is a user who is an admin now: the five
-- seconds for which a process may still honour the token of somebody who was one change nothing.
CREATE OR REPLACE FUNCTION ops.record_action(
    p_actor uuid, p_action text, p_subject text, p_reason text, p_detail jsonb, p_request_id text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ops, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM identity.users u WHERE u.id = p_actor AND u.status = 'active' AND 'admin' = ANY (u.roles);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'only an admin acts as one' USING ERRCODE = 'AE002';
    END IF;
    INSERT INTO ops.audit_log (actor_id, action, subject, reason, detail, request_id, created_at)
    VALUES (p_actor, p_action, p_subject, p_reason, p_detail, p_request_id, aether.now());
END $$;
