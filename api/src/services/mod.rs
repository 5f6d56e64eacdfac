//! What several routes share: submitting a task, waiting for its end, prices in memory, links to images,
//! and hosted keys. A route reads a request and answers; the work in between is done here.

mod generation;
mod hosted_keys;
mod image_links;
mod market;
mod pulse;
mod renditions;
pub mod submit;
mod task_reads;
mod task_waiters;
mod wait;
mod waiting;

pub use generation::{Generation, GenerationConfig};
pub use hosted_keys::{Asker, HostedKeys, HostedKeysConfig};
pub use image_links::ImageLinks;
pub use market::{Market, MarketError, MarketRules};
pub use pulse::{Pulse, PulseReading};
pub use renditions::{Original, Renditions};
pub use task_reads::TaskReads;
pub use task_waiters::{TaskWaiters, TooManyWaiters, Waiter};
pub use wait::{WAIT_SECONDS_MAX, wait};
pub use waiting::{Obstacles, Waiting, explain_waiting, list_obstacles};
