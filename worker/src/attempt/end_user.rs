//! The name of a consumer towards providers: stable, so that they can moderate, and meaningless.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Half a SHA-256 of the user's (random) id, in hex.
pub fn end_user(user: Uuid) -> String {
    let digest =
        Sha256::new().chain_update(b"aetherflow end user").chain_update(user.as_bytes()).finalize();
    hex::encode(&digest[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_keeps_one_name_which_is_not_the_id() {
        let user = Uuid::from_u128(7);

        assert_eq!(end_user(user), NAME);
        assert_ne!(end_user(Uuid::from_u128(8)), NAME);
        assert!(!NAME.contains(&user.simple().to_string()));
    }

    const NAME: &str = "2e5a7b17a8b9e6a4109abd2504f5400c";
}
