//! The caller's profile and password.

use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Deserialize;
use shared::identity::{
    IdentityError, session, throttle,
    user::{self, Email, Locale, ProfileChange},
};

use super::{
    sessions::{NewPassword, TriedPassword},
    views::UserView,
};
use crate::{
    auth::Caller,
    extract::{Body, Text, Word},
    middleware::ClientAddress,
    problem::Fail,
    response::{NoContent, Reply},
    routes::Tag,
    state::App,
};

/// Operations on the caller's profile.
pub struct Profile;

/// Changes to a profile. A field that is left out stays as it is.
#[derive(Debug, Object, Deserialize)]
struct ProfileUpdate {
    /// The name that other people see, 1 to 100 characters.
    display_name: Option<Text<1, 100>>,
    /// The language of messages to you.
    locale: Option<Word<Locale>>,
}

/// A new password, and the one it replaces.
#[derive(Debug, Object, Deserialize)]
struct PasswordUpdate {
    /// Your present password.
    current: TriedPassword,
    /// Your new password, 8 to 128 characters.
    new: NewPassword,
}

#[OpenApi(prefix_path = "/api/auth", tag = "Tag::Identity")]
impl Profile {
    /// Get your profile.
    #[oai(path = "/profile", method = "get", operation_id = "auth_profile")]
    async fn show(&self, Data(app): Data<&App>, caller: Caller) -> Result<Reply<UserView>, Fail> {
        let found = user::store::find(&mut *app.db.acquire().await?, caller.user_id).await?;
        let user = found.ok_or(IdentityError::InvalidToken)?;
        Ok(Reply::of(user))
    }

    /// Change your profile.
    #[oai(path = "/profile", method = "put", operation_id = "auth_update_profile")]
    async fn update(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        body: Body<ProfileUpdate>,
    ) -> Result<Reply<UserView>, Fail> {
        let change = ProfileChange {
            display_name: body.value.display_name.map(Text::into_string),
            locale: body.value.locale.map(Word::value),
        };

        let mut tx = app.db.begin().await?;
        let user = user::change_profile(&mut tx, caller.user_id, &change).await?;
        tx.commit().await?;

        Ok(Reply::of(user))
    }

    /// Change your password.
    ///
    /// All your other sessions end.
    #[oai(path = "/password", method = "put", operation_id = "auth_change_password")]
    async fn change_password(
        &self,
        Data(app): Data<&App>,
        Data(client): Data<&ClientAddress>,
        caller: Caller,
        body: Body<PasswordUpdate>,
    ) -> Result<NoContent, Fail> {
        let found = user::store::find(&mut *app.db.acquire().await?, caller.user_id).await?;
        let user = found.ok_or(IdentityError::InvalidToken)?;
        // A stolen access token must not be a way to try passwords: the limit of sign-ins holds.
        let email = Email::parse(&user.email).map_err(|_| IdentityError::InvalidToken)?;
        throttle::admit_login(&app.db, &email, client.0, app.config.login_limit).await?;
        let (current, new) = (body.value.current.into_secret(), body.value.new.into_secret());
        session::check_credentials(&app.db, &app.passwords, &email, current).await?;
        let hash = app.passwords.hash(new).await?;

        let mut tx = app.db.begin().await?;
        throttle::forgive_login(&mut tx, &email, client.0).await?;
        session::change_password(&mut tx, caller.user_id, caller.session_id, &hash).await?;
        tx.commit().await?;

        Ok(NoContent::Done)
    }
}
