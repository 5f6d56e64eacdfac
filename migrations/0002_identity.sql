-- Users and their sessions. E-mails are stored lowercased; passwords only as Argon2id strings; refresh tokens
-- only as SHA-256 digests.

CREATE DOMAIN identity.roles AS text[]
    CHECK (value <@ ARRAY['consumer', 'resource_provider', 'admin'] AND 'consumer' = ANY (value));
CREATE DOMAIN identity.user_status AS text CHECK (value IN ('active', 'suspended'));
CREATE DOMAIN identity.locale AS text CHECK (value IN ('en', 'zh-CN'));
CREATE DOMAIN identity.end_reason AS text CHECK (value IN ('logout', 'reuse', 'password_changed', 'totp_changed'));

CREATE FUNCTION identity.stamp_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    new.changed := pg_current_xact_id();
    RETURN new;
END $$;

CREATE TABLE identity.users (
    id                uuid PRIMARY KEY,
    email             text NOT NULL CONSTRAINT users_email_lowercase CHECK (email = lower(email)),
    password_hash     text NOT NULL,
    display_name      text NOT NULL,
    roles             identity.roles NOT NULL DEFAULT '{consumer}',
    status            identity.user_status NOT NULL DEFAULT 'active',
    status_reason     text,
    -- How many moderated prompts a day end this user's work, where an admin set another limit than everybody's.
    strikes_max       int CONSTRAINT users_strikes_max CHECK (strikes_max > 0),
    locale            identity.locale NOT NULL DEFAULT 'en',
    -- Below so many available credits the user wants to be told.
    credits_low_at    numeric(20,6) CONSTRAINT users_credits_low_at CHECK (credits_low_at > 0),
    -- The wallet's account in the ledger, carried by every access token.
    wallet            bigint NOT NULL,
    -- An admin took the role of a provider away: hosting a key does not bring it back.
    hosting_revoked   boolean NOT NULL DEFAULT false,
    -- Access tokens carry the version they were issued under; a higher one here refuses them.
    token_version     int NOT NULL DEFAULT 0,
    -- When roles, status or token_version last changed; processes that judge tokens read it every second.
    access_changed_at timestamptz,
    created_at        timestamptz NOT NULL,
    changed           xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT users_email_key UNIQUE (email)
);
CREATE INDEX users_access_changed ON identity.users (changed) WHERE access_changed_at IS NOT NULL;
CREATE TRIGGER users_changed BEFORE UPDATE ON identity.users
    FOR EACH ROW EXECUTE FUNCTION identity.stamp_change();

CREATE FUNCTION identity.note_hosting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    new.hosting_revoked := NOT 'resource_provider' = ANY (new.roles)
                           AND (new.hosting_revoked OR 'resource_provider' = ANY (old.roles));
    RETURN new;
END $$;
CREATE TRIGGER users_hosting BEFORE UPDATE OF roles ON identity.users
    FOR EACH ROW EXECUTE FUNCTION identity.note_hosting();

-- One sign-in and every token that descends from it. Rotating a token locks this row.
CREATE TABLE identity.session (
    id           uuid PRIMARY KEY,
    user_id      uuid NOT NULL REFERENCES identity.users (id),
    created_at   timestamptz NOT NULL,
    -- When the newest token expires: after it nobody can continue the session, and its row may be deleted.
    expires_at   timestamptz NOT NULL,
    -- However often it is refreshed, it ends then.
    ends_at      timestamptz NOT NULL DEFAULT 'infinity',
    -- Where it was last opened or refreshed from. Limits count networks, people read addresses.
    address      inet,
    network      text,
    agent        text CONSTRAINT session_agent CHECK (length(agent) <= 256),
    -- Whoever opened it had the second factor of its user, beside the password.
    two_factor   boolean NOT NULL DEFAULT false,
    last_used_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at     timestamptz,
    end_reason   identity.end_reason,
    changed      xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT session_ended CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX session_of_user ON identity.session (user_id, network);
CREATE INDEX session_expires_at ON identity.session (expires_at);
CREATE INDEX session_ended_changed ON identity.session (changed) WHERE ended_at IS NOT NULL;
CREATE TRIGGER session_changed BEFORE UPDATE ON identity.session
    FOR EACH ROW EXECUTE FUNCTION identity.stamp_change();

-- A token is rotated once. Presented again within seconds it yields a sibling (two tabs, a lost answer);
-- presented later it counts as stolen, and its session ends. The first use of a sibling retires the older ones and
-- all that descends from them, so that a copy made in those seconds does not live on beside its original.
CREATE TABLE identity.refresh_token (
    hash       bytea PRIMARY KEY CONSTRAINT refresh_token_hash CHECK (length(hash) = 32),
    session_id uuid NOT NULL REFERENCES identity.session (id) ON DELETE CASCADE,
    parent     bytea,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    rotated_at timestamptz,
    -- When a younger sibling was used: this one's holder has not come back since.
    retired_at timestamptz
);
CREATE INDEX refresh_token_parent ON identity.refresh_token (parent);
CREATE INDEX refresh_token_session ON identity.refresh_token (session_id);
CREATE INDEX refresh_token_expires_at ON identity.refresh_token (expires_at);

-- The second factor of a sign-in: a secret that an authenticator app shares, sealed as the keys of owners are. It
-- counts once a code has confirmed it; from then on each code opens once, as steps only rise.
CREATE TABLE identity.totp (
    user_id           uuid PRIMARY KEY REFERENCES identity.users (id),
    secret_ciphertext bytea NOT NULL,
    data_key_wrapped  bytea NOT NULL,
    master_key_id     text NOT NULL,
    begun_at          timestamptz NOT NULL,
    confirmed_at      timestamptz,
    -- The step (30 s since 1970) of the last code that was accepted.
    last_step         bigint NOT NULL DEFAULT 0
);

-- For who lost the app: each opens once. 80 random bits, so that a plain digest cannot be searched backwards.
CREATE TABLE identity.recovery_code (
    user_id uuid NOT NULL REFERENCES identity.totp (user_id) ON DELETE CASCADE,
    hash    bytea NOT NULL CONSTRAINT recovery_code_hash CHECK (length(hash) = 32),
    used_at timestamptz,
    PRIMARY KEY (user_id, hash)
);

-- Failed sign-ins and registrations per subject, in windows that begin with the first. Subjects are
-- digests: what a stranger typed as an e-mail is not kept.
CREATE TABLE identity.throttle (
    subject           bytea PRIMARY KEY CONSTRAINT throttle_subject CHECK (length(subject) = 32),
    count             int NOT NULL CHECK (count >= 0),
    window_started_at timestamptz NOT NULL,
    window_ends_at    timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX throttle_window_ends_at ON identity.throttle (window_ends_at);
