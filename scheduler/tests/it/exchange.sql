-- A small exchange: one consumer with credits, one owner with two keys, one worker. Ids: u('c1') consumer, u('d1')
-- owner, u('d2') another without keys, u('b1') boot, u('e1') and u('e2') resources; tasks u('1n'), attempts u('2n').
CREATE FUNCTION public.u(p text) RETURNS uuid LANGUAGE sql IMMUTABLE
    AS $$ SELECT ('00000000-0000-7000-8000-' || lpad(p, 12, '0'))::uuid $$;

-- Time moves when a test says so.
CREATE TABLE public.shift (by interval NOT NULL);
INSERT INTO public.shift VALUES ('0');
GRANT SELECT ON public.shift TO PUBLIC;
CREATE OR REPLACE FUNCTION aether.now() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS $$ SELECT pg_catalog.clock_timestamp() + (SELECT by FROM public.shift) $$;

CREATE FUNCTION public.submit(p_task text, p_model text DEFAULT 'auto') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_outcome text;
BEGIN
    SELECT s.outcome INTO v_outcome FROM generation.submit_batch(jsonb_build_array(jsonb_build_object(
        'ord', 1, 'id', u(p_task), 'user_id', u('c1'),
        'wallet', (SELECT account FROM ledger.wallet WHERE user_id = u('c1')),
        'request_hash', '00', 'model', p_model, 'prompt', 'p', 'aspect_ratio', '1:1', 'output_format', 'png',
        'route', 'any', 'reference_cost', 1.5,
        'amount', 4.95, 'amount_min', 4.5, 'deadline_seconds', 3600,
        'lane', generation.lane_id('{stability/core}', 'market', NULL, 44, 'stability'))), 20) s;
    ASSERT v_outcome = 'accepted', v_outcome;
END $$;

-- Whether the attempt was granted.
CREATE FUNCTION public.try_claim(p_task text, p_attempt text, p_resource text) RETURNS boolean LANGUAGE sql AS $$
    SELECT EXISTS (SELECT 1 FROM generation.start_attempts(u('b1'), '20s', jsonb_build_array(jsonb_build_object(
        'ord', 1, 'attempt', u(p_attempt), 'task', u(p_task), 'resource', u(p_resource), 'model', 'stability/core')),
        '90s', '30s', 0, 0.1, 5))
$$;

CREATE FUNCTION public.claim(p_task text, p_attempt text, p_resource text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    ASSERT try_claim(p_task, p_attempt, p_resource), p_task;
END $$;

CREATE FUNCTION public.settle(p_attempt text) RETURNS void LANGUAGE sql AS $$
    SELECT FROM generation.settle_batch(jsonb_build_array(jsonb_build_object('attempt', u(p_attempt),
        'content_type', 'image/png', 'width', 1, 'height', 1, 'bytes', 10, 'sha256', '00')))
$$;

CREATE FUNCTION public.lose(p_attempt text) RETURNS void LANGUAGE sql AS $$
    SELECT FROM generation.end_attempt(u(p_attempt), '{"state": "unknown", "class": "timeout", "message": "m",
        "billed": false, "action": "retry", "delay_seconds": 0, "exclude": false, "effect": "none"}', 6)
$$;

-- The provider failed, and says why: p_class, and what follows for the key.
CREATE FUNCTION public.fail(p_attempt text, p_class text, p_effect text) RETURNS text LANGUAGE sql AS $$
    SELECT e.health FROM generation.end_attempt(u(p_attempt), jsonb_build_object('state', 'failed', 'class', p_class,
        'message', 'the provider says so', 'billed', false, 'action', 'retry', 'delay_seconds', 0, 'exclude', false,
        'effect', p_effect, 'cool_seconds', 30), 6) e
$$;

-- Hosts the key e1, e2, ... for an owner; p_id is what it was sealed for.
CREATE FUNCTION public.connect(p_key text, p_owner text, p_id text) RETURNS text LANGUAGE sql AS $$
    SELECT pool.connect_resource(jsonb_build_object('id', u(p_id), 'owner_id', u(p_owner), 'provider', 'stability',
        'name', p_key, 'key_hint', 'h', 'key_ciphertext', '\x01', 'data_key_wrapped', '\x02', 'master_key_id', 'k',
        'fingerprint', '\x' || p_key, 'price_per_unit', 1.5, 'daily_limit', 10000, 'monthly_limit', 100000,
        'concurrency_limit', 20, 'available_units', 500), '15m')
$$;

SELECT ledger.open_wallet(u('c1')), ledger.open_wallet(u('d1')), ledger.open_wallet(u('d2'));
INSERT INTO identity.users (id, email, password_hash, display_name, wallet, created_at)
SELECT w.user_id, w.user_id || '@example.com', 'x', 'Owner', w.account, aether.now()
  FROM ledger.wallet w WHERE w.user_id IN (u('d1'), u('d2'));
SELECT ledger.issue_grant(u('f1'), account, 'purchase', 'order', 100, 0::smallint, NULL)
  FROM ledger.wallet WHERE user_id = u('c1');
UPDATE pool.provider SET policy = 'third_party_allowed';
SELECT connect(r, 'd1', r) FROM unnest('{e1,e2}'::text[]) r;
UPDATE pool.resource_state SET delivered_at = aether.now();
SELECT generation.register_boot(u('b1'), 'host', 1, 'v', 32);
