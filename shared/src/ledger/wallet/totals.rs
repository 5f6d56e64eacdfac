//! What many wallets hold, without their grants: for those who watch them.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::ledger::Credits;

/// What a wallet holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct WalletTotals {
    /// Whose wallet it is.
    pub user_id: Uuid,
    /// Credits a new hold may take.
    pub available: Credits,
    /// Credits set aside by open holds.
    pub held: Credits,
}

impl WalletTotals {
    /// Available and held together.
    pub fn total(&self) -> Credits {
        Credits::from(self.available.decimal() + self.held.decimal())
    }
}

/// What the wallets of these users have available as their rows say, expired grants included: one that changes has been
/// written to.
pub async fn list_available(
    conn: &mut PgConnection,
    users: &[Uuid],
) -> sqlx::Result<Vec<(Uuid, Credits)>> {
    sqlx::query_as("SELECT user_id, available FROM ledger.wallet WHERE user_id = ANY ($1)")
        .bind(users)
        .fetch_all(conn)
        .await
}

/// What the wallets of these users hold, each from one snapshot.
pub async fn list_totals(
    conn: &mut PgConnection,
    users: &[Uuid],
) -> sqlx::Result<Vec<WalletTotals>> {
    sqlx::query_as(
        "WITH clock AS MATERIALIZED (SELECT aether.now() AS now)
         SELECT w.user_id,
                w.available - coalesce((SELECT sum(o.remaining) FROM ledger.credit_grant o
                                         WHERE o.wallet = w.account AND o.live
                                           AND o.expires_at <= c.now), 0) AS available,
                coalesce((SELECT sum(h.amount) FROM ledger.hold h
                           WHERE h.wallet = w.account AND h.state = 'open'), 0) AS held
           FROM clock c, ledger.wallet w WHERE w.user_id = ANY ($1)",
    )
    .bind(users)
    .fetch_all(conn)
    .await
}
