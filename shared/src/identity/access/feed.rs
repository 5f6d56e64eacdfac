//! Follows the changes, so that judging a token costs no query and a suspension takes seconds.

use std::time::{Duration, Instant};

use parking_lot::{Mutex, RwLock};
use sqlx::PgPool;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{
    AccessClaims,
    recent::{Principal, RecentChanges},
    store::{self, Horizon},
};
use crate::identity::IdentityError;

/// How often the changes are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

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

/// Looks every second until stopped.
pub async fn follow(feed: &AccessFeed, db: &PgPool, stop: CancellationToken) {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Err(error) = feed.look(db).await {
            tracing::warn!(%error, "changes to users could not be read; judging by the last look");
        }
    }
}
