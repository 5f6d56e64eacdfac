/// Why a sealed key did not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The master key it is wrapped under is not loaded here: the operator removed it too early, or
    /// this process does not know it yet.
    #[error("master key `{master_key_id}` is not loaded")]
    MasterKeyNotLoaded {
        /// The id recorded beside the sealed key.
        master_key_id: String,
    },
    /// Written by a newer version of this program.
    #[error("a sealed key has layout {layout}, which this version cannot read")]
    LayoutUnknown {
        /// The first byte of the envelope.
        layout: u8,
    },
    /// The bytes were changed, cut, or belong to another resource, owner or provider. Which of them
    /// cannot be told apart, by design.
    #[error("a sealed key does not belong to this resource, or was changed")]
    NotAuthentic,
}

/// What is wrong with a list of master keys. Entries are named by position, from 1: an id that
/// stands in the wrong place could be a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeysError {
    /// No entry at all.
    #[error("no master key is given; expected `id:base64,...`, the first being active")]
    Empty,
    /// No colon between id and key.
    #[error("master key {position} is not of the form `id:base64`")]
    NotAnEntry {
        /// Which entry, from 1.
        position: usize,
    },
    /// The id is empty, too long or has other characters.
    #[error("the id of master key {position} is not 1 to 32 of a-z, 0-9 and -")]
    IdInvalid {
        /// Which entry, from 1.
        position: usize,
    },
    /// The key is not standard base64.
    #[error("master key {position} is not base64")]
    NotBase64 {
        /// Which entry, from 1.
        position: usize,
    },
    /// AES-256 needs 32 bytes.
    #[error("master key {position} has {length} bytes, not 32")]
    LengthWrong {
        /// Which entry, from 1.
        position: usize,
        /// How many bytes it decodes to.
        length: usize,
    },
    /// Two entries have one id: which of the keys a wrapped data key needs would be a guess.
    #[error("master keys {first} and {second} have the same id")]
    IdTwice {
        /// Which entry, from 1.
        first: usize,
        /// Which entry, from 1.
        second: usize,
    },
    /// Two ids have one key: a rotation between them would change nothing.
    #[error("master keys {first} and {second} are the same key")]
    KeyTwice {
        /// Which entry, from 1.
        first: usize,
        /// Which entry, from 1.
        second: usize,
    },
}
