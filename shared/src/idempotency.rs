//! The first answer to a request that may be sent twice, kept in the transaction of its effect.
//! (A task carries its own key.)

use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// Which request: one user's key on one path, and what was sent with it.
#[derive(Debug, Clone)]
pub struct RequestKey {
    /// Whose.
    pub user_id: Uuid,
    /// The path as it was called, ids included.
    pub path: String,
    /// The client's key.
    pub key: String,
    /// SHA-256 of the body.
    pub request_hash: [u8; 32],
}

/// What is known about a request.
#[derive(Debug)]
pub enum Claim {
    /// It is the first: do it, then [`keep`] its answer, then commit.
    First,
    /// It was answered before, like this.
    Answered {
        /// HTTP status.
        status: u16,
        /// JSON body.
        body: Value,
    },
    /// The key was used for another body.
    KeyReused,
}

/// Claims the key for the caller's transaction. A twin that runs meanwhile makes this wait until it
/// has committed or rolled back.
pub async fn claim(conn: &mut PgConnection, request: &RequestKey) -> sqlx::Result<Claim> {
    let known: Option<(Vec<u8>, i16, Value)> =
        sqlx::query_as("SELECT request_hash, status, body FROM ops.claim_request($1, $2, $3, $4)")
            .bind(request.user_id)
            .bind(&request.path)
            .bind(&request.key)
            .bind(request.request_hash.as_slice())
            .fetch_optional(conn)
            .await?;
    let Some((hash, status, body)) = known else { return Ok(Claim::First) };
    if hash != request.request_hash {
        return Ok(Claim::KeyReused);
    }
    let status = u16::try_from(status).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(Claim::Answered { status, body })
}

/// Keeps the answer of the first. One that was kept is never changed.
pub async fn keep(
    conn: &mut PgConnection,
    request: &RequestKey,
    status: u16,
    body: &Value,
) -> sqlx::Result<()> {
    sqlx::query("SELECT ops.keep_answer($1, $2, $3, $4, $5)")
        .bind(request.user_id)
        .bind(&request.path)
        .bind(&request.key)
        .bind(i16::try_from(status).map_err(|error| sqlx::Error::Encode(error.into()))?)
        .bind(body)
        .execute(conn)
        .await?;
    Ok(())
}
