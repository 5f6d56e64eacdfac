-- Tasks and attempts. Every change of state is guarded by the state before it; illegal combinations cannot be stored.

CREATE DOMAIN generation.task_status AS text
    CHECK (value IN ('pending', 'processing', 'completed', 'failed', 'canceled', 'refunded'));
CREATE DOMAIN generation.task_error AS text
    CHECK (value IN ('content_blocked', 'invalid_request', 'deadline_exceeded', 'providers_failed', 'settle_failed'));
CREATE DOMAIN generation.attempt_state AS text
    CHECK (value IN ('calling', 'delivered', 'refused', 'failed', 'unknown', 'surplus'));
CREATE DOMAIN generation.attempt_error AS text
    CHECK (value IN ('key_invalid', 'key_no_credit', 'key_forbidden', 'rate_limited', 'content_blocked', 'user_error',
                     'model_gone', 'provider_transient', 'unknown', 'not_sent', 'timeout', 'crashed'));
-- A task that no worker can read would stop every claim it is part of.
CREATE DOMAIN generation.image_format AS text CHECK (value IN ('png', 'jpeg', 'webp'));
CREATE DOMAIN generation.route AS text CHECK (value IN ('any', 'own', 'market'));
CREATE DOMAIN generation.compensation_kind AS text CHECK (value IN ('surplus', 'compensate', 'parked'));
CREATE DOMAIN generation.unpaid_reason AS text
    CHECK (value IN ('consumer_budget', 'owner_budget', 'total_budget', 'commission', 'released'));
CREATE DOMAIN generation.seed AS bigint CHECK (value BETWEEN 0 AND 4294967295);

-- Providers some request could be made with by any of, so that their keys compete for the same tasks: one virtual time,
-- which is the lowest start tag that waited when a worker last claimed here. Named by the first of them.
CREATE TABLE generation.key_group (
    id    smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name  text COLLATE "C" NOT NULL UNIQUE,
    vtime double precision NOT NULL DEFAULT 0
) WITH (fillfactor = 10);

-- Tasks of one lane compete for the same keys (shared/src/generation/lane.rs). Rows are never changed or deleted: each
-- process remembers them. Lanes of owners, who have keys of their own to serve them, count downwards.
CREATE TABLE generation.lane (
    id        int PRIMARY KEY,
    models    text[] NOT NULL,
    route     generation.route NOT NULL,
    owner     uuid,
    band      smallint NOT NULL,
    -- NULL: served by own keys only, in the order they came.
    key_group smallint REFERENCES generation.key_group (id),
    CONSTRAINT lane_once UNIQUE NULLS NOT DISTINCT (models, route, owner, band, key_group),
    CONSTRAINT lane_side CHECK ((owner IS NULL) = (id > 0) AND (owner IS NULL) = (route = 'market')),
    CONSTRAINT lane_key_group CHECK ((key_group IS NULL) = (route = 'own'))
);
-- By weight, what an owner's own keys have made of tasks that had a place in the market's queue: so far do their later
-- tasks stand before their tags there. Tags in lanes of owners are counted with it, others without.
CREATE TABLE generation.own_supply (
    owner     uuid,
    key_group smallint REFERENCES generation.key_group (id),
    served    double precision NOT NULL,
    PRIMARY KEY (owner, key_group)
) WITH (fillfactor = 50);
CREATE SEQUENCE generation.market_lane AS int;
CREATE SEQUENCE generation.owner_lane AS int INCREMENT -1;

CREATE TABLE generation.task (
    id                  uuid PRIMARY KEY,
    user_id             uuid NOT NULL,
    wallet              bigint NOT NULL,
    idempotency_key     text,
    request_hash        bytea NOT NULL,
    status              generation.task_status NOT NULL DEFAULT 'pending',
    requested_model     text NOT NULL,
    prompt              text NOT NULL,
    negative_prompt     text,
    aspect_ratio        text NOT NULL,
    seed                generation.seed,
    output_format       generation.image_format NOT NULL,
    style_preset        text,
    -- On whose behalf the user asked, as a digest that only tells two of them apart.
    end_user            bytea CONSTRAINT task_end_user CHECK (length(end_user) = 32),
    -- Whose keys may serve it.
    route               generation.route NOT NULL DEFAULT 'any',
    -- The consumer's ceiling in credits, which is exactly what is held.
    credits_held        numeric(20,6) NOT NULL,
    -- Its place in the queue: the lane, and there the tag, which is start_tag and what the task weighs.
    lane                int NOT NULL,
    start_tag           double precision NOT NULL,
    tag                 double precision NOT NULL,
    next_at             timestamptz NOT NULL,
    deadline            timestamptz NOT NULL,
    cancel_requested_at timestamptz,
    attempts_started    smallint NOT NULL DEFAULT 0,
    attempts_counted    smallint NOT NULL DEFAULT 0,
    attempts_unknown    smallint NOT NULL DEFAULT 0,
    -- How many keys' moderation refused it.
    verdicts            smallint NOT NULL DEFAULT 0,
    -- Those on keys of others without a recent delivery: two at the most.
    attempts_unproven   smallint NOT NULL DEFAULT 0,
    -- Resources this task's failures count against (three at the most), and those it must not be given again.
    implicated          uuid[] NOT NULL DEFAULT '{}',
    excluded            uuid[] NOT NULL DEFAULT '{}',
    settle_failed_at    timestamptz,
    -- Whose image is kept and could not be settled.
    parked_attempt      uuid,
    settle_error        text,
    settle_retry_at     timestamptz,
    model               text,
    credits_cost        numeric(20,6),
    image_attempt       uuid,
    image_content_type  text,
    image_width         int,
    image_height        int,
    image_bytes         bigint,
    image_seed          generation.seed,
    image_sha256        bytea,
    image_deleted_at    timestamptz,
    error_code          generation.task_error,
    error_message       text,
    created_at          timestamptz NOT NULL,
    started_at          timestamptz,
    completed_at        timestamptz,
    CONSTRAINT task_final CHECK ((status = 'pending' OR status = 'processing') = (completed_at IS NULL)),
    CONSTRAINT task_image CHECK (
        (status = 'completed' OR status = 'refunded') = (image_attempt IS NOT NULL AND credits_cost IS NOT NULL)),
    CONSTRAINT task_error CHECK ((status = 'failed') = (error_code IS NOT NULL)),
    CONSTRAINT task_parked CHECK (settle_failed_at IS NULL OR status = 'processing'),
    CONSTRAINT task_parked_attempt CHECK ((settle_failed_at IS NULL) = (parked_attempt IS NULL))
) WITH (fillfactor = 60);
CREATE UNIQUE INDEX task_idempotency ON generation.task (user_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
-- Three lists of what waits, the last also of what is being made. The conditions on lane and deadline restrict the
-- first two to statements that ask for that column: without them the planner, while it believes that little waits,
-- reads a whole list in place of the index that was meant.
CREATE INDEX task_due ON generation.task (lane, tag, id) WHERE status = 'pending' AND lane IS NOT NULL;
CREATE INDEX task_deadline ON generation.task (deadline) WHERE status = 'pending' AND deadline IS NOT NULL;
CREATE INDEX task_unfinished ON generation.task (user_id, tag) WHERE status IN ('pending', 'processing');
CREATE INDEX task_user ON generation.task (user_id, id);
CREATE INDEX task_parked ON generation.task (settle_failed_at) WHERE settle_failed_at IS NOT NULL;
-- What ended lately, of one user (streams of events, after any interruption) and of all (the pulse; rows lie nearly in
-- the order of their time, so blocks are enough).
CREATE INDEX task_ended ON generation.task (user_id, completed_at, id) WHERE completed_at IS NOT NULL;
CREATE INDEX task_completed_at ON generation.task USING brin (completed_at)
    WITH (pages_per_range = 16, autosummarize = on);

-- What a consumer noted of a task of theirs, for their own eyes. Beside the task, so that nothing of the path that
-- makes images reads or writes it.
CREATE TABLE generation.task_mark (
    task_id  uuid PRIMARY KEY,
    user_id  uuid NOT NULL,
    favorite boolean NOT NULL DEFAULT false,
    hidden   boolean NOT NULL DEFAULT false
);
CREATE INDEX task_mark_user ON generation.task_mark (user_id, task_id) WHERE favorite OR hidden;

-- Parameters of requests that a user keeps under a name, in the user's own order.
CREATE TABLE generation.preset (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL,
    name       text NOT NULL,
    -- Fields of a submit, as the api wrote them.
    params     jsonb NOT NULL,
    -- 0, 1, ... without gaps.
    position   int NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX preset_user ON generation.preset (user_id, position);

-- One life of a worker process. A worker silent for a lease is dead, and its calling attempts are rescued.
CREATE TABLE generation.boot (
    id         uuid PRIMARY KEY,
    host       text NOT NULL,
    pid        int NOT NULL,
    version    text NOT NULL,
    permits    int NOT NULL,
    busy       int NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL,
    beat_at    timestamptz NOT NULL,
    -- Since when an admin wants it to start no new calls.
    drained_at timestamptz,
    ended_at   timestamptz,
    end_reason text
) WITH (fillfactor = 50);

-- A lane in which tasks wait, as a claim finds it: the room that the worker knows of there, and two of its tasks
-- (generation.waiting_lanes).
CREATE TYPE generation.waiting_lane AS (
    lane      int,
    known     boolean,
    room      int,
    own_room  int,
    -- Calls of own keys that run.
    own_busy  int,
    cost_free numeric,
    key_group smallint,
    served    double precision,
    tag       double precision,
    start_tag double precision
);
-- A call that may start: which key it uses, the units it takes there, what the image will cost, and whether the key is
-- somebody else's and unproven.
CREATE TYPE generation.granted AS (resource uuid, units numeric, cost numeric, unproven boolean);
-- How an attempt without an image ended, and what follows (shared/src/generation/end.rs).
CREATE TYPE generation.attempt_end AS (
    state         generation.attempt_state,
    class         generation.attempt_error,
    message       text,
    billed        boolean,
    action        text,
    delay_seconds double precision,
    exclude       boolean,
    error_code    generation.task_error,
    error_message text,
    effect        text,
    cool_seconds  double precision
);

CREATE TABLE generation.attempt (
    id               uuid PRIMARY KEY,
    task_id          uuid NOT NULL,
    no               smallint NOT NULL,
    boot_id          uuid NOT NULL,
    resource_id      uuid NOT NULL,
    owner_id         uuid NOT NULL,
    owner_account    bigint NOT NULL,
    provider         text NOT NULL,
    model            text NOT NULL,
    units            numeric(20,6) NOT NULL,
    price_per_unit   numeric(20,6) NOT NULL,
    -- What the consumer pays if this attempt delivers: round(price_per_unit × units, 6), or the fee on an own key.
    cost             numeric(20,6) NOT NULL CHECK (cost >= 0),
    -- What it would cost at the provider's reference price: what the platform pays for output that nobody is charged
    -- for is at most that.
    reference_cost   numeric(20,6) NOT NULL CHECK (reference_cost >= 0),
    commission_rate  numeric(7,6) NOT NULL CHECK (commission_rate BETWEEN 0 AND 1),
    own              boolean NOT NULL,
    -- The key had no recent delivery when this began.
    unproven         boolean NOT NULL DEFAULT false,
    state            generation.attempt_state NOT NULL DEFAULT 'calling',
    error_class      generation.attempt_error,
    error_message    text,
    -- Why this resource: how many others were excluded for which reason, and the best five candidates.
    choice           jsonb NOT NULL DEFAULT '{}',
    -- Counts in resource_state.in_flight.
    occupies         boolean NOT NULL DEFAULT true,
    occupied_until   timestamptz NOT NULL,
    -- The provider billed it although nothing could be delivered (it withheld the output).
    billed           boolean NOT NULL DEFAULT false,
    started_at       timestamptz NOT NULL,
    -- After this and one lease, rescue ends it whoever holds it.
    hard_deadline    timestamptz NOT NULL,
    ended_at         timestamptz,
    -- When to look again for an image that was kept late. Only where the outcome is unknown, and not for ever.
    look_at          timestamptz,
    CONSTRAINT attempt_no UNIQUE (task_id, no),
    CONSTRAINT attempt_ended CHECK ((state = 'calling') = (ended_at IS NULL)),
    CONSTRAINT attempt_calling_occupies CHECK (state <> 'calling' OR occupies)
) WITH (fillfactor = 70);
CREATE INDEX attempt_resource ON generation.attempt (resource_id, started_at);
CREATE INDEX attempt_calling ON generation.attempt (boot_id) WHERE state = 'calling';
CREATE INDEX attempt_look ON generation.attempt (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX attempt_occupying ON generation.attempt (occupied_until) WHERE occupies AND state <> 'calling';

-- Moderated or filtered prompts of a consumer, per UTC day; and, beside them, those of each of their end users
-- (end_user; empty: the consumer's own count, which all of theirs are part of).
CREATE TABLE generation.strike (
    day      date NOT NULL,
    user_id  uuid NOT NULL,
    end_user bytea NOT NULL DEFAULT '',
    count    int NOT NULL,
    PRIMARY KEY (day, user_id, end_user)
);

-- What the platform owes an owner for output that no consumer is charged for, and what it paid. A budget that was used
-- up is named as the reason; what it left unpaid stays unpaid.
CREATE TABLE generation.compensation (
    attempt     uuid PRIMARY KEY,
    task_id     uuid NOT NULL,
    kind        generation.compensation_kind NOT NULL,
    owner_id    uuid NOT NULL,
    consumer_id uuid NOT NULL,
    -- The UTC day whose budgets it was paid from.
    day         date NOT NULL,
    due         numeric(20,6) NOT NULL CHECK (due >= 0),
    paid        numeric(20,6) NOT NULL,
    -- Why less was paid than was due.
    reason      generation.unpaid_reason,
    created_at  timestamptz NOT NULL,
    CONSTRAINT compensation_paid CHECK (paid BETWEEN 0 AND due),
    CONSTRAINT compensation_reason CHECK ((paid < due) = (reason IS NOT NULL))
);
CREATE INDEX compensation_owner ON generation.compensation (owner_id);
CREATE INDEX compensation_created_at ON generation.compensation (created_at);

-- What was paid of the budgets of one UTC day: one row per owner, one per consumer, and one for all (subject: nil).
CREATE TABLE generation.compensation_budget (
    day     date NOT NULL,
    scope   text COLLATE "C" NOT NULL CHECK (scope IN ('consumer', 'owner', 'total')),
    subject uuid NOT NULL,
    -- The largest that was in force while it was paid from.
    budget  numeric(20,6) NOT NULL,
    paid    numeric(20,6) NOT NULL DEFAULT 0,
    PRIMARY KEY (day, scope, subject),
    CONSTRAINT compensation_budget_kept CHECK (paid BETWEEN 0 AND budget)
) WITH (fillfactor = 70);
