-- Executes the commands of the model test against the functions under test. One command is one transaction; a whole
-- sequence is one call, so that thousands fit into a test run. Amounts travel as whole micro-credits.
CREATE SCHEMA model;

-- Each session has its own clock, so sequences in different databases cannot disturb each other's.
CREATE OR REPLACE FUNCTION aether.now() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS $$ SELECT coalesce(nullif(current_setting('model.now', true), '')::timestamptz, clock_timestamp()) $$;

CREATE FUNCTION model.at(p_seconds text) RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT timestamptz '2030-06-10 12:00:00Z' + make_interval(secs => p_seconds::float8) $$;
CREATE FUNCTION model.seconds(p_at timestamptz) RETURNS text LANGUAGE sql STABLE
    AS $$ SELECT CASE WHEN p_at = 'infinity' THEN 'never'
        ELSE extract(epoch FROM p_at - timestamptz '2030-06-10 12:00:00Z')::bigint::text END $$;
CREATE FUNCTION model.credits(p_micro text) RETURNS numeric LANGUAGE sql IMMUTABLE
    AS $$ SELECT p_micro::numeric * 0.000001 $$;
CREATE FUNCTION model.micro(p_credits numeric) RETURNS bigint LANGUAGE sql IMMUTABLE
    AS $$ SELECT (p_credits * 1000000)::bigint $$;
CREATE FUNCTION model.ids(p jsonb) RETURNS uuid[] LANGUAGE sql IMMUTABLE
    AS $$ SELECT coalesce(array_agg(x::uuid), '{}') FROM jsonb_array_elements_text(p) x $$;

-- The anchor is a task that failed long ago: what surplus and compensation lines of ledger sequences hang on, so that
-- the audit of tasks and attempts holds for them too. It belongs to none of the wallets.
CREATE FUNCTION model.open_sequence(p_wallets uuid[], p_owners uuid[], p_anchor uuid, OUT wallets bigint[],
    OUT owners bigint[])
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('model.now', model.at('0')::text, false);
    SELECT array_agg(ledger.open_wallet(u) ORDER BY n) INTO wallets FROM unnest(p_wallets) WITH ORDINALITY AS x (u, n);
    SELECT array_agg(ledger.open_owner(u) ORDER BY n) INTO owners FROM unnest(p_owners) WITH ORDINALITY AS x (u, n);
    INSERT INTO ledger.hold (id, wallet, ref_kind, amount, state, grant_ids, grant_amounts, created_at, expires_at,
        closed_at)
        VALUES (p_anchor, owners[1], 'task', 0, 'released', '{}', '{}', model.at('0'), model.at('0'), model.at('0'));
    INSERT INTO generation.task (id, user_id, wallet, request_hash, status, requested_model, prompt, aspect_ratio,
        output_format,
            credits_held, lane, start_tag, tag, next_at, deadline, error_code, created_at, completed_at)
        VALUES (p_anchor, p_anchor, owners[1], '\x00', 'failed', 'auto', 'p', '1:1', 'png',
            0, 0, 0, 0, model.at('0'), model.at('0'), 'providers_failed', model.at('0'), model.at('0'));
END $$;

-- Of one owner, and of one consumer; all sequences share the day's total.
CREATE FUNCTION model.budgets() RETURNS numeric[] LANGUAGE sql IMMUTABLE AS $$ SELECT '{4,6,1000000000}'::numeric[] $$;

-- A provider without limits, and a resource for each owner.
CREATE FUNCTION model.open_resources(p_owners uuid[], p_resources uuid[], p_boot uuid) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM generation.lane_id('{stability/core}', 'market', NULL, 42, 'stability');
    UPDATE pool.provider SET policy = 'third_party_allowed', rate_requests = 1000000000
        WHERE policy <> 'third_party_allowed';
    PERFORM pool.connect_resource(jsonb_build_object('id', r, 'owner_id', o, 'provider', 'stability', 'name', r::text,
                'key_hint', 'h', 'key_ciphertext', '\x01', 'data_key_wrapped', '\x02', 'master_key_id', 'k',
                'fingerprint', '\x' || replace(r::text, '-', ''), 'price_per_unit', 0.4, 'daily_limit', 1000000000,
                'monthly_limit', 1000000000, 'concurrency_limit', 1000), '15m')
       FROM unnest(p_resources, p_owners) AS x (r, o);
    PERFORM generation.register_boot(p_boot, 'host', 1, 'v', 32);
END $$;

-- Every key is proven: one that takes a single call at a time would make the model's claims depend on each other.
CREATE FUNCTION model.prove() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    new.delivered_at := 'infinity';
    RETURN new;
END $$;
CREATE TRIGGER prove BEFORE INSERT OR UPDATE ON pool.resource_state FOR EACH ROW EXECUTE FUNCTION model.prove();

-- Commands of the ledger. NULL: not one of them.
CREATE FUNCTION model.step_ledger(c jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_ids      uuid[];
    v_closings ledger.closing[];
    v_sum      numeric;
BEGIN
    CASE c ->> 'op'
    WHEN 'clock' THEN
        PERFORM set_config('model.now', model.at(c ->> 'at')::text, false);
        RETURN '-';
    WHEN 'grant' THEN
        RETURN ledger.issue_grant((c ->> 'id')::uuid, (c ->> 'wallet')::bigint, c ->> 'source', NULL,
            model.credits(c ->> 'amount'),
            (c ->> 'priority')::smallint, coalesce(model.at(c ->> 'expires'), now() + (c ->> 'life')::interval));
    WHEN 'revoke' THEN
        RETURN coalesce(model.micro(ledger.revoke_grant((c ->> 'id')::uuid))::text, 'unknown');
    WHEN 'hold' THEN
        PERFORM 1 FROM ledger.wallet WHERE account = (c ->> 'wallet')::bigint FOR NO KEY UPDATE;
        RETURN coalesce(model.micro(ledger.place_hold((c ->> 'id')::uuid, (c ->> 'wallet')::bigint, 'service',
            model.credits(c ->> 'amount'), model.credits(c ->> 'amount_min'), aether.now(),
                aether.now() + interval '1 day'))::text,
            'insufficient');
    WHEN 'close', 'close_anyway' THEN
        -- As the callers do: only what the lock statement returned.
        SELECT array_agg(s.id) INTO v_ids
          FROM (SELECT h.id FROM ledger.hold h
                 WHERE h.id IN (SELECT (x ->> 'id')::uuid FROM jsonb_array_elements(c -> 'items') x)
                   AND h.state = 'open'
                 ORDER BY h.id FOR NO KEY UPDATE) s;
        SELECT array_agg(x.id),
               array_agg(ROW(x.id, model.credits(x.charge), model.credits(x.rate), x.credit, NULL)::ledger.closing)
          INTO v_ids, v_closings
          FROM jsonb_to_recordset(c -> 'items') AS x (id uuid, charge text, rate text, credit bigint)
         WHERE x.id = ANY (v_ids) OR c ->> 'op' = 'close_anyway';
        IF v_ids IS NULL THEN
            RETURN '0';
        END IF;
        PERFORM ledger.close_holds(v_closings);
        RETURN (SELECT format('%s of %s', cardinality(v_ids), coalesce(sum(model.micro(charged)), 0)) FROM ledger.hold
            WHERE id = ANY (v_ids));
    WHEN 'release' THEN
        RETURN ledger.release_holds(model.ids(c -> 'ids'));
    WHEN 'refund' THEN
        RETURN ledger.refund((c ->> 'id')::uuid, (c ->> 'seq')::int, model.credits(c ->> 'amount'),
            (c ->> 'grant_paid')::uuid, (c ->> 'grant_free')::uuid);
    WHEN 'expire_due' THEN
        SELECT credits INTO v_sum FROM ledger.expire_due(1000000);
        RETURN model.micro(v_sum);
    WHEN 'pay' THEN
        IF (c ->> 'again')::boolean IS NOT TRUE THEN
            INSERT INTO generation.attempt (id, task_id, no, boot_id, resource_id, owner_id, owner_account, provider,
                    model, units, price_per_unit, cost, reference_cost, commission_rate, own, state, billed, occupies,
                    occupied_until, started_at, hard_deadline, ended_at)
                VALUES ((c ->> 'attempt')::uuid, (c ->> 'task')::uuid, (c ->> 'no')::int, (c ->> 'task')::uuid,
                    (c ->> 'task')::uuid, (SELECT user_id FROM ledger.account WHERE id = (c ->> 'owner')::bigint),
                    (c ->> 'owner')::bigint, 'stability',
                    'stability/core', 1, model.credits(c ->> 'gross'),
                    model.credits(c ->> 'gross'), model.credits(c ->> 'gross'), model.credits(c ->> 'rate'), false,
                    CASE c ->> 'kind' WHEN 'surplus' THEN 'surplus' ELSE 'refused' END, c ->> 'kind' = 'compensate',
                        false,
                    model.at('0'), model.at('0'), model.at('0'), model.at('0'));
            UPDATE generation.task SET attempts_started = (c ->> 'no')::int WHERE id = (c ->> 'task')::uuid;
        END IF;
        IF (c ->> 'again')::boolean THEN
            RETURN ledger.pay_owner((c ->> 'task')::uuid, c ->> 'kind', (c ->> 'no')::int, (c ->> 'attempt')::uuid,
                (c ->> 'owner')::bigint, model.credits(c ->> 'gross'), model.credits(c ->> 'rate'), aether.now());
        END IF;
        PERFORM generation.compensate(c ->> 'kind', ARRAY[(c ->> 'attempt')::uuid], model.budgets(), aether.now());
        RETURN (SELECT model.micro(paid) FROM generation.compensation WHERE attempt = (c ->> 'attempt')::uuid);
    WHEN 'roll_up' THEN
        PERFORM ledger.roll_up();
        RETURN '-';
    WHEN 'rebuild' THEN
        PERFORM ledger.rebuild_balances();
        RETURN '-';
    ELSE
        RETURN NULL;
    END CASE;
END $$;

-- Commands of the main job.
CREATE FUNCTION model.step_task(c jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_outcome text;
    v_ids     uuid[];
BEGIN
    CASE c ->> 'op'
    WHEN 'open_resources' THEN
        PERFORM model.open_resources(model.ids(c -> 'owners'), model.ids(c -> 'resources'), (c ->> 'boot')::uuid);
        RETURN '-';
    WHEN 'submit' THEN
        SELECT string_agg(s.outcome || CASE s.outcome WHEN 'accepted' THEN ' ' || model.micro(s.credits)
                                                      WHEN 'insufficient' THEN ' ' || model.micro(s.credits)
                                                      WHEN 'replayed' THEN ' ' || s.task_id ELSE '' END,
                          ', ' ORDER BY s.ord)
          INTO v_outcome
          FROM generation.submit_batch((
               SELECT jsonb_agg(x || jsonb_build_object('amount', model.credits(x ->> 'amount')::text, 'amount_min',
                                                        model.credits(x ->> 'amount_min')::text, 'route', 'any',
                                                        'reference_cost', model.credits(x ->> 'amount')::text))
                 FROM jsonb_array_elements(c -> 'tasks') x), (c ->> 'strikes_max')::int) s;
        RETURN v_outcome;
    WHEN 'claim' THEN
        PERFORM 1 FROM generation.lock_due(1000, 0, '{"1": [10000, 0, 0, 0, 1]}', '{}', 0, -2147483648, NULL) d
         WHERE d.id = (c ->> 'task')::uuid;
        IF NOT FOUND THEN
            RETURN 'not due';
        END IF;
        RETURN coalesce((SELECT model.micro(s.cost)::text
            FROM generation.start_attempts((c ->> 'boot')::uuid, '1000 years',
            jsonb_build_array(jsonb_build_object('ord', 1, 'attempt', c ->> 'attempt', 'task', c ->> 'task',
                'resource', c ->> 'resource', 'model', c ->> 'model')), '90 s', '30 s',
            model.credits(c ->> 'own_fee'), model.credits(c ->> 'rate'), 1000000) s), 'not granted');
    WHEN 'claim_due', 'claim_these' THEN
        -- What is due; or these, whoever else has something due. Answers the attempts that began.
        SELECT array_agg(d.id) INTO v_ids
          FROM generation.lock_due(cardinality(model.ids(c -> 'attempts')), 0, '{"1": [10000, 0, 0, 0, 1]}',
                                   '{}', 0, -2147483648, NULL) d
              WHERE d.looked_at IS NULL AND c ->> 'op' = 'claim_due';
        SELECT coalesce(v_ids, array_agg(s.id)) INTO v_ids
          FROM (SELECT t.id FROM generation.task t
              WHERE t.id = ANY (model.ids(c -> 'tasks')) ORDER BY t.id FOR NO KEY UPDATE) s;
        SELECT coalesce(string_agg(s.attempt_id::text, ' '), '') INTO v_outcome
          FROM generation.start_attempts((c ->> 'boot')::uuid, '1000 years', (
               SELECT coalesce(jsonb_agg(jsonb_build_object('ord', x.n, 'attempt', x.attempt, 'task', x.task,
                   'resource', c ->> 'resource',
                                                            'model', 'stability/core')), '[]')
                 FROM ROWS FROM (unnest(model.ids(c -> 'attempts')), unnest(v_ids)) WITH ORDINALITY
                     AS x (attempt, task, n)
                WHERE x.attempt IS NOT NULL AND x.task IS NOT NULL),
               '90 s', '30 s', 0.1, 0.15, 1000000) s;
        RETURN v_outcome;
    WHEN 'settle' THEN
        SELECT string_agg(s.outcome, ', ' ORDER BY x.n) INTO v_outcome
          FROM generation.settle_batch((SELECT jsonb_agg(jsonb_build_object('attempt', a, 'content_type', 'image/png',
              'width', 1,
                   'height', 1, 'bytes', 10, 'sha256', '00')) FROM jsonb_array_elements(c -> 'attempts') a),
              model.budgets()) s
          JOIN jsonb_array_elements_text(c -> 'attempts') WITH ORDINALITY AS x (id, n) ON x.id::uuid = s.attempt_id;
        RETURN v_outcome;
    WHEN 'end' THEN
        SELECT e.outcome || ' ' || e.task_status INTO v_outcome
          FROM generation.end_attempt((c ->> 'attempt')::uuid, jsonb_build_object('state', c ->> 'state',
                   'class', c ->> 'class', 'message', 'm', 'billed', c -> 'billed', 'action', c ->> 'action',
                   'delay_seconds', c -> 'delay', 'exclude', false, 'error_message', 'm', 'effect', 'none',
                   'error_code', CASE c ->> 'action' WHEN 'fail' THEN 'content_blocked' END), 4,
                   model.budgets()) e;
        RETURN v_outcome;
    WHEN 'cancel' THEN
        RETURN generation.cancel_task((c ->> 'task')::uuid, (c ->> 'user')::uuid);
    WHEN 'cancel_user' THEN
        RETURN (SELECT count(*) FROM generation.cancel_user_tasks((c ->> 'user')::uuid));
    WHEN 'park' THEN
        RETURN generation.park_settlement((c ->> 'attempt')::uuid, 'm');
    WHEN 'retry_settlement' THEN
        RETURN generation.retry_settlement((c ->> 'task')::uuid);
    WHEN 'end_parked' THEN
        RETURN generation.end_parked((c ->> 'task')::uuid, (c ->> 'pay')::boolean);
    WHEN 'fail_overdue' THEN
        RETURN (SELECT count(*) FROM generation.fail_overdue(1000000));
    WHEN 'vacate' THEN
        RETURN generation.vacate(1000000);
    WHEN 'suspend' THEN
        PERFORM ledger.suspend_wallet((c ->> 'user')::uuid, (c ->> 'suspended')::boolean);
        RETURN '-';
    WHEN 'price' THEN
        RETURN pool.change_resource((c ->> 'resource')::uuid, (c ->> 'owner')::uuid,
                                    jsonb_build_object('price_per_unit', model.credits(c ->> 'price')));
    ELSE
        RAISE EXCEPTION 'no such command: %', c;
    END CASE;
END $$;

CREATE FUNCTION model.step(c jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN coalesce(model.step_ledger(c), model.step_task(c));
END $$;

-- Runs a sequence, one transaction per command. Answers, for each, what it said and what each wallet has then:
-- 'outcome | available held, available held'.
CREATE PROCEDURE model.run(p_commands jsonb, p_wallets bigint[], INOUT p_answers text[]) LANGUAGE plpgsql AS $$
DECLARE
    v_outcome text;
BEGIN
    p_answers := '{}';
    FOR i IN 0 .. jsonb_array_length(p_commands) - 1 LOOP
        BEGIN
            v_outcome := model.step(p_commands -> i);
        EXCEPTION WHEN others THEN
            v_outcome := 'error ' || sqlstate;
        END;
        COMMIT;
        p_answers := p_answers || (v_outcome || ' | ' || (
            SELECT string_agg(format('%s %s', model.micro(w.available), model.micro(coalesce((
                       SELECT sum(h.amount) FROM ledger.hold h WHERE h.wallet = w.account AND h.state = 'open'), 0))),
                           ', ' ORDER BY w.account)
              FROM ledger.wallet w WHERE w.account = ANY (p_wallets)));
    END LOOP;
END $$;

-- How the model calls an account.
CREATE FUNCTION model.name(p_account bigint, p_wallets bigint[], p_owners bigint[]) RETURNS text
    LANGUAGE sql STABLE AS $$
    SELECT coalesce('wallet ' || array_position(p_wallets, p_account) - 1,
                    'owner ' || array_position(p_owners, p_account) - 1,
                    a.kind || coalesce(' ' || a.source, ''))
      FROM ledger.account a WHERE a.id = p_account
$$;

-- Everything the books say about a sequence, one line each, in no particular order.
CREATE FUNCTION model.books(p_wallets bigint[], p_owners bigint[], p_refs uuid[]) RETURNS text[]
    LANGUAGE sql STABLE AS $$
    SELECT array_agg(x.line) FROM (
        SELECT format('grant %s of %s from %s: paid %s, priority %s, amount %s, remaining %s, '
                      'expired %s, revoked %s, expires %s',
                   id, model.name(wallet, p_wallets, p_owners), source, paid, priority, model.micro(amount),
                       model.micro(remaining),
                   model.micro(expired), model.micro(revoked), model.seconds(expires_at)) AS line
          FROM ledger.credit_grant WHERE wallet = ANY (p_wallets)
        UNION ALL
        SELECT format('hold %s of %s: %s, amount %s, paid %s, charged %s, fee %s, refunded %s, '
                      'fee back %s, paid back %s, slices%s',
                   id, model.name(wallet, p_wallets, p_owners), state, model.micro(amount), model.micro(paid),
                       model.micro(charged),
                   model.micro(fee), model.micro(refunded), model.micro(refunded_fee), model.micro(refunded_paid),
                   (SELECT string_agg(format(' %s from %s', model.micro(s.amount), s.id), ',' ORDER BY s.n)
                      FROM unnest(grant_ids, grant_amounts) WITH ORDINALITY AS s (id, amount, n)))
          FROM ledger.hold WHERE wallet = ANY (p_wallets)
        UNION ALL
        SELECT format('line %s %s %s (%s): %s to %s, gross %s, fee %s, paid %s', ref, kind, seq, dir,
            model.name(debit, p_wallets, p_owners),
                   model.name(credit, p_wallets, p_owners), model.micro(gross), model.micro(fee), model.micro(paid))
          FROM ledger.journal WHERE ref = ANY (p_refs) OR debit = ANY (p_wallets) 
            OR credit = ANY (p_wallets || p_owners)
        UNION ALL
        -- As the earnings are read: what is rolled up, and the tail.
        SELECT format('balance of %s: %s', model.name(o, p_wallets, p_owners), model.micro(
                   coalesce((SELECT balance FROM ledger.balance WHERE account = o), 0)
                   + coalesce((SELECT sum(j.dir * j.net) FROM ledger.journal j, ledger.rollup r
                                WHERE j.credit = o AND j.xid >= r.upto AND j.line > r.base_line), 0)))
          FROM unnest(p_owners) o
        UNION ALL
        SELECT format('task %s: %s, cost %s, attempts %s', id, status, coalesce(model.micro(credits_cost)::text, '-'),
            attempts_started)
          FROM generation.task WHERE wallet = ANY (p_wallets)
        UNION ALL
        SELECT format('attempt %s: %s, cost %s, occupies %s', a.id, a.state, model.micro(a.cost), a.occupies)
          FROM generation.attempt a JOIN generation.task t ON t.id = a.task_id WHERE t.wallet = ANY (p_wallets)
    ) x
$$;

-- Balances of the platform's own accounts: rolled up and tail.
CREATE FUNCTION model.system_balances() RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT array_agg(format('%s: %s', model.name(a.id, '{}', '{}'),
        model.micro(coalesce(b.balance, 0) + coalesce(t.amount, 0))))
      FROM ledger.account a
      LEFT JOIN ledger.balance b ON b.account = a.id
      LEFT JOIN (SELECT e.account, sum(e.amount) AS amount FROM ledger.posting e, ledger.rollup r
                  WHERE e.xid >= r.upto AND e.line > r.base_line GROUP BY e.account) t ON t.account = a.id
     WHERE a.id < 1000
$$;

-- What the books say happened, to be compared with what 32 clients were told.
CREATE FUNCTION model.totals() RETURNS TABLE (name text, total bigint) LANGUAGE sql STABLE AS $$
    SELECT 'granted', model.micro(coalesce(sum(gross), 0)) FROM ledger.journal WHERE kind = 'issue'
    UNION ALL SELECT 'revoked', model.micro(coalesce(sum(gross), 0)) FROM ledger.journal WHERE kind = 'revoke'
    UNION ALL SELECT 'refunded', model.micro(coalesce(sum(gross), 0)) FROM ledger.journal WHERE kind = 'refund'
    UNION ALL SELECT 'held', model.micro(coalesce(sum(amount), 0)) FROM ledger.hold
    UNION ALL SELECT 'charged to services', model.micro(coalesce(sum(charged), 0)) FROM ledger.hold
        WHERE ref_kind = 'service'
    UNION ALL SELECT 'services released', count(*) FROM ledger.hold WHERE ref_kind = 'service' AND state = 'released'
    UNION ALL SELECT 'attempts', count(*) FROM generation.attempt
    UNION ALL SELECT 'settled', count(*) FROM generation.attempt WHERE state = 'delivered'
    UNION ALL SELECT 'surplus', count(*) FROM generation.attempt WHERE state = 'surplus'
    UNION ALL SELECT 'canceled', count(*) FROM generation.task WHERE status = 'canceled'
    UNION ALL SELECT 'failed', count(*) FROM generation.task WHERE status = 'failed' AND lane <> 0
$$;
