//! Whose tasks the keys of a provider may serve.

use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use serde::Deserialize;
use serde_json::json;
use shared::{
    audit_log::{Action, Subject},
    pool::{
        Policy,
        provider::{self, PolicyReview, Provider},
    },
};

use crate::{
    auth::Admin,
    extract::{Amount, Body, Parameters, PositiveAmount, Text, Word},
    problem::Fail,
    response::{Page, Paging, Reply, Timestamp, view},
    routes::{
        Tag,
        operations::{Change, Reason},
    },
    state::App,
};

/// A provider's name in a path. A text that cannot be one belongs to no provider, so it is a 404.
type ProviderName = Text<1, 64>;

/// Operations on provider policies.
pub struct AdminPolicies;

view! {
    /// A provider, and what was found in its terms of service.
    struct ProviderPolicyView as "ProviderPolicy" from provider: Provider {
        /// The name of the provider.
        provider: String = provider.name,
        /// The name to show to people.
        display_name: String,
        /// Whose tasks the provider's keys may serve.
        policy: Word<Policy>,
        /// Where the terms say so; empty before the first review.
        evidence: String,
        /// When somebody last read the terms; absent before the first review.
        reviewed_at: Option<Timestamp>,
        /// What the provider counts and bills.
        unit: String,
        /// What one unit is worth, in credits. Owners may ask a multiple of it at most.
        reference_price: Amount,
        /// How many requests the provider accepts in any `rate_seconds` seconds.
        rate_requests: i32,
        /// The length of the window for `rate_requests`, in seconds.
        rate_seconds: i32,
    }
}

/// The result of a review of a provider's terms.
#[derive(Debug, Object, Deserialize)]
struct PolicyUpdate {
    /// Whose tasks the provider's keys may serve.
    policy: Word<Policy>,
    /// Where the terms say so.
    evidence: Text<1, 2000>,
    /// When the terms were read.
    reviewed_at: Timestamp,
    /// What one unit is worth from now on, in credits; left out, it stays as it is. Resources that ask more than the
    /// allowed multiple of it are no longer used.
    reference_price: Option<PositiveAmount>,
    /// Why the policy changes, recorded in the audit log; by default the evidence.
    reason: Option<Reason>,
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminPolicies {
    /// List the policies of all providers, sorted by name.
    #[oai(
        path = "/provider-policies",
        method = "get",
        operation_id = "admin_list_provider_policies"
    )]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<ProviderPolicyView>>, Fail> {
        let providers = provider::list_providers(&mut *app.admin_db.acquire().await?).await?;
        Ok(Reply::new(&Page::of_all(providers, &paging, |it: &Provider| &it.name)?))
    }

    /// Get the policy of a provider.
    #[oai(
        path = "/provider-policies/:provider",
        method = "get",
        operation_id = "admin_get_provider_policy"
    )]
    async fn get(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        /// The name of the provider.
        provider: Path<ProviderName>,
    ) -> Result<Reply<ProviderPolicyView>, Fail> {
        let found =
            provider::find_provider(&mut *app.admin_db.acquire().await?, &provider.0).await?;
        Ok(Reply::of(found))
    }

    /// Set the policy of a provider, and what its unit is worth.
    ///
    /// Tasks that are waiting follow the new policy when a resource is next chosen for them.
    #[oai(
        path = "/provider-policies/:provider",
        method = "put",
        operation_id = "admin_set_provider_policy"
    )]
    async fn set(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        /// The name of the provider.
        provider: Path<ProviderName>,
        body: Body<PolicyUpdate>,
    ) -> Result<Reply<ProviderPolicyView>, Fail> {
        let PolicyUpdate { policy, evidence, reviewed_at, reference_price, reason } = body.value;
        let review = PolicyReview {
            policy: policy.value(),
            evidence: &evidence,
            reviewed_at: reviewed_at.0,
            reference_price: reference_price.map(PositiveAmount::credits),
        };

        let mut tx = app.admin_db.begin().await?;
        let before = provider::find_provider(&mut tx, &provider.0).await?;
        let after = provider::set_policy(&mut tx, &provider.0, &review).await?;
        Change {
            action: Action::ProviderPolicySet,
            subject: Subject::Provider(&after.name),
            reason: reason.as_deref().unwrap_or(&evidence),
        }
        .record(
            &mut tx,
            &admin,
            json!({
                "from": before.policy, "to": after.policy, "evidence": after.evidence,
                "reference_price_from": before.reference_price, "reference_price_to": after.reference_price,
            }),
        )
        .await?;
        tx.commit().await?;
        app.generation.market.read_soon();

        Ok(Reply::of(after))
    }
}
