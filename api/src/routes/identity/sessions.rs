//! Registering, signing in, refreshing, signing out.

use poem::{Request, web::Data};
use poem_openapi::{ApiResponse, Object, OpenApi, param::Header};
use serde::Deserialize;
use shared::identity::{
    IdentityError,
    password::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN},
    session::{self, OpenedSession, Refreshed, Verified},
    throttle::{self, Attempt},
    totp::{self, Factor},
    user::{self, Email, Locale, NewUser},
};

use super::{
    cookie::{self, RefreshCookie, SessionTransport},
    security,
    views::SessionView,
};
use crate::{
    extract::{Body, EmailAddress, Line, OptionalBody, SecretText, Word},
    middleware::Client,
    problem::{Code, Fail},
    response::Reply,
    routes::Tag,
    state::App,
};

/// `X-Aether-Session`.
type Transport = Header<Option<Word<SessionTransport>>>;
/// A password that is being chosen.
pub(super) type NewPassword = SecretText<PASSWORD_CHARS_MIN, PASSWORD_CHARS_MAX>;
/// A password that is being tried: whatever was typed counts as an attempt.
pub(super) type TriedPassword = SecretText<1, PASSWORD_CHARS_MAX>;
/// A code of a second factor that is being tried.
pub(super) type TriedCode = SecretText<1, 64>;
/// Far longer than any token that was issued.
type TriedToken = SecretText<1, 512>;

/// Operations on sessions.
pub struct Sessions;

/// A new user.
#[derive(Debug, Object, Deserialize)]
struct Registration {
    /// The e-mail address to sign in with; no other user may have it.
    email: EmailAddress,
    /// The password to sign in with, 12 to 128 characters, neither a common one nor your e-mail address or name.
    password: NewPassword,
    /// The name that other people see; by default the e-mail address up to the `@`.
    display_name: Option<Line<1, 100>>,
    /// The language of messages to the user, by default `en`.
    locale: Option<Word<Locale>>,
}

/// The credentials of a user.
#[derive(Debug, Object, Deserialize)]
struct Login {
    /// The e-mail address the user registered with.
    email: EmailAddress,
    /// The password of the user.
    password: TriedPassword,
    /// For a user with a second factor: six digits from the authenticator app, or a recovery code.
    code: Option<TriedCode>,
}

/// A refresh token.
#[derive(Debug, Object, Deserialize)]
pub(super) struct RefreshRequest {
    /// The newest refresh token of the session.
    pub(super) refresh_token: TriedToken,
}

/// The answer to signing out.
#[derive(Debug, ApiResponse)]
enum SignedOut {
    /// Done; there is no body.
    #[oai(status = 204)]
    Done(
        /// Takes the cookie back, if the refresh token was in one.
        #[oai(header = "Set-Cookie")]
        Option<String>,
    ),
}

#[OpenApi(prefix_path = "/api/auth", tag = "Tag::Identity")]
impl Sessions {
    /// Register a user and sign them in.
    #[oai(path = "/register", method = "post", operation_id = "register")]
    async fn register(
        &self,
        Data(app): Data<&App>,
        Data(client): Data<&Client>,
        /// Where the refresh token travels; without it, in bodies.
        #[oai(name = "X-Aether-Session")]
        transport: Transport,
        body: Body<Registration>,
    ) -> Result<Reply<SessionView, 201>, Fail<409>> {
        let Registration { email: EmailAddress(email), password, display_name, locale } =
            body.value;
        let refused = |error| security::refused(app, &email, client, "registration", error);
        let (address, limit) = (client.0.address, app.config.register_limit);
        throttle::admit_registration(&app.db, address, limit).await.map_err(refused)?;
        let display_name = display_name.map_or_else(|| name_of(&email), Line::into_string);
        let personal = [email.as_str(), email.local_part(), &display_name];
        let hash = app.passwords.hash_new(password.into_secret(), &personal).await?;
        let locale = locale.map_or(Locale::English, Word::value);
        let new =
            NewUser { email: email.clone(), password_hash: hash.clone(), display_name, locale };

        // Only the database role of admins may issue the credits that a new user starts with.
        let grant = app.config.sign_up_grant;
        let db = if grant.is_positive() { &app.admin_db } else { &app.db };
        let mut tx = db.begin().await?;
        let user = user::register(&mut tx, &new, grant).await.map_err(refused)?;
        let (verified, lifetime) = (Verified::registered(user, hash), app.config.session_lifetime);
        let (factor, attempt) = (Factor::default(), Attempt::default());
        let opened =
            session::open(&mut tx, &verified, &factor, &client.0, lifetime, &attempt).await?;
        tx.commit().await?;

        security::opened(&opened, client, "registration");
        Ok(signed_in(app, opened, transport.0.map(Word::value)))
    }

    /// Sign in with e-mail and password.
    ///
    /// Whoever has a second factor is asked for it with 401 `auth.totp_required` once the password is right: send the same
    /// again with `code`.
    #[oai(path = "/login", method = "post", operation_id = "login")]
    async fn login(
        &self,
        Data(app): Data<&App>,
        Data(client): Data<&Client>,
        /// Where the refresh token travels; without it, in bodies.
        #[oai(name = "X-Aether-Session")]
        transport: Transport,
        body: Body<Login>,
    ) -> Result<Reply<SessionView>, Fail<401, 403>> {
        let Login { email: EmailAddress(email), password, code } = body.value;
        let refused = |error| security::refused(app, &email, client, "login", error);
        let (address, limit) = (client.0.address, app.config.login_limit);
        let mut attempt =
            throttle::admit_login(&app.db, &email, address, limit).await.map_err(refused)?;
        let password = password.into_secret();
        let verified = session::check_credentials(&app.db, &app.passwords, &email, password)
            .await
            .map_err(refused)?;
        let code = code.map(SecretText::into_secret);
        let keyring = &app.hosted_keys.keyring;
        let factor = totp::check_code(
            &app.db,
            keyring,
            &verified,
            code.as_ref(),
            &client.0,
            limit,
            &mut attempt,
        )
        .await
        .map_err(refused)?;

        let lifetime = app.config.session_lifetime;
        let mut tx = app.db.begin().await?;
        let opened = session::open(&mut tx, &verified, &factor, &client.0, lifetime, &attempt)
            .await
            .map_err(refused)?;
        tx.commit().await?;

        if factor.is_recovery_code() {
            security::recovery_code_used(opened.user.id, client);
        }
        security::opened(
            &opened,
            client,
            if opened.two_factor { "password and code" } else { "password" },
        );
        Ok(signed_in(app, opened, transport.0.map(Word::value)))
    }

    /// Get a new access token for a refresh token.
    ///
    /// The answer has a new refresh token too; the old one stops working. If the answer was lost, the
    /// request may be repeated within ten seconds; the first use of the token that was answered last ends the
    /// others. A refresh token that is used again later was probably stolen, so its session ends.
    #[oai(path = "/refresh", method = "post", operation_id = "refresh_session")]
    async fn refresh(
        &self,
        Data(app): Data<&App>,
        Data(client): Data<&Client>,
        request: &Request,
        /// Where the refresh token travels; without it, in bodies.
        #[oai(name = "X-Aether-Session")]
        transport: Transport,
        body: OptionalBody<RefreshRequest>,
    ) -> Result<Reply<SessionView>, Fail<401, 403>> {
        let transport = transport.0.map(Word::value);
        let cookie = RefreshCookie::of(&app.config);
        let token = cookie::presented(&cookie, transport, request, body.0)?;

        let mut tx = app.db.begin().await?;
        let refreshed = session::refresh(&mut tx, &token, &client.0).await?;
        tx.commit().await?;

        match refreshed {
            Refreshed::Renewed(opened) => Ok(signed_in(app, opened, transport)),
            Refreshed::Reused { user_id, session_id } => {
                security::token_reused(user_id, session_id, client);
                Err(IdentityError::InvalidToken.into())
            }
        }
    }

    /// Sign out, which ends the session.
    ///
    /// The refresh token need not be the newest of the session.
    #[oai(path = "/logout", method = "post", operation_id = "logout")]
    async fn logout(
        &self,
        Data(app): Data<&App>,
        Data(client): Data<&Client>,
        request: &Request,
        /// Where the refresh token travels; without it, in bodies.
        #[oai(name = "X-Aether-Session")]
        transport: Transport,
        body: OptionalBody<RefreshRequest>,
    ) -> Result<SignedOut, Fail<403>> {
        let transport = transport.0.map(Word::value);
        let cookie = RefreshCookie::of(&app.config);
        let cleared = transport.map(|_| cookie.clear());
        let token = match cookie::presented(&cookie, transport, request, body.0) {
            // A token that was never issued belongs to no session: there is nothing to end.
            Err(problem) if problem.code() == Code::AuthInvalidToken => {
                return Ok(SignedOut::Done(cleared));
            }
            token => token?,
        };

        let mut tx = app.db.begin().await?;
        let ended = session::logout(&mut tx, &token).await?;
        tx.commit().await?;

        if let Some(ended) = ended {
            security::signed_out(&ended, client);
        }
        Ok(SignedOut::Done(cleared))
    }
}

/// The session as the client asked for it: with the refresh token, or with a cookie that has it.
fn signed_in<const STATUS: u16>(
    app: &App,
    opened: OpenedSession,
    transport: Option<SessionTransport>,
) -> Reply<SessionView, STATUS> {
    let cookie = transport.map(|_| RefreshCookie::of(&app.config).set(&opened.refresh_token));
    let view = SessionView::of(opened, &app.access_tokens, transport.is_some());
    Reply::new(&view).cookie(cookie)
}

fn name_of(email: &Email) -> String {
    email.local_part().to_owned()
}
