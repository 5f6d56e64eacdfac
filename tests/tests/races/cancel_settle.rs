//! A cancel and a settlement meet ten thousand times: one of them wins, the books agree, and they never
//! deadlock.

use devkit::database::Database;
use shared::db::Role;
use shared::generation::CompensationBudgets;
use shared::generation::settle::{KeptDelivery, SettleOutcome, settle_batch};
use shared::images::{ImageFormat, KeptImage};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

/// Rounds of one cancel and one settlement.
const ROUNDS: usize = 9_000;
/// Rounds in which a suspended user's tasks are canceled while a batch with some of them settles.
const CROWDS: usize = 125;
const CROWD: usize = 8;
/// Tasks prepared at once: as many calls as one key may have running.
const PREPARED: usize = 1_000;

const EXCHANGE: &str = "
    UPDATE pool.provider SET policy = 'third_party_allowed', rate_requests = 1000000;
    SELECT pool.connect_resource(jsonb_build_object('id', '00000000-0000-7000-8000-00000000000a',
        'owner_id', '00000000-0000-7000-8000-00000000000b', 'provider', 'stability', 'name', 'a key',
        'key_hint', '…abcd', 'key_ciphertext', 'x', 'data_key_wrapped', 'x', 'master_key_id', 'k', 'fingerprint', 'f',
        'price_per_unit', 0.5, 'daily_limit', 1000000, 'monthly_limit', 1000000, 'concurrency_limit', 1000), '1 hour');
    UPDATE pool.resource_state SET delivered_at = aether.now();
    SELECT ledger.issue_grant(gen_random_uuid(), ledger.open_wallet('00000000-0000-7000-8000-00000000000c'), 'admin',
        NULL, 100000, 0::smallint, NULL);
    SELECT generation.lane_id('{stability/core}', 'market', NULL, 42, 'stability');
    SELECT generation.register_boot('00000000-0000-7000-8000-00000000000d', 'here', 1, '0', 1000);";

/// Submits tasks and starts an attempt of each.
const PREPARE: &str = "
    WITH new AS (
        SELECT n, ids.id FROM unnest($1::uuid[]) WITH ORDINALITY AS ids (id, n)
    ), submitted AS MATERIALIZED (
        SELECT s.task_id FROM generation.submit_batch((SELECT jsonb_agg(jsonb_build_object(
            'ord', n, 'id', id, 'user_id', '00000000-0000-7000-8000-00000000000c',
            'wallet', (SELECT account FROM ledger.wallet), 'request_hash', '00', 'model', 'stability/core',
            'prompt', 'a heron', 'aspect_ratio', '1:1', 'output_format', 'png', 'route', 'any',
            'reference_cost', 1.5, 'amount', 1.65, 'amount_min', 1.5,
            'lane', 1, 'deadline_seconds', 3600)) FROM new), 100) s
         WHERE s.outcome = 'accepted'
    )
    SELECT array_agg(task_id) FROM submitted";
const START: &str = "
    SELECT a.attempt_id, a.task_id FROM generation.start_attempts('00000000-0000-7000-8000-00000000000d', '1 hour',
        (SELECT jsonb_agg(jsonb_build_object('ord', n, 'attempt', gen_random_uuid(), 'task', id, 'model', 'stability/core',
                'resource', '00000000-0000-7000-8000-00000000000a'))
           FROM unnest($1::uuid[]) WITH ORDINALITY AS ids (id, n)), '90 s', '30 s', 0, 0.1, 5) a";
/// What rescue does with an attempt whose worker is gone: its task waits again, and its image may come.
const LOSE: &str = "
    SELECT count(generation.end_attempt(a, jsonb_build_object('state', 'unknown', 'class', 'crashed', 'message', 'lost',
        'billed', false, 'action', 'retry', 'delay_seconds', 0, 'exclude', true, 'effect', 'none'), 6))
      FROM unnest($1::uuid[]) a";

/// Enough for every surplus of a round.
fn budgets() -> CompensationBudgets {
    let plenty = "1000000".parse().unwrap();
    CompensationBudgets { owner: plenty, consumer: plenty, total: plenty }
}

/// Two connections, as the api and as a worker, and one for preparations. What is prepared or raced
/// for need not survive a power cut.
struct Connections {
    superuser: PgPool,
    api: PgPool,
    admin: PgPool,
    worker: PgPool,
}

async fn pool(options: PgConnectOptions) -> PgPool {
    let options = options.options([("synchronous_commit", "off")]);
    PgPoolOptions::new().max_connections(1).connect_with(options).await.unwrap()
}

impl Connections {
    async fn open(database: &Database) -> Self {
        let this = Self {
            superuser: pool(database.options()).await,
            api: pool(database.options_as(Role::Api)).await,
            admin: pool(database.options_as(Role::Admin)).await,
            worker: pool(database.options_as(Role::Worker)).await,
        };
        sqlx::raw_sql(EXCHANGE).execute(&this.superuser).await.unwrap();
        this
    }

    /// Tasks with their attempts; every second one is lost and waits again.
    async fn prepare(&self, count: usize) -> Vec<(Uuid, Uuid)> {
        let ids: Vec<Uuid> = (0..count).map(|_| Uuid::now_v7()).collect();
        let submitted: Vec<Uuid> =
            sqlx::query_scalar(PREPARE).bind(&ids).fetch_one(&self.superuser).await.unwrap();
        let pairs: Vec<(Uuid, Uuid)> =
            sqlx::query_as(START).bind(&submitted).fetch_all(&self.superuser).await.unwrap();
        assert_eq!(pairs.len(), count, "every task has its attempt");
        let lost: Vec<Uuid> = pairs.iter().step_by(2).map(|it| it.0).collect();
        let _: i64 = sqlx::query_scalar(LOSE).bind(lost).fetch_one(&self.superuser).await.unwrap();
        pairs
    }

    async fn cancel(&self, task: Uuid) -> String {
        sqlx::query_scalar("SELECT generation.cancel_task($1, NULL)")
            .bind(task)
            .fetch_one(&self.api)
            .await
            .expect("no deadlock")
    }

    async fn settle(&self, attempts: &[Uuid]) -> Vec<SettleOutcome> {
        let items: Vec<KeptDelivery> = attempts.iter().map(|it| kept(*it)).collect();
        let settled = settle_batch(&self.worker, &items, &budgets()).await.expect("no deadlock");
        settled.into_iter().map(|it| it.outcome).collect()
    }

    async fn count(&self, query: &str) -> i64 {
        let query = AssertSqlSafe(query.to_owned());
        sqlx::query_scalar(query).fetch_one(&self.superuser).await.unwrap()
    }
}

fn kept(attempt: Uuid) -> KeptDelivery {
    KeptDelivery {
        attempt,
        image: KeptImage::describe(ImageFormat::Png, 64, 64, None, b"an image"),
    }
}

/// How often each ended how.
#[derive(Debug, Default)]
struct Tally {
    /// It waited, was canceled, and its image came too late: surplus.
    canceled: usize,
    /// It waited, and its image came first.
    completed: usize,
    /// A call was running: the cancel was a request, and the image completed the task all the same.
    requested: usize,
    /// A call was running, and its image came first.
    too_late: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_and_a_settlement_meet_ten_thousand_times_and_one_of_them_wins() {
    let database = Database::create().await;
    let connections = Connections::open(&database).await;
    let mut tally = Tally::default();

    for _ in 0..ROUNDS / PREPARED {
        for (attempt, task) in connections.prepare(PREPARED).await {
            let attempts = [attempt];
            let (canceled, settled) =
                tokio::join!(connections.cancel(task), connections.settle(&attempts));
            match (canceled.as_str(), settled[0]) {
                ("canceled", SettleOutcome::Surplus) => tally.canceled += 1,
                ("requested", SettleOutcome::Settled) => tally.requested += 1,
                ("final", SettleOutcome::Settled) => tally.completed += 1,
                other => panic!("both won or none: {other:?}"),
            }
        }
    }
    // How many of those that came too late had a call running follows from the sums.
    tally.too_late = ROUNDS / 2 - tally.requested;
    tally.completed -= tally.too_late;
    crowds(&connections, &mut tally).await;

    eprintln!("{tally:?}");
    let once = [tally.canceled, tally.completed, tally.requested, tally.too_late];
    assert!(once.iter().all(|it| *it > ROUNDS / 1_000), "one of them always won: {tally:?}");
    let states =
        "SELECT count(*) FROM generation.task WHERE status NOT IN ('completed', 'canceled')";
    assert_eq!(connections.count(states).await, 0);
    let flying = "SELECT sum(in_flight) FROM pool.resource_state";
    assert_eq!(connections.count(flying).await, 0);
    let report = shared::ledger::audit::run(&database.pool().await).await.unwrap();
    let violated: Vec<_> = report.violated().map(|it| (it.name, it.violations)).collect();
    assert_eq!(violated, []);
    for pool in [connections.superuser, connections.api, connections.admin, connections.worker] {
        pool.close().await;
    }
    database.drop().await;
}

/// Many rows each: all tasks of a user are canceled while some of them settle in one batch.
async fn crowds(connections: &Connections, tally: &mut Tally) {
    for _ in 0..CROWDS {
        let pairs = connections.prepare(CROWD).await;
        // Not in the order of ids.
        let attempts: Vec<Uuid> = pairs.iter().rev().map(|it| it.0).collect();
        let cancel = sqlx::query_scalar(
            "SELECT count(*) FROM generation.cancel_user_tasks('00000000-0000-7000-8000-00000000000c')",
        )
        .fetch_one(&connections.admin);
        let (canceled, settled) = tokio::join!(cancel, connections.settle(&attempts));
        let canceled: i64 = canceled.expect("no deadlock");
        let surplus = settled.iter().filter(|it| **it == SettleOutcome::Surplus).count();
        assert_eq!(usize::try_from(canceled), Ok(surplus), "{settled:?}");
        tally.canceled += surplus;
        tally.completed += CROWD - surplus;
    }
}
