//! What a request may say, parsed before a handler sees it: bodies, query parameters, texts, amounts, ids.

mod amount;
mod between;
mod body;
mod confirmation;
mod email;
mod id;
mod macros;
mod parameters;
mod plain;
mod seconds;
mod secret;
mod text;
mod whole;
mod word;

pub use amount::{Amount, PositiveAmount, UnsignedAmount};
pub use between::{Between, SpanQuery};
pub use body::{BODY_BYTES_MAX, Body, OptionalBody};
pub use confirmation::Confirmation;
pub use email::EmailAddress;
pub use id::Id;
pub(crate) use macros::{string_input, string_output};
pub use parameters::Parameters;
pub use seconds::Seconds;
pub use secret::SecretText;
pub use text::{Line, Text};
pub use whole::Whole;
pub use word::Word;
