//! Registering, signing in, refreshing, signing out.

use crate::extract::Word;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, types::Example};
use serde::Deserialize;
use shared::identity::{
    IdentityError,
    password::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN},
    session::{self, RefreshToken, Refreshed},
    throttle,
    user::{self, Email, Locale, NewUser},
};

use super::views::SessionView;
use crate::{
    extract::{Body, EmailAddress, SecretText, Text},
    middleware::ClientAddress,
    problem::Fail,
    response::{NoContent, Reply},
    routes::Tag,
    state::App,
};

/// A password as it is chosen.
pub(super) type NewPassword = SecretText<PASSWORD_CHARS_MIN, PASSWORD_CHARS_MAX>;
/// A password as it is tried: whatever was typed is an attempt.
pub(super) type TriedPassword = SecretText<1, PASSWORD_CHARS_MAX>;
/// Far longer than any token of ours.
type TriedToken = SecretText<1, 512>;

/// Sessions.
pub struct Sessions;

/// A new user.
#[derive(Debug, Object, Deserialize)]
#[oai(example)]
struct Registration {
    /// Not another user's.
    email: EmailAddress,
    /// 8 to 128 characters.
    password: NewPassword,
    /// What others see; the e-mail's local part by default.
    display_name: Option<Text<1, 100>>,
    /// English by default.
    locale: Option<Word<Locale>>,
}

/// Who signs in.
#[derive(Debug, Object, Deserialize)]
#[oai(example)]
struct Login {
    email: EmailAddress,
    password: TriedPassword,
}

/// A refresh token.
#[derive(Debug, Object, Deserialize)]
struct RefreshRequest {
    /// The newest of the session.
    refresh_token: TriedToken,
}

#[OpenApi(prefix_path = "/api/auth", tag = "Tag::Identity")]
impl Sessions {
    /// Register, and sign in.
    #[oai(path = "/register", method = "post", operation_id = "auth_register")]
    async fn register(
        &self,
        Data(app): Data<&App>,
        Data(client): Data<&ClientAddress>,
        body: Body<Registration>,
    ) -> Result<Reply<SessionView, 201>, Fail<409>> {
        throttle::admit_registration(&app.db, client.0, app.config.register_limit).await?;
        let Registration { email: EmailAddress(email), password, display_name, locale } =
            body.value;
        let new = NewUser {
            password_hash: app.passwords.hash(password.into_secret()).await?,
            display_name: display_name.map_or_else(|| name_of(&email), Text::into_string),
            locale: locale.map_or(Locale::English, Word::value),
            email,
        };

        // Only the admin role may issue what a new user starts with.
        let grant = app.config.sign_up_grant;
        let db = if grant.is_positive() { &app.admin_db } else { &app.db };
        let mut tx = db.begin().await?;
        let user = user::register(&mut tx, &new, grant).await?;
        let opened = session::open(&mut tx, user).await?;
        tx.commit().await?;

        Ok(Reply::new(&SessionView::of(opened, &app.access_tokens)))
    }

    /// Sign in.
    #[oai(path = "/login", method = "post", operation_id = "auth_login")]
    async fn login(
        &self,
        Data(app): Data<&App>,
        Data(client): Data<&ClientAddress>,
        body: Body<Login>,
    ) -> Result<Reply<SessionView>, Fail<401, 403>> {
        let Login { email: EmailAddress(email), password } = body.value;
        throttle::admit_login(&app.db, &email, client.0, app.config.login_limit).await?;
        let password = password.into_secret();
        let user = session::check_credentials(&app.db, &app.passwords, &email, password).await?;

        let mut tx = app.db.begin().await?;
        throttle::forgive_login(&mut tx, &email, client.0).await?;
        let opened = session::open(&mut tx, user).await?;
        tx.commit().await?;

        Ok(Reply::new(&SessionView::of(opened, &app.access_tokens)))
    }

    /// Trade a refresh token for the next one and an access token.
    ///
    /// A token is good once; asked again within ten seconds it yields a sibling. Used later than
    /// that, it was copied: its session ends.
    #[oai(path = "/refresh", method = "post", operation_id = "auth_refresh")]
    async fn refresh(
        &self,
        Data(app): Data<&App>,
        body: Body<RefreshRequest>,
    ) -> Result<Reply<SessionView>, Fail<401, 403>> {
        let token = RefreshToken::parse(body.value.refresh_token.expose())?;

        let mut tx = app.db.begin().await?;
        let refreshed = session::refresh(&mut tx, &token).await?;
        tx.commit().await?;

        match refreshed {
            Refreshed::Renewed(opened) => {
                Ok(Reply::new(&SessionView::of(opened, &app.access_tokens)))
            }
            Refreshed::Reused => Err(IdentityError::InvalidToken.into()),
        }
    }

    /// Sign out: the session ends, whichever of its tokens is given.
    #[oai(path = "/logout", method = "post", operation_id = "auth_logout")]
    async fn logout(
        &self,
        Data(app): Data<&App>,
        body: Body<RefreshRequest>,
    ) -> Result<NoContent, Fail> {
        // What is no token of ours belongs to no session: nothing is left to end.
        let Ok(token) = RefreshToken::parse(body.value.refresh_token.expose()) else {
            return Ok(NoContent::Done);
        };

        let mut tx = app.db.begin().await?;
        session::logout(&mut tx, &token).await?;
        tx.commit().await?;

        Ok(NoContent::Done)
    }
}

fn name_of(email: &Email) -> String {
    email.local_part().to_owned()
}

impl Example for Registration {
    fn example() -> Self {
        Self {
            email: example_email(),
            password: SecretText::example(),
            display_name: None,
            locale: Some(Word(Locale::English)),
        }
    }
}

impl Example for Login {
    fn example() -> Self {
        Self { email: example_email(), password: SecretText::example() }
    }
}

fn example_email() -> EmailAddress {
    EmailAddress(Email::parse("ada@example.com").expect("an address"))
}
