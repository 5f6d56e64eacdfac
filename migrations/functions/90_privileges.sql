-- What each role may do: first everything is taken away, then each role gets what its program does, and nothing else.
-- Services read the ledger and change it by functions; none writes its tables. Only the admin role issues credits.
-- Tables with a secret in them (passwords, sealed keys, prompts, kept answers) are granted by the column. What is here
-- is spelled out in shared/tests/identity/rights/<role>.txt, which a test compares with the catalogue.

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

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA aether, identity, ledger, pool, generation, ops
    FROM PUBLIC, aether_api, aether_worker, aether_scheduler, aether_admin, aether_readonly;
REVOKE ALL ON ALL TABLES IN SCHEMA aether, identity, ledger, pool, generation, ops
    FROM PUBLIC, aether_api, aether_worker, aether_scheduler, aether_admin, aether_readonly;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA aether, identity, ledger, pool, generation, ops
    FROM PUBLIC, aether_api, aether_worker, aether_scheduler, aether_admin, aether_readonly;
REVOKE ALL ON SCHEMA aether, identity, ledger, pool, generation, ops
    FROM PUBLIC, aether_api, aether_worker, aether_scheduler, aether_admin, aether_readonly;
-- What a later migration makes is closed until it is granted here.
ALTER DEFAULT PRIVILEGES REVOKE ALL ON FUNCTIONS FROM PUBLIC;

-- Every role: the clock, and what tells whether this database fits its program.
GRANT USAGE ON SCHEMA aether TO aether_api, aether_worker, aether_scheduler, aether_admin, aether_readonly;
GRANT EXECUTE ON FUNCTION aether.now, aether.utc_day, aether.utc_month
    TO aether_api, aether_worker, aether_scheduler, aether_admin, aether_readonly;
GRANT SELECT ON aether.functions_hash, aether._sqlx_migrations
    TO aether_api, aether_worker, aether_scheduler, aether_admin, aether_readonly;

-- aether_api: what anybody may ask for. It reads people's tasks, money and hosted keys, never the key itself, but for
-- its owner (pool.sealed_key), nor a password. It writes people's own names; whatever opens something (passwords,
-- roles, sessions, tokens, counters of attempts) only functions write.
GRANT USAGE ON SCHEMA identity, ledger, pool, generation, ops TO aether_api;
GRANT SELECT (id, email, display_name, roles, status, status_reason, locale, wallet, hosting_revoked, token_version,
              access_changed_at, created_at, changed, credits_low_at)
    ON identity.users TO aether_api;
GRANT UPDATE (display_name, locale, credits_low_at) ON identity.users TO aether_api;
GRANT SELECT (id, user_id, address, agent, created_at, last_used_at, expires_at, ended_at, changed)
    ON identity.session TO aether_api;
GRANT SELECT ON
    ledger.account,
    ledger.balance,
    ledger.credit_grant,
    ledger.hold,
    ledger.journal,
    ledger.rollup,
    ledger.wallet,
    pool.model,
    pool.model_refusal,
    pool.provider,
    pool.resource_condition,
    pool.resource_state,
    generation.attempt,
    generation.compensation,
    generation.preset,
    generation.task,
    generation.task_mark
    TO aether_api;
GRANT SELECT (id, owner_id, owner_account, provider, name, key_hint, master_key_id, status, status_reason, owner_barred,
              price_per_unit, daily_limit, monthly_limit, concurrency_limit, rpm_limit, created_at, deleted_at, changed)
    ON pool.resource TO aether_api;
GRANT EXECUTE ON FUNCTION
    identity.register,
    identity.password_terms,
    identity.matching_hash,
    identity.open_session,
    identity.change_password,
    identity.rotate_token,
    identity.end_session,
    identity.end_session_of,
    identity.sign_out_everywhere,
    identity.admit,
    identity.full_for,
    identity.knows_network,
    identity.totp_of,
    identity.totp_master_keys,
    identity.ask_for_code,
    identity.begin_totp,
    identity.confirm_totp,
    identity.remove_totp,
    identity.replace_recovery_codes,
    pool.connect_resource,
    pool.change_resource,
    pool.set_status_as_owner,
    pool.delete_resource,
    pool.find_key,
    pool.sealed_key,
    pool.confirm_key_as_owner,
    pool.request_sync_as_owner,
    pool.present_health,
    generation.lane_id,
    generation.submit_batch,
    generation.find_submitted,
    generation.cancel_task,
    generation.mark_task,
    generation.create_preset,
    generation.change_preset,
    generation.delete_preset,
    generation.finished_tasks,
    ops.claim_request,
    ops.keep_answer
    TO aether_api;

-- aether_admin: the api's operations for admins, and registrations that come with credits. It suspends users, makes
-- admins, issues and takes credits; it opens nothing: no password, no session, no key.
GRANT USAGE ON SCHEMA identity, ledger, pool, generation, ops TO aether_admin;
GRANT SELECT (id, email, display_name, roles, status, status_reason, strikes_max, locale, wallet, hosting_revoked,
              token_version, created_at, credits_low_at)
    ON identity.users TO aether_admin;
GRANT UPDATE (roles, status, status_reason, strikes_max, token_version, access_changed_at)
    ON identity.users TO aether_admin;
GRANT SELECT (id, user_id, address, agent, created_at, last_used_at, expires_at, ended_at)
    ON identity.session TO aether_admin;
GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO aether_admin;
GRANT SELECT ON
    pool.model,
    pool.model_refusal,
    pool.provider,
    pool.resource_condition,
    pool.resource_state,
    generation.attempt,
    generation.boot,
    generation.compensation,
    generation.compensation_budget,
    generation.strike,
    generation.task,
    generation.task_mark
    TO aether_admin;
GRANT SELECT (id, owner_id, owner_account, provider, name, key_hint, master_key_id, status, status_reason,
              sanctioned_at, sanction_reason, owner_barred, price_per_unit, daily_limit, monthly_limit,
              concurrency_limit, rpm_limit, attested_at, created_at, deleted_at, changed)
    ON pool.resource TO aether_admin;
GRANT INSERT (id, provider, wire_name, display_name, units, aspect_ratios, output_formats, style_presets,
              prompt_chars_max, prompt_languages, negative_prompt, seed, run_seconds_max, enabled, created_at)
    ON pool.model TO aether_admin;
GRANT UPDATE (provider, wire_name, display_name, units, aspect_ratios, output_formats, style_presets,
              prompt_chars_max, prompt_languages, negative_prompt, seed, run_seconds_max, enabled, created_at,
              gone_since, deleted_at)
    ON pool.model TO aether_admin;
GRANT UPDATE (policy, evidence, reviewed_at, reference_price) ON pool.provider TO aether_admin;
GRANT DELETE ON pool.model_refusal TO aether_admin;
GRANT SELECT ON ops.audit_log, ops.audit_result TO aether_admin;
GRANT EXECUTE ON FUNCTION
    identity.register,
    identity.open_session,
    identity.reset_totp,
    identity.sign_out_everywhere,
    ledger.issue_grant,
    ledger.revoke_grant,
    ledger.refund,
    ledger.suspend_wallet,
    pool.set_resource_status,
    pool.present_health,
    pool.lift_sanction,
    generation.cancel_task,
    generation.cancel_user_tasks,
    generation.drain_boot,
    generation.retry_settlement,
    generation.end_parked,
    generation.lift_strikes,
    ops.claim_request,
    ops.keep_answer,
    ops.record_action,
    ops.record_audit
    TO aether_admin;

-- aether_worker: the only role that reads every sealed key, because it makes every call. A task comes to it by the
-- claim, one turn at a time: it reads none by itself, and no money and no user at all.
GRANT USAGE ON SCHEMA ledger, pool, generation TO aether_worker;
GRANT SELECT ON pool.model, pool.model_refusal, pool.provider, pool.resource_state, generation.lane TO aether_worker;
GRANT SELECT (id, owner_id, provider, name, key_ciphertext, data_key_wrapped, master_key_id, status, owner_barred,
              price_per_unit, daily_limit, monthly_limit, concurrency_limit, deleted_at, changed)
    ON pool.resource TO aether_worker;
GRANT SELECT (id, drained_at) ON generation.boot TO aether_worker;
GRANT EXECUTE ON FUNCTION
    generation.lock_due,
    generation.start_attempts,
    generation.settle_batch,
    generation.park_settlement,
    generation.end_attempt,
    generation.register_boot,
    generation.beat,
    generation.drain_boot,
    generation.finished_tasks,
    generation.end_boot,
    pool.take_due_syncs,
    pool.record_sync,
    pool.refuse_sync,
    pool.park_unopened,
    ledger.expire_due
    TO aether_worker;

-- aether_scheduler: audits and counts, so it reads all money, and of tasks what is counted: no prompt, no words of a
-- provider, no user but by id.
GRANT USAGE ON SCHEMA identity, ledger, pool, generation, ops TO aether_scheduler;
GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO aether_scheduler;
GRANT SELECT ON
    pool.model,
    pool.resource_state,
    generation.boot,
    generation.compensation,
    generation.compensation_budget,
    ops.audit_result
    TO aether_scheduler;
GRANT SELECT (id, owner_id, owner_account, status, daily_limit, monthly_limit, deleted_at)
    ON pool.resource TO aether_scheduler;
GRANT SELECT (id, user_id, wallet, status, model, credits_held, credits_cost, image_attempt, image_deleted_at,
              attempts_started, settle_failed_at, created_at, completed_at)
    ON generation.task TO aether_scheduler;
GRANT SELECT (id, task_id, no, resource_id, owner_id, owner_account, model, units, price_per_unit, cost, reference_cost,
              commission_rate, own, state, occupies, billed, started_at)
    ON generation.attempt TO aether_scheduler;
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
    generation.finished_tasks,
    generation.fail_struck,
    generation.forget_strikes,
    generation.vacate,
    generation.mark_images_deleted,
    pool.forget_refusals,
    pool.forget_conditions,
    ledger.expire_due,
    ledger.roll_up,
    identity.forget_sign_ins,
    ops.lead,
    ops.resign,
    ops.forget_answers,
    ops.record_audit
    TO aether_scheduler;

-- aether_readonly: people and dashboards, whose queries nobody reviews. Nothing that opens something, nothing that
-- somebody wrote to be made into an image, nothing that was kept to be answered again, and nobody's address.
GRANT USAGE ON SCHEMA identity, ledger, pool, generation, ops TO aether_readonly;
GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO aether_readonly;
GRANT SELECT (id, email, display_name, roles, status, status_reason, locale, wallet, created_at)
    ON identity.users TO aether_readonly;
GRANT SELECT (id, user_id, created_at, expires_at, ends_at, last_used_at, ended_at, end_reason)
    ON identity.session TO aether_readonly;
GRANT SELECT ON
    pool.model,
    pool.model_refusal,
    pool.provider,
    pool.resource_condition,
    pool.resource_state,
    generation.boot,
    generation.compensation,
    generation.compensation_budget,
    generation.key_group,
    generation.lane,
    generation.own_supply,
    ops.audit_log,
    ops.audit_result,
    ops.leader
    TO aether_readonly;
GRANT SELECT (id, owner_id, owner_account, provider, name, key_hint, master_key_id, status, status_reason,
              sanctioned_at, sanction_reason, owner_barred, price_per_unit, daily_limit, monthly_limit,
              concurrency_limit, rpm_limit, attested_at, created_at, deleted_at, changed)
    ON pool.resource TO aether_readonly;
GRANT SELECT (id, user_id, wallet, status, requested_model, aspect_ratio, output_format, route, credits_held, lane,
              start_tag, tag, next_at, deadline, cancel_requested_at, attempts_started, attempts_counted,
              attempts_unknown, verdicts, attempts_unproven, implicated, excluded, settle_failed_at, parked_attempt,
              settle_retry_at, model, credits_cost, image_attempt, image_content_type, image_width, image_height,
              image_bytes, image_deleted_at, error_code, created_at, started_at, completed_at)
    ON generation.task TO aether_readonly;
GRANT SELECT (id, task_id, no, boot_id, resource_id, owner_id, owner_account, provider, model, units, price_per_unit,
              cost, reference_cost, commission_rate, own, unproven, state, error_class, occupies, occupied_until,
              billed, started_at, hard_deadline, ended_at, look_at)
    ON generation.attempt TO aether_readonly;
GRANT SELECT (day, user_id, count) ON generation.strike TO aether_readonly;
