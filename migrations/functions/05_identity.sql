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
