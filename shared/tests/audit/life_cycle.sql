-- A little of everything that can happen to credits, tasks and keys, through the functions the services use.
-- Ids: u('c1') consumer, u('d1') owner, u('b1') boot, u('e1'), u('e2') resources, u('1n') tasks, u('2n') attempts,
-- u('fn') grants.
CREATE FUNCTION public.u(p text) RETURNS uuid LANGUAGE sql IMMUTABLE
    AS $$ SELECT ('00000000-0000-7000-8000-' || lpad(p, 12, '0'))::uuid $$;

CREATE FUNCTION public.submit(p_task text, p_user text, p_amount numeric) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_outcome text;
BEGIN
    SELECT s.outcome INTO v_outcome FROM generation.submit_batch(jsonb_build_array(jsonb_build_object(
        'ord', 1, 'id', u(p_task), 'user_id', u(p_user),
        'wallet', (SELECT account FROM ledger.wallet WHERE user_id = u(p_user)),
        'request_hash', '00', 'model', 'auto', 'prompt', 'p', 'aspect_ratio', '1:1', 'output_format', 'png',
        'route', 'any', 'reference_cost', 1.5,
        'amount', p_amount, 'amount_min', p_amount, 'deadline_seconds', 300,
        'lane', generation.lane_id('{stability/core}', 'market', NULL, 42, 'stability'))), 20) s;
    ASSERT v_outcome = 'accepted', v_outcome;
END $$;

CREATE FUNCTION public.claim(p_task text, p_attempt text, p_resource text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM generation.start_attempts(u('b1'), '1h',
        jsonb_build_array(jsonb_build_object('ord', 1, 'attempt', u(p_attempt),
        'task', u(p_task), 'resource', u(p_resource), 'model', 'stability/core')), '90s', '30s', 0.5, 0.1, 5);
    ASSERT FOUND, p_task;
END $$;

CREATE FUNCTION public.settle(p_attempt text, p_outcome text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_outcome text;
BEGIN
    SELECT s.outcome INTO v_outcome
      FROM generation.settle_batch(jsonb_build_array(jsonb_build_object('attempt', u(p_attempt),
        'content_type', 'image/png', 'width', 1, 'height', 1, 'bytes', 10, 'sha256', '00'))) s;
    ASSERT v_outcome = p_outcome, v_outcome;
END $$;

CREATE FUNCTION public.end_attempt(
    p_attempt text, p_state text, p_class text, p_billed boolean, p_action text) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    v_outcome text;
BEGIN
    SELECT e.outcome INTO v_outcome FROM generation.end_attempt(u(p_attempt), jsonb_build_object('state', p_state,
        'class', p_class, 'message', 'm', 'billed', p_billed, 'action', p_action, 'delay_seconds', 0, 'exclude', false,
        'error_code', CASE p_action WHEN 'fail' THEN 'content_blocked' END, 'error_message', 'm',
        'effect', 'none'), 6) e;
    ASSERT v_outcome = 'ended', v_outcome;
END $$;

-- A day in the middle of a month, whatever day the test runs.
CREATE OR REPLACE FUNCTION aether.now() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS $$ SELECT timestamptz '2030-06-10 12:00:00Z' $$;
SELECT ledger.open_wallet(u('c1')), ledger.open_wallet(u('d1'));
INSERT INTO identity.users (id, email, password_hash, display_name, wallet, created_at)
SELECT u('d1'), 'owner@example.com', 'x', 'Owner', account, aether.now() FROM ledger.wallet WHERE user_id = u('d1');
-- Spent in this order: what will be revoked, what will expire, what stays; and one that expires untouched.
SELECT ledger.issue_grant(u('f1'), account, 'admin', NULL, 6, -1::smallint, NULL),
       ledger.issue_grant(u('f2'), account, 'purchase', 'order', 20, 0::smallint, aether.now() + interval '1 day'),
       ledger.issue_grant(u('f3'), account, 'promotion', NULL, 100, 0::smallint, NULL),
       ledger.issue_grant(u('f4'), account, 'sign_up', NULL, 3, 9::smallint, aether.now() + interval '1 day')
  FROM ledger.wallet WHERE user_id = u('c1');
SELECT ledger.issue_grant(u('f5'), account, 'subscription', 'period', 10, 0::smallint, NULL)
  FROM ledger.wallet WHERE user_id = u('d1');
UPDATE pool.provider SET policy = 'third_party_allowed';
SELECT pool.connect_resource(jsonb_build_object('id', u(r), 'owner_id', u('d1'), 'provider', 'stability', 'name', r,
           'key_hint', 'h', 'key_ciphertext', '\x01', 'data_key_wrapped', '\x02', 'master_key_id', 'k',
           'fingerprint', '\x' || r, 'price_per_unit', 1.5, 'daily_limit', 10000, 'monthly_limit', 100000,
           'concurrency_limit', 20, 'available_units', 500), '15m')
  FROM unnest('{e1,e2}'::text[]) r;
UPDATE pool.resource_state SET delivered_at = aether.now();
SELECT generation.register_boot(u('b1'), 'host', 1, 'v', 32);

-- A hold whose grant is revoked meanwhile, and then is released.
SELECT submit('10', 'c1', 4.95);
SELECT ledger.revoke_grant(u('f1'));
SELECT generation.cancel_task(u('10'), NULL);
-- Settled with headroom left; part of it refunded.
SELECT submit('11', 'c1', 4.95), claim('11', '21', 'e1'), settle('21', 'settled');
SELECT ledger.refund(u('11'), 1, 2, u('f6'), u('f7'));
-- Unknown, retried, delivered; then the late image: surplus.
SELECT submit('12', 'c1', 4.95), claim('12', '22', 'e1'), end_attempt('22', 'unknown', 'timeout', false, 'retry');
SELECT claim('12', '32', 'e2'), settle('32', 'settled'), settle('22', 'surplus');
-- Filtered, and billed by the provider: released, and the owner compensated.
SELECT submit('13', 'c1', 4.95), claim('13', '23', 'e1'), end_attempt('23', 'refused', 'content_blocked', true, 'fail');
-- Failed at no cost, waits again; another is out; another's outcome is unknown and it waits.
SELECT submit('14', 'c1', 4.95), claim('14', '24', 'e1'),
       end_attempt('24', 'failed', 'provider_transient', false, 'retry');
SELECT submit('15', 'c1', 4.95), claim('15', '25', 'e2');
SELECT submit('16', 'c1', 4.95), claim('16', '26', 'e2'), end_attempt('26', 'unknown', 'crashed', false, 'retry');
-- Parked with its image.
SELECT submit('17', 'c1', 4.95), claim('17', '27', 'e1'), generation.park_settlement(u('27'), 'm');
-- Parked and given up: one owner is paid by the platform, the other is not.
SELECT submit('41', 'c1', 4.95), claim('41', '51', 'e1'), generation.park_settlement(u('51'), 'm'),
       generation.end_parked(u('41'), true);
SELECT submit('42', 'c1', 4.95), claim('42', '52', 'e2'), generation.park_settlement(u('52'), 'm'),
       generation.end_parked(u('42'), false);
-- An owner's own task on an own key: a fee and no earnings.
SELECT submit('18', 'd1', 4.95), claim('18', '28', 'e1'), settle('28', 'settled');
-- A service's charge.
SELECT ledger.place_hold(u('19'), account, 'service', 2, 2, aether.now(), aether.now() + interval '1 hour')
  FROM ledger.wallet WHERE user_id = u('c1');
SELECT ledger.close_holds(ARRAY[ROW(u('19'), 1.5, 0, ledger.open_account(u('a1'), 'service'), NULL)::ledger.closing]);
SELECT submit('1a', 'c1', 4.95);

-- Two days later: what expired is swept, from the wallet and from what overdue tasks held.
CREATE OR REPLACE FUNCTION aether.now() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS $$ SELECT timestamptz '2030-06-12 12:00:00Z' $$;
SELECT ledger.expire_due(10);
SELECT generation.fail_overdue(10);
SELECT generation.beat(u('b1'), 1);
UPDATE pool.resource_state SET delivered_at = aether.now();
SELECT submit('1b', 'c1', 4.95), claim('1b', '2b', 'e1'), settle('2b', 'settled');
