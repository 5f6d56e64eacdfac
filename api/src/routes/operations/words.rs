//! The closed vocabularies of admin routes on the wire.

use poem_openapi::Enum;
use serde::Deserialize;
use shared::jobs::JobKind;

use crate::response::FromDomain;

macro_rules! mirrored {
    ($(#[$doc:meta])* $name:ident of $domain:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[oai(rename = $word)] #[serde(rename = $word)] $variant),+ }

        impl FromDomain<$domain> for $name {
            fn from_domain(word: $domain) -> Self {
                match word { $($domain::$variant => Self::$variant),+ }
            }
        }

        impl From<$name> for $domain {
            fn from(word: $name) -> Self {
                match word { $($name::$variant => Self::$variant),+ }
            }
        }
    };
}

mirrored! {
    /// The kinds of job, by the names of their queues.
    JobKindName of JobKind {
        /// Makes the images of tasks that are due.
        GenerateImage = "generate-image",
        /// Reads how many units hosted keys have left.
        SyncQuotas = "sync-quotas",
        /// Takes expired credits out of wallets.
        ExpireCredits = "expire-credits",
    }
}
