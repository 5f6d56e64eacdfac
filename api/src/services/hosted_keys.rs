//! Hosted keys: sealing them, recognising them, and checking them with their providers.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context;
use operations::settings::{self, Settings};
use providers::{BodyBudget, CallError, ErrorClass, ProviderConfig, Registry};
use rust_decimal::Decimal;
use secrecy::{ExposeSecret, SecretString};
use shared::pool::vault::{FingerprintSecret, Keyring, MasterKeys};
use tokio::sync::Semaphore;
use url::Url;

use crate::problem::{Code, Problem};

/// The most checks at the same time: a provider that hangs must not collect requests without end.
const CHECKS_MAX: usize = 32;

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
        })
    }

    /// Checks a key that is to be hosted. Returns the units left, if the provider says; 422 if the provider
    /// does not accept the key, 503 if it cannot be asked.
    pub async fn check(
        &self,
        provider: &str,
        key: &SecretString,
    ) -> Result<Option<Decimal>, Problem> {
        self.ask(provider, key).await?.map_err(|error| refusal(&error))
    }

    /// What the provider says about a key. The outer error is about the request, the inner one about the
    /// key or its provider.
    pub async fn ask(
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
