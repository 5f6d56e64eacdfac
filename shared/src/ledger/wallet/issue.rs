//! Credits an admin adds by hand.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Grant, WalletError, store};
use crate::ledger::Credits;

/// What an admin gives.
#[derive(Clone, Copy, Debug)]
pub struct NewManualGrant {
    /// Made by the caller (UUIDv7): issuing the same id twice issues once.
    pub id: Uuid,
    /// Whose wallet.
    pub user_id: Uuid,
    /// Above zero.
    pub amount: Credits,
    /// Whole days from now; `None`: never expires.
    pub expires_in_days: Option<u16>,
}

/// Issues the grant and answers it. Only the admin role may (`ledger.issue_grant`).
pub async fn issue_manually(
    conn: &mut PgConnection,
    new: NewManualGrant,
) -> Result<Grant, WalletError> {
    let wallet =
        store::find_account(conn, new.user_id).await?.ok_or(WalletError::WalletNotFound)?;
    store::issue_admin_grant(conn, wallet, &new).await?;
    store::find_grant(conn, new.id).await?.ok_or(WalletError::GrantNotFound)
}
