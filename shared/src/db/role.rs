//! The roles services log in as, and the one that owns everything.

use secrecy::SecretString;

use super::cluster::Wanted;

/// Owns every table and function; nobody logs in as it.
pub(super) const OWNER: &str = "aether_owner";

/// A role a service logs in as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The api, for all but what admins do.
    Api,
    /// The workers.
    Worker,
    /// The schedulers.
    Scheduler,
    /// The api's admin and payment paths: the only one that may issue credits.
    Admin,
    /// People and dashboards: reads, never secrets.
    Readonly,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Api, Self::Worker, Self::Scheduler, Self::Admin, Self::Readonly];

    /// Its name in PostgreSQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Api => "aether_api",
            Self::Worker => "aether_worker",
            Self::Scheduler => "aether_scheduler",
            Self::Admin => "aether_admin",
            Self::Readonly => "aether_readonly",
        }
    }

    /// Defaults of its sessions, kept with the role because a service must set none itself: behind
    /// a transaction pooler it would set them for somebody else.
    ///
    /// They end what got stuck; who may run statements may also set them, so they stop nobody who means harm. A process
    /// that froze inside a transaction must not hold a wallet for ever, so it has ten seconds; whoever waits for what it
    /// locked waits a little longer, and would find it free.
    const fn session_defaults(self) -> &'static [(&'static str, &'static str)] {
        match self {
            // A request: its client has gone by then.
            Self::Api => SERVICE_20S,
            // A batch of settlements, or a sweep of a hundred wallets.
            Self::Worker => SERVICE_30S,
            // A roll-up of what a long pause left, five hundred rescues; a check of the audit sets its own.
            Self::Scheduler => SERVICE_5MIN,
            // An overview counts whole tables, a suspension cancels everything that somebody has waiting.
            Self::Admin => SERVICE_60S,
            Self::Readonly => &[
                ("default_transaction_read_only", "on"),
                ("statement_timeout", "60s"),
                ("lock_timeout", "5s"),
                // A transaction left open keeps the whole database from cleaning up.
                ("idle_in_transaction_session_timeout", "60s"),
            ],
        }
    }
}

macro_rules! service {
    ($statement_timeout:literal) => {
        &[
            ("statement_timeout", $statement_timeout),
            ("lock_timeout", "15s"),
            ("idle_in_transaction_session_timeout", "10s"),
            // Compiling a plan takes tens of milliseconds, none of our statements that long.
            ("jit", "off"),
        ]
    };
}

const SERVICE_20S: &[(&str, &str)] = service!("20s");
const SERVICE_30S: &[(&str, &str)] = service!("30s");
const SERVICE_60S: &[(&str, &str)] = service!("60s");
const SERVICE_5MIN: &[(&str, &str)] = service!("5min");

/// Passwords to set; a role without one keeps what it has (none at first: it cannot log in by
/// password, only where the server trusts it).
#[derive(Debug, Default)]
pub struct Passwords {
    given: Vec<(Role, SecretString)>,
}

impl Passwords {
    /// Sets the password of one role.
    #[must_use]
    pub fn with(mut self, role: Role, password: SecretString) -> Self {
        self.given.retain(|(it, _)| *it != role);
        self.given.push((role, password));
        self
    }

    fn of(&self, role: Role) -> Option<&SecretString> {
        self.given.iter().find(|(it, _)| *it == role).map(|(_, password)| password)
    }
}

/// What the cluster should hold.
pub(super) fn wanted(passwords: &Passwords) -> Vec<Wanted<'_>> {
    let owner = Wanted { name: OWNER, login: false, session_defaults: &[], password: None };
    let services = Role::ALL.into_iter().map(|role| Wanted {
        name: role.name(),
        login: true,
        session_defaults: role.session_defaults(),
        password: passwords.of(role),
    });
    std::iter::once(owner).chain(services).collect()
}
