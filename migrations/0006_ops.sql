-- What keeps the exchange running and what was done to it.

CREATE TABLE ops.leader (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    holder   uuid,
    until    timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 10);
INSERT INTO ops.leader DEFAULT VALUES;

-- Every change by an admin, with its reason. Append-only.
CREATE TABLE ops.audit_log (
    line       bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    actor_id   uuid,
    action     text NOT NULL,
    subject    text NOT NULL,
    reason     text NOT NULL,
    detail     jsonb NOT NULL DEFAULT '{}',
    request_id text,
    created_at timestamptz NOT NULL
);
CREATE INDEX audit_log_subject ON ops.audit_log (subject, line);
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON ops.audit_log
    FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON ops.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- The first answer to a POST with an Idempotency-Key, written in the transaction of its effect.
-- (A task carries its own key.)
CREATE TABLE ops.idempotency (
    user_id      uuid NOT NULL,
    path         text NOT NULL,
    key          text NOT NULL,
    request_hash bytea NOT NULL,
    status       smallint,
    body         jsonb,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (user_id, path, key)
);
CREATE INDEX idempotency_created_at ON ops.idempotency (created_at);

-- The last result of every audit check. Without violations it could not be made, and `error` says why.
CREATE TABLE ops.audit_result (
    name       text PRIMARY KEY,
    violations bigint,
    error      text,
    elapsed_ms bigint NOT NULL,
    checked_at timestamptz NOT NULL,
    CONSTRAINT audit_result_error CHECK ((violations IS NULL) = (error IS NOT NULL))
);
