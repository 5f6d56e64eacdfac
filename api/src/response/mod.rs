//! What operations answer with.

mod csv;
mod page;
mod reply;
mod timestamp;
mod view;

pub use csv::CsvFile;
pub use page::{NextCursor, Page, Paging};
pub use reply::{NoContent, Reply};
pub use timestamp::Timestamp;
pub use view::FromDomain;
pub(crate) use view::view;
