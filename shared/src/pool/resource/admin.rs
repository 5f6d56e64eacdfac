//! The switch that takes a hosted key out of service, whatever its owner set.

use sqlx::PgConnection;
use uuid::Uuid;

crate::vocabulary! {
    /// What an admin may set a hosted key to.
    pub enum AdminStatus as "AdminResourceStatus" {
        /// It serves tasks. What was held against its health is cleared.
        Active = "active",
        /// It starts no new calls, and only an admin can change that.
        Disabled = "disabled",
    }
}

/// Puts a key into service or takes it out. Calls that are out run their course. `false`: no such key.
pub async fn set_status(
    conn: &mut PgConnection,
    id: Uuid,
    status: AdminStatus,
    reason: &str,
) -> sqlx::Result<bool> {
    Ok(store::set_status(conn, id, status.as_str(), reason).await? != "not_found")
}

mod store {
    use super::{PgConnection, Uuid};

    /// Outcome: `changed` or `not_found`. No owner: an admin.
    pub(super) async fn set_status(
        conn: &mut PgConnection,
        id: Uuid,
        status: &str,
        reason: &str,
    ) -> sqlx::Result<String> {
        sqlx::query_scalar("SELECT pool.set_resource_status($1, NULL, $2, $3)")
            .bind(id)
            .bind(status)
            .bind(reason)
            .fetch_one(conn)
            .await
    }
}
