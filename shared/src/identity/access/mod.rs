//! Access tokens: judged by every process from the token alone, corrected by what changed lately.

mod feed;
mod recent;
mod store;
mod token;

pub use feed::AccessFeed;
pub use recent::{Principal, RecentChanges};
pub use token::{ACCESS_TOKEN_LIFETIME, AccessClaims, AccessTokens};
