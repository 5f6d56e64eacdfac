//! What operations answer with.

mod csv;
mod page;
mod paging;
mod reply;
mod timestamp;
mod view;

pub use csv::CsvFile;
pub use page::{NextCursor, Page};
use paging::Cursor;
pub use paging::Paging;
pub use reply::{NoContent, Reply};
pub use timestamp::Timestamp;
pub use view::FromDomain;
pub(crate) use view::view;
