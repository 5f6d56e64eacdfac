//! What a request may say, parsed once at the edge: bodies, texts, amounts, ids.

mod amount;
mod body;
mod email;
mod id;
mod macros;
mod plain;
mod secret;
mod text;
mod word;

pub use amount::{Amount, PositiveAmount};
pub use body::{BODY_BYTES_MAX, Body};
pub use email::EmailAddress;
pub use id::Id;
pub(crate) use macros::{string_input, string_output};
pub use secret::SecretText;
pub use text::Text;
pub use word::Word;
