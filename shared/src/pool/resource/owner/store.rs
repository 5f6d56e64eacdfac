//! The calls of the functions, and the one read of a sealed key.

use std::time::Duration;

use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Connected, Deleted, KnownKey, NewResource, OwnerStatus, ResourceChange, StatusSet};
use crate::db::interval;
use crate::pool::vault::{Fingerprint, Sealed};

/// When a key that was just connected is read again: its balance is known from the live check.
const FIRST_SYNC_AFTER: Duration = Duration::from_mins(5);

/// The columns of a new resource. Only here is a sealed key written as text.
#[derive(Serialize)]
struct Columns<'a> {
    #[serde(flatten)]
    resource: &'a NewResource<'a>,
    key_ciphertext: String,
    data_key_wrapped: String,
    master_key_id: &'a str,
    fingerprint: String,
}

/// Bytes as PostgreSQL reads them.
fn bytea(bytes: impl AsRef<[u8]>) -> String {
    format!("\\x{}", hex::encode(bytes))
}

/// The key of this fingerprint, if it was ever hosted.
pub async fn find_known(
    conn: &mut PgConnection,
    fingerprint: &Fingerprint,
) -> sqlx::Result<Option<KnownKey>> {
    sqlx::query_as("SELECT id, sanction_reason FROM pool.find_key($1)")
        .bind(fingerprint.as_bytes())
        .fetch_optional(conn)
        .await
}

/// Whether somebody hosts the key of this fingerprint now.
pub async fn is_hosted(conn: &mut PgConnection, fingerprint: &Fingerprint) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pool.resource r
                         WHERE r.id = (SELECT k.id FROM pool.find_key($1) k) AND r.deleted_at IS NULL)",
    )
    .bind(fingerprint.as_bytes())
    .fetch_one(conn)
    .await
}

/// Hosts a key, and gives its owner the role.
pub async fn connect(
    conn: &mut PgConnection,
    resource: &NewResource<'_>,
) -> sqlx::Result<Connected> {
    let columns = Columns {
        resource,
        key_ciphertext: bytea(&resource.sealed.key_ciphertext),
        data_key_wrapped: bytea(&resource.sealed.data_key_wrapped),
        master_key_id: &resource.sealed.master_key_id,
        fingerprint: bytea(resource.fingerprint.as_bytes()),
    };
    sqlx::query_scalar("SELECT pool.connect_resource($1, $2)")
        .bind(Json(columns))
        .bind(interval(FIRST_SYNC_AFTER))
        .fetch_one(conn)
        .await
}

/// Changes a resource of `owner_id`. `false`: they have no such resource.
pub async fn change(
    conn: &mut PgConnection,
    id: Uuid,
    owner_id: Uuid,
    change: &ResourceChange,
) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT pool.change_resource($1, $2, $3)")
        .bind(id)
        .bind(owner_id)
        .bind(Json(change))
        .fetch_one(conn)
        .await
}

/// Pauses a resource of `owner_id`, or makes it active, which clears what was held against its health.
pub async fn set_status(
    conn: &mut PgConnection,
    id: Uuid,
    owner_id: Uuid,
    status: OwnerStatus,
) -> sqlx::Result<StatusSet> {
    sqlx::query_scalar("SELECT pool.set_status_as_owner($1, $2, $3)")
        .bind(id)
        .bind(owner_id)
        .bind(status)
        .fetch_one(conn)
        .await
}

/// Deletes a resource of `owner_id`; while calls are running it only pauses.
pub async fn delete(conn: &mut PgConnection, id: Uuid, owner_id: Uuid) -> sqlx::Result<Deleted> {
    sqlx::query_scalar("SELECT pool.delete_resource($1, $2)")
        .bind(id)
        .bind(owner_id)
        .fetch_one(conn)
        .await
}

/// Makes the next reading of the balance of a resource of `owner_id` due now.
pub async fn request_sync(conn: &mut PgConnection, id: Uuid, owner_id: Uuid) -> sqlx::Result<()> {
    sqlx::query("SELECT pool.request_sync_as_owner($1, $2)")
        .bind(id)
        .bind(owner_id)
        .execute(conn)
        .await?;
    Ok(())
}

/// The provider accepted the key when `owner_id` had it tested: what only the machine held against it is over, if it is
/// theirs still.
pub async fn confirm_key(conn: &mut PgConnection, id: Uuid, owner_id: Uuid) -> sqlx::Result<()> {
    sqlx::query("SELECT pool.confirm_key_as_owner($1, $2)")
        .bind(id)
        .bind(owner_id)
        .execute(conn)
        .await?;
    Ok(())
}

/// The sealed key of a resource of `owner_id` and its provider, for a live probe.
pub async fn find_sealed(
    conn: &mut PgConnection,
    id: Uuid,
    owner_id: Uuid,
) -> sqlx::Result<Option<(String, Sealed)>> {
    let row: Option<(String, Vec<u8>, Vec<u8>, String)> = sqlx::query_as(
        "SELECT provider, key_ciphertext, data_key_wrapped, master_key_id FROM pool.sealed_key($1, $2)",
    )
    .bind(id)
    .bind(owner_id)
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(provider, key_ciphertext, data_key_wrapped, master_key_id)| {
        (provider, Sealed { key_ciphertext, data_key_wrapped, master_key_id })
    }))
}
