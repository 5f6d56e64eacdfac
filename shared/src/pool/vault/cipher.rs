//! One encryption: AES-256-GCM in a versioned layout, the same for both layers of the envelope.
//!
//! `layout (1 byte) | nonce (12) | ciphertext | tag (16)`. Nonces are random: a data key encrypts
//! once in its life, and a master key would have to wrap 2^32 data keys before a repeated nonce
//! becomes a one in 2^32 chance (NIST SP 800-38D §8.3).

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{AeadInOut, Generate, Nonce, Tag},
};
use zeroize::Zeroizing;

use super::VaultError;

/// Bytes of an AES-256 key.
pub(super) const KEY_LENGTH: usize = 32;
const LAYOUT: u8 = 1;
const NONCE_LENGTH: usize = 12;
const TAG_LENGTH: usize = 16;
const HEAD_LENGTH: usize = 1 + NONCE_LENGTH;

/// A key ready to encrypt; its schedule is wiped when dropped.
pub(super) struct Cipher(Aes256Gcm);

impl Cipher {
    pub(super) fn new(key: &[u8; KEY_LENGTH]) -> Self {
        Self(Aes256Gcm::new(key.into()))
    }

    /// Encrypts `plain` under a nonce of its own.
    ///
    /// # Panics
    /// When the operating system has no randomness to give: nothing safe can be done then.
    pub(super) fn seal(&self, associated_data: &[u8], plain: &[u8]) -> Vec<u8> {
        let nonce = Nonce::<Aes256Gcm>::generate();
        // The capacity is exact, so the plain bytes are never left behind in a buffer that grew.
        let mut sealed = Vec::with_capacity(HEAD_LENGTH + plain.len() + TAG_LENGTH);
        sealed.push(LAYOUT);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .0
            .encrypt_inout_detached(&nonce, associated_data, (&mut sealed[HEAD_LENGTH..]).into())
            .expect("AES-GCM refuses only messages of 64 GiB and more");
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// Decrypts what [`Cipher::seal`] made with the same key and associated data.
    pub(super) fn open(
        &self,
        associated_data: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        match sealed.first() {
            Some(&LAYOUT) => {}
            Some(&layout) => return Err(VaultError::LayoutUnknown { layout }),
            None => return Err(VaultError::NotAuthentic),
        }
        let (nonce, rest) =
            sealed[1..].split_at_checked(NONCE_LENGTH).ok_or(VaultError::NotAuthentic)?;
        let ciphertext_length =
            rest.len().checked_sub(TAG_LENGTH).ok_or(VaultError::NotAuthentic)?;
        let (ciphertext, tag) = rest.split_at(ciphertext_length);
        let nonce = Nonce::<Aes256Gcm>::try_from(nonce).expect("split at the nonce's length");
        let tag = Tag::<Aes256Gcm>::try_from(tag).expect("what is left is the tag's length");

        let mut plain = Zeroizing::new(ciphertext.to_vec());
        self.0
            .decrypt_inout_detached(&nonce, associated_data, plain.as_mut_slice().into(), &tag)
            .map_err(|_| VaultError::NotAuthentic)?;
        Ok(plain)
    }
}
