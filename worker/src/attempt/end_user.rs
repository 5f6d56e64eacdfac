//! The name of a consumer, or of their end user, towards providers: stable, so that they can moderate, and meaningless.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Half a digest, in hex: of the end user where the user named one, else a SHA-256 of the user's (random) id.
pub fn end_user(user: Uuid, named: Option<&[u8]>) -> String {
    if let Some(half) = named.and_then(|it| it.get(..16)) {
        return hex::encode(half);
    }
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

        assert_eq!(end_user(user, None), NAME);
        assert_ne!(end_user(Uuid::from_u128(8), None), NAME);
        assert!(!NAME.contains(&user.simple().to_string()));
    }

    #[test]
    fn users_who_name_their_end_users_have_a_name_for_each() {
        let named = |name| {
            let user = Uuid::from_u128(7);
            end_user(user, Some(&shared::generation::strikes::end_user_digest(user, name)))
        };

        assert_eq!(named("anna"), named("anna"));
        assert_ne!(named("anna"), named("bert"));
        assert!(named("anna") != NAME && named("anna").len() == NAME.len());
    }

    const NAME: &str = "2e5a7b17a8b9e6a4109abd2504f5400c";
}
