-- Settles delivered images by attempt; every amount comes from the attempt row. The first kept image that finds the
-- hold open wins; one that finds it closed, for whatever reason, is surplus: the platform compensates that owner,
-- within p_budgets (generation.compensate).
-- Lock order: task < attempt < hold < wallet < grants < budget < resource.
-- p_items: shared::generation::settle::KeptDelivery, attempts distinct.
-- Outcome: settled | surplus | already | gone | repeated (its own worker settled it before, and did not hear the
-- answer: rescue takes nothing from a living boot before the hard deadline).
CREATE OR REPLACE FUNCTION generation.settle_batch(p_items jsonb, p_budgets numeric[] DEFAULT '{10,10,200}')
    RETURNS TABLE (attempt_id uuid, task_id uuid, outcome text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    v_attempts uuid[];
    v_tasks    uuid[];
    v_live     uuid[];
    v_open     uuid[];
    v_won      uuid[];
    v_surplus  uuid[];
    v_closings ledger.closing[];
    v_now      timestamptz;
    v_own      boolean;
    v_doubted  boolean;
BEGIN
    SELECT array_agg((x ->> 'attempt')::uuid ORDER BY (x ->> 'attempt')::uuid) INTO v_attempts
      FROM jsonb_array_elements(p_items) x;
    SELECT array_agg(DISTINCT t.task_id) INTO v_tasks FROM generation.attempt t WHERE t.id = ANY (v_attempts);
    -- One after the other, in the order of the ids, each found by its id (12_ledger_holds.sql says why).
    SELECT bool_or(t.verdicts > 0) INTO v_doubted
      FROM unnest(v_tasks) AS u (id),
           LATERAL (SELECT x.verdicts FROM generation.task x WHERE x.id = u.id FOR NO KEY UPDATE) t;
    SELECT coalesce(array_agg(s.id), '{}') INTO v_live
      FROM unnest(v_attempts) AS u (id),
           LATERAL (SELECT t.id, t.state FROM generation.attempt t WHERE t.id = u.id FOR NO KEY UPDATE) s
     WHERE s.state IN ('calling', 'unknown');
    SELECT coalesce(array_agg(s.id), '{}') INTO v_open
      FROM unnest(v_tasks) AS u (id),
           LATERAL (SELECT h.id FROM ledger.hold h WHERE h.id = u.id AND h.closed_at IS NULL FOR NO KEY UPDATE) s;

    SELECT array_agg(s.id),
           array_agg(ROW(s.task_id, s.cost, s.commission_rate, s.owner_account, s.id)::ledger.closing), bool_or(s.own)
      INTO v_won, v_closings, v_own
      FROM (SELECT DISTINCT ON (t.task_id) t.id, t.task_id, t.cost, t.commission_rate, t.owner_account, t.own
              FROM generation.attempt t
             WHERE t.id = ANY (v_live) AND t.task_id = ANY (v_open) ORDER BY t.task_id, t.no) s;
    v_won := coalesce(v_won, '{}');
    SELECT coalesce(array_agg(l), '{}') INTO v_surplus FROM unnest(v_live) l WHERE NOT l = ANY (v_won);
    IF cardinality(v_won) > 0 THEN
        PERFORM ledger.close_holds(v_closings);
    END IF;
    v_now := aether.now();
    IF v_doubted THEN
        PERFORM generation.forgive_verdicts(v_won, v_now);
    END IF;
    IF cardinality(v_surplus) > 0 THEN
        PERFORM generation.compensate('surplus', v_surplus, p_budgets, v_now);
    END IF;

    UPDATE generation.task t
       SET status = 'completed', completed_at = v_now, model = d.model, credits_cost = h.charged, image_attempt = d.id,
           image_content_type = i.content_type, image_width = i.width, image_height = i.height, image_bytes = i.bytes,
           image_seed = i.seed, image_sha256 = decode(i.sha256, 'hex'), settle_failed_at = NULL, settle_error = NULL,
           settle_retry_at = NULL, parked_attempt = NULL
      FROM jsonb_to_recordset(p_items) AS i (
               attempt uuid, content_type text, width int, height int, bytes bigint, seed bigint, sha256 text)
      JOIN generation.attempt d ON d.id = i.attempt
      JOIN ledger.hold h ON h.id = d.task_id
     WHERE i.attempt = ANY (v_won) AND t.id = d.task_id;

    PERFORM 1 FROM pool.resource_state s
      WHERE s.resource_id IN (SELECT t.resource_id FROM generation.attempt t WHERE t.id = ANY (v_live))
      ORDER BY s.resource_id FOR NO KEY UPDATE;
    UPDATE pool.resource_state s
       SET in_flight = s.in_flight - d.freed,
           success_rate = 1 - (1 - s.success_rate) * power(0.9, d.images),
           blocked_rate = s.blocked_rate * power(0.9, d.images),
           latency_ms = CASE WHEN s.latency_ms = 0 THEN d.latency_ms ELSE s.latency_ms * 0.8 + d.latency_ms * 0.2 END,
           coolings = 0,
           health = CASE WHEN s.health = 'probing' AND d.newest >= s.health_changed_at THEN 'ok' ELSE s.health END,
           health_changed_at = CASE WHEN s.health = 'probing' AND d.newest >= s.health_changed_at
                                    THEN v_now ELSE s.health_changed_at END,
           suspect_class = CASE WHEN d.newest >= s.suspect_at THEN NULL ELSE s.suspect_class END,
           suspicions = CASE WHEN d.newest >= s.suspect_at THEN 0 ELSE s.suspicions END,
           delivered_at = v_now
      FROM (SELECT t.resource_id, count(*) FILTER (WHERE t.occupies)::int AS freed, count(*) AS images,
                   max(t.started_at) AS newest,
                   avg(extract(epoch FROM v_now - t.started_at) * 1000) AS latency_ms
              FROM generation.attempt t WHERE t.id = ANY (v_live) GROUP BY t.resource_id) d
     WHERE s.resource_id = d.resource_id;
    UPDATE generation.attempt t
       SET state = CASE WHEN t.id = ANY (v_won) THEN 'delivered' ELSE 'surplus' END, error_class = NULL,
           error_message = NULL, occupies = false, look_at = NULL, ended_at = v_now
     WHERE t.id = ANY (v_live);
    PERFORM pool.note_delivered(v_live, v_now);
    IF v_own THEN
        INSERT INTO generation.own_supply AS o (owner, key_group, served)
        SELECT t.user_id, l.key_group, sum(t.tag - t.start_tag)
          FROM generation.attempt a
          JOIN generation.task t ON t.id = a.task_id
          JOIN generation.lane l ON l.id = t.lane
         WHERE a.id = ANY (v_won) AND a.own AND l.key_group > 0
         GROUP BY t.user_id, l.key_group ORDER BY t.user_id, l.key_group
            ON CONFLICT (owner, key_group) DO UPDATE SET served = o.served + excluded.served;
    END IF;

    RETURN QUERY
    SELECT i.id, t.task_id, CASE WHEN i.id = ANY (v_won) THEN 'settled' WHEN i.id = ANY (v_surplus) THEN 'surplus'
                                 WHEN t.id IS NULL THEN 'gone'
                                 WHEN t.state = 'delivered' AND t.ended_at <= t.hard_deadline
                                      AND EXISTS (SELECT FROM generation.boot b
                                                   WHERE b.id = t.boot_id AND b.ended_at IS NULL) THEN 'repeated'
                                 ELSE 'already' END
      FROM unnest(v_attempts) AS i (id) LEFT JOIN generation.attempt t ON t.id = i.id;
END $$;
