//! What the races happen on: a few consumers with wallets, two owners with a key each, real time.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::database::Database;

/// A race that takes longer is a deadlock nobody noticed.
pub const PATIENCE: Duration = Duration::from_mins(1);

pub struct Stage {
    pub users: Vec<Uuid>,
    pub wallets: Vec<i64>,
    pub owners: Vec<i64>,
    pub resources: Vec<Uuid>,
    pub boot: Uuid,
}

impl Stage {
    /// `consumers` wallets; the second owner is the second consumer.
    pub async fn open(database: &Database, consumers: usize) -> Self {
        let users: Vec<Uuid> = (0..consumers).map(|_| Uuid::now_v7()).collect();
        let owner_users = vec![Uuid::now_v7(), users[1]];
        let resources = vec![Uuid::now_v7(), Uuid::now_v7()];
        let boot = Uuid::now_v7();
        let mut conn = database.connect().await;
        let (wallets, owners) =
            sqlx::query_as("SELECT wallets, owners FROM model.open_sequence($1, $2, $3)")
                .bind(&users)
                .bind(&owner_users)
                .bind(Uuid::now_v7())
                .fetch_one(&mut conn)
                .await
                .unwrap();
        let open = json!({
            "op": "open_resources", "owners": owner_users, "resources": resources, "boot": boot,
        });
        step(&mut conn, &open).await.unwrap();
        // So that unknown attempts do not fill the keys for two minutes.
        sqlx::query("UPDATE pool.model SET run_seconds_max = 1").execute(&mut conn).await.unwrap();
        // From here on time is real.
        sqlx::raw_sql(
            "SELECT set_config('model.now', '', false);
             UPDATE pool.resource_state SET day = '2000-01-01', month = '2000-01-01';
             UPDATE generation.boot SET beat_at = clock_timestamp()",
        )
        .execute(&mut conn)
        .await
        .unwrap();
        Self { users, wallets, owners, resources, boot }
    }

    /// A submit's row for the interpreter.
    pub fn task(
        &self,
        ord: usize,
        id: Uuid,
        user: usize,
        amount: i64,
        deadline_seconds: i64,
    ) -> Value {
        json!({
            "ord": ord, "id": id, "user_id": self.users[user], "wallet": self.wallets[user],
            "request_hash": "00", "model": "auto", "prompt": "p", "aspect_ratio": "1:1",
            "output_format": "png", "amount": amount, "amount_min": amount, "lane": 1,
            "deadline_seconds": deadline_seconds,
        })
    }
}

/// One command in a transaction of its own.
pub async fn step(conn: &mut PgConnection, command: &Value) -> sqlx::Result<String> {
    sqlx::query_scalar("SELECT model.step($1)").bind(command).fetch_one(conn).await
}
