//! What an operation answers with.

mod page;
mod reply;
mod timestamp;

pub use page::{Cursor, Limit, Page};
pub(crate) use reply::drop_nulls;
pub use reply::{NoContent, Reply};
pub use timestamp::Timestamp;
