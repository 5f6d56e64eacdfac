//! The closed vocabularies of a user, as the wire and the tables spell them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A word outside a closed vocabulary.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown word `{0}`")]
pub struct UnknownWord(pub String);

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// The word in tables and on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word { $($word => Ok(Self::$variant),)+ _ => Err(UnknownWord(word.to_owned())) }
            }
        }
    };
}

vocabulary! {
    /// What a user may do.
    Role {
        /// Makes images. Everyone is one.
        Consumer = "consumer",
        /// Hosts at least one key, or did.
        ResourceProvider = "resource_provider",
        /// Runs the exchange.
        Admin = "admin",
    }
}

vocabulary! {
    /// Whether a user may act.
    UserStatus {
        /// Yes.
        Active = "active",
        /// No: an admin suspended him.
        Suspended = "suspended",
    }
}

vocabulary! {
    /// The language a user is written to in.
    Locale {
        /// English.
        English = "en",
        /// Simplified Chinese.
        Chinese = "zh-CN",
    }
}
