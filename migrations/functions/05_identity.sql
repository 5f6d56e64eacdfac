-- Deletes what cannot matter any more, up to p_limit rows of each kind: refresh tokens and sessions past their expiry
-- (an expired token is refused whether it is known or not), and windows of failed sign-ins that are over. Answers how
-- many.
CREATE OR REPLACE FUNCTION identity.forget_sign_ins(p_limit int) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
DECLARE
    v_now   timestamptz := aether.now();
    v_count int;
    v_sum   int;
BEGIN
    DELETE FROM identity.refresh_token t WHERE t.hash = ANY (ARRAY(
        SELECT hash FROM identity.refresh_token WHERE expires_at <= v_now LIMIT p_limit FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS v_sum = ROW_COUNT;
    -- A rotation holds its session's row while it writes the next token.
    DELETE FROM identity.session s WHERE s.id = ANY (ARRAY(
        SELECT id FROM identity.session WHERE expires_at <= v_now - interval '1 day'
         LIMIT p_limit FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS v_count = ROW_COUNT;
    v_sum := v_sum + v_count;
    DELETE FROM identity.throttle t WHERE t.subject = ANY (ARRAY(
        SELECT subject FROM identity.throttle WHERE window_ends_at <= v_now LIMIT p_limit FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_sum + v_count;
END $$;

-- Lock order: throttle (networks, then what is narrower) < users < totp < recovery_code < session < refresh_token.

-- Makes a user and their wallet. Answers no row if the e-mail is taken; the caller then rolls back.
CREATE OR REPLACE FUNCTION identity.register(p_id uuid, p_email text, p_hash text, p_name text, p_locale text)
    RETURNS SETOF identity.users
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    INSERT INTO identity.users (id, email, password_hash, display_name, locale, wallet, created_at)
    VALUES (p_id, p_email, p_hash, p_name, p_locale, ledger.open_wallet(p_id), aether.now())
        ON CONFLICT ON CONSTRAINT users_email_key DO NOTHING
    RETURNING *;
END $$;

-- What a user's password is hashed under (algorithm, parameters, salt), without what came of it: the caller hashes what
-- was typed, and only comparing tells whether it is right. No role of a service reads what it is compared with, so none
-- can change the password of somebody who did not type it.
CREATE OR REPLACE FUNCTION identity.password_terms(p_user uuid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
    SELECT regexp_replace(password_hash, '[$][^$]*$', '') FROM identity.users WHERE id = p_user
$$;

-- Which of these hashes is the user's; NULL: none.
CREATE OR REPLACE FUNCTION identity.matching_hash(p_user uuid, p_hashes text[]) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
    SELECT password_hash FROM identity.users WHERE id = p_user AND password_hash = ANY (p_hashes)
$$;

-- Ends a user's sessions but p_kept (NULL keeps none). The caller holds the user's row.
CREATE OR REPLACE FUNCTION identity.end_sessions(p_user uuid, p_kept uuid, p_reason text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
    UPDATE identity.session SET ended_at = aether.now(), end_reason = p_reason
     WHERE user_id = p_user AND id IS DISTINCT FROM p_kept AND ended_at IS NULL
$$;

-- The one place where a known user's password changes. Every session but p_kept ends, and no access token issued
-- so far is good any more: whoever is signed in afterwards knew the new password or held p_kept. Answers false, and
-- changes nothing, if the hash is not p_verified any more (NULL: whatever it is); NULL if there is no such user.
CREATE OR REPLACE FUNCTION identity.set_password(p_user uuid, p_verified text, p_hash text, p_kept uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
DECLARE
    v_stored text;
BEGIN
    SELECT password_hash INTO v_stored FROM identity.users WHERE id = p_user FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF v_stored <> p_verified THEN
        RETURN false;
    END IF;
    UPDATE identity.users
       SET password_hash = p_hash, token_version = token_version + 1, access_changed_at = aether.now()
     WHERE id = p_user;
    PERFORM identity.end_sessions(p_user, p_kept, 'password_changed');
    RETURN true;
END $$;

-- Changes the password of whoever p_session belongs to, which lives on. NULL if it does not live; false as above.
CREATE OR REPLACE FUNCTION identity.change_password(p_session uuid, p_verified text, p_hash text, p_attempts bytea[])
    RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
DECLARE
    v_user uuid;
BEGIN
    -- Before the user's row, as wherever attempts are counted; a change that fails is rolled back with it.
    PERFORM identity.forgive(p_attempts);
    SELECT u.id INTO v_user FROM identity.users u
     WHERE u.id = (SELECT user_id FROM identity.session WHERE id = p_session) FOR NO KEY UPDATE;
    -- Read after the lock: another change may just have ended it.
    PERFORM FROM identity.session WHERE id = p_session AND ended_at IS NULL AND expires_at > aether.now();
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN identity.set_password(v_user, coalesce(p_verified, ''), p_hash, p_session);
END $$;

-- Begins a session of a user whose password was checked against p_verified, and forgives the attempt. Answers
-- 'opened'; 'password_changed'; 'suspended'; or what identity.pass_totp says of p_step and p_recovery.
CREATE OR REPLACE FUNCTION identity.open_session(
    p_session uuid, p_user uuid, p_verified text, p_token bytea, p_address inet, p_network text, p_agent text,
    p_lifetime interval, p_attempts bytea[], p_step bigint, p_recovery bytea) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
DECLARE
    v_user   identity.users;
    v_factor text;
    v_now    timestamptz;
BEGIN
    PERFORM identity.forgive(p_attempts);
    SELECT * INTO v_user FROM identity.users WHERE id = p_user FOR NO KEY UPDATE;
    IF v_user.password_hash IS DISTINCT FROM p_verified THEN
        RETURN 'password_changed';
    ELSIF v_user.status <> 'active' THEN
        RETURN 'suspended';
    END IF;
    v_factor := identity.pass_totp(p_user, p_step, p_recovery);
    IF v_factor = 'none' AND (p_step IS NOT NULL OR p_recovery IS NOT NULL) THEN
        -- It was removed since the code was checked: this is no sign-in with a second factor.
        RETURN 'refused';
    ELSIF v_factor NOT IN ('none', 'passed') THEN
        RETURN v_factor;
    END IF;
    v_now := aether.now();
    INSERT INTO identity.session (id, user_id, created_at, expires_at, ends_at, address, network, agent, two_factor,
                                  last_used_at)
    VALUES (p_session, p_user, v_now, v_now, v_now + p_lifetime, p_address, p_network, p_agent, v_factor = 'passed',
            v_now);
    PERFORM identity.add_token(p_session, p_token, NULL, v_now);
    RETURN 'opened';
END $$;

-- The session's next token. A client unused for 30 days signs in again. The caller holds the session's row.
CREATE OR REPLACE FUNCTION identity.add_token(p_session uuid, p_token bytea, p_parent bytea, p_now timestamptz)
    RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
    UPDATE identity.session SET expires_at = least(p_now + interval '30 days', ends_at) WHERE id = p_session;
    INSERT INTO identity.refresh_token (hash, session_id, parent, created_at, expires_at)
    SELECT p_token, id, p_parent, p_now, expires_at FROM identity.session WHERE id = p_session
$$;

-- Trades a refresh token for p_child. The session's row makes twins take turns. Answers one row:
-- 'renewed'; 'reused' if the token had been rotated before (somebody has a copy: the session is ended);
-- 'suspended'; 'dead' for whatever opens nothing. A retired token was most likely lost, not stolen: it ends nothing.
CREATE OR REPLACE FUNCTION identity.rotate_token(
    p_token bytea, p_child bytea, p_address inet, p_network text, p_agent text,
    OUT outcome text, OUT session_id uuid, OUT user_id uuid, OUT two_factor boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
DECLARE
    v_session identity.session;
    v_token   identity.refresh_token;
    v_now     timestamptz;
BEGIN
    outcome := 'dead';
    SELECT * INTO v_session FROM identity.session s
     WHERE s.id = (SELECT t.session_id FROM identity.refresh_token t WHERE t.hash = p_token) FOR NO KEY UPDATE;
    -- Read after the lock: a twin may just have rotated it.
    SELECT * INTO v_token FROM identity.refresh_token t WHERE t.hash = p_token;
    v_now := aether.now();
    session_id := v_session.id;
    user_id := v_session.user_id;
    two_factor := v_session.two_factor;
    IF v_token.hash IS NULL OR v_session.ended_at IS NOT NULL OR v_token.retired_at IS NOT NULL
        OR least(v_token.expires_at, v_session.ends_at) <= v_now THEN
        RETURN;
    ELSIF v_token.rotated_at < v_now - interval '10 seconds' THEN
        UPDATE identity.session s SET ended_at = v_now, end_reason = 'reuse' WHERE s.id = v_session.id;
        outcome := 'reused';
        RETURN;
    ELSIF (SELECT u.status FROM identity.users u WHERE u.id = v_session.user_id) = 'suspended' THEN
        outcome := 'suspended';
        RETURN;
    END IF;
    PERFORM identity.retire_siblings(v_token.parent, v_token.created_at, v_now);
    -- A second rotation keeps the instant of the first: siblings do not prolong each other.
    UPDATE identity.refresh_token t SET rotated_at = v_now WHERE t.hash = p_token AND t.rotated_at IS NULL;
    PERFORM identity.add_token(v_session.id, p_child, p_token, v_now);
    UPDATE identity.session s
       SET address = p_address, network = p_network, agent = p_agent, last_used_at = v_now WHERE s.id = v_session.id;
    outcome := 'renewed';
END $$;

-- Retires the children of p_parent made before p_before, with all their descendants.
CREATE OR REPLACE FUNCTION identity.retire_siblings(p_parent bytea, p_before timestamptz, p_now timestamptz)
    RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
    WITH RECURSIVE branch AS (
        SELECT hash FROM identity.refresh_token
         WHERE parent = p_parent AND created_at < p_before AND retired_at IS NULL
         UNION ALL
        SELECT t.hash FROM branch b JOIN identity.refresh_token t ON t.parent = b.hash
    )
    UPDATE identity.refresh_token SET retired_at = p_now WHERE hash IN (SELECT hash FROM branch)
$$;

-- Ends the session a token belongs to, whatever the token's own state. Answers whose it was, if one ended.
CREATE OR REPLACE FUNCTION identity.end_session_of(p_token bytea, OUT session_id uuid, OUT user_id uuid)
    LANGUAGE sql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
    UPDATE identity.session s SET ended_at = aether.now(), end_reason = 'logout'
     WHERE s.id = (SELECT t.session_id FROM identity.refresh_token t WHERE t.hash = p_token) AND s.ended_at IS NULL
    RETURNING s.id, s.user_id
$$;

-- Ends one session of a user; false if it is not theirs or had ended.
CREATE OR REPLACE FUNCTION identity.end_session(p_user uuid, p_session uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
BEGIN
    UPDATE identity.session SET ended_at = aether.now(), end_reason = 'logout'
     WHERE id = p_session AND user_id = p_user AND ended_at IS NULL AND expires_at > aether.now();
    RETURN FOUND;
END $$;

-- Ends every session of a user, also one that is just being opened: it waits for the user's row or is waited for.
CREATE OR REPLACE FUNCTION identity.sign_out_everywhere(p_user uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM identity.users WHERE id = p_user FOR NO KEY UPDATE;
    PERFORM identity.end_sessions(p_user, NULL, 'logout');
END $$;

-- Counts an attempt under each subject in turn, the widest first, or refuses it: then it answers the seconds until
-- the window of the subject that is full ends. Whoever is refused raises no counter of what comes after it, and writes
-- nothing if that could be seen beforehand: a stranger must not fill the window of somebody else's account, nor the
-- table.
CREATE OR REPLACE FUNCTION identity.admit(p_subjects bytea[], p_limits int[], p_window float8) RETURNS float8
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
DECLARE
    v_row identity.throttle;
    v_now timestamptz := aether.now();
BEGIN
    FOR i IN 1 .. cardinality(p_subjects) LOOP
        SELECT * INTO v_row FROM identity.throttle WHERE subject = p_subjects[i];
        IF v_row.count >= p_limits[i] AND v_row.window_ends_at > v_now THEN
            RETURN extract(epoch FROM v_row.window_ends_at - v_now);
        END IF;
    END LOOP;
    FOR i IN 1 .. cardinality(p_subjects) LOOP
        v_row := identity.count_attempt(p_subjects[i], p_limits[i], p_window);
        IF v_row.count > p_limits[i] THEN
            RETURN greatest(extract(epoch FROM v_row.window_ends_at - aether.now()), 0);
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- Seconds until no subject is full any more; NULL if none is. Counts nothing.
CREATE OR REPLACE FUNCTION identity.full_for(p_subjects bytea[], p_limits int[]) RETURNS float8
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
    SELECT extract(epoch FROM t.window_ends_at - n.now)::float8
      FROM unnest(p_subjects, p_limits) AS s(subject, attempts_max)
      JOIN identity.throttle t ON t.subject = s.subject
      JOIN aether.now() AS n(now) ON t.window_ends_at > n.now
     WHERE t.count >= s.attempts_max
     ORDER BY 1 DESC LIMIT 1
$$;

-- One more attempt in the present window, or the first of a new one. Stops at one above the limit: a hammered row
-- does not grow for ever.
CREATE OR REPLACE FUNCTION identity.count_attempt(p_subject bytea, p_limit int, p_window float8)
    RETURNS identity.throttle
    LANGUAGE sql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
    INSERT INTO identity.throttle AS t (subject, count, window_started_at, window_ends_at)
    SELECT p_subject, 1, now, now + make_interval(secs => p_window) FROM aether.now() AS now
        ON CONFLICT (subject) DO UPDATE
       SET count = CASE WHEN t.window_ends_at <= excluded.window_started_at THEN 1
                        ELSE least(t.count::bigint, p_limit) + 1 END,
           window_started_at = CASE WHEN t.window_ends_at <= excluded.window_started_at
                                    THEN excluded.window_started_at ELSE t.window_started_at END,
           window_ends_at = CASE WHEN t.window_ends_at <= excluded.window_started_at
                                 THEN excluded.window_ends_at ELSE t.window_ends_at END
    RETURNING *
$$;

-- Gives the counts of an attempt back that turned out to be right. In the order they were counted in.
CREATE OR REPLACE FUNCTION identity.forgive(p_subjects bytea[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
BEGIN
    FOR i IN 1 .. coalesce(cardinality(p_subjects), 0) LOOP
        UPDATE identity.throttle SET count = greatest(count - 1, 0) WHERE subject = p_subjects[i];
    END LOOP;
END $$;

-- Whether a network signed in to an account within 30 days. Its attempts are not counted under the account alone:
-- strangers who fail from many networks must not shut out the owner. With p_two_factor only sessions count that were
-- opened with a second factor: whoever has the password alone can make any network known, until one is enrolled.
CREATE OR REPLACE FUNCTION identity.knows_network(p_email text, p_network text, p_two_factor boolean) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM identity.session s JOIN identity.users u ON u.id = s.user_id
         WHERE u.email = p_email AND s.network = p_network AND s.last_used_at > aether.now() - interval '30 days'
           AND (s.two_factor OR NOT p_two_factor))
$$;
