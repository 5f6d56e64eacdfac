//! Statements that a role is refused. Every one is a statement that a superuser may run, so that a refusal is never
//! about its words.

use shared::db::Role;

/// Nobody but the owner and superusers.
const EVERYBODY: &[&str] = &[
    "CREATE TEMPORARY TABLE mine ()",
    "CREATE TABLE public.mine ()",
    "CREATE TABLE generation.mine ()",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "DO $$ BEGIN END $$",
    "CREATE ROLE mine",
    // Its own password any role of PostgreSQL may change.
    "ALTER ROLE aether_owner PASSWORD 'mine'",
    "GRANT aether_admin TO aether_api",
    "SET ROLE aether_owner",
    "SET SESSION AUTHORIZATION aether_owner",
    "ALTER TABLE ledger.journal DISABLE TRIGGER ALL",
    "DROP FUNCTION aether.now()",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'much')",
    "SELECT lo_get(1) WHERE false",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT pg_ls_dir('.')",
    "COPY ops.leader FROM PROGRAM 'true'",
    "SELECT pg_logical_emit_message(false, 'much', 'of it')",
    "SELECT rolpassword FROM pg_authid",
    "SELECT stavalues1 FROM pg_statistic",
    "INSERT INTO ledger.journal (ref, kind, debit, credit, gross, net, created_at)
     VALUES (gen_random_uuid(), 'issue', 12, 1, 1, 1, now())",
    "UPDATE ledger.journal SET gross = 1",
    "DELETE FROM ledger.journal",
    "TRUNCATE ledger.journal",
    "UPDATE ledger.wallet SET available = 1000",
    "UPDATE ledger.credit_grant SET remaining = amount",
    "UPDATE ledger.hold SET amount = 0",
    "SELECT ledger.rebuild_balances()",
    "SELECT ledger.open_wallet(gen_random_uuid())",
    "UPDATE generation.task SET status = 'pending'",
    "UPDATE generation.attempt SET cost = 0",
    "DELETE FROM generation.strike",
    "UPDATE generation.compensation_budget SET paid = 0",
    "UPDATE pool.resource SET price_per_unit = 0.1",
    "UPDATE pool.resource_state SET day_units = 0",
    "SELECT fingerprint FROM pool.resource",
    "SELECT pool.rewrap_key(id, '', '', 'mine') FROM pool.resource",
    "SELECT password_hash FROM identity.users",
    "UPDATE identity.users SET password_hash = '$argon2id$mine'",
    "UPDATE identity.users SET email = 'mine@example.com'",
    "UPDATE identity.users SET wallet = 1",
    "DELETE FROM identity.users",
    "SELECT identity.set_password(id, NULL, '$argon2id$mine', NULL) FROM identity.session",
    "SELECT identity.end_sessions(user_id, NULL, 'logout') FROM identity.session",
    "SELECT hash FROM identity.refresh_token",
    "UPDATE identity.refresh_token SET rotated_at = NULL",
    "DELETE FROM identity.refresh_token",
    "UPDATE identity.session SET expires_at = 'infinity', ended_at = NULL, end_reason = NULL",
    "UPDATE identity.session SET ends_at = 'infinity'",
    "DELETE FROM identity.session",
    "SELECT identity.add_token(id, sha256(''), NULL, now()) FROM identity.session",
    "SELECT subject FROM identity.throttle",
    "UPDATE identity.throttle SET count = 0",
    "UPDATE identity.throttle SET window_ends_at = now()",
    "DELETE FROM identity.throttle",
    "SELECT identity.forgive(ARRAY[sha256('')])",
    "SELECT identity.count_attempt(sha256(''), 1, 1)",
    "SELECT secret_ciphertext FROM identity.totp",
    "UPDATE identity.totp SET last_step = 0",
    "UPDATE identity.totp SET confirmed_at = NULL",
    "DELETE FROM identity.totp",
    "SELECT hash FROM identity.recovery_code",
    "UPDATE identity.recovery_code SET used_at = NULL",
    "INSERT INTO identity.recovery_code (user_id, hash) SELECT id, sha256('') FROM identity.users",
    "SELECT identity.pass_totp(user_id, 1, NULL) FROM identity.session",
    "SELECT identity.totp_changed(user_id, NULL, true) FROM identity.session",
    "SELECT identity.keep_recovery_codes(user_id, '{}') FROM identity.session",
    "SELECT identity.lock_by_session(id, '{}') FROM identity.session",
    "UPDATE identity.session SET two_factor = true",
    "UPDATE generation.preset SET params = '{}'",
    "SELECT body FROM ops.idempotency",
    "UPDATE ops.idempotency SET body = '{}'",
    "UPDATE ops.idempotency SET request_hash = '', user_id = gen_random_uuid()",
    "DELETE FROM ops.idempotency",
    "INSERT INTO ops.audit_log (actor_id, action, subject, reason, created_at)
     SELECT id, 'user_suspended', 'user:x', 'as another', now() FROM identity.users",
    "UPDATE ops.audit_log SET actor_id = NULL",
    "DELETE FROM ops.audit_log",
    "TRUNCATE ops.audit_log",
    "UPDATE ops.leader SET until = 'infinity'",
    "INSERT INTO aether.functions_hash (sha256) VALUES ('')",
];

/// The public's role: no admin's verb, no other one's password, roles, status, session or key.
const API: &[&str] = &[
    "UPDATE identity.users SET roles = '{consumer,admin}'",
    "UPDATE identity.users SET status = 'active'",
    "UPDATE identity.users SET token_version = 0",
    "UPDATE identity.users SET access_changed_at = NULL",
    "UPDATE identity.users SET strikes_max = 1000",
    "INSERT INTO identity.users (id, email, password_hash, display_name, roles, wallet, created_at)
     VALUES (gen_random_uuid(), 'me@example.com', '', 'M', '{consumer,admin}', 1, now())",
    "INSERT INTO identity.session (id, user_id, created_at, expires_at)
     SELECT gen_random_uuid(), id, now(), now() + interval '1 day' FROM identity.users",
    "INSERT INTO identity.refresh_token (hash, session_id, created_at, expires_at)
     SELECT sha256(''), id, now(), now() + interval '1 day' FROM identity.session",
    "SELECT ops.record_action(id, 'user_suspended', 'user:x', 'as another', '{}', 'r') FROM identity.users WHERE false",
    "SELECT identity.reset_totp(user_id) FROM identity.session",
    "SELECT line FROM ops.audit_log",
    "SELECT ops.record_audit('journal_balanced', 0, 0, NULL)",
    "SELECT pool.set_resource_status(id, NULL, 'active', NULL) FROM pool.resource",
    "SELECT pool.lift_sanction(id) FROM pool.resource",
    "SELECT pool.confirm_key(id) FROM pool.resource",
    "SELECT key_ciphertext FROM pool.resource",
    "SELECT data_key_wrapped FROM pool.resource",
    "UPDATE pool.provider SET policy = 'third_party_allowed'",
    "UPDATE pool.model SET units = 0.1",
    "SELECT ledger.issue_grant(gen_random_uuid(), account, 'admin', NULL, 1, 0::smallint, NULL)
       FROM ledger.wallet WHERE false",
    "SELECT ledger.refund(gen_random_uuid(), 1, 1, gen_random_uuid(), gen_random_uuid()) WHERE false",
    "SELECT ledger.suspend_wallet(id, false) FROM identity.users",
    "SELECT generation.lift_strikes(id) FROM identity.users",
    "SELECT generation.settle_batch('[]')",
    "SELECT id FROM generation.boot",
];

const ADMIN: &[&str] = &[
    "SELECT identity.totp_of(user_id) FROM identity.session",
    "SELECT params FROM generation.preset",
    "SELECT network FROM identity.session",
    "UPDATE identity.users SET display_name = 'Mine'",
    "SELECT identity.password_terms(id) FROM identity.users",
    "SELECT identity.matching_hash(id, '{}') FROM identity.users",
    "SELECT identity.end_session(user_id, id) FROM identity.session",
    "SELECT key_ciphertext FROM pool.resource",
    "SELECT data_key_wrapped FROM pool.resource",
    "SELECT pool.sealed_key(id, owner_id) FROM pool.resource",
    "SELECT generation.settle_batch('[]')",
    "UPDATE pool.model SET delivered_at = NULL",
    "DELETE FROM pool.model",
    "INSERT INTO pool.provider (name, display_name, unit, rate_requests, rate_seconds, lockout_seconds, reference_price)
     VALUES ('mine', 'Mine', 'unit', 1, 1, 0, 1)",
];

/// It opens keys and makes calls; it knows no user, and a task only by its turn.
const WORKER: &[&str] = &[
    "SELECT email FROM identity.users",
    "SELECT id FROM identity.session",
    "SELECT prompt FROM generation.task",
    "SELECT id FROM generation.task",
    "SELECT user_id FROM ledger.wallet",
    "SELECT line FROM ledger.journal",
    "SELECT ledger.roll_up()",
    "SELECT line FROM ops.audit_log",
    "SELECT generation.end_silent_boots('1 s')",
];

/// It sees what is counted, never what somebody wrote, nor what opens a key.
const SCHEDULER: &[&str] = &[
    "SELECT email FROM identity.users",
    "SELECT id FROM identity.session",
    "SELECT prompt FROM generation.task",
    "SELECT negative_prompt FROM generation.task",
    "SELECT error_message FROM generation.attempt",
    "SELECT key_ciphertext FROM pool.resource",
    "SELECT data_key_wrapped FROM pool.resource",
    "SELECT generation.lock_due(1, 1, '{}', '{}', 0, 0, NULL)",
    "SELECT line FROM ops.audit_log",
];

const READONLY: &[&str] = &[
    "SELECT params FROM generation.preset",
    "SELECT address FROM identity.session",
    "SELECT prompt FROM generation.task",
    "SELECT negative_prompt FROM generation.task",
    "SELECT end_user FROM generation.task",
    "SELECT error_message FROM generation.attempt",
    "SELECT request_hash FROM ops.idempotency",
    "SELECT key_ciphertext FROM pool.resource",
    "SELECT data_key_wrapped FROM pool.resource",
    "SELECT generation.settle_batch('[]')",
    "SELECT ops.record_audit('journal_balanced', 0, 0, NULL)",
];

/// What this role is refused.
pub fn statements(role: Role) -> impl Iterator<Item = &'static str> {
    let own = match role {
        Role::Api => API,
        Role::Worker => WORKER,
        Role::Scheduler => SCHEDULER,
        Role::Admin => ADMIN,
        Role::Readonly => READONLY,
    };
    EVERYBODY.iter().chain(own).copied()
}
