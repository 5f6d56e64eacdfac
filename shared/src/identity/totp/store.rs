//! One statement per function; the tables are read and written by `identity.*` functions only.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Change, Factor};
use crate::{
    identity::{session::Verified, throttle::Attempt},
    pool::vault::Sealed,
};

/// What is kept of a user's second factor, and the clock that codes are judged by.
#[derive(sqlx::FromRow)]
pub(super) struct Kept {
    secret_ciphertext: Option<Vec<u8>>,
    data_key_wrapped: Option<Vec<u8>>,
    master_key_id: Option<String>,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub codes_left: i32,
    now: DateTime<Utc>,
}

impl Kept {
    /// The secret, if there is one, confirmed or not.
    pub(super) fn sealed(&self) -> Option<Sealed> {
        Some(Sealed {
            key_ciphertext: self.secret_ciphertext.clone()?,
            data_key_wrapped: self.data_key_wrapped.clone()?,
            master_key_id: self.master_key_id.clone()?,
        })
    }

    pub(super) fn unix_seconds(&self) -> u64 {
        self.now.timestamp().unsigned_abs()
    }
}

pub(super) async fn find(conn: &mut PgConnection, user_id: Uuid) -> sqlx::Result<Kept> {
    sqlx::query_as("SELECT * FROM identity.totp_of($1)").bind(user_id).fetch_one(conn).await
}

pub(super) async fn master_keys(conn: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT identity.totp_master_keys()").fetch_all(conn).await
}

pub(super) async fn ask_for_code(
    conn: &mut PgConnection,
    verified: &Verified,
    attempt: &Attempt,
) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT identity.ask_for_code($1, $2, $3)")
        .bind(verified.user.id)
        .bind(&verified.password_hash)
        .bind(attempt.subjects())
        .fetch_one(conn)
        .await
}

pub(super) async fn begin(
    conn: &mut PgConnection,
    session_id: Uuid,
    verified: &Verified,
    sealed: &Sealed,
    attempt: &Attempt,
) -> sqlx::Result<Change> {
    sqlx::query_scalar("SELECT identity.begin_totp($1, $2, $3, $4, $5, $6)")
        .bind(session_id)
        .bind(&verified.password_hash)
        .bind(&sealed.key_ciphertext)
        .bind(&sealed.data_key_wrapped)
        .bind(&sealed.master_key_id)
        .bind(attempt.subjects())
        .fetch_one(conn)
        .await
}

pub(super) async fn confirm(
    conn: &mut PgConnection,
    session_id: Uuid,
    sealed: &Sealed,
    step: i64,
    codes: &[[u8; 32]],
    attempt: &Attempt,
) -> sqlx::Result<Change> {
    sqlx::query_scalar("SELECT identity.confirm_totp($1, $2, $3, $4, $5)")
        .bind(session_id)
        .bind(&sealed.key_ciphertext)
        .bind(step)
        .bind(slices(codes))
        .bind(attempt.subjects())
        .fetch_one(conn)
        .await
}

pub(super) async fn remove(
    conn: &mut PgConnection,
    session_id: Uuid,
    verified: &Verified,
    factor: &Factor,
    attempt: &Attempt,
) -> sqlx::Result<Change> {
    sqlx::query_scalar("SELECT identity.remove_totp($1, $2, $3, $4, $5)")
        .bind(session_id)
        .bind(&verified.password_hash)
        .bind(factor.step)
        .bind(factor.recovery.as_ref().map(<[u8; 32]>::as_slice))
        .bind(attempt.subjects())
        .fetch_one(conn)
        .await
}

pub(super) async fn replace_codes(
    conn: &mut PgConnection,
    session_id: Uuid,
    factor: &Factor,
    codes: &[[u8; 32]],
    attempt: &Attempt,
) -> sqlx::Result<Change> {
    sqlx::query_scalar("SELECT identity.replace_recovery_codes($1, $2, $3, $4, $5)")
        .bind(session_id)
        .bind(factor.step)
        .bind(factor.recovery.as_ref().map(<[u8; 32]>::as_slice))
        .bind(slices(codes))
        .bind(attempt.subjects())
        .fetch_one(conn)
        .await
}

pub(super) async fn reset(conn: &mut PgConnection, user_id: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT identity.reset_totp($1)").bind(user_id).fetch_one(conn).await
}

fn slices(digests: &[[u8; 32]]) -> Vec<&[u8]> {
    digests.iter().map(<[u8; 32]>::as_slice).collect()
}
