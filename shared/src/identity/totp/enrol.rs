//! Beginning with a second factor, in two steps: a secret, and a code that proves that the app has it.

use secrecy::SecretString;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Code, RecoveryCodes, TotpSecret, store};
use crate::{
    identity::{IdentityError, session::Verified, throttle::Attempt, user::Email},
    pool::vault::Keyring,
};

/// What the user's app needs to know, once.
#[derive(Debug)]
pub struct Enrolment {
    /// The secret, in forms for people and for apps.
    pub secret: TotpSecret,
}

/// Keeps a new secret, which counts once [`confirm`] has seen a code of it. Of somebody whose password was just checked:
/// a stolen session must not be a way to lock its owner out.
pub async fn begin(
    conn: &mut PgConnection,
    keyring: &Keyring,
    session_id: Uuid,
    verified: &Verified,
    attempt: &Attempt,
) -> Result<Enrolment, IdentityError> {
    let email = Email::parse(&verified.user.email).map_err(|_| IdentityError::InvalidToken)?;
    let secret = TotpSecret::generate(&email);
    let sealed = secret.seal(keyring, verified.user.id);
    store::begin(conn, session_id, verified, &sealed, attempt).await?.done()?;
    Ok(Enrolment { secret })
}

/// From now on a sign-in asks for a code. Every other session ends, and so do the access tokens of this one.
pub async fn confirm(
    conn: &mut PgConnection,
    keyring: &Keyring,
    (user_id, session_id): (Uuid, Uuid),
    code: &SecretString,
    attempt: &Attempt,
) -> Result<RecoveryCodes, IdentityError> {
    let kept = store::find(conn, user_id).await?;
    if kept.confirmed_at.is_some() {
        return Err(IdentityError::TotpEnrolled);
    }
    let sealed = kept.sealed().ok_or(IdentityError::TotpNotEnrolled)?;
    let Some(Code::App(digits)) = Code::parse(code) else { return Err(IdentityError::TotpInvalid) };
    let step = kept.step_of(keyring, user_id, &digits)?;
    let codes = RecoveryCodes::generate();
    let digests = codes.digests(user_id);
    store::confirm(conn, session_id, &sealed, step, &digests, attempt).await?.done()?;
    Ok(codes)
}

/// Ten new codes in place of all others, for who has the app or one of the old codes.
pub async fn replace_recovery_codes(
    conn: &mut PgConnection,
    keyring: &Keyring,
    (user_id, session_id): (Uuid, Uuid),
    code: &SecretString,
    attempt: &Attempt,
) -> Result<RecoveryCodes, IdentityError> {
    let kept = store::find(conn, user_id).await?;
    if kept.confirmed_at.is_none() {
        return Err(IdentityError::TotpNotEnrolled);
    }
    let factor = kept.judge(keyring, user_id, code)?;
    let codes = RecoveryCodes::generate();
    let digests = codes.digests(user_id);
    store::replace_codes(conn, session_id, &factor, &digests, attempt).await?.done()?;
    Ok(codes)
}
