//! Every setting there is, one row each: constant, variable, form, fallback, who reads it, meaning. The
//! README's table is made from these rows, and tests check who reads what.

use crate::Program::{self, Api, Ctl, Scheduler, Worker};

use super::setting::Fallback::{Absent, PerProgram, Required, Value};
use super::setting::{Form, Setting};

const SERVICES: &[Program] = &[Api, Worker, Scheduler];
const EVERYONE: &[Program] = &[Api, Worker, Scheduler, Ctl];

const HTTP: Form = Form::Url { schemes: &["https", "http"] };
const POSTGRES: Form = Form::SecretUrl { schemes: &["postgres", "postgresql"] };
const REDIS: Form = Form::SecretUrl { schemes: &["redis", "rediss"] };
const SECRET: Form = Form::Secret { characters_min: 32 };
const PASSWORD: Form = Form::Secret { characters_min: 16 };
const CREDITS: Form = Form::Decimal { min: "0", max: "1000000" };
const RANDOM: &str = "what `ctl init-env` makes";

macro_rules! settings {
    ($($constant:ident = $name:literal, $form:expr, $fallback:expr, $programs:expr, $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $constant: Setting = Setting {
                name: $name,
                form: $form,
                fallback: $fallback,
                meaning: $meaning,
                programs: $programs,
            };
        )*

        /// Every setting, in the order of the README's table.
        pub const KNOWN: &[Setting] = &[$($constant),*];
    };
}

settings! {
    DATABASE_URL = "DATABASE_URL", POSTGRES,
        Required { example: "postgres://aether_api:…@127.0.0.1:5432/aetherflow" }, EVERYONE,
        "PostgreSQL, as the service's own role; for `ctl migrate` as a superuser. TLS by `?sslmode=verify-full`.";
    ADMIN_DATABASE_URL = "AETHERFLOW_ADMIN_DATABASE_URL", POSTGRES,
        Required { example: "postgres://aether_admin:…@127.0.0.1:5432/aetherflow" }, &[Api],
        "The same database as the role that may issue credits, for admin and payment paths.";
    DB_CONNECTIONS = "AETHERFLOW_DB_CONNECTIONS", Form::Integer { min: 1, max: 1000 },
        PerProgram(&[(Api, "16"), (Worker, "12"), (Scheduler, "4"), (Ctl, "2")]), EVERYONE,
        "Connections to PostgreSQL per process, at most.";
    REDIS_URL = "REDIS_URL", REDIS,
        Required { example: "redis://127.0.0.1:6379" }, EVERYONE,
        "Redis, used only to wake workers, to answer waiting clients and to share request counts. TLS by `rediss://`.";
    REDIS_NAMESPACE = "AETHERFLOW_REDIS_NAMESPACE", Form::Text,
        Value("aetherflow"), EVERYONE,
        "Prefix of every key and channel, so that several exchanges can share one Redis.";
    OBJECT_STORE = "AETHERFLOW_OBJECT_STORE", Form::Url { schemes: &["file", "s3"] },
        Required { example: "file:///var/lib/aetherflow/images" }, SERVICES,
        "Where images are kept: a folder, or `s3://bucket/prefix` with the usual `AWS_*` variables.";
    MASTER_KEYS = "AETHERFLOW_MASTER_KEYS", SECRET,
        Required { example: "2026-11:<32 random bytes in base64>" }, &[Api, Worker],
        "`id:base64,...`: master keys that wrap hosted keys and secrets of second factors; the first is active, the others only decrypt.";
    FINGERPRINT_SECRET = "AETHERFLOW_FINGERPRINT_SECRET", SECRET,
        Required { example: RANDOM }, &[Api],
        "Makes the fingerprints that tell when a key is hosted already; after a change, keys hosted before are no longer recognised.";
    JWT_SECRET = "AETHERFLOW_JWT_SECRET", SECRET,
        Required { example: RANDOM }, &[Api],
        "Signs access tokens; after a change every client has to refresh its token.";
    URL_SECRET = "AETHERFLOW_URL_SECRET", SECRET,
        Required { example: RANDOM }, &[Api],
        "Signs image links; a change invalidates those given out before.";
    LISTEN = "AETHERFLOW_LISTEN", Form::Address,
        Value("127.0.0.1:8080"), &[Api],
        "Address and port the API listens on.";
    METRICS_LISTEN = "AETHERFLOW_METRICS_LISTEN", Form::Address,
        PerProgram(&[(Api, "127.0.0.1:9100"), (Worker, "127.0.0.1:9101"), (Scheduler, "127.0.0.1:9102")]), SERVICES,
        "Address and port of `/metrics` and `/health`; port 0 takes a free one and logs it.";
    PUBLIC_URL = "AETHERFLOW_PUBLIC_URL", HTTP,
        Value("http://127.0.0.1:8080"), &[Api],
        "How clients reach the API; image links begin with it.";
    CORS_ORIGINS = "AETHERFLOW_CORS_ORIGINS", Form::List,
        Absent { example: "https://console.example.com" }, &[Api],
        "Origins whose web pages may call the API.";
    CONSOLE_DIR = "AETHERFLOW_CONSOLE_DIR", Form::Text,
        Absent { example: "console/dist" }, &[Api],
        "Folder of the web console to serve, instead of the one that release builds have inside.";
    TRUSTED_PROXIES = "AETHERFLOW_TRUSTED_PROXIES", Form::List,
        Absent { example: "10.0.0.0/8,192.0.2.1" }, &[Api],
        "Addresses and networks of proxies whose `X-Forwarded-For` is trusted; limits per address count what it names.";
    RATE_LIMIT = "AETHERFLOW_RATE_LIMIT", Form::Rates { count: 2 },
        Value("600/min,3000/min"), &[Api],
        "Requests per user and per address; or `off`.";
    LOGIN_LIMIT = "AETHERFLOW_LOGIN_LIMIT", Form::Rates { count: 1 },
        Value("10/15min"), &[Api],
        "Failed logins per account and network (IPv4 address, IPv6 /64), and failed changes of a password or second factor per session; or `off`.";
    REGISTER_LIMIT = "AETHERFLOW_REGISTER_LIMIT", Form::Rates { count: 1 },
        Value("60/hour"), &[Api],
        "Registrations per network; or `off`.";
    KEY_CHECK_LIMIT = "AETHERFLOW_KEY_CHECK_LIMIT", Form::Rates { count: 1 },
        Value("10/hour"), &[Api],
        "Keys per user that their provider may refuse, when they are connected or tested; half for users of the first day, three times for a network; or `off`.";
    SESSION_LIFETIME = "AETHERFLOW_SESSION_LIFETIME", Form::Duration,
        Value("90d"), &[Api],
        "How long after the sign-in a session ends, however often it is refreshed.";
    ADMIN_TOTP = "AETHERFLOW_ADMIN_TOTP", Form::Choice { words: &["off", "required"] },
        Value("off"), &[Api],
        "`required`: admins must sign in with a second factor; without one they can do nothing but enrol it.";
    SIGN_UP_GRANT = "AETHERFLOW_SIGN_UP_GRANT", CREDITS,
        Value("0"), &[Api],
        "Credits a new user starts with.";
    PRICE_MAX_FACTOR = "AETHERFLOW_PRICE_MAX_FACTOR", Form::Decimal { min: "1", max: "1000" },
        Value("5"), &[Api, Worker],
        "The highest price an owner may ask, as a multiple of the provider's reference price.";
    PRICE_HEADROOM = "AETHERFLOW_PRICE_HEADROOM", Form::Decimal { min: "0", max: "10" },
        Value("0.10"), &[Api],
        "What a hold adds to the estimate or the reference cost, as a fraction, so that a dearer resource can serve too.";
    QUEUE_MAX = "AETHERFLOW_QUEUE_MAX", Form::Integer { min: 1, max: 1_000_000 },
        Value("10000"), &[Api],
        "Waiting tasks one user may have, at most.";
    STRIKES_MAX = "AETHERFLOW_STRIKES_MAX", Form::Integer { min: 1, max: 1_000_000 },
        Value("20"), &[Api, Worker, Scheduler],
        "Moderated or filtered prompts one user, or one end user of theirs, may send in a day; after that they wait for the next day.";
    TASK_DEADLINE = "AETHERFLOW_TASK_DEADLINE", Form::Duration,
        Value("300s"), &[Api],
        "How long a task may wait if its request names no deadline.";
    BYOK_FEE = "AETHERFLOW_BYOK_FEE", CREDITS,
        Value("0"), &[Api, Worker],
        "What a task costs, in credits, when it runs on its user's own key.";
    COMMISSION_RATE = "AETHERFLOW_COMMISSION_RATE", Form::Decimal { min: "0", max: "1" },
        Value("0.10"), &[Api, Worker],
        "The platform's share of what a resource earns.";
    COMPENSATION_OWNER_BUDGET = "AETHERFLOW_COMPENSATION_OWNER_BUDGET", CREDITS,
        Value("10"), &[Worker, Scheduler],
        "What the platform pays one owner in a UTC day, at most, for output that nobody is charged for (billed but filtered, or late).";
    COMPENSATION_CONSUMER_BUDGET = "AETHERFLOW_COMPENSATION_CONSUMER_BUDGET", CREDITS,
        Value("10"), &[Worker, Scheduler],
        "What the platform pays in a UTC day, at most, for such output of one consumer's tasks.";
    COMPENSATION_TOTAL_BUDGET = "AETHERFLOW_COMPENSATION_TOTAL_BUDGET", CREDITS,
        Value("200"), &[Worker, Scheduler],
        "What the platform pays in a UTC day, at most, for such output in all.";
    DISPUTE_WINDOW = "AETHERFLOW_DISPUTE_WINDOW", Form::DurationOrZero,
        Value("7d"), &[Api],
        "How long earnings can be disputed before they can be transferred.";
    WORKER_CONCURRENCY = "AETHERFLOW_WORKER_CONCURRENCY", Form::Integer { min: 1, max: 4096 },
        Value("32"), &[Worker],
        "Calls to providers one worker makes at the same time, at most.";
    ATTEMPT_TIMEOUT = "AETHERFLOW_ATTEMPT_TIMEOUT", Form::Duration,
        Value("90s"), &[Worker],
        "How long one call to a provider may take.";
    ATTEMPTS_MAX = "AETHERFLOW_ATTEMPTS_MAX", Form::Integer { min: 1, max: 100 },
        Value("6"), &[Worker, Scheduler],
        "Attempts a task may use before it fails.";
    LEASE = "AETHERFLOW_LEASE", Form::Duration,
        Value("20s"), &[Worker, Scheduler],
        "A worker that is silent for this long is dead; it sends a heartbeat every quarter of it.";
    BODY_BUDGET = "AETHERFLOW_BODY_BUDGET", Form::Size,
        Value("256MiB"), &[Api, Worker],
        "Bytes of images one process holds in memory at the same time, at most.";
    QUOTA_SYNC_INTERVAL = "AETHERFLOW_QUOTA_SYNC_INTERVAL", Form::Duration,
        Value("15m"), &[Worker],
        "How often a resource's balance is read from its provider.";
    AUDIT_INTERVAL = "AETHERFLOW_AUDIT_INTERVAL", Form::Duration,
        Value("1h"), &[Scheduler],
        "How often the ledger is audited.";
    IMAGE_RETENTION = "AETHERFLOW_IMAGE_RETENTION", Form::Duration,
        Value("30d"), &[Api, Scheduler],
        "How long images are kept.";
    GRACE_PERIOD = "AETHERFLOW_GRACE_PERIOD", Form::Duration,
        PerProgram(&[(Api, "30s"), (Worker, "120s"), (Scheduler, "30s")]), SERVICES,
        "How long a stopping process may finish its work; for workers at least the attempt timeout and 30 s, or each deploy pays for images twice.";
    LOG_FORMAT = "AETHERFLOW_LOG_FORMAT", Form::Choice { words: &["json", "text"] },
        Value("json"), SERVICES,
        "Logs for machines (`json`) or for people (`text`); `RUST_LOG` sets how much is logged.";
    FAILPOINT = "AETHERFLOW_FAILPOINT", Form::Text,
        Absent { example: "worker.after-claim" }, SERVICES,
        "Debug builds only: where to die, panic or stall, for crash tests.";
    DB_PASSWORD_API = "AETHERFLOW_DB_PASSWORD_API", PASSWORD,
        Absent { example: RANDOM }, &[Ctl],
        "`ctl migrate` sets it for the role `aether_api`; without it the role keeps the one it has.";
    DB_PASSWORD_WORKER = "AETHERFLOW_DB_PASSWORD_WORKER", PASSWORD,
        Absent { example: RANDOM }, &[Ctl],
        "The same for `aether_worker`.";
    DB_PASSWORD_SCHEDULER = "AETHERFLOW_DB_PASSWORD_SCHEDULER", PASSWORD,
        Absent { example: RANDOM }, &[Ctl],
        "The same for `aether_scheduler`.";
    DB_PASSWORD_ADMIN = "AETHERFLOW_DB_PASSWORD_ADMIN", PASSWORD,
        Absent { example: RANDOM }, &[Ctl],
        "The same for `aether_admin`.";
    DB_PASSWORD_READONLY = "AETHERFLOW_DB_PASSWORD_READONLY", PASSWORD,
        Absent { example: RANDOM }, &[Ctl],
        "The same for `aether_readonly`.";
    ADMIN_PASSWORD = "AETHERFLOW_ADMIN_PASSWORD", Form::Secret { characters_min: 8 },
        Absent { example: RANDOM }, &[Ctl],
        "Password of the admin that `ctl create-admin` makes, if it does not come on standard input.";
}
