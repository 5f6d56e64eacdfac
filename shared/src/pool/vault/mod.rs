//! Custody of the keys owners host: sealed at rest in an envelope, opened for the length of one call.
//!
//! Every resource has a data key of its own, which encrypts the provider's key; a master key, known
//! by its id, wraps the data key. Both layers authenticate what they belong to ([`SealContext`]), so a
//! sealed key copied onto another resource, owner or provider does not open there. Rotating a master
//! key re-wraps data keys only: load the new key everywhere as decrypt-only, make it active, re-wrap
//! by compare-and-set, count zero, remove the old one.
//!
//! The secrets of second factors are sealed in the same way, each for its user ([`TotpContext`]).
//!
//! Plain keys travel as [`SecretString`](secrecy::SecretString) and nothing here prints them.

mod cipher;
mod context;
mod error;
mod fingerprint;
mod hint;
mod keyring;
mod master_keys;
#[cfg(test)]
mod tests;

pub use context::{Belonging, SealContext, TotpContext};
pub use error::{MasterKeysError, VaultError};
pub use fingerprint::{Fingerprint, FingerprintSecret, FingerprintSecretTooShort};
pub use hint::key_hint;
pub use keyring::{Keyring, Sealed};
pub use master_keys::MasterKeys;
