-- A small market whose clock stands still: consumers u('c1') and u('c2') with 1000 credits each, owners u('d1') with
-- the key u('e1') and u('d2') with u('e2'), both dear (2.5 a unit against a reference of 0.5), one worker u('b1').
-- A task and its attempt share a number: task t(n), attempt a(n).
CREATE FUNCTION public.u(p text) RETURNS uuid LANGUAGE sql IMMUTABLE
    AS $$ SELECT ('00000000-0000-7000-8000-' || lpad(p, 12, '0'))::uuid $$;
CREATE FUNCTION public.t(p int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT u('1' || lpad(p::text, 6, '0')) $$;
CREATE FUNCTION public.a(p int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT u('2' || lpad(p::text, 6, '0')) $$;

CREATE TABLE public.clock (at timestamptz NOT NULL);
INSERT INTO public.clock VALUES ('2030-06-10 12:00:00Z');
GRANT SELECT ON public.clock TO PUBLIC;
CREATE OR REPLACE FUNCTION aether.now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT at FROM public.clock $$;

CREATE FUNCTION public.submit(p_n int, p_user text, p_end_user text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT s.outcome FROM generation.submit_batch(jsonb_build_array(jsonb_build_object(
        'ord', 0, 'id', t(p_n), 'user_id', u(p_user),
        'wallet', (SELECT account FROM ledger.wallet WHERE user_id = u(p_user)),
        'request_hash', '00', 'model', 'auto', 'prompt', 'p', 'aspect_ratio', '1:1', 'output_format', 'png',
        'route', 'any', 'reference_cost', 1.5, 'end_user', encode(sha256(p_end_user::bytea), 'hex'),
        'amount', 7.5, 'amount_min', 7.5, 'deadline_seconds', 3600,
        'lane', generation.lane_id('{stability/core}', 'market', NULL, 42, 'stability'))), 20) s
$$;

-- How many of these tasks were given a call.
CREATE FUNCTION public.claim(p_tasks int[], p_resource text, p_strikes_max int DEFAULT 20) RETURNS bigint
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM generation.task WHERE id IN (SELECT t(n) FROM unnest(p_tasks) n) ORDER BY id FOR NO KEY UPDATE;
    RETURN (SELECT count(*) FROM generation.start_attempts(u('b1'), '1h',
        (SELECT jsonb_agg(jsonb_build_object('ord', x.ord - 1, 'attempt', a(x.n), 'task', t(x.n),
                                             'resource', u(p_resource), 'model', 'stability/core'))
           FROM unnest(p_tasks) WITH ORDINALITY AS x (n, ord)), '90s', '30s', 0, 0.1, 5, p_strikes_max));
END $$;

CREATE FUNCTION public.filtered(p_n int, p_budgets numeric[] DEFAULT '{10,10,200}', p_billed boolean DEFAULT true)
    RETURNS text LANGUAGE sql AS $$
    SELECT e.outcome || ' ' || e.task_status FROM generation.end_attempt(a(p_n), jsonb_build_object('state', 'refused',
        'class', 'content_blocked', 'message', 'm', 'billed', p_billed, 'action', 'fail', 'delay_seconds', 0,
        'exclude', false, 'error_code', 'content_blocked', 'error_message', 'm', 'effect', 'none'), 6, p_budgets) e
$$;

-- Moderation refused it, and a key of another owner may be asked.
CREATE FUNCTION public.doubted(p_n int) RETURNS text LANGUAGE sql AS $$
    SELECT e.outcome || ' ' || e.task_status FROM generation.end_attempt(a(p_n), jsonb_build_object('state', 'refused',
        'class', 'content_blocked', 'message', 'm', 'billed', false, 'action', 'second_opinion', 'error_code',
        'content_blocked', 'error_message', 'm', 'effect', 'none'), 6) e
$$;

CREATE FUNCTION public.lose(p_n int) RETURNS text LANGUAGE sql AS $$
    SELECT e.outcome || ' ' || e.task_status FROM generation.end_attempt(a(p_n), '{"state": "unknown",
        "class": "timeout", "message": "m", "billed": false, "action": "retry", "delay_seconds": 0, "exclude": false,
        "effect": "none"}', 6) e
$$;

CREATE FUNCTION public.settle(p_n int, p_budgets numeric[] DEFAULT '{10,10,200}') RETURNS text LANGUAGE sql AS $$
    SELECT s.outcome FROM generation.settle_batch(jsonb_build_array(jsonb_build_object('attempt', a(p_n),
        'content_type', 'image/png', 'width', 1, 'height', 1, 'bytes', 10, 'sha256', '00')), p_budgets) s
$$;

-- What was paid of what was due for a task, and why not more.
CREATE FUNCTION public.paid(p_n int) RETURNS text LANGUAGE sql AS $$
    SELECT trim_scale(paid) || ' of ' || trim_scale(due) || coalesce(': ' || reason, '')
      FROM generation.compensation WHERE task_id = t(p_n)
$$;

SELECT ledger.open_wallet(u(x)) FROM unnest('{c1,c2,d1,d2}'::text[]) x;
INSERT INTO identity.users (id, email, password_hash, display_name, wallet, created_at)
SELECT w.user_id, w.user_id || '@example.com', 'x', 'n', w.account, aether.now() FROM ledger.wallet w;
SELECT ledger.issue_grant(u('f1' || w.account), w.account, 'purchase', 'order', 1000, 0::smallint, NULL)
  FROM ledger.wallet w;
UPDATE pool.provider SET policy = 'third_party_allowed', rate_requests = 100000;
SELECT pool.connect_resource(jsonb_build_object('id', u('e' || n), 'owner_id', u('d' || n), 'provider', 'stability',
           'name', n, 'key_hint', 'h', 'key_ciphertext', '\x01', 'data_key_wrapped', '\x02', 'master_key_id', 'k',
           'fingerprint', '\xe' || n, 'price_per_unit', 2.5, 'daily_limit', 10000, 'monthly_limit', 100000,
           'concurrency_limit', 1000, 'available_units', 5000), '15m')
  FROM unnest('{1,2}'::text[]) n;
-- What a claim asks of a key beside its limits is not looked at here.
UPDATE pool.resource_state SET health = 'ok', delivered_at = aether.now();
SELECT generation.register_boot(u('b1'), 'host', 1, 'v', 1000);
