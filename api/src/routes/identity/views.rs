//! Users and sessions as clients see them.

use shared::identity::{
    access::{ACCESS_TOKEN_LIFETIME, AccessTokens},
    session::OpenedSession,
    user::{Locale, Role, User, UserStatus},
};

use crate::{
    extract::{Amount, Id, Word},
    response::{FromDomain, Timestamp, view},
};

view! {
    /// A user, as they see themselves.
    pub struct UserView as "User" from user: User {
        /// Unique id of the user.
        id: Id,
        /// The user's e-mail address, in lower case.
        email: String,
        /// The name that other people see.
        display_name: String,
        /// What the user may do.
        roles: Vec<Word<Role>>,
        /// Whether the user may sign in and use the API.
        status: Word<UserStatus>,
        /// The language of messages to the user.
        locale: Word<Locale>,
        /// Below so many available credits the user wants to be told; absent if never.
        credits_low_at: Option<Amount>,
        /// When the user registered.
        created_at: Timestamp,
    }
}

view! {
    /// A session: the user who signed in, and their tokens.
    pub struct SessionView as "Session" {
        /// The user who signed in.
        user: UserView,
        /// Send it as `Authorization: Bearer <access_token>`.
        access_token: String,
        /// Trade it at `POST /api/auth/refresh` for the next session. It works once. Absent if it is in a cookie.
        refresh_token: Option<String>,
        /// The kind of the access token, always `Bearer`.
        token_type: String,
        /// How long the access token is valid, in seconds.
        expires_in: u64,
    }
}

impl SessionView {
    /// Issues the access token, and exposes the refresh token, once, unless it travels otherwise.
    pub fn of(opened: OpenedSession, tokens: &AccessTokens, in_cookie: bool) -> Self {
        Self {
            access_token: tokens.issue(&opened.user, opened.session_id, opened.two_factor),
            refresh_token: (!in_cookie).then(|| opened.refresh_token.expose()),
            token_type: "Bearer".to_owned(),
            expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
            user: UserView::from_domain(opened.user),
        }
    }
}
