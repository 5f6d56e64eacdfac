//! What several doors share: submitting, waiting for a task's end, prices in memory, links to images,
//! and the custody of hosted keys. A route reads a request and answers; what it asks for is done here.

pub mod custody;
mod generation;
mod image_links;
mod market;
mod submit_queue;
mod task_reads;
mod task_waiters;
mod waiting_counts;

pub use generation::{Generation, GenerationConfig};
pub use image_links::ImageLinks;
pub use market::{Market, MarketError};
pub use submit_queue::{SubmitQueue, SubmitRefusal};
pub use task_reads::TaskReads;
pub use task_waiters::{TaskWaiters, TooManyWaiters, Waiter};
pub use waiting_counts::WaitingCounts;
