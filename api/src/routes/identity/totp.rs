//! `/api/auth/totp`: the caller's second factor.

use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Deserialize;
use shared::identity::{
    throttle::{self, Attempt},
    totp::{self, Enrolment, RecoveryCodes, Status},
    user::Role,
};

use super::{
    own_password, security,
    sessions::{TriedCode, TriedPassword},
};
use crate::{
    auth::SignedIn,
    extract::Body,
    middleware::Client,
    problem::{Fail, Problem},
    response::{NoContent, Reply, Timestamp, view},
    routes::Tag,
    state::App,
};

/// What the log says that a password was for.
const WHAT: &str = "change of second factor";

/// Operations on the caller's second factor.
pub struct SecondFactor;

view! {
    /// Whether a user signs in with a second factor.
    struct TotpStatusView as "TotpStatus" from it: (Status, bool) {
        /// Whether a code is asked for at sign-in.
        enabled: bool = it.0.enabled_at.is_some(),
        /// Whether a secret waits for its first code, to be confirmed.
        pending: bool = it.0.pending,
        /// Whether you must have a second factor, because you are an admin.
        required: bool = it.1,
        /// Since when a code is asked for; absent if none is.
        enabled_at: Option<Timestamp> = it.0.enabled_at,
        /// How many recovery codes were not used yet.
        recovery_codes_left: i32 = it.0.recovery_codes_left,
    }
}

view! {
    /// A secret for an authenticator app. It is shown once.
    struct TotpEnrolmentView as "TotpEnrolment" from it: Enrolment {
        /// The secret in base32, to type into the app.
        secret: String = it.secret.expose(),
        /// The same as an address of the form `otpauth://totp/…`, to be shown as a QR code.
        uri: String = it.secret.uri(),
    }
}

view! {
    /// Codes for who lost their authenticator app. They are shown once.
    struct RecoveryCodesView as "RecoveryCodes" from it: RecoveryCodes {
        /// Ten codes, each good for one sign-in.
        recovery_codes: Vec<String> = it.expose(),
    }
}

/// The password of the caller, to show that they are there.
#[derive(Debug, Object, Deserialize)]
struct PasswordOnly {
    /// Your present password.
    password: TriedPassword,
}

/// A code of the caller's second factor.
#[derive(Debug, Object, Deserialize)]
struct CodeOnly {
    /// Six digits from the authenticator app; where a second factor is enrolled, a recovery code does too.
    code: TriedCode,
}

/// What ends a second factor.
#[derive(Debug, Object, Deserialize)]
struct TotpRemoval {
    /// Your present password.
    password: TriedPassword,
    /// Six digits from the authenticator app, or a recovery code.
    code: TriedCode,
}

#[OpenApi(prefix_path = "/api/auth", tag = "Tag::Identity")]
impl SecondFactor {
    /// Get whether you sign in with a second factor.
    #[oai(path = "/totp", method = "get", operation_id = "get_totp")]
    async fn status(
        &self,
        Data(app): Data<&App>,
        caller: SignedIn,
    ) -> Result<Reply<TotpStatusView>, Fail> {
        let mut conn = app.db.acquire().await?;
        let status = totp::status(&mut conn, caller.user_id).await?;
        let required = app.config.admin_totp_required && caller.has(Role::Admin);
        Ok(Reply::of((status, required)))
    }

    /// Begin to enrol a second factor.
    ///
    /// The answer has a new secret for your authenticator app. Nothing changes until you confirm it with a code.
    #[oai(path = "/totp", method = "post", operation_id = "enrol_totp")]
    async fn enrol(
        &self,
        Data(app): Data<&App>,
        Data(client): Data<&Client>,
        caller: SignedIn,
        body: Body<PasswordOnly>,
    ) -> Result<Reply<TotpEnrolmentView, 201>, Fail<409>> {
        let password = body.value.password;
        let (verified, attempt) =
            own_password::verify(app, client, &caller, password, WHAT).await?;

        let keyring = &app.hosted_keys.keyring;
        let mut tx = app.db.begin().await?;
        let enrolment =
            totp::begin(&mut tx, keyring, caller.session_id, &verified, &attempt).await?;
        tx.commit().await?;

        Ok(Reply::of(enrolment))
    }

    /// Confirm a second factor with its first code.
    ///
    /// From then on a sign-in asks for a code. All your other sessions end, and so do the access tokens of this one:
    /// refresh it. Keep the recovery codes where you would find them without your phone.
    #[oai(path = "/totp/confirm", method = "post", operation_id = "confirm_totp")]
    async fn confirm(
        &self,
        Data(app): Data<&App>,
        Data(client): Data<&Client>,
        caller: SignedIn,
        body: Body<CodeOnly>,
    ) -> Result<Reply<RecoveryCodesView>, Fail<409>> {
        let attempt = admitted(app, &caller).await?;
        let (keyring, code) = (&app.hosted_keys.keyring, body.value.code.into_secret());
        let who = (caller.user_id, caller.session_id);

        let mut tx = app.db.begin().await?;
        let codes = totp::confirm(&mut tx, keyring, who, &code, &attempt)
            .await
            .inspect_err(|why| security::code_refused(&caller, client, why))?;
        tx.commit().await?;

        security::totp_changed(&caller, client, "enrolled");
        Ok(Reply::of(codes))
    }

    /// Remove your second factor.
    ///
    /// All your other sessions end, and so do the access tokens of this one: refresh it.
    #[oai(path = "/totp", method = "delete", operation_id = "remove_totp")]
    async fn remove(
        &self,
        Data(app): Data<&App>,
        Data(client): Data<&Client>,
        caller: SignedIn,
        body: Body<TotpRemoval>,
    ) -> Result<NoContent, Fail<409>> {
        let TotpRemoval { password, code } = body.value;
        let (verified, attempt) =
            own_password::verify(app, client, &caller, password, WHAT).await?;
        let (keyring, code) = (&app.hosted_keys.keyring, code.into_secret());

        let mut tx = app.db.begin().await?;
        totp::remove(&mut tx, keyring, caller.session_id, &verified, &code, &attempt)
            .await
            .inspect_err(|why| security::code_refused(&caller, client, why))?;
        tx.commit().await?;

        security::totp_changed(&caller, client, "removed");
        Ok(NoContent::Done)
    }

    /// Replace your recovery codes.
    ///
    /// The codes of before stop working.
    #[oai(path = "/totp/recovery-codes", method = "post", operation_id = "replace_recovery_codes")]
    async fn replace_codes(
        &self,
        Data(app): Data<&App>,
        Data(client): Data<&Client>,
        caller: SignedIn,
        body: Body<CodeOnly>,
    ) -> Result<Reply<RecoveryCodesView>, Fail<409>> {
        let attempt = admitted(app, &caller).await?;
        let (keyring, code) = (&app.hosted_keys.keyring, body.value.code.into_secret());
        let who = (caller.user_id, caller.session_id);

        let mut tx = app.db.begin().await?;
        let codes = totp::replace_recovery_codes(&mut tx, keyring, who, &code, &attempt)
            .await
            .inspect_err(|why| security::code_refused(&caller, client, why))?;
        tx.commit().await?;

        security::totp_changed(&caller, client, "recovery codes replaced");
        Ok(Reply::of(codes))
    }
}

/// Counted as a change of the password is: a stolen access token must not be a way to try passwords or codes.
async fn admitted(app: &App, caller: &SignedIn) -> Result<Attempt, Problem> {
    let limit = app.config.login_limit;
    Ok(throttle::admit_in_session(&app.db, caller.session_id, limit).await?)
}
