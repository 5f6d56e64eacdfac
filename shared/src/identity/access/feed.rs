//! Follows the changes, so that judging a token costs no query and a suspension takes seconds.

use std::time::{Duration, Instant};

use parking_lot::{Mutex, RwLock};
use sqlx::PgPool;

use super::{
    AccessClaims,
    recent::{Principal, Reader, RecentChanges},
    store::{self, Horizon},
};
use crate::identity::IdentityError;

/// The recent changes of one process.
#[derive(Debug, Default)]
pub struct AccessFeed {
    changes: RwLock<RecentChanges>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    horizon: Horizon,
    at: Option<Instant>,
}

impl AccessFeed {
    /// Whether a verified token is still good, and as whom it speaks.
    pub fn judge(&self, claims: AccessClaims) -> Result<Principal, IdentityError> {
        self.changes.read().judge(claims)
    }

    /// Whether a credential that was good when something was opened with it is good still. Its own expiry is no
    /// matter: what is judged is what people did since.
    pub fn judge_reader(&self, reader: &Reader) -> Result<(), IdentityError> {
        self.changes.read().judge_reader(reader).map(drop)
    }

    /// How old the last look is; `None` before the first.
    pub fn age(&self) -> Option<Duration> {
        self.seen.lock().at.map(|at| at.elapsed())
    }

    /// Looks once. A failed look leaves everything as it was; the next one catches up.
    pub async fn look(&self, db: &PgPool) -> sqlx::Result<()> {
        let since = self.seen.lock().horizon.clone();
        let began = Instant::now();
        let mut conn = db.acquire().await?;
        // Read before the changes: what commits in between is seen now or the next time, or both.
        let horizon = store::horizon(&mut conn).await?;
        let users = store::changed_users(&mut conn, &since).await?;
        let sessions = store::ended_sessions(&mut conn, &since).await?;
        drop(conn);

        let mut changes = self.changes.write();
        for (user_id, access) in users {
            changes.user_changed(began, user_id, access);
        }
        for session_id in sessions {
            changes.session_ended(began, session_id);
        }
        changes.forget_old(began);
        drop(changes);

        let mut seen = self.seen.lock();
        *seen = Seen { horizon, at: Some(began) };
        Ok(())
    }
}
