//! The switch that takes a hosted key out of service, whatever its owner set.

use sqlx::PgConnection;
use uuid::Uuid;

use super::owner::StatusSet;

crate::vocabulary! {
    /// What an admin may set a hosted key to.
    pub enum AdminStatus as "AdminResourceStatus" {
        /// It serves tasks. What was held against its health is cleared.
        Active = "active",
        /// It starts no new calls, and only an admin can change that.
        Disabled = "disabled",
    }
}

/// Puts a key into service or takes it out. Calls that are running end as usual. `false`: no such key.
pub async fn set_status(
    conn: &mut PgConnection,
    id: Uuid,
    status: AdminStatus,
    reason: &str,
) -> sqlx::Result<bool> {
    // No owner: an admin.
    let set: StatusSet = sqlx::query_scalar("SELECT pool.set_resource_status($1, NULL, $2, $3)")
        .bind(id)
        .bind(status)
        .bind(reason)
        .fetch_one(conn)
        .await?;
    Ok(set != StatusSet::NotFound)
}
