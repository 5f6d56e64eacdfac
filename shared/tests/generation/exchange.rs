//! Consumers with credits, and the api they submit to.

use chrono::DateTime;
use devkit::database::Database;
use shared::generation::submit::{NewTask, SubmitOutcome, submit_batch};
use shared::ledger::audit;
use shared::ledger::wallet::{NewManualGrant, issue_manually, read_balance};
use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres};
use uuid::Uuid;

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
        let mut conn = self.database.superuser().await;
        let user_id = Uuid::now_v7();
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
        let lane = sqlx::query_scalar(
            "SELECT generation.lane_id('{stability/core}', 'market', NULL, 42, 'stability')",
        )
        .fetch_one(&mut conn)
        .await
        .unwrap();
        Consumer { user_id, wallet, lane }
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
        let report = audit::run(&self.api).await.unwrap();
        let violated: Vec<_> = report.violated().collect();
        assert!(violated.is_empty(), "the audit found {violated:?}");
        self.api.close().await;
        self.database.drop().await;
    }
}
