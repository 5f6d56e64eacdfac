//! The HTTP client of one provider: its connections, its limits, and what is known after a failure.

mod body;
mod call;
mod refusal;
mod retry_after;
mod sent_mark;

use std::time::Duration;

use reqwest::{Client, RequestBuilder, header::HeaderValue, redirect, retry};
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use zeroize::Zeroizing;

use crate::{
    Billed, BodyBudget, CallError, ConfigError, ErrorClass, ProviderConfig,
    provider_config::is_loopback,
};

use self::sent_mark::SentMark;
pub(crate) use self::{
    body::read_text,
    refusal::{ApiError, Dialect},
};

/// Idle connections kept for the next burst of calls.
const IDLE_CONNECTIONS_MAX: usize = 512;

/// A connection idle for longer is not used again. Short, because a server that closes an idle
/// connection at the very moment a request travels leaves that attempt `unknown`, while a fresh
/// handshake is nothing against the seconds an image takes.
const IDLE_TIME_MAX: Duration = Duration::from_secs(10);

/// The connections to one provider.
pub(crate) struct HttpClient {
    client: Client,
    body_bytes_max: usize,
    body_budget: BodyBudget,
}

impl HttpClient {
    /// Sends every request at most once, to the configured host and nowhere else.
    ///
    /// What keeps a paid POST from being sent twice:
    /// - reqwest follows no redirect and its retry policy (HTTP/2 refusals by default) is `never`;
    /// - reqwest could not repeat the request anyway, because its body is a stream that cannot be
    ///   cloned (see [`SentMark`]);
    /// - hyper-util repeats by itself only a request that a *reused* connection handed back unread
    ///   (`TrySendError::take_message`): hyper's dispatcher never took it, so no byte of it was
    ///   written. That one is welcome: it is how a connection found dead in the pool is replaced.
    ///
    /// HTTP/1.1 only: one call per connection, so that one lost connection (or one GOAWAY) makes
    /// one attempt unknown and not hundreds.
    pub(crate) fn new(provider: &str, config: &ProviderConfig) -> Result<Self, ConfigError> {
        config.checked(provider)?;

        let mut builder = Client::builder()
            .user_agent(concat!("aetherflow/", env!("CARGO_PKG_VERSION")))
            .http1_only()
            .retry(retry::never())
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            // A compressed body could grow past every limit; no provider compresses images.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .connect_timeout(config.connect_timeout)
            .pool_idle_timeout(IDLE_TIME_MAX)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .tcp_nodelay(true)
            .tcp_keepalive(Duration::from_secs(30));
        builder = if config.base_url.scheme() == "http" && is_loopback(&config.base_url) {
            // Nothing encrypted is ever reached from here: spares reading the system's
            // certificates, which a bare machine may not even have.
            builder.tls_certs_only([])
        } else {
            builder.https_only(true)
        };
        let client = builder.build().map_err(|source| ConfigError::Client {
            provider: provider.to_owned(),
            source: source.without_url(),
        })?;

        Ok(Self {
            client,
            body_bytes_max: config.body_bytes_max,
            body_budget: config.body_budget.clone(),
        })
    }

    pub(crate) fn get(&self, url: &Url) -> RequestBuilder {
        self.client.get(url.clone())
    }

    pub(crate) fn post(&self, url: &Url) -> RequestBuilder {
        self.client.post(url.clone())
    }
}

/// `base` with `path` behind its own; `base` was checked to be `http` or `https`.
pub(crate) fn endpoint(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.path_segments_mut().expect("an http URL has a path").pop_if_empty().extend(path.split('/'));
    url
}

/// The `Authorization` header, marked as secret. Text that no provider could have issued as a key
/// is refused as the provider would refuse it.
pub(crate) fn bearer(key: &SecretString) -> Result<HeaderValue, CallError> {
    let key = key.expose_secret();
    let header = (!key.is_empty() && key.bytes().all(|it| it.is_ascii_graphic()))
        .then(|| Zeroizing::new(format!("Bearer {key}")))
        .and_then(|text| HeaderValue::from_str(&text).ok());
    let Some(mut header) = header else {
        let message = "the text is not a key of this provider";
        return Err(CallError::new(ErrorClass::KeyInvalid, Billed::No, message));
    };
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_keeps_the_path_of_its_base() {
        for (base, expected) in [
            ("https://a.b", "https://a.b/v1/user/balance"),
            ("https://a.b/", "https://a.b/v1/user/balance"),
            ("http://127.0.0.1:9/stability/", "http://127.0.0.1:9/stability/v1/user/balance"),
            ("http://127.0.0.1:9/stability", "http://127.0.0.1:9/stability/v1/user/balance"),
        ] {
            assert_eq!(endpoint(&base.parse().unwrap(), "v1/user/balance").as_str(), expected);
        }
    }

    #[test]
    fn what_cannot_be_a_key_never_becomes_a_header() {
        for text in ["", "sk-a b", "sk-a\r\nX-Evil: 1", "sk-ü"] {
            assert!(bearer(&SecretString::from(text)).is_err(), "{text:?}");
        }
        let header = bearer(&SecretString::from("sk-abc")).unwrap();
        assert_eq!(header, "Bearer sk-abc");
        assert_eq!(format!("{header:?}"), "Sensitive");
    }
}
