-- What each role may do. Services read the ledger and change it by functions; none writes its tables. Only the admin
-- role issues credits.

-- A function is named here without its parameters, so it has one signature; replacing one with other parameters would
-- leave the old one behind.
DO $$
DECLARE
    v_name text;
BEGIN
    SELECT p.oid::regproc INTO v_name FROM pg_catalog.pg_proc p
      JOIN pg_catalog.pg_proc other ON other.proname = p.proname AND other.pronamespace = p.pronamespace
     WHERE p.oid < other.oid
       AND p.pronamespace::regnamespace::text IN ('aether', 'identity', 'ledger', 'pool', 'generation', 'ops') LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the function % has two signatures: this database was made by another build', v_name
            USING HINT = 'Begin with an empty database, or give the new function another name.';
    END IF;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA aether, identity, ledger, pool, generation, ops FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA identity, ledger, pool, generation, ops
    FROM PUBLIC, aether_api, aether_worker, aether_scheduler, aether_admin, aether_readonly;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA aether, identity, ledger, pool, generation, ops
    FROM aether_api, aether_worker, aether_scheduler, aether_admin, aether_readonly;
GRANT USAGE ON SCHEMA aether, identity, ledger, pool, generation, ops
    TO aether_api, aether_worker, aether_scheduler, aether_admin, aether_readonly;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA aether
    TO aether_api, aether_worker, aether_scheduler, aether_admin, aether_readonly;
GRANT SELECT ON ALL TABLES IN SCHEMA aether
    TO aether_api, aether_worker, aether_scheduler, aether_admin, aether_readonly;

-- Every role reads money, tasks and operations; the ciphertext of hosted keys only those that must open it.
GRANT SELECT ON ALL TABLES IN SCHEMA ledger, generation, ops
    TO aether_api, aether_worker, aether_scheduler, aether_admin, aether_readonly;
GRANT SELECT ON ALL TABLES IN SCHEMA pool TO aether_api, aether_worker, aether_admin;
GRANT SELECT ON pool.provider, pool.model, pool.model_refusal, pool.resource_state, pool.resource_condition
    TO aether_scheduler, aether_readonly;
GRANT SELECT (id, owner_id, owner_account, provider, name, key_hint, master_key_id, status, status_reason,
              sanctioned_at, sanction_reason, owner_barred, price_per_unit, daily_limit, monthly_limit,
              concurrency_limit, rpm_limit, attested_at, created_at, deleted_at, changed)
    ON pool.resource TO aether_scheduler, aether_readonly;

-- Identity: what a route does, and nothing else. The api's role writes people's own names; whatever opens something
-- (passwords, roles, sessions, tokens, counters of attempts) only functions write. The admin role suspends users and
-- makes admins. Passwords are set by the operator, or by whoever knows the present one.
GRANT SELECT (id, email, display_name, roles, status, status_reason, locale, wallet, token_version, access_changed_at,
              created_at, changed, hosting_revoked, strikes_max, credits_low_at)
    ON identity.users TO aether_api, aether_admin;
GRANT UPDATE (display_name, locale, credits_low_at) ON identity.users TO aether_api;
GRANT UPDATE (roles, status, status_reason, token_version, access_changed_at, strikes_max)
    ON identity.users TO aether_admin;
GRANT SELECT ON identity.session TO aether_api, aether_admin;
GRANT EXECUTE ON FUNCTION
    identity.register,
    identity.open_session
    TO aether_api, aether_admin;
GRANT EXECUTE ON FUNCTION
    identity.password_hash,
    identity.change_password,
    identity.rotate_token,
    identity.end_session,
    identity.end_session_of,
    identity.sign_out_everywhere,
    identity.admit,
    identity.full_for,
    identity.knows_network
    TO aether_api;
-- The second factor: secrets are read by the function that a code is checked with, and nobody reads the tables.
GRANT EXECUTE ON FUNCTION
    identity.totp_of,
    identity.ask_for_code,
    identity.begin_totp,
    identity.confirm_totp,
    identity.remove_totp,
    identity.replace_recovery_codes
    TO aether_api;
GRANT EXECUTE ON FUNCTION identity.reset_totp TO aether_admin;
GRANT SELECT (id, email, display_name, roles, status, status_reason, locale, wallet, created_at)
    ON identity.users TO aether_readonly;
GRANT SELECT ON identity.session TO aether_readonly;
GRANT EXECUTE ON FUNCTION ledger.suspend_wallet, generation.cancel_user_tasks TO aether_admin;
GRANT INSERT (user_id, path, key, request_hash, created_at) ON ops.idempotency TO aether_api, aether_admin;
GRANT EXECUTE ON FUNCTION ops.keep_answer TO aether_api, aether_admin;
-- Only admins act as somebody in it, and only on connections of their role.
GRANT INSERT ON ops.audit_log TO aether_admin;

-- Issuing and taking credits.
GRANT EXECUTE ON FUNCTION
    ledger.issue_grant,
    ledger.revoke_grant,
    ledger.refund,
    generation.retry_settlement,
    pool.lift_sanction,
    generation.end_parked,
    generation.lift_strikes
    TO aether_admin;
GRANT EXECUTE ON FUNCTION generation.drain_boot TO aether_admin;
GRANT INSERT, UPDATE ON pool.model, pool.provider TO aether_admin;
GRANT DELETE ON pool.model_refusal TO aether_admin;

-- What the api needs.
GRANT EXECUTE ON FUNCTION
    generation.lane_id,
    generation.submit_batch,
    generation.find_submitted,
    generation.cancel_task,
    pool.connect_resource,
    pool.change_resource,
    pool.set_resource_status,
    pool.delete_resource,
    pool.confirm_key,
    pool.request_sync,
    pool.rewrap_key
    TO aether_api, aether_admin;
GRANT EXECUTE ON FUNCTION
    generation.mark_task,
    generation.create_preset,
    generation.change_preset,
    generation.delete_preset
    TO aether_api;

-- What workers need.
GRANT EXECUTE ON FUNCTION
    generation.lock_due,
    generation.start_attempts,
    generation.settle_batch,
    generation.park_settlement,
    generation.end_attempt,
    generation.register_boot,
    generation.beat,
    generation.drain_boot,
    generation.end_boot,
    pool.take_due_syncs,
    pool.record_sync,
    pool.refuse_sync,
    pool.park_unopened,
    ledger.expire_due
    TO aether_worker;

-- What schedulers need.
GRANT EXECUTE ON FUNCTION
    generation.settle_batch,
    generation.park_settlement,
    generation.end_attempt,
    generation.end_silent_boots,
    generation.stranded,
    generation.look_later,
    generation.forget_boots,
    generation.fail_overdue,
    generation.fail_gone,
    pool.forget_refusals,
    pool.forget_conditions,
    generation.fail_struck,
    generation.forget_strikes,
    generation.vacate,
    generation.mark_images_deleted,
    ledger.expire_due,
    ledger.roll_up,
    ops.lead,
    ops.resign,
    ops.forget_answers,
    identity.forget_sign_ins
    TO aether_scheduler;
GRANT EXECUTE ON FUNCTION ops.record_audit TO aether_scheduler, aether_api, aether_admin;
-- What the log says about tasks that ended.
GRANT EXECUTE ON FUNCTION generation.finished_tasks TO aether_api, aether_worker, aether_scheduler;
