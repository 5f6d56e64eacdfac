-- Hosted keys. What rarely changes is in pool.resource, read incrementally by `changed`; the counters that every call
-- changes are in pool.resource_state. Whoever changes a resource locks its state row first, so a claim that holds the
-- state row judges the present price and limits.
-- A key is its fingerprint: it has one row for ever. Deleting destroys the ciphertext; whoever connects the key again
-- gets the same row, and with it its windows, its calls of unknown outcome, its exclusions and its sanction.

CREATE DOMAIN pool.policy AS text CHECK (value IN ('denied', 'own_use_only', 'third_party_allowed'));
CREATE DOMAIN pool.resource_status AS text CHECK (value IN ('active', 'paused', 'disabled', 'error'));
CREATE DOMAIN pool.health AS text CHECK (value IN ('ok', 'cooling', 'probing', 'exhausted'));

-- Status and health in one word: its health while it is active, else why it is not.
CREATE DOMAIN pool.condition AS text
    CHECK (value IN ('ok', 'cooling', 'probing', 'exhausted', 'paused', 'disabled', 'error'));

CREATE FUNCTION pool.stamp_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    new.changed := pg_current_xact_id();
    RETURN new;
END $$;

CREATE TABLE pool.provider (
    name             text PRIMARY KEY,
    display_name     text NOT NULL,
    -- What it counts, in words.
    unit             text NOT NULL,
    policy           pool.policy NOT NULL DEFAULT 'own_use_only',
    evidence         text NOT NULL DEFAULT '',
    reviewed_at      timestamptz,
    -- The provider's own limit, over a sliding window as the provider counts it.
    rate_requests    int NOT NULL CHECK (rate_requests > 0),
    rate_seconds     int NOT NULL CHECK (rate_seconds > 0),
    lockout_seconds  int NOT NULL CHECK (lockout_seconds >= 0),
    -- What one unit is worth in credits, set by an admin. Everything that must not hang on one owner's price is counted
    -- by it: the highest price an owner may ask, default ceilings, places in the queue, compensations.
    reference_price  numeric(20,6) NOT NULL CHECK (reference_price > 0),
    changed          xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE TRIGGER provider_changed BEFORE UPDATE ON pool.provider FOR EACH ROW EXECUTE FUNCTION pool.stamp_change();

CREATE TABLE pool.model (
    id                text PRIMARY KEY,
    provider          text NOT NULL REFERENCES pool.provider (name),
    wire_name         text NOT NULL,
    display_name      text NOT NULL,
    units             numeric(20,6) NOT NULL CHECK (units > 0),
    aspect_ratios     text[] NOT NULL,
    output_formats    text[] NOT NULL,
    style_presets     text[] NOT NULL,
    prompt_chars_max  int NOT NULL CHECK (prompt_chars_max BETWEEN 1 AND 10000),
    prompt_languages  text[] NOT NULL,
    -- What a request may carry. A model that cannot is never given such a request.
    negative_prompt   boolean NOT NULL DEFAULT true,
    seed              boolean NOT NULL DEFAULT true,
    -- The longest that the provider documents to work on a call, else a minute: so long an attempt of unknown outcome
    -- occupies its key.
    run_seconds_max   int NOT NULL DEFAULT 60 CHECK (run_seconds_max > 0),
    enabled           boolean NOT NULL DEFAULT true,
    -- When an image of it was last delivered, to the minute.
    delivered_at      timestamptz,
    -- Since when its provider does not know it any more, by the word of several keys (pool.refuse_model).
    gone_since        timestamptz,
    created_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    deleted_at        timestamptz,
    changed           xid8 NOT NULL DEFAULT pg_current_xact_id()
);
-- A delivery that is noted changes nothing that anybody caches.
CREATE TRIGGER model_changed BEFORE UPDATE ON pool.model
    FOR EACH ROW WHEN (old.delivered_at IS NOT DISTINCT FROM new.delivered_at)
    EXECUTE FUNCTION pool.stamp_change();

CREATE TABLE pool.resource (
    id                uuid PRIMARY KEY,
    owner_id          uuid NOT NULL,
    owner_account     bigint NOT NULL,
    provider          text NOT NULL REFERENCES pool.provider (name),
    name              text NOT NULL,
    key_hint          text NOT NULL,
    -- The envelope: the key under a data key, the data key under a master key with an id.
    key_ciphertext    bytea NOT NULL,
    data_key_wrapped  bytea NOT NULL,
    master_key_id     text NOT NULL,
    fingerprint       bytea NOT NULL,
    status            pool.resource_status NOT NULL DEFAULT 'active',
    status_reason     text,
    -- An admin's disable. It stays with the key, whoever hosts it, until an admin lifts it.
    sanctioned_at     timestamptz,
    sanction_reason   text,
    -- Its owner is suspended or lost the role: it starts no new calls (pool.follow_owner).
    owner_barred      boolean NOT NULL DEFAULT false,
    price_per_unit    numeric(20,6) NOT NULL CHECK (price_per_unit > 0),
    daily_limit       numeric(20,6) NOT NULL CHECK (daily_limit > 0),
    monthly_limit     numeric(20,6) NOT NULL CHECK (monthly_limit > 0),
    concurrency_limit int NOT NULL CHECK (concurrency_limit BETWEEN 1 AND 1000),
    rpm_limit         int CHECK (rpm_limit > 0),
    attested_at       timestamptz NOT NULL,
    created_at        timestamptz NOT NULL,
    deleted_at        timestamptz,
    changed           xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT resource_sanctioned CHECK ((sanctioned_at IS NULL) = (sanction_reason IS NULL)),
    CONSTRAINT resource_sanction_holds CHECK (sanctioned_at IS NULL OR status = 'disabled')
);
CREATE UNIQUE INDEX resource_fingerprint ON pool.resource (fingerprint);
CREATE INDEX resource_sanctions ON pool.resource (id) WHERE sanctioned_at IS NOT NULL;
CREATE INDEX resource_owner ON pool.resource (owner_id, id);
CREATE INDEX resource_changed ON pool.resource (changed);
CREATE TRIGGER resource_changed BEFORE UPDATE ON pool.resource FOR EACH ROW EXECUTE FUNCTION pool.stamp_change();

CREATE TABLE pool.resource_state (
    resource_id       uuid PRIMARY KEY REFERENCES pool.resource (id),
    -- What the provider last reported, less what was used since; NULL where the provider reports nothing.
    available_units   numeric(20,6),
    -- Attempts that occupy this key: those calling, and unknown ones while the provider may still be working on them.
    in_flight         int NOT NULL DEFAULT 0 CHECK (in_flight >= 0),
    day               date NOT NULL,
    day_units         numeric(20,6) NOT NULL DEFAULT 0 CHECK (day_units >= 0),
    month             date NOT NULL,
    month_units       numeric(20,6) NOT NULL DEFAULT 0 CHECK (month_units >= 0),
    health            pool.health NOT NULL DEFAULT 'ok',
    cooling_until     timestamptz,
    -- How many coolings followed each other without a success: the exponent of the back-off.
    coolings          int NOT NULL DEFAULT 0,
    health_changed_at timestamptz NOT NULL,
    -- What was last held against the key, by which task (NULL: a probe), and how many said so in a row: it is parked
    -- only when several did (pool.suspect).
    suspect_class     text,
    suspect_task      uuid,
    suspect_at        timestamptz,
    suspicions        int NOT NULL DEFAULT 0,
    -- When it last delivered an image: a key without a recent delivery is unproven.
    delivered_at      timestamptz,
    success_rate      double precision NOT NULL DEFAULT 1,
    -- How many of its answers were moderation's refusals lately, 0 to 1.
    blocked_rate      double precision NOT NULL DEFAULT 0,
    latency_ms        double precision NOT NULL DEFAULT 0,
    synced_at         timestamptz,
    sync_due_at       timestamptz NOT NULL,
    CONSTRAINT resource_state_cooling CHECK ((health = 'cooling') = (cooling_until IS NOT NULL))
) WITH (fillfactor = 50);
CREATE INDEX resource_state_sync_due ON pool.resource_state (sync_due_at);

-- Models that the provider of a key said it does not know, asked with that key. After a day, a delivery or an admin's
-- edit of the model they count no more.
CREATE TABLE pool.model_refusal (
    resource_id uuid NOT NULL REFERENCES pool.resource (id),
    model       text NOT NULL,
    owner_id    uuid NOT NULL,
    refused_at  timestamptz NOT NULL,
    PRIMARY KEY (resource_id, model)
);
CREATE INDEX model_refusal_model ON pool.model_refusal (model);

-- Bars the keys of an owner who may not sell, and frees them when they may again. Deferred to the commit: whoever
-- suspends a user locks their tasks and their wallet before, and resources come after those.
CREATE FUNCTION pool.follow_owner() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
DECLARE
    v_barred boolean;
BEGIN
    SELECT u.status <> 'active' OR NOT 'resource_provider' = ANY (u.roles) INTO v_barred
      FROM identity.users u WHERE u.id = new.id;
    -- Only what changes: whoever hosts a first key holds its row already.
    PERFORM 1 FROM pool.resource_state s
      WHERE s.resource_id IN (SELECT r.id FROM pool.resource r
                               WHERE r.owner_id = new.id AND r.owner_barred <> v_barred)
      ORDER BY s.resource_id FOR NO KEY UPDATE;
    UPDATE pool.resource SET owner_barred = v_barred WHERE owner_id = new.id AND owner_barred <> v_barred;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER users_may_host AFTER UPDATE OF status, roles ON identity.users
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pool.follow_owner();

-- What a key was like, and since when: one row for every change, written by the triggers below. Nothing reads it to
-- decide anything. Kept for a month, and the last row of each key for ever (pool.forget_conditions).
CREATE TABLE pool.resource_condition (
    line          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resource_id   uuid NOT NULL,
    condition     pool.condition NOT NULL,
    -- For its owner: a class of errors, or a sentence.
    reason        text,
    since         timestamptz NOT NULL,
    -- Cooling ends then, whether anything happens or not.
    cooling_until timestamptz
);
CREATE INDEX resource_condition_resource ON pool.resource_condition (resource_id, line);
CREATE INDEX resource_condition_since ON pool.resource_condition (since);

-- Notes the condition of a key if it is another than before. A cooling that is over is probing, as the next claim would
-- find it. Whoever fires it holds the state row.
CREATE FUNCTION pool.note_condition() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pool, pg_catalog, pg_temp AS $$
DECLARE
    v_now timestamptz := aether.now();
    v_id  uuid;
BEGIN
    IF tg_table_name = 'resource' THEN
        v_id := new.id;
    ELSE
        v_id := new.resource_id;
    END IF;
    INSERT INTO pool.resource_condition (resource_id, condition, reason, since, cooling_until)
    SELECT r.id, x.condition,
           CASE WHEN r.status <> 'active' THEN r.status_reason
                WHEN x.condition = 'exhausted' THEN 'key_no_credit'
                WHEN x.condition = 'cooling' AND s.suspect_at = s.health_changed_at THEN s.suspect_class END,
           v_now, CASE WHEN x.condition = 'cooling' THEN s.cooling_until END
      FROM pool.resource r
      JOIN pool.resource_state s ON s.resource_id = r.id,
           LATERAL (SELECT CASE WHEN r.status <> 'active' THEN r.status
                                WHEN s.health = 'cooling' AND s.cooling_until <= v_now THEN 'probing'
                                ELSE s.health END AS condition) x
     WHERE r.id = v_id
       AND x.condition IS DISTINCT FROM (SELECT c.condition FROM pool.resource_condition c
                                          WHERE c.resource_id = r.id ORDER BY c.line DESC LIMIT 1);
    RETURN NULL;
END $$;
-- Almost every update is of a key whose health stays as it is: the condition of the trigger is all that it costs then.
CREATE TRIGGER resource_state_condition AFTER UPDATE OF health ON pool.resource_state
    FOR EACH ROW WHEN (old.health IS DISTINCT FROM new.health) EXECUTE FUNCTION pool.note_condition();
CREATE TRIGGER resource_state_first_condition AFTER INSERT ON pool.resource_state
    FOR EACH ROW EXECUTE FUNCTION pool.note_condition();
CREATE TRIGGER resource_condition AFTER UPDATE OF status ON pool.resource
    FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status) EXECUTE FUNCTION pool.note_condition();
