-- Who may do what. Services read the ledger and execute; none writes its tables. Only the admin role issues credits.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA aether, identity, ledger, pool, generation, ops FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA identity, ledger, pool, generation, ops
    FROM PUBLIC, aether_api, aether_worker, aether_scheduler, aether_admin, aether_readonly;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA aether, identity, ledger, pool, generation, ops
    FROM aether_api, aether_worker, aether_scheduler, aether_admin, aether_readonly;
GRANT USAGE ON SCHEMA aether, identity, ledger, pool, generation, ops
    TO aether_api, aether_worker, aether_scheduler, aether_admin, aether_readonly;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA aether TO aether_api, aether_worker, aether_scheduler, aether_admin, aether_readonly;
GRANT SELECT ON ALL TABLES IN SCHEMA aether TO aether_api, aether_worker, aether_scheduler, aether_admin, aether_readonly;

-- Everyone reads money, tasks and operations; a hosted key's ciphertext only who must open it.
GRANT SELECT ON ALL TABLES IN SCHEMA ledger, generation, ops TO aether_api, aether_worker, aether_scheduler, aether_admin, aether_readonly;
GRANT SELECT ON ALL TABLES IN SCHEMA pool TO aether_api, aether_worker, aether_admin;
GRANT SELECT ON pool.provider, pool.model, pool.resource_state TO aether_scheduler, aether_readonly;
GRANT SELECT (id, owner_id, owner_account, provider, name, key_hint, master_key_id, status, status_reason, price_per_unit, daily_limit,
              monthly_limit, concurrency_limit, rpm_limit, attested_at, created_at, deleted_at, changed)
    ON pool.resource TO aether_scheduler, aether_readonly;

-- Identity: the api keeps users and sessions; suspending and making admins is the admin role's.
GRANT SELECT, INSERT ON identity.users TO aether_api;
GRANT UPDATE (display_name, locale, password_hash, roles, access_changed_at) ON identity.users TO aether_api;
GRANT SELECT, INSERT ON identity.session, identity.refresh_token, identity.throttle TO aether_api;
GRANT UPDATE (expires_at, ended_at, end_reason) ON identity.session TO aether_api;
GRANT UPDATE (rotated_at) ON identity.refresh_token TO aether_api;
GRANT UPDATE ON identity.throttle TO aether_api;
GRANT SELECT, INSERT, UPDATE ON identity.users TO aether_admin;
GRANT SELECT, INSERT, UPDATE ON identity.session, identity.refresh_token, identity.throttle TO aether_admin;
GRANT SELECT (id, email, display_name, roles, status, status_reason, locale, wallet, created_at) ON identity.users TO aether_readonly;
GRANT SELECT ON identity.session TO aether_readonly;
GRANT EXECUTE ON FUNCTION ledger.open_wallet(uuid) TO aether_api, aether_admin;
GRANT EXECUTE ON FUNCTION ledger.suspend_wallet(uuid, boolean), generation.cancel_user_tasks(uuid) TO aether_admin;
GRANT SELECT, INSERT, UPDATE ON ops.idempotency TO aether_api, aether_admin;
GRANT INSERT ON ops.audit_log TO aether_api, aether_admin;

-- Issuing and taking credits.
GRANT EXECUTE ON FUNCTION
    ledger.issue_grant(uuid, bigint, text, text, numeric, smallint, timestamptz),
    ledger.revoke_grant(uuid),
    ledger.refund(uuid, int, numeric, uuid, uuid),
    generation.retry_settlement(uuid)
    TO aether_admin;
GRANT INSERT, UPDATE ON pool.model, pool.provider TO aether_admin;

-- The api's part of the main job.
GRANT EXECUTE ON FUNCTION
    generation.submit_batch(jsonb, int),
    generation.find_submitted(uuid, text),
    generation.cancel_task(uuid, uuid),
    pool.connect_resource(uuid, uuid, text, text, text, bytea, bytea, text, bytea, numeric, numeric, numeric, int, int, numeric, interval),
    pool.change_resource(uuid, uuid, text, numeric, numeric, numeric, int, int),
    pool.set_resource_status(uuid, uuid, text, text),
    pool.delete_resource(uuid, uuid),
    pool.request_sync(uuid),
    pool.rewrap_key(uuid, bytea, bytea, text)
    TO aether_api, aether_admin;

-- The worker's.
GRANT EXECUTE ON FUNCTION
    generation.lock_due(int, text[], int[], uuid[]),
    generation.start_attempts(uuid, interval, jsonb, interval, interval, numeric, numeric),
    generation.settle_batch(jsonb),
    generation.park_settlement(uuid, text),
    generation.end_attempt(uuid, text, text, text, boolean, text, interval, boolean, text, text, text, interval, int),
    generation.register_boot(uuid, text, int, text, int),
    generation.beat(uuid, int),
    generation.end_boot(uuid, text),
    pool.take_due_syncs(int, interval),
    pool.record_sync(uuid, numeric, timestamptz, interval),
    pool.park_resource(uuid, text),
    ledger.expire_due(int)
    TO aether_worker;

-- The scheduler's.
GRANT EXECUTE ON FUNCTION
    generation.settle_batch(jsonb),
    generation.park_settlement(uuid, text),
    generation.end_attempt(uuid, text, text, text, boolean, text, interval, boolean, text, text, text, interval, int),
    generation.end_silent_boots(interval),
    generation.stranded(interval, int),
    generation.fail_overdue(int),
    generation.vacate(int),
    generation.mark_images_deleted(uuid[]),
    ledger.expire_due(int),
    ledger.roll_up(),
    ops.lead(uuid, interval),
    ops.resign(uuid),
    ops.forget_answers(interval, int),
    identity.forget_sign_ins(int)
    TO aether_scheduler;
GRANT EXECUTE ON FUNCTION ops.record_audit(text, bigint, bigint) TO aether_scheduler, aether_api, aether_admin;
