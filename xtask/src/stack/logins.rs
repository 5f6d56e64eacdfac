//! The users of a demo.

use anyhow::Result;

use super::demo_keys::DEMO_KEYS;
use crate::memory::Memory;

/// How one user signs in.
#[derive(Debug, Clone)]
pub struct Login {
    pub email: String,
    pub password: String,
}

/// Everybody who takes part.
#[derive(Debug, Clone)]
pub struct Logins {
    pub admin: Login,
    /// One for each of [`DEMO_KEYS`].
    pub owners: Vec<Login>,
    pub consumer: Login,
}

impl Logins {
    /// The same on every run.
    pub fn remembered(memory: &mut Memory) -> Result<Self> {
        Self::of_each(|who| memory.password(&format!("user-{who}")))
    }

    fn of_each(mut password: impl FnMut(&str) -> Result<String>) -> Result<Self> {
        let mut login = |who: &str| -> Result<Login> {
            Ok(Login { email: format!("{who}@example.com"), password: password(who)? })
        };
        let owners = (1..=DEMO_KEYS.len()).map(|number| match number {
            1 => login("owner"),
            number => login(&format!("owner-{number}")),
        });
        let owners = owners.collect::<Result<_>>()?;
        Ok(Self { admin: login("admin")?, owners, consumer: login("consumer")? })
    }

    #[cfg(test)]
    pub fn for_tests() -> Self {
        Self::of_each(|_| Ok("p".to_owned())).expect("the password is there")
    }
}
