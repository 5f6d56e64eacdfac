//! What can go wrong with a wallet and its grants.

/// A variant exists because some caller acts differently on it.
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    /// No wallet of this account or user.
    #[error("no such wallet")]
    WalletNotFound,
    /// No grant of this id.
    #[error("no such grant")]
    GrantNotFound,
    /// The grant was taken back before.
    #[error("the grant is revoked already")]
    GrantRevoked,
    /// The database failed.
    #[error("the ledger failed")]
    Store(#[from] sqlx::Error),
}
