//! Closed sets of words: a task's status, an attempt's state, a journal entry's kind.
//!
//! Each is declared once, with [`vocabulary!`]. From that come the Rust enum, the words in tables and on
//! the wire, all values, the meanings that the OpenAPI document shows, and the sentence an error says
//! ("must be one of: pending, processing"). A test compares every set that PostgreSQL knows as a domain
//! with its declaration here.

use std::fmt;

/// A closed set of words, declared with [`vocabulary!`].
pub trait Vocabulary: Copy + Eq + fmt::Debug + Send + Sync + Sized + 'static {
    /// The name of the set, as the OpenAPI document shows it.
    const NAME: &'static str;
    /// What the set says, in a sentence.
    const MEANING: &'static str;
    /// Every value, in the order of its declaration.
    const ALL: &'static [Self];

    /// The word in tables and on the wire.
    fn as_str(self) -> &'static str;

    /// What this value says, in a sentence.
    fn meaning(self) -> &'static str;

    /// The value of a word.
    fn of_word(word: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.iter().copied().find(|it| it.as_str() == word);
        found.ok_or_else(|| UnknownWord { known: words::<Self>() })
    }
}

/// A word outside a closed set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of: {known}")]
pub struct UnknownWord {
    known: String,
}

/// Every word of a set, separated by commas.
fn words<V: Vocabulary>() -> String {
    V::ALL.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ")
}

/// Declares a closed set of words:
///
/// ```
/// shared::vocabulary! {
///     /// Where a task stands.
///     pub enum Status as "TaskStatus" {
///         /// Waits for a resource.
///         Pending = "pending",
///         /// The image is there and charged.
///         Completed = "completed",
///     }
/// }
/// assert_eq!("pending".parse(), Ok(Status::Pending));
/// assert_eq!("lost".parse::<Status>().unwrap_err().to_string(), "must be one of: pending, completed");
/// ```
///
/// The name after `as` is that of the OpenAPI document; without it the enum's own is taken.
#[macro_export]
macro_rules! vocabulary {
    ($(#[doc = $doc:literal])+ $vis:vis enum $name:ident { $($rest:tt)+ }) => {
        $crate::vocabulary! { $(#[doc = $doc])+ $vis enum $name as (stringify!($name)) { $($rest)+ } }
    };
    ($(#[doc = $doc:literal])+ $vis:vis enum $name:ident as $public:literal { $($rest:tt)+ }) => {
        $crate::vocabulary! { $(#[doc = $doc])+ $vis enum $name as ($public) { $($rest)+ } }
    };
    ($(#[doc = $doc:literal])+ $vis:vis enum $name:ident as ($public:expr) {
        $($(#[doc = $meaning:literal])+ $variant:ident = $word:literal),+ $(,)?
    }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name { $($(#[doc = $meaning])+ $variant),+ }

        impl $name {
            /// Every value, in the order of its declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in tables and on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl $crate::vocabulary::Vocabulary for $name {
            const NAME: &'static str = $public;
            const MEANING: &'static str = concat!($($doc),+).trim_ascii();
            const ALL: &'static [Self] = Self::ALL;

            fn as_str(self) -> &'static str {
                Self::as_str(self)
            }

            fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($meaning),+).trim_ascii()),+ }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::vocabulary::UnknownWord;

            fn from_str(word: &str) -> ::std::result::Result<Self, Self::Err> {
                $crate::vocabulary::Vocabulary::of_word(word)
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, into: S) -> ::std::result::Result<S::Ok, S::Error> {
                into.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(from: D) -> ::std::result::Result<Self, D::Error> {
                let word = <::std::borrow::Cow<'de, str> as ::serde::Deserialize>::deserialize(from)?;
                word.parse().map_err(::serde::de::Error::custom)
            }
        }

        impl ::sqlx::Type<::sqlx::Postgres> for $name {
            fn type_info() -> ::sqlx::postgres::PgTypeInfo {
                <str as ::sqlx::Type<::sqlx::Postgres>>::type_info()
            }

            fn compatible(other: &::sqlx::postgres::PgTypeInfo) -> bool {
                <str as ::sqlx::Type<::sqlx::Postgres>>::compatible(other)
            }
        }

        impl ::sqlx::postgres::PgHasArrayType for $name {
            fn array_type_info() -> ::sqlx::postgres::PgTypeInfo {
                <String as ::sqlx::postgres::PgHasArrayType>::array_type_info()
            }
        }

        impl ::sqlx::Encode<'_, ::sqlx::Postgres> for $name {
            fn encode_by_ref(
                &self,
                buffer: &mut ::sqlx::postgres::PgArgumentBuffer,
            ) -> ::std::result::Result<::sqlx::encode::IsNull, ::sqlx::error::BoxDynError> {
                <&str as ::sqlx::Encode<::sqlx::Postgres>>::encode(self.as_str(), buffer)
            }
        }

        impl ::sqlx::Decode<'_, ::sqlx::Postgres> for $name {
            fn decode(
                value: ::sqlx::postgres::PgValueRef<'_>,
            ) -> ::std::result::Result<Self, ::sqlx::error::BoxDynError> {
                Ok(<&str as ::sqlx::Decode<::sqlx::Postgres>>::decode(value)?.parse()?)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::vocabulary! {
        /// How a door
        /// stands.
        enum Door as "DoorState" {
            /// Anyone may pass.
            Open = "open",
            /// Nobody may.
            WideShut = "wide-shut",
        }
    }

    #[test]
    fn a_word_reads_back_as_its_value_and_another_is_told_what_there_is() {
        assert_eq!("wide-shut".parse(), Ok(Door::WideShut));
        assert_eq!(serde_json::to_value(Door::Open).unwrap(), "open");
        assert_eq!(serde_json::from_str::<Door>("\"open\"").unwrap(), Door::Open);
        let refusal = serde_json::from_str::<Door>("\"ajar\"").unwrap_err().to_string();
        assert_eq!(refusal, "must be one of: open, wide-shut");
    }

    #[test]
    fn the_document_is_told_the_name_and_every_meaning() {
        assert_eq!((Door::NAME, Door::MEANING), ("DoorState", "How a door stands."));
        assert_eq!(Vocabulary::meaning(Door::WideShut), "Nobody may.");
        assert_eq!(Door::ALL, [Door::Open, Door::WideShut]);
    }
}
