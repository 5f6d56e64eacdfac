//! How often one may fail to sign in, or register, before having to wait.
//!
//! Counted in PostgreSQL, so that the limit holds across replicas and restarts, and counted *before*
//! the password is looked at, so that a hundred attempts at once are a hundred attempts. A success
//! gives its count back, in the transaction of its effect.

use std::{net::IpAddr, time::Duration};

use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{
    IdentityError,
    user::{Email, User},
};

/// An account or a network alone may fail this many times more often than the two together:
/// one network cannot lock a stranger's account, many networks cannot try one password after another.
const WIDE_FACTOR: u32 = 10;

/// A network may have this many times more keys refused than a user: people share networks.
const KEYS_PER_NETWORK_FACTOR: u32 = 3;

/// How long wrong codes of a second factor are remembered.
const CODE_WINDOW: Duration = Duration::from_hours(24);

/// An IPv6 /48 is one site, and whoever has it has 65,536 networks: all of them together may fail this many times more
/// often than one.
pub const SITE_FACTOR: u32 = 3;

/// Which sessions make a network known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opened {
    Anyhow,
    WithSecondFactor,
}

/// At most `attempts_max` in `window`, which begins with the first attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptLimit {
    /// Attempts admitted in one window.
    pub attempts_max: u32,
    /// The window's length.
    pub window: Duration,
}

impl AttemptLimit {
    fn half(self) -> Self {
        Self { attempts_max: self.attempts_max.div_ceil(2), ..self }
    }

    fn times(self, factor: u32) -> Self {
        Self { attempts_max: self.attempts_max.saturating_mul(factor), ..self }
    }
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

/// Attempts that were admitted and counted, to be forgiven if they turn out to be right.
#[derive(Debug, Default)]
pub struct Attempt(Vec<Subject>);

impl Attempt {
    /// The digests they were counted under, the widest first.
    pub(super) fn subjects(&self) -> Vec<&[u8]> {
        self.0.iter().map(|it| it.0.as_slice()).collect()
    }
}

/// The IPv6 /48 of an address: what one customer commonly gets.
pub fn site(address: IpAddr) -> Option<String> {
    match address.to_canonical() {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            Some(format!("{a:x}:{b:x}:{c:x}::/48"))
        }
    }
}

/// Counts a sign-in that is about to be judged, or refuses it with [`IdentityError::TooManyAttempts`].
///
/// It is counted under the network, then under the account in that network, then under the account alone; a refusal
/// counts nothing that comes after it. So whoever hammers from one place never locks the owner out elsewhere, and as a
/// network that lately signed in to the account is not counted under the account alone, neither do many who hammer from
/// many places.
pub async fn admit_login(
    db: &PgPool,
    email: &Email,
    address: IpAddr,
    limit: AttemptLimit,
) -> Result<Attempt, IdentityError> {
    let mut conn = db.acquire().await?;
    let mut subjects = networks(address, limit.times(WIDE_FACTOR), "address");
    subjects.push((Subject::pair(email, address), limit));
    if !store::knows_network(&mut conn, email, &network(address), Opened::Anyhow).await? {
        subjects.push((Subject::account(email), limit.times(WIDE_FACTOR)));
    }
    admit(&mut conn, subjects).await
}

/// Counts a code of a second factor that is about to be judged, beside the sign-in it belongs to, or refuses it: from
/// networks that have not lately signed in to the account with a second factor, by the day. A million codes are not many
/// for who knows the password and has time.
pub async fn admit_code(
    db: &PgPool,
    user: &User,
    address: IpAddr,
    limit: AttemptLimit,
    attempt: &mut Attempt,
) -> Result<(), IdentityError> {
    let Ok(email) = Email::parse(&user.email) else { return Ok(()) };
    let mut conn = db.acquire().await?;
    let network = network(address);
    if store::knows_network(&mut conn, &email, &network, Opened::WithSecondFactor).await? {
        return Ok(());
    }
    let subject = Subject::of(&["code", &user.id.to_string()]);
    let limit = AttemptLimit { window: CODE_WINDOW, ..limit.times(WIDE_FACTOR) };
    attempt.0.extend(admit(&mut conn, vec![(subject, limit)]).await?.0);
    Ok(())
}

/// Counts a change of the password or of the second factor that is about to be judged, or refuses it. A stolen session
/// must not be a way to try passwords or codes, not slowly either: it is counted by the day too. What others do to the
/// account or from the same network does not count here.
pub async fn admit_in_session(
    db: &PgPool,
    session_id: Uuid,
    limit: AttemptLimit,
) -> Result<Attempt, IdentityError> {
    let session = session_id.to_string();
    let mut conn = db.acquire().await?;
    let mut attempt = admit(&mut conn, vec![(Subject::of(&["session", &session]), limit)]).await?;
    let daily = AttemptLimit { window: CODE_WINDOW, ..limit.times(WIDE_FACTOR) };
    let by_the_day = vec![(Subject::of(&["session", &session, "day"]), daily)];
    attempt.0.extend(admit(&mut conn, by_the_day).await?.0);
    Ok(attempt)
}

/// Counts a registration from this address, or refuses it.
pub async fn admit_registration(
    db: &PgPool,
    address: IpAddr,
    limit: AttemptLimit,
) -> Result<(), IdentityError> {
    let subjects = networks(address, limit, "register");
    admit(&mut *db.acquire().await?, subjects).await.map(drop)
}

/// What a key is checked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyCheckKind {
    /// To be hosted.
    Connect,
    /// To see whether it still works.
    Test,
}

/// A check of a provider's key that may go ahead. Whether it counts is only known afterwards: keys that are accepted do
/// not.
#[derive(Debug)]
pub struct KeyCheck {
    subjects: Vec<(Subject, AttemptLimit)>,
}

/// Lets a user check a key, or refuses it with [`IdentityError::TooManyAttempts`]: who tries keys that are not theirs must
/// not learn here which of them work. `limit` is per user, half of it in an account's first day, and a network may have so
/// many times more refused. Those who ask at the same time are not counted yet: bound them.
pub async fn admit_key_check(
    db: &PgPool,
    kind: KeyCheckKind,
    user_id: Uuid,
    address: IpAddr,
    limit: AttemptLimit,
) -> Result<KeyCheck, IdentityError> {
    let of = match kind {
        KeyCheckKind::Connect => "connect",
        KeyCheckKind::Test => "test",
    };
    let mut conn = db.acquire().await?;
    let own = if store::is_young(&mut conn, user_id).await? { limit.half() } else { limit };
    let mut subjects = networks(address, limit.times(KEYS_PER_NETWORK_FACTOR), of);
    subjects.push((Subject::of(&[of, "user", &user_id.to_string()]), own));
    match store::full_for(&mut conn, &subjects).await? {
        Some(retry_after) => Err(IdentityError::TooManyAttempts { retry_after }),
        None => Ok(KeyCheck { subjects }),
    }
}

impl KeyCheck {
    /// The provider refused the key.
    pub async fn count(self, db: &PgPool) -> Result<(), IdentityError> {
        store::admit(&mut *db.acquire().await?, &self.subjects).await?;
        Ok(())
    }
}

/// The networks an address is in, the widest first.
fn networks(address: IpAddr, limit: AttemptLimit, of: &str) -> Vec<(Subject, AttemptLimit)> {
    let site = site(address).map(|it| (Subject::of(&[of, &it]), limit.times(SITE_FACTOR)));
    let network = (Subject::of(&[of, &network(address)]), limit);
    site.into_iter().chain([network]).collect()
}

async fn admit(
    conn: &mut PgConnection,
    subjects: Vec<(Subject, AttemptLimit)>,
) -> Result<Attempt, IdentityError> {
    match store::admit(conn, &subjects).await? {
        Some(retry_after) => Err(IdentityError::TooManyAttempts { retry_after }),
        None => Ok(Attempt(subjects.into_iter().map(|(subject, _)| subject).collect())),
    }
}

mod store {
    use super::{AttemptLimit, Duration, Email, Opened, PgConnection, Subject, Uuid};

    fn limits(subjects: &[(Subject, AttemptLimit)]) -> Vec<i32> {
        let limits = subjects.iter().map(|(_, limit)| limit.attempts_max);
        limits.map(|it| i32::try_from(it).unwrap_or(i32::MAX - 1)).collect()
    }

    fn digests(subjects: &[(Subject, AttemptLimit)]) -> Vec<&[u8]> {
        subjects.iter().map(|(it, _)| it.0.as_slice()).collect()
    }

    fn wait(seconds: Option<f64>) -> Option<Duration> {
        seconds.map(|it| Duration::try_from_secs_f64(it).unwrap_or(Duration::ZERO))
    }

    /// How long to wait, if one of them is full already.
    pub(super) async fn full_for(
        conn: &mut PgConnection,
        subjects: &[(Subject, AttemptLimit)],
    ) -> sqlx::Result<Option<Duration>> {
        let seconds: Option<f64> = sqlx::query_scalar("SELECT identity.full_for($1, $2)")
            .bind(digests(subjects))
            .bind(limits(subjects))
            .fetch_one(conn)
            .await?;
        Ok(wait(seconds))
    }

    /// Whether the account is in its first day.
    pub(super) async fn is_young(conn: &mut PgConnection, user_id: Uuid) -> sqlx::Result<bool> {
        let young: Option<bool> = sqlx::query_scalar(
            "SELECT created_at > aether.now() - interval '1 day' FROM identity.users WHERE id = $1",
        )
        .bind(user_id)
        .fetch_optional(conn)
        .await?;
        Ok(young.unwrap_or(true))
    }

    /// How long to wait, if the attempt is refused.
    pub(super) async fn admit(
        conn: &mut PgConnection,
        subjects: &[(Subject, AttemptLimit)],
    ) -> sqlx::Result<Option<Duration>> {
        let window = subjects.iter().map(|(_, limit)| limit.window).max().unwrap_or_default();
        let seconds: Option<f64> = sqlx::query_scalar("SELECT identity.admit($1, $2, $3)")
            .bind(digests(subjects))
            .bind(limits(subjects))
            .bind(window.as_secs_f64())
            .fetch_one(conn)
            .await?;
        Ok(wait(seconds))
    }

    pub(super) async fn knows_network(
        conn: &mut PgConnection,
        email: &Email,
        network: &str,
        opened: Opened,
    ) -> sqlx::Result<bool> {
        sqlx::query_scalar("SELECT identity.knows_network($1, $2, $3)")
            .bind(email.as_str())
            .bind(network)
            .bind(opened == Opened::WithSecondFactor)
            .fetch_one(conn)
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: AttemptLimit = AttemptLimit { attempts_max: 10, window: Duration::from_mins(15) };

    #[test]
    fn addresses_of_one_ipv6_network_count_together_and_networks_of_one_site_too() {
        let counted = |text: &str| networks(text.parse().unwrap(), LIMIT, "address");
        let (one, two) = (counted("2001:db8:1:2::1"), counted("2001:db8:1:2:ffff::9"));
        let (other, elsewhere) = (counted("2001:db8:1:3::1"), counted("2001:db8:2:2::1"));

        assert_eq!(one, two);
        assert_eq!(one[0], other[0], "the site");
        assert_ne!(one[1], other[1], "the network");
        assert_ne!(one[0], elsewhere[0]);
        assert_eq!((one[0].1.attempts_max, one[1].1.attempts_max), (30, 10));
        assert_eq!(counted("192.0.2.7").len(), 1);
    }

    #[test]
    fn a_mapped_ipv4_address_is_the_ipv4_address() {
        assert_eq!(network("::ffff:192.0.2.7".parse().unwrap()), "192.0.2.7");
    }
}
