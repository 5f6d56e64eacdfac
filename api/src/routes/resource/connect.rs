//! `POST /api/resource/connect`.

use std::sync::Arc;

use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use rust_decimal::Decimal;
use secrecy::SecretString;
use serde::Deserialize;
use shared::{
    jobs::JobKind,
    pool::{
        Catalogue, Policy,
        resource::owner::{self, Connected, NewResource},
        vault::{SealContext, key_hint},
    },
};
use uuid::Uuid;

use super::{OfferTerms, ResourceView, read};
use crate::{
    auth::Caller,
    extract::{Body, Confirmation, Line, PositiveAmount, SecretText, Text},
    middleware::Client,
    problem::{Code, Fail, FieldError, FieldFault, Problem},
    response::Reply,
    routes::Tag,
    services::Asker,
    state::App,
};

const DAILY_LIMIT_DEFAULT: Decimal = Decimal::from_parts(10_000, 0, 0, false, 0);
const MONTHLY_LIMIT_DEFAULT: Decimal = Decimal::from_parts(100_000, 0, 0, false, 0);
const CONCURRENCY_LIMIT_DEFAULT: i32 = 4;
const CONCURRENCY_LIMIT_MAX: i32 = 1_000;
const RPM_LIMIT_MAX: i32 = 1_000_000;
/// How often a key is sealed that others connect and delete at the same time.
const TRIES_MAX: usize = 4;

/// Connecting keys.
pub struct Connections;

/// A key to host.
#[derive(Debug, Object, Deserialize)]
#[oai(skip_serializing_if_is_none)]
struct Connection {
    /// The image service that the key is for, such as `stability`.
    provider: Text<1, 50>,
    /// The key. It is checked with the provider and stored encrypted; no answer ever contains it.
    api_key: SecretText<1, 512>,
    /// A name for the resource, seen only by you and by admins.
    name: Line<1, 100>,
    /// Credits you ask for one unit of the provider.
    price_per_unit: PositiveAmount,
    /// The most units that may be used on a UTC day; 10,000 by default.
    #[oai(default = "daily_limit_default")]
    daily_limit: Option<PositiveAmount>,
    /// The most units that may be used in a UTC month; 100,000 by default.
    #[oai(default = "monthly_limit_default")]
    monthly_limit: Option<PositiveAmount>,
    /// The most calls at the same time, from 1 to 1,000; 4 by default.
    #[oai(
        default = "concurrency_limit_default",
        validator(minimum(value = "1"), maximum(value = "1000"))
    )]
    concurrency_limit: Option<i32>,
    /// The most calls per minute, from 1 to 1,000,000; the provider's own limit by default.
    #[oai(validator(minimum(value = "1"), maximum(value = "1000000")))]
    rpm_limit: Option<i32>,
    /// Must be `true`: you confirm that the key is yours and that the provider's terms allow you to let
    /// others use it.
    attestation: Confirmation,
}

#[expect(clippy::unnecessary_wraps, reason = "the field may be left out")]
fn daily_limit_default() -> Option<PositiveAmount> {
    Some(PositiveAmount(DAILY_LIMIT_DEFAULT))
}

#[expect(clippy::unnecessary_wraps, reason = "the field may be left out")]
fn monthly_limit_default() -> Option<PositiveAmount> {
    Some(PositiveAmount(MONTHLY_LIMIT_DEFAULT))
}

#[expect(clippy::unnecessary_wraps, reason = "the field may be left out")]
fn concurrency_limit_default() -> Option<i32> {
    Some(CONCURRENCY_LIMIT_DEFAULT)
}

#[OpenApi(prefix_path = "/api/resource", tag = "Tag::Resources")]
impl Connections {
    /// Connect a key, to host it.
    ///
    /// The key is first checked with its provider. Nothing is stored unless the provider accepts it. After some refused keys
    /// the answer is 429.
    #[oai(path = "/connect", method = "post", operation_id = "connect_resource")]
    async fn connect(
        &self,
        Data(app): Data<&App>,
        Data(client): Data<&Client>,
        caller: Caller,
        body: Body<Connection>,
    ) -> Result<Reply<ResourceView, 201>, Fail<409, 422>> {
        let connection = body.value.checked()?;
        let provider: &str = &connection.provider;
        let catalogue = check_policy(app, provider).await?;
        let daily_limit = connection.daily_limit.map_or(DAILY_LIMIT_DEFAULT, |it| it.0);
        let monthly_limit = connection.monthly_limit.map_or(MONTHLY_LIMIT_DEFAULT, |it| it.0);
        let terms = OfferTerms {
            price_per_unit: Some(connection.price_per_unit.credits()),
            daily_limit: Some(daily_limit),
            monthly_limit: Some(monthly_limit),
        };
        terms.check(&catalogue, provider)?;
        let key = connection.key();
        let asker = asker(app, &caller, client);
        let available_units = app.hosted_keys.check(provider, &key, asker).await?;

        let limits = (daily_limit, monthly_limit);
        let id = host(app, caller.user_id, &connection, &key, limits, available_units).await?;
        app.generation.market.read_soon();
        // Tasks may be waiting for a key like this.
        app.bells.ring(JobKind::GenerateImage);

        let view = read(app, id, caller.user_id).await?;
        Ok(Reply::new(&view).location(format!("/api/resource/{id}")))
    }
}

/// Whose keys are counted that a provider refuses.
pub(super) fn asker<'a>(app: &'a App, caller: &Caller, client: &Client) -> Asker<'a> {
    Asker {
        user_id: caller.user_id,
        address: client.0.address,
        db: &app.db,
        limit: app.config.key_check_limit,
    }
}

/// Seals the key and hosts it. A key that was ever hosted keeps its id, which the seal is bound to: where
/// another request is faster, the key is looked up and sealed again.
async fn host(
    app: &App,
    owner_id: Uuid,
    connection: &Connection,
    key: &SecretString,
    (daily_limit, monthly_limit): (Decimal, Decimal),
    available_units: Option<Decimal>,
) -> Result<Uuid, Problem> {
    let provider: &str = &connection.provider;
    let fingerprint = app.hosted_keys.fingerprints.fingerprint(provider, key);
    let mut conn = app.db.acquire().await?;
    for _ in 0..TRIES_MAX {
        let known = owner::find_known(&mut conn, &fingerprint).await?;
        let id = known.as_ref().map_or_else(Uuid::now_v7, |it| it.id);
        let context = SealContext { resource_id: id, owner_id, provider };
        let new = NewResource {
            id,
            owner_id,
            provider,
            name: &connection.name,
            key_hint: &key_hint(key),
            sealed: &app.hosted_keys.keyring.seal(&context, key),
            fingerprint,
            price_per_unit: connection.price_per_unit.credits(),
            daily_limit,
            monthly_limit,
            concurrency_limit: connection.concurrency_limit.unwrap_or(CONCURRENCY_LIMIT_DEFAULT),
            rpm_limit: connection.rpm_limit,
            available_units,
        };
        match owner::connect(&mut conn, &new).await? {
            Connected::Connected => return Ok(id),
            Connected::KeyInUse => {
                return Err(Problem::new(
                    Code::ResourceKeyInUse,
                    "this key is already connected, by you or by another user",
                ));
            }
            Connected::Sanctioned => {
                if let Some(reason) = known.and_then(|it| it.sanction_reason) {
                    return Err(Problem::new(
                        Code::ResourceSanctioned,
                        format!(
                            "an admin disabled this key, and only an admin can lift that: {reason}"
                        ),
                    ));
                }
            }
            Connected::RoleRevoked => {
                return Err(Problem::forbidden(
                    "an admin took the role resource_provider from you; only an admin can give it back",
                ));
            }
            Connected::Retry => {}
        }
    }
    let detail = "this key is being connected by others at the same time; try again";
    Err(Problem::new(Code::Unavailable, detail))
}

/// The catalogue as of now; 403 if the policy lets no key of the provider serve anybody, 400 for an unknown provider.
pub(super) async fn check_policy(app: &App, provider: &str) -> Result<Arc<Catalogue>, Problem> {
    let prices = app.generation.market.fresh_prices().await?;
    let known = prices.catalogue().providers.get(provider);
    match known.map(|it| it.policy) {
        None => {
            let mut names: Vec<&str> =
                prices.catalogue().providers.keys().map(AsRef::as_ref).collect();
            names.sort_unstable();
            let detail = format!("must be one of: {}", names.join(", "));
            Err(Problem::invalid_field("provider", detail))
        }
        Some(Policy::Denied) => Err(Problem::forbidden(format!(
            "the keys of {provider} may not be hosted: its policy is denied"
        ))),
        Some(Policy::OwnUseOnly | Policy::ThirdPartyAllowed) => Ok(Arc::clone(prices.catalogue())),
    }
}

/// The limits that are out of range.
pub(super) fn check_limits(
    concurrency_limit: Option<i32>,
    rpm_limit: Option<i32>,
    rpm_limit_min: i32,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut bound = |field: &str, value: Option<i32>, min: i32, max: i32| {
        if value.is_some_and(|it| !(min..=max).contains(&it)) {
            let detail = format!("must be from {min} to {max}");
            errors.push(FieldError::new(field, FieldFault::Invalid, detail));
        }
    };
    bound("concurrency_limit", concurrency_limit, 1, CONCURRENCY_LIMIT_MAX);
    bound("rpm_limit", rpm_limit, rpm_limit_min, RPM_LIMIT_MAX);
    errors
}

impl Connection {
    fn checked(self) -> Result<Self, Problem> {
        let errors = check_limits(self.concurrency_limit, self.rpm_limit, 1);
        if errors.is_empty() { Ok(self) } else { Err(Problem::invalid(errors)) }
    }

    /// The key without the blanks around it, which come from copying.
    fn key(&self) -> SecretString {
        self.api_key.expose().trim().into()
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::{Value, json};

    use super::*;

    fn connection(extra: Value) -> Connection {
        let mut body = json!({"provider": "stability", "api_key": " sk-1\n", "name": "a",
            "price_per_unit": "1", "attestation": true});
        let (Value::Object(body_fields), Value::Object(extra)) = (&mut body, extra) else {
            panic!("both are objects");
        };
        body_fields.extend(extra);
        serde_json::from_value(body).unwrap()
    }

    fn refused(extra: Value) -> Vec<String> {
        let errors =
            connection(extra).checked().err().map(Problem::into_errors).unwrap_or_default();
        errors.into_iter().map(|it| it.field).collect()
    }

    #[test]
    fn limits_have_ranges() {
        assert!(refused(json!({})).is_empty());
        assert!(refused(json!({"concurrency_limit": 1000, "rpm_limit": 1})).is_empty());
        assert_eq!(
            refused(json!({"concurrency_limit": 1001, "rpm_limit": 0})),
            ["concurrency_limit", "rpm_limit"]
        );
    }

    #[test]
    fn a_key_is_taken_without_the_blanks_around_it_and_never_shown() {
        let connection = connection(json!({}));

        assert!(!format!("{connection:?}").contains("sk-"));
        assert_eq!(connection.key().expose_secret(), "sk-1");
    }
}
