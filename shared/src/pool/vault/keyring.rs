use std::{collections::BTreeMap, fmt};

use aes_gcm::aead::Generate;
use secrecy::{ExposeSecret, SecretString};
use zeroize::{Zeroize, Zeroizing};

use super::{
    MasterKeys, VaultError,
    cipher::{Cipher, KEY_LENGTH},
    context::{Belonging, Layer, associated_data},
};

/// A secret at rest, as columns of a table: a provider's key in `pool.resource`, what codes are made from in `identity.totp`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The provider's key under the data key.
    pub key_ciphertext: Vec<u8>,
    /// The data key under the master key.
    pub data_key_wrapped: Vec<u8>,
    /// Which master key.
    pub master_key_id: String,
}

/// Seals and opens providers' keys with the loaded master keys.
pub struct Keyring {
    active_id: String,
    ciphers: BTreeMap<String, Cipher>,
}

impl Keyring {
    /// Loads the keys; the first of the list is active, that is, seals.
    pub fn new(keys: MasterKeys) -> Self {
        let entries = keys.into_entries();
        let active_id = entries.first().expect("a parsed list has at least one key").id.clone();
        let ciphers = entries.into_iter().map(|it| (it.id, Cipher::new(&it.key))).collect();
        Self { active_id, ciphers }
    }

    /// Seals a provider's key for one resource under a new data key and the active master key.
    ///
    /// # Panics
    /// When the operating system has no randomness to give: nothing safe can be done then.
    pub fn seal(&self, context: &impl Belonging, key: &SecretString) -> Sealed {
        let data_key = Zeroizing::new(<[u8; KEY_LENGTH]>::generate());
        let key_ciphertext = Cipher::new(&data_key)
            .seal(&associated_data(context, Layer::Key), key.expose_secret().as_bytes());
        self.wrap(context, &data_key, key_ciphertext)
    }

    /// Opens a sealed key. `context` must be the one it was sealed with.
    pub fn open(
        &self,
        context: &impl Belonging,
        sealed: &Sealed,
    ) -> Result<SecretString, VaultError> {
        let data_key = self.unwrap(context, sealed)?;
        open_key(context, &data_key, sealed)
    }

    /// The same sealed key with its data key under the active master key; the ciphertext of the key
    /// itself stays. Refuses an envelope that would not open: a broken one must be seen, not renewed.
    /// One already under the active key comes back with another wrapping; callers ask
    /// [`Keyring::is_current`] first.
    ///
    /// # Panics
    /// As [`Keyring::seal`].
    pub fn rewrap(&self, context: &impl Belonging, sealed: &Sealed) -> Result<Sealed, VaultError> {
        let data_key = self.unwrap(context, sealed)?;
        drop(open_key(context, &data_key, sealed)?);
        Ok(self.wrap(context, &data_key, sealed.key_ciphertext.clone()))
    }

    /// Whether the master key of this id is loaded. A service is ready only when every id in use is.
    pub fn has(&self, master_key_id: &str) -> bool {
        self.ciphers.contains_key(master_key_id)
    }

    /// The id of the master key that seals.
    pub fn active_id(&self) -> &str {
        &self.active_id
    }

    /// Whether a sealed key is under the active master key already.
    pub fn is_current(&self, sealed: &Sealed) -> bool {
        sealed.master_key_id == self.active_id
    }

    fn wrap(
        &self,
        context: &impl Belonging,
        data_key: &[u8; KEY_LENGTH],
        key_ciphertext: Vec<u8>,
    ) -> Sealed {
        let active = &self.ciphers[&self.active_id];
        let layer = Layer::DataKey { master_key_id: &self.active_id };
        let data_key_wrapped = active.seal(&associated_data(context, layer), data_key);
        Sealed { key_ciphertext, data_key_wrapped, master_key_id: self.active_id.clone() }
    }

    fn unwrap(
        &self,
        context: &impl Belonging,
        sealed: &Sealed,
    ) -> Result<Zeroizing<[u8; KEY_LENGTH]>, VaultError> {
        let master_key_id = &sealed.master_key_id;
        let master = self.ciphers.get(master_key_id).ok_or_else(|| {
            VaultError::MasterKeyNotLoaded { master_key_id: master_key_id.clone() }
        })?;
        let associated_data = associated_data(context, Layer::DataKey { master_key_id });
        let bytes = master.open(&associated_data, &sealed.data_key_wrapped)?;
        if bytes.len() != KEY_LENGTH {
            return Err(VaultError::NotAuthentic);
        }
        let mut data_key = Zeroizing::new([0; KEY_LENGTH]);
        data_key.copy_from_slice(&bytes);
        Ok(data_key)
    }
}

fn open_key(
    context: &impl Belonging,
    data_key: &[u8; KEY_LENGTH],
    sealed: &Sealed,
) -> Result<SecretString, VaultError> {
    let mut plain = Cipher::new(data_key)
        .open(&associated_data(context, Layer::Key), &sealed.key_ciphertext)?;
    match String::from_utf8(std::mem::take(&mut *plain)) {
        // The buffer's capacity is its length, so boxing it copies nothing.
        Ok(text) => Ok(SecretString::from(text)),
        Err(error) => {
            error.into_bytes().zeroize();
            Err(VaultError::NotAuthentic)
        }
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("active", &self.active_id)
            .field("loaded", &self.ciphers.keys())
            .finish()
    }
}
