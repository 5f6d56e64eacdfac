//! A hosted key that does not open. This worker avoids it; where its master key is known to be good, what is
//! stored must be damaged, and the key is taken out of service with words for its owner.

use shared::pool::vault::VaultError;
use shared::pool::{Resource, quota};

use crate::deps::Deps;

/// What owner and admin read.
const WORDS: &str = "the stored key cannot be opened: delete it and connect it again";

/// Deals with a key that `error` kept from opening.
pub async fn unopened(deps: &Deps, resource: &Resource, error: &VaultError) {
    deps.hot.avoid(resource.id);
    if *error != VaultError::NotAuthentic || !deps.master_key_is_proven(resource) {
        return;
    }
    match quota::park_unopened(&deps.db, resource, WORDS).await {
        Ok(true) => {
            tracing::error!(resource = %resource.id, "a stored key is damaged and was taken out of service");
            metrics::counter!("aetherflow_keys_damaged_total").increment(1);
        }
        Ok(false) => {}
        Err(error) => {
            tracing::warn!(%error, resource = %resource.id, "a damaged key was not parked");
        }
    }
}
