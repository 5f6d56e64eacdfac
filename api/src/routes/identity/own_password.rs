//! The caller's present password: whoever changes what opens an account shows that they are there.

use shared::identity::{
    IdentityError,
    session::{self, Verified},
    throttle::{self, Attempt},
    user::{self, Email},
};

use super::{security, sessions::TriedPassword};
use crate::{
    auth::SignedIn,
    middleware::Client,
    problem::{Code, Problem},
    state::App,
};

/// The caller, whose password was right a moment ago. `what` says in the log what it was for.
pub(super) async fn verify(
    app: &App,
    client: &Client,
    caller: &SignedIn,
    password: TriedPassword,
    what: &str,
) -> Result<(Verified, Attempt), Problem> {
    let found = user::store::find(&mut *app.db.acquire().await?, caller.user_id).await?;
    let user = found.ok_or(IdentityError::InvalidToken)?;
    let email = Email::parse(&user.email).map_err(|_| IdentityError::InvalidToken)?;
    let refused = |error| match security::refused(app, &email, client, what, error) {
        IdentityError::InvalidCredentials => {
            Problem::new(Code::AuthInvalidCredentials, "this is not your present password")
        }
        other => other.into(),
    };
    let (session_id, limit) = (caller.session_id, app.config.login_limit);
    let attempt = throttle::admit_in_session(&app.db, session_id, limit).await.map_err(refused)?;
    let checked =
        session::check_credentials(&app.db, &app.passwords, &email, password.into_secret()).await;
    Ok((checked.map_err(refused)?, attempt))
}
