//! Users, sessions and limits against a real PostgreSQL (`AETHERFLOW_TEST_DATABASE_URL`), as the roles
//! that use them.

#![expect(clippy::unwrap_used, reason = "this whole program is a test")]

mod feed;
mod idempotency;
mod others;
mod passwords;
mod privileges;
mod refused;
mod rights;
mod second_factor;
mod sessions;
mod siblings;
mod throttle;
mod users;

use std::time::Duration;

use devkit::database::Database;
use shared::{
    identity::{
        IdentityError,
        session::{self, Device, OpenedSession, RefreshToken, Refreshed, Verified},
        throttle::Attempt,
        totp::Factor,
        user::{self, Email, Locale, NewUser, User},
    },
    ledger::Credits,
};
use sqlx::PgPool;
use uuid::Uuid;

const LIFETIME: Duration = Duration::from_hours(24 * 90);

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

    /// Signs in from an address, as somebody whose password was checked against this hash.
    async fn open_session(
        &self,
        user: &User,
        hash: &str,
        address: &str,
        attempt: &Attempt,
    ) -> Result<OpenedSession, IdentityError> {
        let verified = Verified::registered(user.clone(), hash.to_owned());
        let device = Device::new(address.parse().unwrap(), Some("a browser"));
        let mut tx = self.db.begin().await?;
        let none = Factor::default();
        let opened = session::open(&mut tx, &verified, &none, &device, LIFETIME, attempt).await?;
        tx.commit().await?;
        Ok(opened)
    }

    async fn sign_in(&self, user: &User) -> (Uuid, RefreshToken) {
        let opened = self.open_session(user, HASH, "192.0.2.1", &Attempt::default()).await.unwrap();
        (opened.session_id, opened.refresh_token)
    }

    /// The next token; `None` if reuse ended the session.
    async fn refresh(&self, token: &RefreshToken) -> Result<Option<RefreshToken>, IdentityError> {
        let device = Device::new("192.0.2.2".parse().unwrap(), None);
        let mut tx = self.db.begin().await?;
        let refreshed = session::refresh(&mut tx, token, &device).await?;
        tx.commit().await?;
        Ok(match refreshed {
            Refreshed::Renewed(opened) => Some(opened.refresh_token),
            Refreshed::Reused { .. } => None,
        })
    }

    /// Its child, of a token that is good.
    async fn renewed(&self, token: &RefreshToken) -> RefreshToken {
        self.refresh(token).await.unwrap().unwrap()
    }

    async fn is_dead(&self, token: &RefreshToken) -> bool {
        matches!(self.refresh(token).await, Err(IdentityError::InvalidToken))
    }

    async fn close(self) {
        self.db.close().await;
        self.admin_db.close().await;
        self.database.drop().await;
    }
}

/// What [`new_user`] has.
const HASH: &str = "$argon2id$not-checked-here";

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn new_user(text: &str) -> NewUser {
    NewUser {
        email: email(text),
        password_hash: HASH.to_owned(),
        display_name: "Ada".to_owned(),
        locale: Locale::English,
    }
}
