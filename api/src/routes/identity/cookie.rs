//! The refresh token of a browser, in a cookie that no script can read. A page asks for it with the header
//! `X-Aether-Session: cookie`.
//!
//! Browsers send cookies along with requests that other pages make. So only refreshing and signing out read this one,
//! they want the header, which another page cannot add without asking first, and they want our own `Origin`. A refusal
//! never clears the cookie: of two tabs that refresh at once, the loser would wipe what the winner got.

use std::time::Duration;

use poem::{Request, http::header};
use shared::identity::{
    IdentityError,
    session::{REFRESH_TOKEN_LIFETIME, RefreshToken},
};
use url::Url;

use super::sessions::RefreshRequest;
use crate::{
    config::Config,
    problem::{FieldError, FieldFault, Problem},
};

shared::vocabulary! {
    /// Where the refresh token of a session travels.
    pub enum SessionTransport {
        /// In a cookie that scripts cannot read, for pages in a browser.
        Cookie = "cookie",
    }
}

/// The cookie of one deployment.
pub(super) struct RefreshCookie<'a> {
    public_url: &'a Url,
    lifetime: Duration,
}

impl<'a> RefreshCookie<'a> {
    pub(super) fn of(config: &'a Config) -> Self {
        let lifetime = config.session_lifetime.min(REFRESH_TOKEN_LIFETIME);
        Self { public_url: &config.public_url, lifetime }
    }

    /// The `Set-Cookie` that hands the token over.
    pub(super) fn set(&self, token: &RefreshToken) -> String {
        self.written(&token.expose(), self.lifetime)
    }

    /// The `Set-Cookie` that takes it back.
    pub(super) fn clear(&self) -> String {
        self.written("", Duration::ZERO)
    }

    /// Two deployments on one machine share their cookies, whatever their ports; without TLS there are such.
    fn name(&self) -> String {
        if self.is_secure() {
            return "__Secure-aether_refresh".to_owned();
        }
        format!("aether_refresh_{}", self.public_url.port_or_known_default().unwrap_or_default())
    }

    fn is_secure(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    fn written(&self, value: &str, lifetime: Duration) -> String {
        let (name, seconds) = (self.name(), lifetime.as_secs());
        let secure = if self.is_secure() { "; Secure" } else { "" };
        format!(
            "{name}={value}; Path=/api/auth; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
        )
    }

    /// The token, of a request that one of our own pages made; `None` if the browser has none.
    fn read(&self, request: &Request) -> Result<Option<String>, Problem> {
        let own = self.public_url.origin().ascii_serialization();
        let origin = request.headers().get(header::ORIGIN);
        if origin.is_none_or(|it| it.as_bytes() != own.as_bytes()) {
            let detail = format!("only pages of {own} may use the cookie of a session");
            return Err(Problem::forbidden(detail));
        }
        let name = self.name();
        let cookies = request.headers().get_all(header::COOKIE);
        let mut pairs = cookies
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        Ok(pairs.find(|(of, _)| *of == name).map(|(_, value)| value.to_owned()))
    }
}

/// The refresh token of a request, from where it should be.
pub(super) fn presented(
    cookie: &RefreshCookie<'_>,
    transport: Option<SessionTransport>,
    request: &Request,
    body: Option<RefreshRequest>,
) -> Result<RefreshToken, Problem> {
    let token = match (transport, body) {
        (None, Some(body)) => return Ok(RefreshToken::parse(body.refresh_token.expose())?),
        (None, None) => {
            let missing = FieldError::new("refresh_token", FieldFault::Missing, "is required");
            return Err(Problem::invalid(vec![missing]));
        }
        (Some(SessionTransport::Cookie), Some(_)) => {
            let detail = "leave the body out: with X-Aether-Session the token is in the cookie";
            return Err(Problem::invalid_field("refresh_token", detail));
        }
        (Some(SessionTransport::Cookie), None) => cookie.read(request)?,
    };
    let token = token.ok_or(IdentityError::InvalidToken)?;
    Ok(RefreshToken::parse(&token)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn read(url: &str, origin: Option<&str>, lines: &[&str]) -> Result<Option<String>, Problem> {
        let url = url.parse().unwrap();
        let mut request = Request::builder();
        for line in lines {
            request = request.header("cookie", *line);
        }
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        RefreshCookie { public_url: &url, lifetime: DAY }.read(&request.finish())
    }

    #[test]
    fn no_script_and_no_other_site_gets_the_cookie() {
        let written = |url: &str| {
            let url = url.parse().unwrap();
            RefreshCookie { public_url: &url, lifetime: DAY }.written("afr_x", DAY)
        };

        assert_eq!(
            written("https://aether.example.com"),
            "__Secure-aether_refresh=afr_x; Path=/api/auth; Max-Age=86400; HttpOnly; SameSite=Strict; Secure"
        );
        assert_eq!(
            written("http://127.0.0.1:8080"),
            "aether_refresh_8080=afr_x; Path=/api/auth; Max-Age=86400; HttpOnly; SameSite=Strict"
        );
    }

    #[test]
    fn the_cookie_of_this_deployment_is_found_among_others() {
        let (url, origin) = ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080"));
        let mine = || Ok::<_, ()>(Some("afr_mine".to_owned()));

        let one_line = ["a=b; aether_refresh_9090=afr_other; aether_refresh_8080=afr_mine"];
        assert_eq!(read(url, origin, &one_line).map_err(drop), mine());
        let two_lines = ["a=b", "aether_refresh_8080=afr_mine"];
        assert_eq!(read(url, origin, &two_lines).map_err(drop), mine());
        assert_eq!(read(url, origin, &["aether_refresh_9090=x", "junk"]).map_err(drop), Ok(None));
    }

    #[test]
    fn only_our_own_pages_may_use_it() {
        let cookie = ["__Secure-aether_refresh=afr_mine"];
        let refused = |origin| read("https://aether.example.com", origin, &cookie).is_err();

        assert!(!refused(Some("https://aether.example.com")));
        for origin in [
            None,
            Some("null"),
            Some("http://aether.example.com"),
            Some("https://aether.example.com.evil.example"),
            Some("https://aether.example.com:8443"),
        ] {
            assert!(refused(origin), "{origin:?}");
        }
    }
}
