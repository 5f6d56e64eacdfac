//! Hosted keys: sealing them, recognising them, and checking them with their providers.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    net::IpAddr,
    sync::Arc,
};

use anyhow::Context;
use operations::settings::{self, Settings};
use parking_lot::Mutex;
use providers::{BodyBudget, CallError, ErrorClass, ProviderConfig, Registry};
use rust_decimal::Decimal;
use secrecy::{ExposeSecret, SecretString};
use shared::{
    identity::{
        IdentityError,
        throttle::{self, AttemptLimit, KeyCheckKind},
    },
    pool::vault::{FingerprintSecret, Keyring, MasterKeys},
};
use sqlx::PgPool;
use tokio::sync::Semaphore;
use url::Url;
use uuid::Uuid;

use crate::problem::{Code, Problem};

/// The most checks at the same time: a provider that hangs must not collect requests without end.
const CHECKS_MAX: usize = 32;

/// The most checks of one user at the same time, so that one user takes no one else's, and what is not counted yet stays
/// little.
const CHECKS_PER_USER_MAX: usize = 2;

/// What the environment says about hosted keys.
#[derive(Debug)]
pub struct HostedKeysConfig {
    master_keys: SecretString,
    fingerprint_secret: SecretString,
    provider_urls: BTreeMap<String, Url>,
    body_budget: usize,
}

impl HostedKeysConfig {
    /// Reads its part of the environment.
    pub fn read(settings: &mut Settings) -> Self {
        Self {
            master_keys: settings.secret(&settings::MASTER_KEYS),
            fingerprint_secret: settings.secret(&settings::FINGERPRINT_SECRET),
            provider_urls: settings.provider_urls(),
            body_budget: settings.size(&settings::BODY_BUDGET),
        }
    }
}

/// What handlers do with keys.
pub struct HostedKeys {
    /// Encrypts and decrypts keys.
    pub keyring: Keyring,
    /// Recognises a key that is already hosted.
    pub fingerprints: FingerprintSecret,
    providers: Registry,
    checks: Arc<Semaphore>,
    of_users: Mutex<HashMap<Uuid, usize>>,
}

/// A user's share of the checks that run, given back when dropped.
struct Share<'a> {
    of_users: &'a Mutex<HashMap<Uuid, usize>>,
    user_id: Uuid,
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let mut of_users = self.of_users.lock();
        if let Entry::Occupied(mut running) = of_users.entry(self.user_id) {
            *running.get_mut() -= 1;
            if *running.get() == 0 {
                running.remove();
            }
        }
    }
}

/// Whose check it is, and from where.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    /// The caller.
    pub user_id: Uuid,
    /// Where they ask from.
    pub address: IpAddr,
    /// Where refused keys are counted.
    pub db: &'a PgPool,
    /// How many may be refused.
    pub limit: AttemptLimit,
}

impl HostedKeys {
    /// Loads the master keys, and makes every provider's adapter.
    pub fn open(config: &HostedKeysConfig) -> anyhow::Result<Self> {
        let master_keys = MasterKeys::parse(config.master_keys.expose_secret())
            .context("AETHERFLOW_MASTER_KEYS")?;
        let fingerprints = FingerprintSecret::new(&config.fingerprint_secret)
            .context("AETHERFLOW_FINGERPRINT_SECRET")?;
        Ok(Self {
            keyring: Keyring::new(master_keys),
            fingerprints,
            providers: registry(config)?,
            checks: Arc::new(Semaphore::new(CHECKS_MAX)),
            of_users: Mutex::default(),
        })
    }

    /// Checks a key that is to be hosted. Returns the units left, if the provider says; 422 if the provider
    /// does not accept the key, 503 if it cannot be asked.
    pub async fn check(
        &self,
        provider: &str,
        key: &SecretString,
        asker: Asker<'_>,
    ) -> Result<Option<Decimal>, Problem> {
        let said = self.ask(provider, key, KeyCheckKind::Connect, asker).await?;
        said.map_err(|error| refusal(&error))
    }

    /// What the provider says about a key. The outer error is about the request, the inner one about the
    /// key or its provider. Refused keys are counted, and after too many of them nothing is said: 429.
    pub async fn ask(
        &self,
        provider: &str,
        key: &SecretString,
        kind: KeyCheckKind,
        asker: Asker<'_>,
    ) -> Result<Result<Option<Decimal>, CallError>, Problem> {
        let Asker { user_id, address, db, limit } = asker;
        let _share = self.share(user_id)?;
        let admitted = throttle::admit_key_check(db, kind, user_id, address, limit).await;
        let check = admitted.map_err(|error| too_many(user_id, error))?;
        let said = self.ask_provider(provider, key).await?;
        if said.as_ref().is_err_and(|it| is_verdict(it.class)) {
            check.count(db).await?;
        }
        Ok(said)
    }

    fn share(&self, user_id: Uuid) -> Result<Share<'_>, Problem> {
        let mut of_users = self.of_users.lock();
        let running = of_users.entry(user_id).or_default();
        if *running >= CHECKS_PER_USER_MAX {
            let detail = format!(
                "{CHECKS_PER_USER_MAX} of your keys are being checked already; wait for them first"
            );
            return Err(Problem::new(Code::RateLimited, detail));
        }
        *running += 1;
        Ok(Share { of_users: &self.of_users, user_id })
    }

    async fn ask_provider(
        &self,
        provider: &str,
        key: &SecretString,
    ) -> Result<Result<Option<Decimal>, CallError>, Problem> {
        let adapter = self.providers.get(provider).ok_or_else(|| {
            Problem::invalid_field("provider", format!("there is no adapter for {provider:?}"))
        })?;
        let _permit = self.checks.try_acquire().map_err(|_| {
            Problem::new(
                Code::Unavailable,
                "too many keys are being checked at the same time; try again",
            )
        })?;
        Ok(adapter.balance(key).await.map(|units| units.map(storable)))
    }
}

/// Whether the answer tells whether somebody's key works.
fn is_verdict(class: ErrorClass) -> bool {
    matches!(class, ErrorClass::KeyInvalid | ErrorClass::KeyForbidden | ErrorClass::KeyNoCredit)
}

fn too_many(user_id: Uuid, error: IdentityError) -> Problem {
    match error {
        IdentityError::TooManyAttempts { retry_after } => {
            tracing::warn!(%user_id, "too many keys were refused");
            let detail = "providers refused too many of the keys you tried; wait before the next";
            Problem::new(Code::RateLimited, detail).retry_after(retry_after)
        }
        other => other.into(),
    }
}

/// As the table holds units: six decimal places, never below zero.
fn storable(units: Decimal) -> Decimal {
    units.max(Decimal::ZERO).round_dp(6).normalize()
}

fn refusal(error: &CallError) -> Problem {
    match error.class {
        ErrorClass::KeyInvalid | ErrorClass::KeyForbidden | ErrorClass::KeyNoCredit => {
            Problem::new(Code::ResourceKeyRejected, &error.message)
        }
        ErrorClass::RateLimited
        | ErrorClass::ContentBlocked
        | ErrorClass::UserError
        | ErrorClass::ModelGone
        | ErrorClass::ProviderTransient
        | ErrorClass::Unknown
        | ErrorClass::NotSent
        | ErrorClass::Timeout => {
            let problem = Problem::new(
                Code::ResourceProviderUnreachable,
                format!("{}; nothing was stored", error.message),
            );
            match error.retry_after {
                Some(wait) => problem.retry_after(wait),
                None => problem,
            }
        }
    }
}

fn registry(config: &HostedKeysConfig) -> anyhow::Result<Registry> {
    let budget = BodyBudget::new(config.body_budget);
    let configs = Registry::NAMES.iter().map(|name| {
        let configured = config.provider_urls.get(*name).cloned();
        let url = configured
            .or_else(|| Registry::default_base_url(name))
            .expect("every provider with an adapter has a default address");
        ((*name).to_owned(), ProviderConfig::new(url, budget.clone()))
    });
    Registry::new(configs).context("AETHERFLOW_PROVIDER_<NAME>_BASE_URL")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use providers::Billed;

    use super::*;

    #[test]
    fn a_key_the_provider_refuses_differs_from_a_provider_that_cannot_be_asked() {
        for (class, code) in [
            (ErrorClass::KeyInvalid, "resource.key_rejected"),
            (ErrorClass::KeyForbidden, "resource.key_rejected"),
            (ErrorClass::KeyNoCredit, "resource.key_rejected"),
            (ErrorClass::RateLimited, "resource.provider_unreachable"),
            (ErrorClass::ProviderTransient, "resource.provider_unreachable"),
            (ErrorClass::NotSent, "resource.provider_unreachable"),
            (ErrorClass::Timeout, "resource.provider_unreachable"),
        ] {
            let error = CallError::new(class, Billed::No, "why")
                .with_retry_after(Some(Duration::from_mins(1)));
            assert_eq!(refusal(&error).code().as_str(), code);
        }
    }

    #[test]
    fn units_are_stored_with_six_places_and_a_debt_counts_as_zero() {
        let units = |text: &str| storable(text.parse().unwrap()).to_string();

        assert_eq!(units("0.41122252265928866"), "0.411223");
        assert_eq!(units("-1.5"), "0");
        assert_eq!(units("25"), "25");
    }
}
