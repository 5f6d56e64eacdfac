//! What can go wrong with providers and models.

/// A variant exists because some caller acts differently on it.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// No provider of this name.
    #[error("no such provider")]
    ProviderNotFound,
    /// No model of this id, or a deleted one.
    #[error("no such model")]
    ModelNotFound,
    /// A model of this id is there.
    #[error("the model exists")]
    ModelExists,
    /// The database failed.
    #[error("the catalogue failed")]
    Store(#[from] sqlx::Error),
}
