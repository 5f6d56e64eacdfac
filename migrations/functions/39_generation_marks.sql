-- What users keep beside their tasks: marks, and presets. Whoever changes presets locks the user's row first: their
-- number and their order are judged under it.

-- NULL leaves a mark as it is. false: this user has no such task.
CREATE OR REPLACE FUNCTION generation.mark_task(p_task uuid, p_user uuid, p_favorite boolean, p_hidden boolean)
    RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO generation.task_mark AS m (task_id, user_id, favorite, hidden)
    SELECT t.id, t.user_id, coalesce(p_favorite, false), coalesce(p_hidden, false)
      FROM generation.task t WHERE t.id = p_task AND t.user_id = p_user
        ON CONFLICT (task_id) DO UPDATE
       SET favorite = coalesce(p_favorite, m.favorite), hidden = coalesce(p_hidden, m.hidden);
    RETURN FOUND;
END $$;

-- Puts one preset of a user at a place among the others (beyond the last: last), and numbers them anew. The caller
-- holds the user's row.
CREATE OR REPLACE FUNCTION generation.place_preset(p_user uuid, p_id uuid, p_position int) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
    UPDATE generation.preset p SET position = n.position
      FROM (SELECT o.id, row_number() OVER (ORDER BY CASE WHEN o.id = p_id THEN 2 * p_position::bigint
                                                          ELSE 2 * o.place + 1 END) - 1 AS position
              FROM (SELECT x.id, CASE WHEN x.id <> p_id
                                      THEN row_number() OVER (PARTITION BY x.id <> p_id ORDER BY x.position, x.id) - 1
                                      END AS place
                      FROM generation.preset x WHERE x.user_id = p_user) o) n
     WHERE p.id = n.id AND p.position <> n.position
$$;

-- p_position NULL: after the others. false: the user has p_max already.
CREATE OR REPLACE FUNCTION generation.create_preset(
    p_id uuid, p_user uuid, p_name text, p_params jsonb, p_position int, p_max int) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
DECLARE
    v_count int;
BEGIN
    PERFORM 1 FROM identity.users WHERE id = p_user FOR NO KEY UPDATE;
    SELECT count(*) INTO v_count FROM generation.preset WHERE user_id = p_user;
    IF v_count >= p_max THEN
        RETURN false;
    END IF;
    INSERT INTO generation.preset (id, user_id, name, params, position, created_at)
        VALUES (p_id, p_user, p_name, p_params, v_count, aether.now());
    IF p_position < v_count THEN
        PERFORM generation.place_preset(p_user, p_id, p_position);
    END IF;
    RETURN true;
END $$;

-- NULL leaves a column as it is. false: this user has no such preset.
CREATE OR REPLACE FUNCTION generation.change_preset(
    p_id uuid, p_user uuid, p_name text, p_params jsonb, p_position int) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM identity.users WHERE id = p_user FOR NO KEY UPDATE;
    UPDATE generation.preset SET name = coalesce(p_name, name), params = coalesce(p_params, params)
     WHERE id = p_id AND user_id = p_user;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF p_position IS NOT NULL THEN
        PERFORM generation.place_preset(p_user, p_id, p_position);
    END IF;
    RETURN true;
END $$;

-- false: this user has no such preset.
CREATE OR REPLACE FUNCTION generation.delete_preset(p_id uuid, p_user uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp AS $$
DECLARE
    v_position int;
BEGIN
    PERFORM 1 FROM identity.users WHERE id = p_user FOR NO KEY UPDATE;
    DELETE FROM generation.preset WHERE id = p_id AND user_id = p_user RETURNING position INTO v_position;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE generation.preset SET position = position - 1 WHERE user_id = p_user AND position > v_position;
    RETURN true;
END $$;
