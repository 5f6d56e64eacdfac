//! How one provider is reached, checked before anything is sent.

use std::time::Duration;

use url::{Host, Url};

use crate::BodyBudget;

/// How one provider is reached.
#[derive(Debug, Clone)]
pub struct ProviderConfig {
    /// Where it answers; a path in it is kept and prefixed to every call. `https`, or `http` on a
    /// loopback host: keys never cross a network in the clear.
    pub base_url: Url,
    /// For name look-up, TCP and TLS together.
    pub connect_timeout: Duration,
    /// The largest image accepted.
    pub body_bytes_max: usize,
    /// Shared by all providers of the process.
    pub body_budget: BodyBudget,
}

impl ProviderConfig {
    /// With 5 s to connect and images up to 32 MiB.
    pub fn new(base_url: Url, body_budget: BodyBudget) -> Self {
        Self {
            base_url,
            connect_timeout: Duration::from_secs(5),
            body_bytes_max: 32 * 1024 * 1024,
            body_budget,
        }
    }

    /// Refuses what could leak a key or could never work.
    pub(crate) fn checked(&self, provider: &str) -> Result<(), ConfigError> {
        let provider = || provider.to_owned();
        let url = &self.base_url;

        let plain = url.scheme() == "http";
        if !plain && url.scheme() != "https" {
            return Err(ConfigError::Scheme { provider: provider() });
        }
        if plain && !is_loopback(url) {
            return Err(ConfigError::PlainHttp { provider: provider() });
        }
        let credentials = !url.username().is_empty() || url.password().is_some();
        if credentials || url.query().is_some() || url.fragment().is_some() {
            return Err(ConfigError::NotABase { provider: provider() });
        }
        if self.body_bytes_max == 0
            || self.body_bytes_max > self.body_budget.bytes()
            || u32::try_from(self.body_bytes_max).is_err()
        {
            return Err(ConfigError::BodyMax { provider: provider() });
        }
        Ok(())
    }
}

/// A configuration under which no adapter is made. Never shows the URL, which may hold credentials.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no adapter of this name.
    #[error("there is no adapter for a provider named {name:?}")]
    UnknownProvider {
        /// The name that was asked for.
        name: String,
    },
    /// Neither `https` nor `http`.
    #[error("the base URL of {provider} is neither https nor http")]
    Scheme {
        /// Whose configuration it is.
        provider: String,
    },
    /// The key would cross a network unencrypted.
    #[error("the base URL of {provider} must be https: plain http is for loopback hosts only")]
    PlainHttp {
        /// Whose configuration it is.
        provider: String,
    },
    /// Credentials, query or fragment in the base URL.
    #[error("the base URL of {provider} must not hold credentials, a query or a fragment")]
    NotABase {
        /// Whose configuration it is.
        provider: String,
    },
    /// A largest image that is nothing, over 4 GiB or more than the whole budget.
    #[error("the largest body of {provider} must be above zero and fit into the body budget")]
    BodyMax {
        /// Whose configuration it is.
        provider: String,
    },
    /// The HTTP client cannot be made, for instance without any certificate authority.
    #[error("no HTTP client for {provider}")]
    Client {
        /// Whose configuration it is.
        provider: String,
        /// Why.
        source: reqwest::Error,
    },
}

/// Whether the URL's host is this machine; `localhost` is reserved for it (RFC 6761).
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(it)) => it.is_loopback(),
        Some(Host::Ipv6(it)) => it.is_loopback(),
        Some(Host::Domain(it)) => it.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str) -> Result<(), ConfigError> {
        ProviderConfig::new(url.parse().unwrap(), BodyBudget::default()).checked("stability")
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for url in ["http://127.0.0.1:9", "http://[::1]:9", "http://localhost:9/a", "https://a.b"] {
            assert!(check(url).is_ok(), "{url}");
        }
        for url in [
            "http://api.stability.ai",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "http://[::ffff:127.0.0.1]",
        ] {
            assert!(matches!(check(url), Err(ConfigError::PlainHttp { .. })), "{url}");
        }
    }

    #[test]
    fn a_base_url_holds_nothing_but_a_base() {
        for url in ["https://key@a.b", "https://:p@a.b", "https://a.b?x=1", "https://a.b#x"] {
            let error = check(url).unwrap_err();
            assert!(matches!(error, ConfigError::NotABase { .. }), "{url}");
        }
        assert!(matches!(check("ftp://a.b"), Err(ConfigError::Scheme { .. })));
    }

    #[test]
    fn a_body_that_could_never_get_room_is_refused_at_start() {
        let url: Url = "https://a.b".parse().unwrap();

        let config = ProviderConfig::new(url, BodyBudget::new(1024));

        assert!(matches!(config.checked("stability"), Err(ConfigError::BodyMax { .. })));
    }
}
