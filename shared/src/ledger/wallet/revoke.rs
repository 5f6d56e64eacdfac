//! A grant taken back.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Grant, WalletError, store};
use crate::ledger::Credits;

/// What taking a grant back did.
#[derive(Clone, Debug)]
pub struct Revoked {
    /// The grant as it is now.
    pub grant: Grant,
    /// Credits that left the wallet at once. What is held returns revoked when its hold closes.
    pub taken: Credits,
}

/// Takes back what is left of a grant. What of it was spent stays spent.
pub async fn revoke(conn: &mut PgConnection, grant_id: Uuid) -> Result<Revoked, WalletError> {
    // The function answers 0 for a second time as well as for an empty grant, so the mark is read
    // before. Of two at the same moment the later takes nothing, which its answer says.
    let marked = store::find_revocation(conn, grant_id).await?;
    if marked.ok_or(WalletError::GrantNotFound)? {
        return Err(WalletError::GrantRevoked);
    }
    let taken = store::revoke_grant(conn, grant_id).await?.ok_or(WalletError::GrantNotFound)?;
    let grant = store::find_grant(conn, grant_id).await?.ok_or(WalletError::GrantNotFound)?;
    Ok(Revoked { grant, taken })
}
