//! How often one may fail to sign in, or register, before having to wait.
//!
//! Counted in PostgreSQL, so that the limit holds across replicas and restarts, and counted *before*
//! the password is looked at, so that a hundred attempts at once are a hundred attempts. A success
//! gives its count back.

use std::{net::IpAddr, time::Duration};

use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgPool};

use super::{IdentityError, user::Email};

/// An account or an address alone may fail this many times more often than the two together:
/// one address cannot lock a stranger's account, many addresses cannot try one password after another.
const WIDE_FACTOR: u32 = 10;

/// At most `attempts_max` in `window`, which begins with the first attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptLimit {
    /// Attempts admitted in one window.
    pub attempts_max: u32,
    /// The window's length.
    pub window: Duration,
}

/// What attempts are counted under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject([u8; 32]);

impl Subject {
    fn of(parts: &[&str]) -> Self {
        // A separator no part contains, so that ("ab", "c") and ("a", "bc") differ.
        Self(Sha256::digest(parts.join("\0")).into())
    }

    /// Failed sign-ins of this account from this address.
    fn pair(email: &Email, address: IpAddr) -> Self {
        Self::of(&["login", email.as_str(), &network(address)])
    }

    fn account(email: &Email) -> Self {
        Self::of(&["account", email.as_str()])
    }

    fn address(address: IpAddr) -> Self {
        Self::of(&["address", &network(address)])
    }

    fn registration(address: IpAddr) -> Self {
        Self::of(&["register", &network(address)])
    }
}

/// One machine commonly has a whole IPv6 /64 to itself; it counts as one address.
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Counts a sign-in that is about to be judged, or refuses it with [`IdentityError::TooManyAttempts`].
///
/// An attempt refused for its account-and-address pair is not counted against the account alone:
/// hammering from one address never locks the owner out everywhere else.
pub async fn admit_login(
    db: &PgPool,
    email: &Email,
    address: IpAddr,
    limit: AttemptLimit,
) -> Result<(), IdentityError> {
    count(db, &Subject::pair(email, address), limit).await?;
    let wide =
        AttemptLimit { attempts_max: limit.attempts_max.saturating_mul(WIDE_FACTOR), ..limit };
    count(db, &Subject::account(email), wide).await?;
    count(db, &Subject::address(address), wide).await
}

/// Gives the counts of a sign-in back that turned out to be right.
pub async fn forgive_login(
    conn: &mut PgConnection,
    email: &Email,
    address: IpAddr,
) -> Result<(), IdentityError> {
    let mut subjects =
        [Subject::pair(email, address), Subject::account(email), Subject::address(address)];
    // Ascending, so that two sign-ins never wait for each other in a circle.
    subjects.sort_by_key(|it| it.0);
    for subject in subjects {
        store::give_back(conn, &subject.0).await?;
    }
    Ok(())
}

/// Counts a registration from this address, or refuses it.
pub async fn admit_registration(
    db: &PgPool,
    address: IpAddr,
    limit: AttemptLimit,
) -> Result<(), IdentityError> {
    count(db, &Subject::registration(address), limit).await
}

async fn count(db: &PgPool, subject: &Subject, limit: AttemptLimit) -> Result<(), IdentityError> {
    let mut conn = db.acquire().await?;
    let counted = store::count(&mut conn, &subject.0, limit).await?;
    if counted.attempts > i64::from(limit.attempts_max) {
        return Err(IdentityError::TooManyAttempts { retry_after: counted.until_window_ends });
    }
    Ok(())
}

mod store {
    use super::{AttemptLimit, Duration, PgConnection};

    pub(super) struct Counted {
        pub attempts: i64,
        pub until_window_ends: Duration,
    }

    /// One more attempt in the present window, or the first of a new one.
    /// Stops at one above the limit: a hammered row does not grow for ever.
    pub(super) async fn count(
        conn: &mut PgConnection,
        subject: &[u8; 32],
        limit: AttemptLimit,
    ) -> sqlx::Result<Counted> {
        let (attempts, seconds): (i32, f64) = sqlx::query_as(
            "INSERT INTO identity.throttle AS t (subject, count, window_started_at, window_ends_at)
             SELECT $1, 1, now, now + make_interval(secs => $2) FROM aether.now() AS now
                 ON CONFLICT (subject) DO UPDATE
                SET count = CASE WHEN t.window_ends_at <= excluded.window_started_at THEN 1
                                 ELSE least(t.count + 1, $3) END,
                    window_started_at = CASE WHEN t.window_ends_at <= excluded.window_started_at
                                             THEN excluded.window_started_at
                                             ELSE t.window_started_at END,
                    window_ends_at = CASE WHEN t.window_ends_at <= excluded.window_started_at
                                          THEN excluded.window_ends_at ELSE t.window_ends_at END
          RETURNING t.count, extract(epoch FROM t.window_ends_at - aether.now())::float8",
        )
        .bind(subject.as_slice())
        .bind(limit.window.as_secs_f64())
        .bind(i32::try_from(limit.attempts_max.saturating_add(1)).unwrap_or(i32::MAX))
        .fetch_one(conn)
        .await?;
        let until_window_ends = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::ZERO);
        Ok(Counted { attempts: i64::from(attempts), until_window_ends })
    }

    pub(super) async fn give_back(conn: &mut PgConnection, subject: &[u8; 32]) -> sqlx::Result<()> {
        sqlx::query(
            "UPDATE identity.throttle SET count = greatest(count - 1, 0) WHERE subject = $1",
        )
        .bind(subject.as_slice())
        .execute(conn)
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_ipv6_network_are_one_subject() {
        let one = "2001:db8:1:2::1".parse().unwrap();
        let two = "2001:db8:1:2:ffff::9".parse().unwrap();
        let other = "2001:db8:1:3::1".parse().unwrap();

        assert_eq!(Subject::address(one), Subject::address(two));
        assert_ne!(Subject::address(one), Subject::address(other));
    }

    #[test]
    fn a_mapped_ipv4_address_is_the_ipv4_address() {
        assert_eq!(network("::ffff:192.0.2.7".parse().unwrap()), "192.0.2.7");
    }
}
