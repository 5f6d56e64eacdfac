//! The calls of the functions, and the one read of a sealed key.

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Connected, Deleted, NewResource, ResourceChange, StatusSet};
use crate::db::interval;
use crate::db::unexpected;
use crate::pool::vault::Sealed;

pub(super) async fn connect(
    conn: &mut PgConnection,
    resource: &NewResource<'_>,
    first_sync_after: Duration,
) -> sqlx::Result<Connected> {
    let outcome: String = sqlx::query_scalar(
        "SELECT pool.connect_resource($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    )
    .bind(resource.id)
    .bind(resource.owner_id)
    .bind(resource.provider)
    .bind(resource.name)
    .bind(resource.key_hint)
    .bind(&resource.sealed.key_ciphertext)
    .bind(&resource.sealed.data_key_wrapped)
    .bind(&resource.sealed.master_key_id)
    .bind(resource.fingerprint.as_bytes().as_slice())
    .bind(resource.price_per_unit)
    .bind(resource.daily_limit)
    .bind(resource.monthly_limit)
    .bind(resource.concurrency_limit)
    .bind(resource.rpm_limit)
    .bind(resource.available_units)
    .bind(interval(first_sync_after))
    .fetch_one(conn)
    .await?;
    match outcome.as_str() {
        "connected" => Ok(Connected::Connected),
        "key_in_use" => Ok(Connected::KeyInUse),
        other => Err(unexpected("connect_resource", other)),
    }
}

pub(super) async fn change(
    conn: &mut PgConnection,
    id: Uuid,
    owner_id: Uuid,
    change: &ResourceChange,
) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT pool.change_resource($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(id)
        .bind(owner_id)
        .bind(&change.name)
        .bind(change.price_per_unit)
        .bind(change.daily_limit)
        .bind(change.monthly_limit)
        .bind(change.concurrency_limit)
        .bind(change.rpm_limit)
        .fetch_one(conn)
        .await
}

pub(super) async fn set_status(
    conn: &mut PgConnection,
    id: Uuid,
    owner_id: Uuid,
    status: &str,
    reason: Option<&str>,
) -> sqlx::Result<StatusSet> {
    let outcome: String = sqlx::query_scalar("SELECT pool.set_resource_status($1, $2, $3, $4)")
        .bind(id)
        .bind(owner_id)
        .bind(status)
        .bind(reason)
        .fetch_one(conn)
        .await?;
    match outcome.as_str() {
        "changed" => Ok(StatusSet::Changed),
        "not_found" => Ok(StatusSet::NotFound),
        "disabled" => Ok(StatusSet::Disabled),
        other => Err(unexpected("set_resource_status", other)),
    }
}

pub(super) async fn delete(
    conn: &mut PgConnection,
    id: Uuid,
    owner_id: Uuid,
) -> sqlx::Result<Deleted> {
    let outcome: String = sqlx::query_scalar("SELECT pool.delete_resource($1, $2)")
        .bind(id)
        .bind(owner_id)
        .fetch_one(conn)
        .await?;
    match outcome.as_str() {
        "deleted" => Ok(Deleted::Deleted),
        "in_use" => Ok(Deleted::InUse),
        "not_found" => Ok(Deleted::NotFound),
        other => Err(unexpected("delete_resource", other)),
    }
}

pub(super) async fn request_sync(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query("SELECT pool.request_sync($1)").bind(id).execute(conn).await?;
    Ok(())
}

pub(super) async fn find_sealed(
    conn: &mut PgConnection,
    id: Uuid,
    owner_id: Uuid,
) -> sqlx::Result<Option<(String, Sealed)>> {
    let row: Option<(String, Vec<u8>, Vec<u8>, String)> = sqlx::query_as(
        "SELECT provider, key_ciphertext, data_key_wrapped, master_key_id
           FROM pool.resource WHERE id = $1 AND owner_id = $2 AND deleted_at IS NULL",
    )
    .bind(id)
    .bind(owner_id)
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(provider, key_ciphertext, data_key_wrapped, master_key_id)| {
        (provider, Sealed { key_ciphertext, data_key_wrapped, master_key_id })
    }))
}
