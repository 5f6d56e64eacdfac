//! Users, sessions and limits against a real PostgreSQL (`AETHERFLOW_TEST_DATABASE_URL`), as the roles
//! that use them.

#![expect(clippy::unwrap_used, reason = "this whole program is a test")]

mod feed;
mod idempotency;
mod sessions;
mod throttle;
mod users;

use std::time::Duration;

use devkit::database::Database;
use shared::{
    identity::{
        IdentityError,
        user::{self, Email, Locale, NewUser, User},
    },
    ledger::Credits,
};
use sqlx::PgPool;

/// A database, and pools of the two roles of the api.
struct Exchange {
    database: Database,
    db: PgPool,
    admin_db: PgPool,
}

impl Exchange {
    async fn open() -> Self {
        let database = Database::create().await;
        let db = database.pool_as(shared::db::Role::Api).await;
        let admin_db = database.pool_as(shared::db::Role::Admin).await;
        Self { database, db, admin_db }
    }

    async fn register(&self, email: &str) -> Result<User, IdentityError> {
        let mut tx = self.db.begin().await?;
        let user = user::register(&mut tx, &new_user(email), Credits::ZERO).await?;
        tx.commit().await?;
        Ok(user)
    }

    /// Sets the database's clock ahead of the machine's.
    async fn advance(&self, by: Duration) {
        let sql = format!(
            "CREATE OR REPLACE FUNCTION aether.now() RETURNS timestamptz LANGUAGE sql VOLATILE
                 AS 'SELECT pg_catalog.clock_timestamp() + make_interval(secs => {})'",
            by.as_secs_f64()
        );
        self.database.run(&sql).await;
    }

    async fn close(self) {
        self.db.close().await;
        self.admin_db.close().await;
        self.database.drop().await;
    }
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn new_user(text: &str) -> NewUser {
    NewUser {
        email: email(text),
        password_hash: "$argon2id$not-checked-here".to_owned(),
        display_name: "Ada".to_owned(),
        locale: Locale::English,
    }
}
