//! The second factor of a sign-in: codes of an authenticator app (RFC 6238: SHA-1, six digits, thirty seconds), and
//! recovery codes for who lost it.
//!
//! What a code may open is decided in SQL, under the user's lock and by steps that only rise: the same code opens
//! nothing twice, also when two use it at once.

mod code;
mod enrol;
mod health;
mod pass;
mod remove;
mod secret;
mod status;
mod store;

use code::Code;
pub use code::{RECOVERY_CODES, RecoveryCodes};
pub use enrol::{Enrolment, begin, confirm, replace_recovery_codes};
pub use health::missing_master_keys;
pub use pass::{Factor, check_code};
pub use remove::{remove, reset};
pub use secret::TotpSecret;
pub use status::{Status, status};

crate::vocabulary! {
    /// What became of a change to a user's second factor.
    enum Change {
        /// It is done.
        Done = "done",
        /// The session it was asked in does not live.
        SessionEnded = "session_ended",
        /// The password is not the verified one any more.
        PasswordChanged = "password_changed",
        /// There is a confirmed second factor already.
        Enrolled = "enrolled",
        /// There is none.
        None = "none",
        /// No code came.
        Required = "required",
        /// The code was used before, or belongs to another secret.
        Refused = "refused",
    }
}

impl Change {
    fn done(self) -> Result<(), crate::identity::IdentityError> {
        use crate::identity::IdentityError as E;
        match self {
            Self::Done => Ok(()),
            Self::SessionEnded => Err(E::InvalidToken),
            Self::PasswordChanged => Err(E::InvalidCredentials),
            Self::Enrolled => Err(E::TotpEnrolled),
            Self::None => Err(E::TotpNotEnrolled),
            Self::Required => Err(E::TotpRequired),
            Self::Refused => Err(E::TotpInvalid),
        }
    }
}
