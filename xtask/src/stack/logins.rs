//! The users of a demo.

use anyhow::Result;

use crate::memory::Memory;

/// How one user signs in.
#[derive(Debug, Clone)]
pub struct Login {
    pub email: String,
    pub password: String,
}

/// One user of each kind.
#[derive(Debug, Clone)]
pub struct Logins {
    pub admin: Login,
    pub owner: Login,
    pub consumer: Login,
}

impl Logins {
    /// The same on every run.
    pub fn remembered(memory: &mut Memory) -> Result<Self> {
        let mut login = |who: &str| -> Result<Login> {
            let password = memory.password(&format!("user-{who}"))?;
            Ok(Login { email: format!("{who}@example.com"), password })
        };
        Ok(Self { admin: login("admin")?, owner: login("owner")?, consumer: login("consumer")? })
    }

    #[cfg(test)]
    pub fn for_tests() -> Self {
        let login = |who: &str| Login { email: who.to_owned(), password: "p".to_owned() };
        Self { admin: login("admin"), owner: login("owner"), consumer: login("consumer") }
    }
}
