//! Whose tasks a provider's keys may serve.

use crate::extract::Word;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path, types::Example};
use serde::Deserialize;
use serde_json::json;
use shared::pool::Policy;
use shared::{
    audit_log::{Action, Subject},
    pool::provider::{self, PolicyReview, Provider},
};

use crate::{
    auth::Admin,
    extract::{Body, Text},
    problem::Fail,
    response::{Page, Reply, Timestamp},
    routes::{
        Tag,
        operations::{Change, Reason},
        wallet::example_instant,
    },
    state::App,
};

/// In a path; what cannot be a name is one nobody has.
type ProviderName = Text<1, 64>;

/// Provider policies.
pub struct AdminPolicies;

/// A provider, and what was found out about its terms.
#[derive(Debug, Object)]
#[oai(rename = "ProviderPolicy", example, skip_serializing_if_is_none)]
struct ProviderPolicyView {
    /// Its name.
    provider: String,
    /// For people.
    display_name: String,
    /// Whose tasks its keys may serve.
    policy: Word<Policy>,
    /// Where it is written; empty before the first review.
    evidence: String,
    /// When somebody last read it.
    reviewed_at: Option<Timestamp>,
    /// The provider's own limit: so many requests ...
    rate_requests: i32,
    /// ... in any so many seconds.
    rate_seconds: i32,
}

/// The result of a review.
#[derive(Debug, Object, Deserialize)]
#[oai(example)]
struct PolicyUpdate {
    /// Whose tasks the provider's keys may serve.
    policy: Word<Policy>,
    /// Where it is written.
    evidence: Text<1, 2000>,
    /// When it was read.
    reviewed_at: Timestamp,
    /// Why, if the evidence does not say it; goes into the audit log.
    reason: Option<Reason>,
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminPolicies {
    /// Every provider's policy, by name.
    #[oai(path = "/provider-policies", method = "get", operation_id = "admin_list_policies")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
    ) -> Result<Reply<Page<ProviderPolicyView>>, Fail> {
        let providers = provider::list_providers(&mut *app.db.acquire().await?).await?;
        Ok(Reply::new(&Page::whole(providers.into_iter().map(Into::into).collect())))
    }

    /// One provider's policy.
    #[oai(path = "/provider-policies/:provider", method = "get", operation_id = "admin_get_policy")]
    async fn get(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        provider: Path<ProviderName>,
    ) -> Result<Reply<ProviderPolicyView>, Fail> {
        let found = provider::find_provider(&mut *app.db.acquire().await?, &provider.0).await?;
        Ok(Reply::new(&found.into()))
    }

    /// Set a provider's policy.
    ///
    /// Waiting tasks follow it at their next choice.
    #[oai(path = "/provider-policies/:provider", method = "put", operation_id = "admin_set_policy")]
    async fn set(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        provider: Path<ProviderName>,
        body: Body<PolicyUpdate>,
    ) -> Result<Reply<ProviderPolicyView>, Fail> {
        let PolicyUpdate { policy, evidence, reviewed_at, reason } = body.value;
        let review = PolicyReview {
            policy: policy.value(),
            evidence: &evidence,
            reviewed_at: reviewed_at.0,
        };

        let mut tx = app.admin_db.begin().await?;
        let before = provider::find_provider(&mut tx, &provider.0).await?;
        let after = provider::set_policy(&mut tx, &provider.0, &review).await?;
        Change {
            action: Action::ProviderPolicySet,
            subject: Subject::Provider(&after.name),
            // The evidence is a reason: the contract's body has no other.
            reason: reason.as_deref().unwrap_or(&evidence),
        }
        .record(
            &mut tx,
            &admin,
            json!({ "from": before.policy, "to": after.policy, "evidence": after.evidence }),
        )
        .await?;
        tx.commit().await?;

        Ok(Reply::new(&after.into()))
    }
}

impl From<Provider> for ProviderPolicyView {
    fn from(provider: Provider) -> Self {
        Self {
            provider: provider.name,
            display_name: provider.display_name,
            policy: provider.policy.into(),
            evidence: provider.evidence,
            reviewed_at: provider.reviewed_at.map(Into::into),
            rate_requests: provider.rate_requests,
            rate_seconds: provider.rate_seconds,
        }
    }
}

impl Example for PolicyUpdate {
    fn example() -> Self {
        Self {
            policy: Word(Policy::OwnUseOnly),
            evidence: Text::literal("terms of service §2.4, read on 2026-11-22"),
            reviewed_at: example_instant(0),
            reason: None,
        }
    }
}

impl Example for ProviderPolicyView {
    fn example() -> Self {
        let review = PolicyUpdate::example();
        Self {
            provider: "stability".to_owned(),
            display_name: "Stability AI".to_owned(),
            policy: review.policy,
            evidence: review.evidence.into_string(),
            reviewed_at: Some(review.reviewed_at),
            rate_requests: 150,
            rate_seconds: 10,
        }
    }
}
