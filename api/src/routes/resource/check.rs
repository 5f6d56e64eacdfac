//! `POST /api/resource/check`.

use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use secrecy::SecretString;
use serde::Deserialize;
use shared::{
    generation::tasks::ErrorClass, identity::throttle::KeyCheckKind, pool::resource::owner,
};

use super::connect::{asker, check_policy};
use crate::{
    auth::Caller,
    extract::{Amount, Body, SecretText, Text, Word},
    middleware::Client,
    problem::Fail,
    response::{FromDomain, Reply, view},
    routes::Tag,
    state::App,
};

/// Asking about keys that are not hosted yet.
pub struct KeyChecks;

/// A key to ask its provider about.
#[derive(Debug, Object, Deserialize)]
struct KeyQuestion {
    /// The image service that the key is for, such as `stability`.
    provider: Text<1, 50>,
    /// The key. It is sent to its provider and nowhere else, and not stored.
    api_key: SecretText<1, 512>,
}

view! {
    /// What the provider said about a key.
    struct KeyAnswerView as "KeyAnswer" {
        /// Whether the provider accepts the key.
        ok: bool,
        /// Units left at the provider; absent if it does not say.
        units: Option<Amount>,
        /// Why the check failed, for programs; absent if `ok` is `true`.
        class: Option<Word<ErrorClass>>,
        /// Why the check failed, for people; absent if `ok` is `true`.
        message: Option<String>,
        /// Whether the key is hosted already, by you or by another user; absent unless `ok` is `true`.
        in_use: Option<bool>,
    }
}

#[OpenApi(prefix_path = "/api/resource", tag = "Tag::Resources")]
impl KeyChecks {
    /// Check with its provider whether a key works, before you connect it.
    ///
    /// The check costs nothing, and nothing is stored.
    #[oai(path = "/check", method = "post", operation_id = "check_key")]
    async fn check(
        &self,
        Data(app): Data<&App>,
        Data(client): Data<&Client>,
        caller: Caller,
        body: Body<KeyQuestion>,
    ) -> Result<Reply<KeyAnswerView>, Fail> {
        let provider: &str = &body.value.provider;
        check_policy(app, provider).await?;
        let key: SecretString = body.value.api_key.expose().trim().into();
        let asker = asker(app, &caller, client);
        let said = app.hosted_keys.ask(provider, &key, KeyCheckKind::Connect, asker).await?;
        Ok(Reply::new(&match said {
            Ok(units) => {
                let fingerprint = app.hosted_keys.fingerprints.fingerprint(provider, &key);
                let mut conn = app.db.acquire().await?;
                KeyAnswerView {
                    ok: true,
                    units: FromDomain::from_domain(units),
                    class: None,
                    message: None,
                    in_use: Some(owner::is_hosted(&mut conn, &fingerprint).await?),
                }
            }
            Err(error) => KeyAnswerView {
                ok: false,
                units: None,
                class: error.class.as_str().parse().ok().map(Word),
                message: Some(error.message),
                in_use: None,
            },
        }))
    }
}
