//! Which master keys second factors need.

use sqlx::PgPool;

use super::store;
use crate::pool::vault::Keyring;

/// The ids of master keys that seal a secret and are not loaded: no code of those users can be judged.
pub async fn missing_master_keys(db: &PgPool, keyring: &Keyring) -> sqlx::Result<Vec<String>> {
    let used = store::master_keys(&mut *db.acquire().await?).await?;
    Ok(used.into_iter().filter(|it| !keyring.has(it)).collect())
}
