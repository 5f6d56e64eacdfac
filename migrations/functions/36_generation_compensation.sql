-- What the platform pays for output that no consumer is charged for: `compensate` where the provider billed it and
-- withheld it, `surplus` where the image came after the task had ended. Due is the cost, at most the reference cost: no
-- price of an owner raises it. It is paid up to what is left of three budgets of the UTC day (p_budgets, in credits:
-- of one owner, of one consumer, of all together), in part if need be; the rest is recorded and stays unpaid. Nothing
-- is due where consumer and owner are one.
-- The caller holds the attempts and has just ended them. The budgets' rows are locked here, in the order of their key:
-- after wallets and grants, before resources.
CREATE OR REPLACE FUNCTION generation.compensate(
    p_kind text, p_attempts uuid[], p_budgets numeric[], p_now timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = generation, pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    c_all  constant uuid := '00000000-0000-0000-0000-000000000000';
    v_day  date := aether.utc_day(p_now);
    v_due  numeric;
    v_paid numeric;
    v_left record;
    a      record;
BEGIN
    -- One statement inserts what is missing and locks what is there, row after row in this order.
    INSERT INTO generation.compensation_budget (day, scope, subject, budget)
    SELECT v_day, s.scope, s.subject, s.budget
      FROM (SELECT DISTINCT x.scope COLLATE "C" AS scope, x.subject, x.budget
              FROM unnest(p_attempts) AS u (id)
              JOIN generation.attempt t ON t.id = u.id AND NOT t.own
              JOIN generation.task k ON k.id = t.task_id,
                   LATERAL (VALUES ('consumer', k.user_id, p_budgets[2]), ('owner', t.owner_id, p_budgets[1]),
                                   ('total', c_all, p_budgets[3])) AS x (scope, subject, budget)) s
     ORDER BY s.scope, s.subject
        ON CONFLICT (day, scope, subject) DO UPDATE
       SET budget = greatest(compensation_budget.budget, excluded.budget);

    FOR a IN SELECT t.*, k.user_id FROM unnest(p_attempts) AS u (id)
               JOIN generation.attempt t ON t.id = u.id AND NOT t.own
               JOIN generation.task k ON k.id = t.task_id
              ORDER BY t.id LOOP
        v_due := least(a.cost, a.reference_cost);
        SELECT x.scope, greatest(0, x.budget - b.paid) AS credits INTO STRICT v_left
          FROM (VALUES ('consumer', a.user_id, p_budgets[2]), ('owner', a.owner_id, p_budgets[1]),
                       ('total', c_all, p_budgets[3])) AS x (scope, subject, budget)
          JOIN generation.compensation_budget b ON b.day = v_day AND b.scope = x.scope AND b.subject = x.subject
         ORDER BY credits, x.scope LIMIT 1;
        v_paid := least(v_due, v_left.credits);
        IF v_paid > 0 AND NOT ledger.pay_owner(a.task_id, p_kind, a.no, a.id, a.owner_account, v_paid,
                                               a.commission_rate, p_now) THEN
            v_paid := 0;
            v_left.scope := NULL;
        END IF;
        INSERT INTO generation.compensation (attempt, task_id, kind, owner_id, consumer_id, day, due, paid, reason,
                                             created_at)
            VALUES (a.id, a.task_id, p_kind, a.owner_id, a.user_id, v_day, v_due, v_paid,
                    CASE WHEN v_paid < v_due THEN coalesce(v_left.scope || '_budget', 'commission') END, p_now);
        UPDATE generation.compensation_budget b SET paid = b.paid + v_paid
          FROM (VALUES ('consumer', a.user_id), ('owner', a.owner_id), ('total', c_all)) AS x (scope, subject)
         WHERE v_paid > 0 AND b.day = v_day AND b.scope = x.scope AND b.subject = x.subject;
    END LOOP;
END $$;
