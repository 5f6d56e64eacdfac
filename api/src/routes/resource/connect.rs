//! `POST /api/resource/connect`.

use poem::web::Data;
use poem_openapi::{Object, OpenApi, types::Example};
use rust_decimal::Decimal;
use serde::Deserialize;
use shared::{
    jobs::JobKind,
    pool::{
        Policy,
        resource::owner::{self, Connected, NewResource},
        vault::{SealContext, key_hint},
    },
};
use uuid::Uuid;

use super::{ResourceView, read};
use crate::{
    auth::Caller,
    extract::{Body, PositiveAmount, SecretText, Text},
    problem::{Code, Fail, FieldError, FieldFault, Problem},
    response::Reply,
    routes::Tag,
    state::App,
};

const DAILY_LIMIT_DEFAULT: Decimal = Decimal::from_parts(10_000, 0, 0, false, 0);
const MONTHLY_LIMIT_DEFAULT: Decimal = Decimal::from_parts(100_000, 0, 0, false, 0);
const CONCURRENCY_LIMIT_DEFAULT: i32 = 4;
const CONCURRENCY_LIMIT_MAX: i32 = 1_000;
const RPM_LIMIT_MAX: i32 = 1_000_000;

/// Connecting keys.
pub struct Connections;

/// A key to host.
#[derive(Debug, Object, Deserialize)]
#[oai(example, skip_serializing_if_is_none)]
struct Connection {
    /// The image service the key is for.
    provider: Text<1, 50>,
    /// The key. It is checked with the provider, sealed, and never shown again.
    api_key: SecretText<1, 512>,
    /// Your own name for it.
    name: Text<1, 100>,
    /// Credits per unit of the provider.
    price_per_unit: PositiveAmount,
    /// Units per UTC day; 10,000 by default.
    daily_limit: Option<PositiveAmount>,
    /// Units per UTC month; 100,000 by default.
    monthly_limit: Option<PositiveAmount>,
    /// Calls at once, 1 to 1000; 4 by default.
    #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
    concurrency_limit: Option<i32>,
    /// Calls per minute; the provider's own limit by default.
    #[oai(validator(minimum(value = "1"), maximum(value = "1000000")))]
    rpm_limit: Option<i32>,
    /// `true`: the key is yours, and you may let others use it under the provider's terms.
    attestation: bool,
}

#[OpenApi(prefix_path = "/api/resource", tag = "Tag::Resources")]
impl Connections {
    /// Host a key.
    ///
    /// The key is checked with the provider first; nothing is stored unless the provider accepts it.
    #[oai(path = "/connect", method = "post", operation_id = "resource_connect")]
    async fn connect(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        body: Body<Connection>,
    ) -> Result<Reply<ResourceView, 201>, Fail<409, 422>> {
        let connection = body.value.checked()?;
        let provider: &str = &connection.provider;
        check_policy(app, provider).await?;
        let key = connection.key();
        let available_units = app.custody.check(provider, &key).await?;

        let id = Uuid::now_v7();
        let context = SealContext { resource_id: id, owner_id: caller.user_id, provider };
        let new = NewResource {
            id,
            owner_id: caller.user_id,
            provider,
            name: &connection.name,
            key_hint: &key_hint(&key),
            sealed: &app.custody.keyring.seal(&context, &key),
            fingerprint: app.custody.fingerprints.fingerprint(provider, &key),
            price_per_unit: connection.price_per_unit.credits(),
            daily_limit: connection.daily_limit.map_or(DAILY_LIMIT_DEFAULT, |it| it.0),
            monthly_limit: connection.monthly_limit.map_or(MONTHLY_LIMIT_DEFAULT, |it| it.0),
            concurrency_limit: connection.concurrency_limit.unwrap_or(CONCURRENCY_LIMIT_DEFAULT),
            rpm_limit: connection.rpm_limit,
            available_units,
        };
        let connected = owner::connect(&mut *app.db.acquire().await?, &new).await?;
        if connected == Connected::KeyInUse {
            return Err(Problem::new(Code::ResourceKeyInUse, "this key is hosted already").into());
        }
        app.generation.market.read_soon();
        // Tasks may be waiting for just this key.
        app.bells.ring(JobKind::GenerateImage);

        let view = read(app, id, caller.user_id).await?;
        Ok(Reply::new(&view).location(format!("/api/resource/{id}")))
    }
}

/// 403 where no key of the provider may serve anybody; 400 for a provider there is none of.
async fn check_policy(app: &App, provider: &str) -> Result<(), Problem> {
    let prices = app.generation.market.fresh_prices().await?;
    let known = prices.catalogue().providers.get(provider);
    match known.map(|it| it.policy) {
        None => {
            let detail = format!("there is no provider called {provider:?}");
            Err(Problem::invalid_field("provider", detail))
        }
        Some(Policy::Denied) => Err(Problem::forbidden(format!(
            "the policy of {provider} is denied: its keys may not be hosted"
        ))),
        Some(Policy::OwnUseOnly | Policy::ThirdPartyAllowed) => Ok(()),
    }
}

/// 400 for limits out of their range.
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
        let mut errors = check_limits(self.concurrency_limit, self.rpm_limit, 1);
        if !self.attestation {
            let detail = "must be true: only keys you may share can be hosted";
            errors.push(FieldError::new("attestation", FieldFault::Invalid, detail));
        }
        if errors.is_empty() { Ok(self) } else { Err(Problem::invalid(errors)) }
    }

    /// People paste: blanks around a key are not part of it.
    fn key(&self) -> secrecy::SecretString {
        self.api_key.expose().trim().into()
    }
}

impl Example for Connection {
    fn example() -> Self {
        serde_json::from_value(serde_json::json!({
            "provider": "stability",
            "api_key": "sk-…",
            "name": "studio key",
            "price_per_unit": "0.9",
            "daily_limit": "5000",
            "attestation": true,
        }))
        .expect("a body as it is sent")
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::{Value, json};

    use super::*;

    fn refused(extra: Value) -> Vec<String> {
        let mut body = json!({"provider": "stability", "api_key": " sk-1\n", "name": "a",
            "price_per_unit": "1", "attestation": true});
        let (Value::Object(body_fields), Value::Object(extra)) = (&mut body, extra) else {
            panic!("both are objects");
        };
        body_fields.extend(extra);
        let connection: Connection = serde_json::from_value(body).unwrap();
        let errors = connection.checked().err().map(Problem::into_errors).unwrap_or_default();
        errors.into_iter().map(|it| it.field).collect()
    }

    #[test]
    fn limits_have_ranges_and_the_attestation_must_be_true() {
        assert!(refused(json!({})).is_empty());
        assert!(refused(json!({"concurrency_limit": 1000, "rpm_limit": 1})).is_empty());
        assert_eq!(
            refused(json!({"concurrency_limit": 1001, "rpm_limit": 0, "attestation": false})),
            ["concurrency_limit", "rpm_limit", "attestation"]
        );
    }

    #[test]
    fn a_key_is_taken_without_the_blanks_around_it_and_never_shown() {
        let connection = Connection { ..Example::example() };

        assert!(!format!("{connection:?}").contains("sk-"));
        assert_eq!(connection.key().expose_secret(), "sk-…");
    }
}
