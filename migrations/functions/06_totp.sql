-- The second factor. Whoever changes it holds the user's row, so that sign-ins and changes take turns; attempts are
-- forgiven before that, as wherever they are counted, and a change that fails is rolled back with them.

-- What a code is checked against, and the clock it is checked by.
CREATE OR REPLACE FUNCTION identity.totp_of(
    p_user uuid, OUT secret_ciphertext bytea, OUT data_key_wrapped bytea, OUT master_key_id text,
    OUT confirmed_at timestamptz, OUT codes_left int, OUT now timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
    SELECT t.secret_ciphertext, t.data_key_wrapped, t.master_key_id, t.confirmed_at,
           (SELECT count(*)::int FROM identity.recovery_code c WHERE c.user_id = p_user AND c.used_at IS NULL),
           n.now
      FROM aether.now() AS n(now) LEFT JOIN identity.totp t ON t.user_id = p_user
$$;

-- The step of thirty seconds after the present one: RFC 6238 §5.2 allows for clocks that are one apart.
CREATE OR REPLACE FUNCTION identity.last_good_step() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
    SELECT floor(extract(epoch FROM aether.now()) / 30)::bigint + 1
$$;

-- Which master keys seal the secrets of second factors: a program that has not loaded one of them opens those no more.
CREATE OR REPLACE FUNCTION identity.totp_master_keys() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
    SELECT DISTINCT master_key_id FROM identity.totp
$$;

-- Spends a code: the step of one from the app, or the digest of a recovery code. 'none' if the user has no second
-- factor; 'required' if they have and no code came; 'passed'; 'refused' for what was used before or never was. The
-- caller holds the user's row. A step that is further ahead than a clock may be was never made by an app.
CREATE OR REPLACE FUNCTION identity.pass_totp(p_user uuid, p_step bigint, p_recovery bytea) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM identity.totp WHERE user_id = p_user AND confirmed_at IS NOT NULL;
    IF NOT FOUND THEN
        RETURN 'none';
    ELSIF p_step IS NOT NULL THEN
        UPDATE identity.totp SET last_step = p_step
         WHERE user_id = p_user AND last_step < p_step AND p_step <= identity.last_good_step();
    ELSIF p_recovery IS NOT NULL THEN
        UPDATE identity.recovery_code SET used_at = aether.now()
         WHERE user_id = p_user AND hash = p_recovery AND used_at IS NULL;
    ELSE
        RETURN 'required';
    END IF;
    RETURN CASE WHEN FOUND THEN 'passed' ELSE 'refused' END;
END $$;

-- Forgives the attempt of somebody who knew the password and was asked for a code. False, and nothing, if the password
-- is not p_verified any more.
CREATE OR REPLACE FUNCTION identity.ask_for_code(p_user uuid, p_verified text, p_attempts bytea[]) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM identity.users WHERE id = p_user AND password_hash = p_verified;
    IF FOUND THEN
        PERFORM identity.forgive(p_attempts);
    END IF;
    RETURN FOUND;
END $$;

-- The user of a session that lives, with their row locked; NULL if it does not live. Forgives the attempt.
CREATE OR REPLACE FUNCTION identity.lock_by_session(p_session uuid, p_attempts bytea[]) RETURNS identity.users
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
DECLARE
    v_user identity.users;
BEGIN
    PERFORM identity.forgive(p_attempts);
    SELECT u.* INTO v_user FROM identity.users u
     WHERE u.id = (SELECT user_id FROM identity.session WHERE id = p_session) FOR NO KEY UPDATE;
    -- Read after the lock: a change may just have ended it.
    PERFORM FROM identity.session WHERE id = p_session AND ended_at IS NULL AND expires_at > aether.now();
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN v_user;
END $$;

-- Every session but p_kept ends, and no access token issued so far is good any more: what they say of the second factor
-- is not so any more. The caller holds the user's row.
CREATE OR REPLACE FUNCTION identity.totp_changed(p_user uuid, p_kept uuid, p_two_factor boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
BEGIN
    UPDATE identity.users SET token_version = token_version + 1, access_changed_at = aether.now() WHERE id = p_user;
    PERFORM identity.end_sessions(p_user, p_kept, 'totp_changed');
    UPDATE identity.session SET two_factor = p_two_factor WHERE id = p_kept;
END $$;

CREATE OR REPLACE FUNCTION identity.keep_recovery_codes(p_user uuid, p_codes bytea[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
    DELETE FROM identity.recovery_code WHERE user_id = p_user;
    INSERT INTO identity.recovery_code (user_id, hash) SELECT p_user, unnest(p_codes)
$$;

-- Keeps a secret that is yet to be confirmed, in place of another such one. Answers 'done', 'session_ended',
-- 'password_changed', or 'enrolled' if there is a confirmed one.
CREATE OR REPLACE FUNCTION identity.begin_totp(
    p_session uuid, p_verified text, p_ciphertext bytea, p_wrapped bytea, p_master_key_id text, p_attempts bytea[])
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
DECLARE
    v_user identity.users := identity.lock_by_session(p_session, p_attempts);
BEGIN
    IF v_user.id IS NULL THEN
        RETURN 'session_ended';
    ELSIF v_user.password_hash IS DISTINCT FROM p_verified THEN
        RETURN 'password_changed';
    END IF;
    INSERT INTO identity.totp AS t (user_id, secret_ciphertext, data_key_wrapped, master_key_id, begun_at)
    VALUES (v_user.id, p_ciphertext, p_wrapped, p_master_key_id, aether.now())
        ON CONFLICT (user_id) DO UPDATE
       SET secret_ciphertext = excluded.secret_ciphertext, data_key_wrapped = excluded.data_key_wrapped,
           master_key_id = excluded.master_key_id, begun_at = excluded.begun_at
     WHERE t.confirmed_at IS NULL;
    RETURN CASE WHEN FOUND THEN 'done' ELSE 'enrolled' END;
END $$;

-- The secret counts from now on: p_step is of a code that was made from p_ciphertext. Every other session ends. Answers
-- 'done', 'session_ended', 'enrolled', or 'refused' if another secret has taken its place.
CREATE OR REPLACE FUNCTION identity.confirm_totp(
    p_session uuid, p_ciphertext bytea, p_step bigint, p_codes bytea[], p_attempts bytea[]) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
DECLARE
    v_user identity.users := identity.lock_by_session(p_session, p_attempts);
BEGIN
    IF v_user.id IS NULL THEN
        RETURN 'session_ended';
    END IF;
    PERFORM FROM identity.totp WHERE user_id = v_user.id AND confirmed_at IS NOT NULL;
    IF FOUND THEN
        RETURN 'enrolled';
    END IF;
    UPDATE identity.totp SET confirmed_at = aether.now(), last_step = p_step
     WHERE user_id = v_user.id AND secret_ciphertext = p_ciphertext AND p_step <= identity.last_good_step();
    IF NOT FOUND THEN
        RETURN 'refused';
    END IF;
    PERFORM identity.keep_recovery_codes(v_user.id, p_codes);
    PERFORM identity.totp_changed(v_user.id, p_session, true);
    RETURN 'done';
END $$;

-- Ends the second factor. Every other session ends. Answers 'done', 'session_ended', 'password_changed', or what
-- identity.pass_totp says.
CREATE OR REPLACE FUNCTION identity.remove_totp(
    p_session uuid, p_verified text, p_step bigint, p_recovery bytea, p_attempts bytea[]) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
DECLARE
    v_user   identity.users := identity.lock_by_session(p_session, p_attempts);
    v_factor text;
BEGIN
    IF v_user.id IS NULL THEN
        RETURN 'session_ended';
    ELSIF v_user.password_hash IS DISTINCT FROM p_verified THEN
        RETURN 'password_changed';
    END IF;
    v_factor := identity.pass_totp(v_user.id, p_step, p_recovery);
    IF v_factor <> 'passed' THEN
        RETURN v_factor;
    END IF;
    DELETE FROM identity.totp WHERE user_id = v_user.id;
    PERFORM identity.totp_changed(v_user.id, p_session, false);
    RETURN 'done';
END $$;

-- New recovery codes in place of all others. Answers as above.
CREATE OR REPLACE FUNCTION identity.replace_recovery_codes(
    p_session uuid, p_step bigint, p_recovery bytea, p_codes bytea[], p_attempts bytea[]) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
DECLARE
    v_user   identity.users := identity.lock_by_session(p_session, p_attempts);
    v_factor text;
BEGIN
    IF v_user.id IS NULL THEN
        RETURN 'session_ended';
    END IF;
    v_factor := identity.pass_totp(v_user.id, p_step, p_recovery);
    IF v_factor <> 'passed' THEN
        RETURN v_factor;
    END IF;
    PERFORM identity.keep_recovery_codes(v_user.id, p_codes);
    RETURN 'done';
END $$;

-- An admin's or the operator's way out for who lost app and codes: the second factor and every session end. False if
-- there was none.
CREATE OR REPLACE FUNCTION identity.reset_totp(p_user uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM identity.users WHERE id = p_user FOR NO KEY UPDATE;
    DELETE FROM identity.totp WHERE user_id = p_user;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM identity.totp_changed(p_user, NULL, false);
    RETURN true;
END $$;
