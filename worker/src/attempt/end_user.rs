//! The name of a consumer towards providers: stable, so that they can moderate, and meaningless.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Half a SHA-256 of the user's (random) id, in hex.
pub fn end_user(user: Uuid) -> String {
    let digest =
        Sha256::new().chain_update(b"aetherflow end user").chain_update(user.as_bytes()).finalize();
    digest[..16].iter().fold(String::with_capacity(32), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all that is written to it");
        text
    })
}
