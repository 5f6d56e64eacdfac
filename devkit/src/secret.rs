//! Random secrets of development stacks and tests.

use std::io::Read as _;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// 32 random bytes in base64, as the services expect their keys.
pub fn key() -> Result<String> {
    Ok(STANDARD.encode(random::<32>()?))
}

/// A password that needs no escaping in a URL, a shell or an SQL literal.
pub fn password() -> Result<String> {
    let password = URL_SAFE_NO_PAD.encode(random::<18>()?);
    Ok(password.replace(['-', '_'], "x"))
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut it| it.read_exact(&mut bytes))
        .context("/dev/urandom gave no random bytes")?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_32_bytes_and_never_twice_the_same() {
        let (one, two) = (key().unwrap(), key().unwrap());
        assert_eq!(STANDARD.decode(&one).unwrap().len(), 32);
        assert_ne!(one, two);
    }

    #[test]
    fn a_password_needs_no_escaping() {
        let password = password().unwrap();
        assert_eq!(password.len(), 24);
        assert!(password.chars().all(|it| it.is_ascii_alphanumeric()));
    }
}
