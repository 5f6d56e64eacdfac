use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::{MasterKeysError, cipher::KEY_LENGTH};

/// The longest id of a master key.
const ID_LENGTH_MAX: usize = 32;

/// The master keys of a deployment, as the operator lists them: the first is active, the rest open
/// what was sealed before a rotation, or will be active after it.
pub struct MasterKeys {
    entries: Vec<MasterKey>,
}

/// One key and its id.
pub(super) struct MasterKey {
    pub(super) id: String,
    pub(super) key: Zeroizing<[u8; KEY_LENGTH]>,
}

impl MasterKeys {
    /// Reads `id:base64,id2:base64`: ids of 1 to 32 characters from `a-z0-9-`, keys of 32 bytes in
    /// standard base64. White space around entries is ignored.
    pub fn parse(list: &str) -> Result<Self, MasterKeysError> {
        if list.trim().is_empty() {
            return Err(MasterKeysError::Empty);
        }

        let mut entries: Vec<MasterKey> = Vec::new();
        for (index, text) in list.split(',').enumerate() {
            let position = index + 1;
            let entry = parse_entry(text.trim(), position)?;
            if let Some(first) = entries.iter().position(|it| it.id == entry.id) {
                return Err(MasterKeysError::IdTwice { first: first + 1, second: position });
            }
            if let Some(first) = entries.iter().position(|it| it.key == entry.key) {
                return Err(MasterKeysError::KeyTwice { first: first + 1, second: position });
            }
            entries.push(entry);
        }
        Ok(Self { entries })
    }

    /// The keys in the operator's order; never empty.
    pub(super) fn into_entries(self) -> Vec<MasterKey> {
        self.entries
    }
}

fn parse_entry(text: &str, position: usize) -> Result<MasterKey, MasterKeysError> {
    let (id, key_text) = text.split_once(':').ok_or(MasterKeysError::NotAnEntry { position })?;
    if !is_id(id) {
        return Err(MasterKeysError::IdInvalid { position });
    }

    // The decoder's buffer is ours, so that it is wiped also when decoding fails half-way.
    let mut bytes = Zeroizing::new(Vec::with_capacity(key_text.len()));
    STANDARD
        .decode_vec(key_text, &mut bytes)
        .map_err(|_| MasterKeysError::NotBase64 { position })?;
    if bytes.len() != KEY_LENGTH {
        return Err(MasterKeysError::LengthWrong { position, length: bytes.len() });
    }
    let mut key = Zeroizing::new([0; KEY_LENGTH]);
    key.copy_from_slice(&bytes);
    Ok(MasterKey { id: id.to_owned(), key })
}

fn is_id(text: &str) -> bool {
    (1..=ID_LENGTH_MAX).contains(&text.len())
        && text.bytes().all(|it| matches!(it, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.entries.iter().map(|it| &it.id)).finish()
    }
}
