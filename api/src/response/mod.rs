//! What operations answer with.

mod page;
mod reply;
mod timestamp;
mod view;

pub use page::{Page, Paging};
pub use reply::{NoContent, Reply};
pub use timestamp::Timestamp;
pub use view::FromDomain;
pub(crate) use view::view;
