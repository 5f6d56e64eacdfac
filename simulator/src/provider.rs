//! The providers simulated, and the way from a name to its folder.

use hyper::Request;
use hyper::body::Incoming;

use crate::key::KeyRing;
use crate::reply::Reply;
use crate::stability;

/// An image service this simulator speaks for. A new one is a variant here and a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Stability AI, REST API `v2beta` (images) and `v1` (account).
    Stability,
}

impl Provider {
    /// Every provider, in the order of the variants.
    pub const ALL: [Self; 1] = [Self::Stability];

    /// The path prefix, and the name in `/control/{provider}`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stability => "stability",
        }
    }

    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.name() == name)
    }

    /// Answers a request to this provider; `path` is what follows the prefix.
    pub(crate) async fn answer(
        self,
        keys: &KeyRing,
        path: &[&str],
        request: Request<Incoming>,
    ) -> Reply {
        match self {
            Self::Stability => stability::answer(keys, path, request).await,
        }
    }
}
