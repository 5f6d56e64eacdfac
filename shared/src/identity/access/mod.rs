//! Access tokens: judged by every process from the token alone, corrected by what changed lately.

mod feed;
mod recent;
mod store;
mod ticket;
mod token;

pub use feed::AccessFeed;
pub use recent::{Principal, Reader, RecentChanges};
pub use ticket::{Ticket, Tickets};
pub use token::{ACCESS_TOKEN_LIFETIME, AccessClaims, AccessTokens};
