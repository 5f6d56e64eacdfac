//! What the environment says, read once at start.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use operations::settings::{self, EffectiveSetting, Rate, Settings};
use secrecy::SecretString;
use shared::{identity::throttle::AttemptLimit, ledger::Credits};
use url::Url;

use crate::{
    middleware::client_address::{InvalidNetwork, Network},
    services::GenerationConfig,
    services::HostedKeysConfig,
};

/// Every setting of the api. Secrets stay wrapped.
#[derive(Debug)]
pub struct Config {
    /// Every setting as it holds for this process, for admins.
    pub effective: Vec<EffectiveSetting>,
    /// Where the API answers.
    pub listen: SocketAddr,
    /// How clients reach the API; begins image links.
    pub public_url: Url,
    /// PostgreSQL, as `aether_api`.
    pub database_url: SecretString,
    /// PostgreSQL, as `aether_admin`: the role that may issue credits.
    pub admin_database_url: SecretString,
    /// Connections of each of the two pools, at most; admin paths take a quarter.
    pub db_connections: u32,
    /// Redis.
    pub redis_url: SecretString,
    /// Prefix of every key and channel.
    pub redis_namespace: String,
    /// Signs access tokens.
    pub jwt_secret: SecretString,
    /// Origins whose pages may call the API.
    pub cors_origins: Vec<String>,
    /// The folder of the web console, where the one inside this program is not to be served.
    pub console_dir: Option<PathBuf>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Requests per user; `None`: no limit.
    pub user_rate: Option<Rate>,
    /// Requests per address; `None`: no limit.
    pub address_rate: Option<Rate>,
    /// Failed sign-ins per account and address.
    pub login_limit: AttemptLimit,
    /// Registrations per address.
    pub register_limit: AttemptLimit,
    /// Keys per user that providers refuse.
    pub key_check_limit: AttemptLimit,
    /// A session ends this long after the sign-in, however often it is refreshed.
    pub session_lifetime: Duration,
    /// Admins must sign in with a second factor.
    pub admin_totp_required: bool,
    /// Credits a new user starts with.
    pub sign_up_grant: Credits,
    /// How long earnings can be disputed before they are payable.
    pub dispute_window: Duration,
    /// What handling hosted keys takes.
    pub hosted_keys: HostedKeysConfig,
    /// Submitting and watching tasks.
    pub generation: GenerationConfig,
}

impl Config {
    /// Reads its part of the environment.
    pub fn read(settings: &mut Settings) -> Self {
        let rates = settings.rates(&settings::RATE_LIMIT).unwrap_or_default();
        Self {
            effective: settings.effective(),
            listen: settings.address(&settings::LISTEN),
            public_url: settings.url(&settings::PUBLIC_URL),
            database_url: settings.secret(&settings::DATABASE_URL),
            admin_database_url: settings.secret(&settings::ADMIN_DATABASE_URL),
            db_connections: settings.integer(&settings::DB_CONNECTIONS),
            redis_url: settings.secret(&settings::REDIS_URL),
            redis_namespace: settings.string(&settings::REDIS_NAMESPACE),
            jwt_secret: settings.secret(&settings::JWT_SECRET),
            cors_origins: settings.list(&settings::CORS_ORIGINS),
            console_dir: settings.text_optional(&settings::CONSOLE_DIR).map(PathBuf::from),
            trusted_proxies: networks(settings),
            user_rate: rates.first().copied(),
            address_rate: rates.get(1).copied(),
            login_limit: attempts(settings, &settings::LOGIN_LIMIT),
            register_limit: attempts(settings, &settings::REGISTER_LIMIT),
            key_check_limit: attempts(settings, &settings::KEY_CHECK_LIMIT),
            session_lifetime: settings.duration(&settings::SESSION_LIFETIME),
            admin_totp_required: settings.string(&settings::ADMIN_TOTP) == "required",
            sign_up_grant: Credits::from(settings.decimal(&settings::SIGN_UP_GRANT)),
            dispute_window: settings.duration(&settings::DISPUTE_WINDOW),
            hosted_keys: HostedKeysConfig::read(settings),
            generation: GenerationConfig::read(settings),
        }
    }
}

fn networks(settings: &mut Settings) -> Vec<Network> {
    let parsed: Result<_, _> =
        settings.list(&settings::TRUSTED_PROXIES).iter().map(|it| it.parse()).collect();
    parsed.unwrap_or_else(|why: InvalidNetwork| {
        settings.refuse(&settings::TRUSTED_PROXIES, &why.to_string());
        Vec::new()
    })
}

/// Sign-ins and registrations are always counted: `off` means as many as can be counted.
fn attempts(settings: &mut Settings, setting: &settings::Setting) -> AttemptLimit {
    let rate = settings.rate(setting);
    let rate = rate.unwrap_or(Rate { count: u32::MAX, per: Duration::from_mins(15) });
    AttemptLimit { attempts_max: rate.count, window: rate.per }
}

#[cfg(test)]
mod tests {
    use operations::{Program, settings::SettingsError};

    use super::*;

    fn read(extra: &[(&str, &str)]) -> Result<Config, SettingsError> {
        let secret = "0123456789abcdef0123456789abcdef";
        let required = [
            ("DATABASE_URL", "postgres://aether_api@127.0.0.1/aetherflow"),
            ("AETHERFLOW_ADMIN_DATABASE_URL", "postgres://aether_admin@127.0.0.1/aetherflow"),
            ("REDIS_URL", "redis://127.0.0.1"),
            ("AETHERFLOW_JWT_SECRET", secret),
            ("AETHERFLOW_FINGERPRINT_SECRET", secret),
            ("AETHERFLOW_URL_SECRET", secret),
            ("AETHERFLOW_MASTER_KEYS", "k:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            ("AETHERFLOW_OBJECT_STORE", "file:///nowhere"),
        ];
        let all = required.iter().chain(extra);
        let variables = all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::from_variables(Program::Api, variables).load(Config::read)
    }

    #[test]
    fn the_table_of_settings_says_what_the_api_reads() {
        assert_eq!(settings::misdeclared(Program::Api, Config::read), [].into());
    }

    #[test]
    fn the_defaults_are_those_of_the_contract() {
        let config = read(&[]).unwrap();

        let minute = Duration::from_mins(1);
        assert_eq!(config.user_rate, Some(Rate { count: 600, per: minute }));
        assert_eq!(config.address_rate, Some(Rate { count: 3000, per: minute }));
        let fifteen = Duration::from_mins(15);
        assert_eq!(config.login_limit, AttemptLimit { attempts_max: 10, window: fifteen });
        assert!(config.trusted_proxies.is_empty());
    }

    #[test]
    fn a_proxy_that_is_no_network_is_told() {
        let good = read(&[("AETHERFLOW_TRUSTED_PROXIES", "10.0.0.0/8, ::1")]);
        assert_eq!(good.unwrap().trusted_proxies.len(), 2);

        let bad = read(&[("AETHERFLOW_TRUSTED_PROXIES", "proxy.example")]);
        assert!(bad.unwrap_err().to_string().contains("AETHERFLOW_TRUSTED_PROXIES"));
    }

    #[test]
    fn no_secret_is_shown() {
        let config = read(&[]).unwrap();

        assert!(!format!("{config:?}").contains("0123456789abcdef"));
    }
}
