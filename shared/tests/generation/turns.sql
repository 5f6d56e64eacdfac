-- An exchange with one key, and whole turns of it: submit, claim and settle, as the services do.
UPDATE pool.provider SET policy = 'third_party_allowed', rate_requests = 100000;
CREATE TABLE consumer AS SELECT gen_random_uuid() AS user_id FROM generate_series(1, 40);
SELECT count(ledger.open_wallet(user_id)) FROM consumer;
SELECT count(ledger.issue_grant(gen_random_uuid(), account, 'admin', NULL, 1000, 0::smallint,
    aether.now() + interval '30 days'))
  FROM ledger.wallet;
SELECT pool.connect_resource(jsonb_build_object('id', gen_random_uuid(), 'owner_id', gen_random_uuid(),
    'provider', 'stability', 'name', 'a key', 'key_hint', 'h', 'key_ciphertext', '\x00', 'data_key_wrapped', '\x00',
    'master_key_id', 'm', 'fingerprint', '\x01', 'price_per_unit', 0.4, 'daily_limit', 100000, 'monthly_limit', 1000000,
    'concurrency_limit', 1000, 'available_units', 100000), '1 hour');
SELECT generation.lane_id('{stability/core}', 'market', NULL, 42, 'stability');
UPDATE pool.resource_state SET delivered_at = aether.now();
SELECT generation.register_boot('00000000-0000-0000-0000-0000000000b0', 'host', 1, 'v', 100);

-- One task of each of these consumers.
CREATE FUNCTION submit(p_users uuid[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    v_tasks jsonb;
BEGIN
    SELECT jsonb_agg(jsonb_build_object('ord', u.no - 1, 'id', gen_random_uuid(), 'user_id', w.user_id,
               'wallet', w.account, 'request_hash', '00', 'model', 'stability/core', 'prompt', 'p',
               'aspect_ratio', '1:1', 'output_format', 'png', 'route', 'any', 'reference_cost', 1.5,
               'amount', 3.3, 'amount_min', 3, 'lane', 1, 'deadline_seconds', 300, 'queue_max', 1000)) INTO v_tasks
      FROM unnest(p_users) WITH ORDINALITY AS u (id, no) JOIN ledger.wallet w ON w.user_id = u.id;
    RETURN (SELECT count(*) FROM generation.submit_batch(v_tasks, 3) s WHERE s.outcome = 'accepted');
END $$;

-- Submits, claims and settles; answers how many were settled.
CREATE FUNCTION turn(p_users uuid[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    v_wanted jsonb;
    v_items  jsonb;
BEGIN
    PERFORM submit(p_users);
    SELECT jsonb_agg(jsonb_build_object('ord', d.no - 1, 'attempt', gen_random_uuid(), 'task', d.id, 'resource', r.id,
               'model', 'stability/core', 'choice', '{}'::jsonb)) INTO v_wanted
      FROM (SELECT id, row_number() OVER () AS no
              FROM generation.lock_due(cardinality(p_users), 0, '{"1": [1000, 0, 1.2, 1.2, 1]}', '{}', 0,
                                  -2147483648, NULL)
             WHERE looked_at IS NULL) d, pool.resource r;
    SELECT jsonb_agg(jsonb_build_object('attempt', a.attempt_id, 'content_type', 'image/png', 'width', 1,
               'height', 1, 'bytes', 1,
               'sha256', '00')) INTO v_items
      FROM generation.start_attempts('00000000-0000-0000-0000-0000000000b0', '1 hour', v_wanted, '90 s', '30 s',
                                     0.5, 0.1, 5) a;
    RETURN (SELECT count(*) FROM generation.settle_batch(v_items) s WHERE s.outcome = 'settled');
END $$;
