//! The object store: made images, on a disk or in S3.
//!
//! An image is kept *before* money moves, as **one object that describes itself**: the file as the
//! provider made it, then its record (type, size, pixels, seed, digest), then a fixed end mark
//! ([`record`]). Stores publish objects whole or not at all, so an image without its complete record
//! cannot exist: what a separate `<attempt>.json`, written last, promises too, at twice the price.
//! Measured with fsync on, 16 writers on two cores (`price_of_keeping` in the tests; medians of three
//! rounds, CPU being what runs out first):
//!
//! | image | one object | image, then record |
//! | --- | --- | --- |
//! | 4 kB | 1280/s, 0.96 ms CPU each | 840/s, 1.67 ms |
//! | 120 kB | 810/s, 1.56 ms | 360/s, 3.29 ms |
//! | 1.5 MB | 350/s, 4.04 ms | 290/s, 4.86 ms |
//!
//! Copying a bucket to a disk, or back, keeps images and records together, image viewers ignore what
//! follows an image, and [`ImageStore::read`] serves the image alone.
//!
//! On a disk `object_store` writes a staging file beside the target, syncs it, renames it and syncs
//! the directory; what has a name is therefore durable.

mod address;
mod body;
mod error;
mod format;
mod image_store;
mod kept_image;
mod key;
mod limit;
mod marker;
mod probe;
mod record;
mod rendition;
mod seed;
mod signed_link;
#[cfg(test)]
mod tests;

pub use address::AddressError;
pub use body::ImageBody;
pub use error::{ImageStoreError, Operation, StoreFault};
pub use format::ImageFormat;
pub use image_store::{ImageStore, OpenError};
pub use kept_image::{IMAGE_LENGTH_MAX, KeptImage};
pub use limit::TimeLimits;
pub use rendition::{KeptRendition, RENDITION_WIDTHS, Rendition, RenditionFormat};
pub use seed::Seed;
pub use signed_link::{LinkError, LinkSecret, LinkSecretTooShort};
