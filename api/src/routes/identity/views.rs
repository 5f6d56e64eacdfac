//! Users and sessions as the outside sees them.

use crate::extract::Word;
use poem_openapi::{Object, types::Example};
use shared::identity::{
    access::{ACCESS_TOKEN_LIFETIME, AccessTokens},
    session::OpenedSession,
    user::{Locale, Role, User, UserStatus},
};

use crate::{extract::Id, response::Timestamp};

/// A user, as he sees himself.
#[derive(Debug, Clone, Object)]
#[oai(rename = "User", example)]
pub struct UserView {
    /// Opaque.
    pub id: Id,
    /// Lowercased.
    pub email: String,
    /// Free text.
    pub display_name: String,
    /// What he may do.
    pub roles: Vec<Word<Role>>,
    /// Whether he may act.
    pub status: Word<UserStatus>,
    /// The language he is written to in.
    pub locale: Word<Locale>,
    /// When he registered.
    pub created_at: Timestamp,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id.into(),
            email: user.email,
            display_name: user.display_name,
            roles: user.roles.into_iter().map(Into::into).collect(),
            status: user.status.into(),
            locale: user.locale.into(),
            created_at: user.created_at.into(),
        }
    }
}

impl Example for UserView {
    fn example() -> Self {
        Self {
            id: Id(uuid::uuid!("01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e")),
            email: "ada@example.com".to_owned(),
            display_name: "Ada".to_owned(),
            roles: vec![Word(Role::Consumer)],
            status: Word(UserStatus::Active),
            locale: Word(Locale::English),
            created_at: Timestamp(chrono::DateTime::UNIX_EPOCH + chrono::Days::new(20_779)),
        }
    }
}

/// A session: who signed in, and his tokens.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Session", example)]
pub struct SessionView {
    /// Who signed in.
    pub user: UserView,
    /// Goes into `Authorization: Bearer`.
    pub access_token: String,
    /// Good once, for the next session.
    pub refresh_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// Seconds the access token is good for.
    pub expires_in: u64,
}

impl SessionView {
    /// Issues the access token and exposes the refresh token, once.
    pub fn of(opened: OpenedSession, tokens: &AccessTokens) -> Self {
        Self {
            access_token: tokens.issue(&opened.user, opened.session_id),
            refresh_token: opened.refresh_token.expose(),
            token_type: "Bearer".to_owned(),
            expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
            user: opened.user.into(),
        }
    }
}

impl Example for SessionView {
    fn example() -> Self {
        Self {
            user: UserView::example(),
            access_token: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl".to_owned(),
            refresh_token: "afr_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned(),
            token_type: "Bearer".to_owned(),
            expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
        }
    }
}
