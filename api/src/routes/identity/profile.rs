//! The caller's profile and password.

use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Deserialize;
use shared::{
    identity::{
        IdentityError, session,
        user::{self, Email, Locale, ProfileChange},
    },
    ledger::Credits,
};

use super::{
    own_password, security,
    sessions::{NewPassword, TriedPassword},
    views::UserView,
};
use crate::{
    auth::{Caller, SignedIn},
    extract::{Body, Line, UnsignedAmount, Word},
    middleware::Client,
    problem::{Fail, Problem},
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
    display_name: Option<Line<1, 100>>,
    /// The language of messages to you.
    locale: Option<Word<Locale>>,
    /// Below so many available credits you want to be told; `"0"` for never. It is kept for programs that show your
    /// balance.
    credits_low_at: Option<UnsignedAmount>,
}

/// A new password, and the one it replaces.
#[derive(Debug, Object, Deserialize)]
struct PasswordUpdate {
    /// Your present password.
    current: TriedPassword,
    /// Your new password, 12 to 128 characters, neither a common one nor your e-mail address or name.
    new: NewPassword,
}

#[OpenApi(prefix_path = "/api/auth", tag = "Tag::Identity")]
impl Profile {
    /// Get your profile.
    #[oai(path = "/profile", method = "get", operation_id = "get_profile")]
    async fn show(&self, Data(app): Data<&App>, caller: SignedIn) -> Result<Reply<UserView>, Fail> {
        let found = user::store::find(&mut *app.db.acquire().await?, caller.user_id).await?;
        let user = found.ok_or(IdentityError::InvalidToken)?;
        Ok(Reply::of(user))
    }

    /// Change your profile.
    #[oai(path = "/profile", method = "put", operation_id = "update_profile")]
    async fn update(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        body: Body<ProfileUpdate>,
    ) -> Result<Reply<UserView>, Fail> {
        let change = body.value.into_change();

        let mut tx = app.db.begin().await?;
        let user = user::change_profile(&mut tx, caller.user_id, &change).await?;
        tx.commit().await?;

        Ok(Reply::of(user))
    }

    /// Change your password.
    ///
    /// All your other sessions end, and so do the access tokens of this one: refresh it.
    #[oai(path = "/password", method = "put", operation_id = "change_password")]
    async fn change_password(
        &self,
        Data(app): Data<&App>,
        Data(client): Data<&Client>,
        caller: SignedIn,
        body: Body<PasswordUpdate>,
    ) -> Result<NoContent, Fail> {
        let PasswordUpdate { current, new } = body.value;
        let (verified, attempt) =
            own_password::verify(app, client, &caller, current, "change of password").await?;
        let email = Email::parse(&verified.user.email).map_err(|_| IdentityError::InvalidToken)?;
        let personal = [email.as_str(), email.local_part(), &verified.user.display_name];
        let hash = app.passwords.hash_new(new.into_secret(), &personal).await.map_err(of_new)?;

        let mut tx = app.db.begin().await?;
        session::change_password(&mut tx, caller.session_id, &verified, &hash, &attempt)
            .await
            .map_err(|error| security::refused(app, &email, client, "change of password", error))?;
        tx.commit().await?;

        security::password_changed(&caller, client);
        Ok(NoContent::Done)
    }
}

impl ProfileUpdate {
    fn into_change(self) -> ProfileChange {
        ProfileChange {
            display_name: self.display_name.map(Line::into_string),
            locale: self.locale.map(Word::value),
            credits_low_at: self.credits_low_at.map(|it| Credits::from(it.0)),
        }
    }
}

/// A password that cannot be chosen is the fault of the field `new`.
fn of_new(error: IdentityError) -> Problem {
    match error {
        IdentityError::PasswordRefused(why) => Problem::invalid_field("new", why.to_string()),
        other => other.into(),
    }
}
