//! Consumers with credits, and the api they submit to.

use std::collections::BTreeMap;

use chrono::DateTime;
use devkit::database::Database;
use shared::generation::claim::{Look, Room, lock_due};
use shared::generation::submit::{NewTask, SubmitOutcome, submit_batch};
use shared::ledger::audit;
use shared::ledger::wallet::{NewManualGrant, issue_manually, read_balance};
use sqlx::Connection as _;
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres};
use uuid::Uuid;

/// Of the one key, and of the one worker.
const KEY: Uuid = Uuid::from_u128(0xb0);

pub struct Exchange {
    pub database: Database,
    api: PgPool,
}

pub struct Consumer {
    pub user_id: Uuid,
    pub wallet: i64,
    /// Where their tasks wait.
    pub lane: i32,
}

impl Exchange {
    pub async fn open() -> Self {
        let database = Database::create().await;
        let api = database.pool_as(shared::db::Role::Api).await;
        Self { database, api }
    }

    /// Has one grant of each of these amounts, spent in this order.
    pub async fn consumer(&self, grants: &[&str]) -> Consumer {
        self.consumer_with_id(Uuid::now_v7(), grants).await
    }

    pub async fn consumer_with_id(&self, user_id: Uuid, grants: &[&str]) -> Consumer {
        let mut conn = self.database.superuser().await;
        let wallet = sqlx::query_scalar("SELECT ledger.open_wallet($1)")
            .bind(user_id)
            .fetch_one(&mut conn)
            .await
            .unwrap();
        for amount in grants {
            let amount = amount.parse().unwrap();
            let new = NewManualGrant { id: Uuid::now_v7(), user_id, amount, expires_in_days: None };
            issue_manually(&mut conn, new).await.unwrap();
        }
        let lane = self.lane("core", "market", None, "stability").await;
        Consumer { user_id, wallet, lane }
    }

    pub async fn lane(&self, model: &str, route: &str, owner: Option<Uuid>, group: &str) -> i32 {
        sqlx::query_scalar("SELECT generation.lane_id(ARRAY[$1], $2, $3, 42, $4)")
            .bind(model)
            .bind(route)
            .bind(owner)
            .bind(Some(group).filter(|_| route != "own"))
            .fetch_one(&self.api)
            .await
            .unwrap()
    }

    /// Where these tasks begin and end in the queue.
    pub async fn places(&self, tasks: &[Uuid]) -> Vec<(f64, f64)> {
        sqlx::query_as("SELECT start_tag, tag FROM generation.task WHERE id = ANY ($1) ORDER BY id")
            .bind(tasks)
            .fetch_all(&self.api)
            .await
            .unwrap()
    }

    pub async fn cancel(&self, task: Uuid) {
        let outcome: String = sqlx::query_scalar("SELECT generation.cancel_task($1, NULL)")
            .bind(task)
            .fetch_one(&self.api)
            .await
            .unwrap();
        assert_eq!(outcome, "canceled");
    }

    /// Takes what is due, in the order it is taken in. No attempts begin.
    pub async fn claim(&self, limit: i32, rooms: &BTreeMap<i32, Room>) -> Vec<Uuid> {
        let mut conn = self.database.superuser().await;
        let mut tx = conn.begin().await.unwrap();
        let ids = take(&mut tx, limit, rooms).await;
        if !ids.is_empty() {
            sqlx::query("UPDATE generation.task SET status = 'processing' WHERE id = ANY ($1)")
                .bind(&ids)
                .execute(&mut *tx)
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
        ids
    }

    /// What would be taken.
    pub async fn look(&self, limit: i32, rooms: &BTreeMap<i32, Room>) -> Vec<Uuid> {
        let mut conn = self.database.superuser().await;
        let mut tx = conn.begin().await.unwrap();
        let ids = take(&mut tx, limit, rooms).await;
        tx.rollback().await.unwrap();
        ids
    }

    pub async fn settle(&self, attempt: Uuid) {
        let settle = format!(
            "SELECT generation.settle_batch(jsonb_build_array(jsonb_build_object('attempt', '{attempt}',
                'content_type', 'image/png', 'width', 1, 'height', 1, 'bytes', 1, 'sha256', '00')))"
        );
        self.database.run(&settle).await;
    }

    /// The virtual time of the first key group.
    pub async fn vtime(&self) -> f64 {
        sqlx::query_scalar("SELECT vtime FROM generation.key_group WHERE id = 1")
            .fetch_one(&mut self.database.superuser().await)
            .await
            .unwrap()
    }

    /// Hosts a key and registers a worker; answers the key's owner.
    pub async fn open_key(&self) -> Uuid {
        let owner = Uuid::now_v7();
        let key = format!(
            "UPDATE pool.provider SET policy = 'third_party_allowed';
             SELECT pool.connect_resource(jsonb_build_object('id', '{KEY}', 'owner_id', '{owner}', 'provider',
                'stability', 'name', 'a key', 'key_hint', 'h', 'key_ciphertext', '\\x00', 'data_key_wrapped', '\\x00',
                'master_key_id', 'm', 'fingerprint', '\\x01', 'price_per_unit', 0.1, 'daily_limit', 1000,
                'monthly_limit', 1000, 'concurrency_limit', 10, 'available_units', 1000), '1 hour');
             UPDATE pool.resource_state SET delivered_at = aether.now();
             SELECT generation.register_boot('{KEY}', 'host', 1, 'v', 10);"
        );
        self.database.run(&key).await;
        owner
    }

    /// Starts an attempt with the key, if it is granted.
    pub async fn start(&self, task: Uuid) -> Option<Uuid> {
        let mut conn = self.database.superuser().await;
        sqlx::query_scalar(
            "SELECT attempt_id FROM generation.start_attempts($1, '1 hour', jsonb_build_array(jsonb_build_object(
                'ord', 0, 'attempt', $2::uuid, 'task', $3::uuid, 'resource', $1, 'model', 'stability/core')),
                '90 s', '30 s', 0, 0.1, 5)",
        )
        .bind(KEY)
        .bind(Uuid::now_v7())
        .bind(task)
        .fetch_optional(&mut conn)
        .await
        .unwrap()
    }

    /// One batch. The instants of its outcomes, which no test can know, are the epoch.
    pub async fn submit(&self, tasks: &[NewTask]) -> Vec<SubmitOutcome> {
        let mut outcomes = submit_batch(&self.api, tasks, 20).await.unwrap();
        for outcome in &mut outcomes {
            if let SubmitOutcome::Accepted(accepted) = outcome {
                accepted.created_at = DateTime::UNIX_EPOCH;
                accepted.deadline = DateTime::UNIX_EPOCH;
            }
        }
        outcomes
    }

    /// A connection as the api has them.
    pub async fn api(&self) -> PoolConnection<Postgres> {
        self.api.acquire().await.unwrap()
    }

    /// The tasks that were written for him, in the order they will be served.
    pub async fn tasks(&self, of: &Consumer) -> Vec<Uuid> {
        sqlx::query_scalar("SELECT id FROM generation.task WHERE user_id = $1 ORDER BY tag")
            .bind(of.user_id)
            .fetch_all(&self.api)
            .await
            .unwrap()
    }

    /// In words; what is held is the sum of his open holds.
    pub async fn balance(&self, of: &Consumer) -> String {
        let mut conn = self.api().await;
        let balance = read_balance(&mut conn, of.wallet).await.unwrap();
        format!("{} available, {} held", balance.available, balance.held)
    }

    /// After the audit, which finds nothing.
    pub async fn close(self) {
        let superuser = self.database.pool().await;
        let report = audit::run(&superuser).await.unwrap();
        superuser.close().await;
        let violated: Vec<_> = report.violated().collect();
        assert!(violated.is_empty(), "the audit found {violated:?}");
        self.api.close().await;
        self.database.drop().await;
    }
}

async fn take(conn: &mut PgConnection, limit: i32, rooms: &BTreeMap<i32, Room>) -> Vec<Uuid> {
    let look = Look {
        limit,
        own_limit: 0,
        rooms,
        skip: &[],
        own_skip: &[],
        market_from: 0,
        owner_from: i32::MIN,
        lowest: None,
    };
    let (due, _) = lock_due(conn, &look).await.unwrap();
    due.iter().map(|it| it.id).collect()
}
