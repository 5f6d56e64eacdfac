//! A code → what opens a session.

use secrecy::{ExposeSecret, SecretString};
use sqlx::PgPool;
use uuid::Uuid;

use super::{Code, TotpSecret, code::digest, store};
use crate::{
    identity::{
        IdentityError,
        session::{Device, Verified},
        throttle::{self, Attempt, AttemptLimit},
    },
    pool::vault::Keyring,
};
use IdentityError as E;

/// A second factor that was right a moment ago. It is spent where it is used: only there it shows whether somebody else
/// was faster with the same code.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Factor {
    pub(in crate::identity) step: Option<i64>,
    pub(in crate::identity) recovery: Option<[u8; 32]>,
}

impl Factor {
    /// Whether it was a recovery code: their owner should hear of it.
    pub fn is_recovery_code(&self) -> bool {
        self.recovery.is_some()
    }
}

/// The second factor of somebody whose password was right; an empty one if they have none.
///
/// Without a code it is [`IdentityError::TotpRequired`], which costs no attempt. A wrong one counts under the network and
/// the account as a wrong password does, and from networks that nobody signed in from also by the day: whoever has a
/// password must not try codes for ever.
pub async fn check_code(
    db: &PgPool,
    keyring: &Keyring,
    verified: &Verified,
    code: Option<&SecretString>,
    device: &Device,
    limit: AttemptLimit,
    attempt: &mut Attempt,
) -> Result<Factor, IdentityError> {
    let user_id = verified.user.id;
    let mut conn = db.acquire().await?;
    let kept = store::find(&mut conn, user_id).await?;
    if kept.confirmed_at.is_none() {
        return Ok(Factor::default());
    }
    let Some(code) = code else {
        let known = store::ask_for_code(&mut conn, verified, attempt).await?;
        let outcome = if known { E::TotpRequired } else { E::InvalidCredentials };
        return Err(outcome);
    };
    drop(conn);
    throttle::admit_code(db, &verified.user, device.address, limit, attempt).await?;
    kept.judge(keyring, user_id, code)
}

impl store::Kept {
    /// What the code would spend.
    pub(super) fn judge(
        &self,
        keyring: &Keyring,
        user_id: Uuid,
        code: &SecretString,
    ) -> Result<Factor, IdentityError> {
        match Code::parse(code).ok_or(E::TotpInvalid)? {
            Code::App(digits) => {
                let step = self.step_of(keyring, user_id, &digits)?;
                Ok(Factor { step: Some(step), recovery: None })
            }
            Code::Recovery(code) => {
                Ok(Factor { step: None, recovery: Some(digest(user_id, &code)) })
            }
        }
    }

    /// The step of a code of the app.
    pub(super) fn step_of(
        &self,
        keyring: &Keyring,
        user_id: Uuid,
        digits: &SecretString,
    ) -> Result<i64, IdentityError> {
        let sealed = self.sealed().ok_or(E::TotpNotEnrolled)?;
        let secret = TotpSecret::open(keyring, user_id, &sealed)?;
        secret.step_of(digits.expose_secret(), self.unix_seconds()).ok_or(E::TotpInvalid)
    }
}
