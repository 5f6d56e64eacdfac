//! Log lines for who investigates: who signed in and out, from where, and what failed. Who failed is not known, so a
//! failure shows a pseudonym of the e-mail: the same in every line, and nothing to whoever reads the log.

use shared::identity::{
    IdentityError,
    access::Principal,
    session::{Ended, OpenedSession},
    user::Email,
};
use uuid::Uuid;

use crate::{middleware::Client, state::State};

/// A session was opened.
pub(super) fn opened(opened: &OpenedSession, client: &Client, how: &str) {
    let (user_id, session_id) = (opened.user.id, opened.session_id);
    let agent = client.0.agent();
    tracing::info!(%user_id, %session_id, client = %client.0.address, agent, how, "signed in");
}

/// A sign-in, registration or change of password was refused.
pub(super) fn refused(
    app: &State,
    email: &Email,
    client: &Client,
    what: &str,
    error: IdentityError,
) -> IdentityError {
    // That a code is asked for is half of every sign-in with a second factor.
    if matches!(error, IdentityError::TotpRequired) {
        return error;
    }
    let email = app.pseudonyms.of(email);
    tracing::warn!(email, client = %client.0.address, what, why = %error, "refused");
    error
}

/// A session was ended by its user.
pub(super) fn signed_out(ended: &Ended, client: &Client) {
    let Ended { user_id, session_id } = ended;
    tracing::info!(%user_id, %session_id, client = %client.0.address, "signed out");
}

/// Every session of a user was ended by them.
pub(super) fn signed_out_everywhere(caller: &Principal, client: &Client) {
    let (user_id, session_id) = (caller.user_id, caller.session_id);
    tracing::warn!(%user_id, %session_id, client = %client.0.address, "signed out everywhere");
}

/// A refresh token came again: two have it.
pub(super) fn token_reused(user_id: Uuid, session_id: Uuid, client: &Client) {
    let client = client.0.address;
    tracing::warn!(
        %user_id, %session_id, %client,
        "a refresh token was used again; its session has ended"
    );
}

/// A password was changed: every other session has ended.
pub(super) fn password_changed(caller: &Principal, client: &Client) {
    let (user_id, session_id) = (caller.user_id, caller.session_id);
    tracing::warn!(%user_id, %session_id, client = %client.0.address, "password changed");
}

/// A second factor was enrolled or removed, or its recovery codes were replaced.
pub(super) fn totp_changed(caller: &Principal, client: &Client, what: &str) {
    let (user_id, session_id) = (caller.user_id, caller.session_id);
    tracing::warn!(%user_id, %session_id, client = %client.0.address, what, "second factor changed");
}

/// A recovery code opened something: its owner has lost their app, or somebody has the codes.
pub(super) fn recovery_code_used(user_id: Uuid, client: &Client) {
    tracing::warn!(%user_id, client = %client.0.address, "a recovery code was used");
}

/// A code was refused in a session that lives; what else went wrong is nobody's try.
pub(super) fn code_refused(caller: &Principal, client: &Client, why: &IdentityError) {
    if !matches!(why, IdentityError::TotpInvalid) {
        return;
    }
    let (user_id, session_id) = (caller.user_id, caller.session_id);
    tracing::warn!(%user_id, %session_id, client = %client.0.address, %why, "a code was refused");
}
