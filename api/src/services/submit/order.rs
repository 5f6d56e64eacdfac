//! An image request with its defaults filled in: what it costs, and the task it becomes.

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use sha2::{Digest, Sha256};
use shared::{
    generation::{
        ImageSpec, Route,
        lane::LaneKey,
        models_for,
        quote::{PriceList, Quote, Wish},
        strikes,
        submit::{Accepted, NewTask},
        tasks::{Task, TaskStatus},
    },
    identity::access::Principal,
    ledger::Credits,
    pool::Model,
};
use uuid::Uuid;

use super::Refusal;
use crate::services::GenerationConfig;

/// A checked request. It is hashed in this form, so that two bodies with the same meaning are the same
/// request.
#[derive(Debug, Clone, Serialize)]
pub struct ImageOrder {
    /// The image.
    #[serde(flatten)]
    pub spec: ImageSpec,
    /// Whose keys may serve it.
    pub route: Route,
    /// On whose behalf the user asks; kept only as a digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_user: Option<String>,
    /// The most the image may cost; `None`: what [`Quote::ceiling`] says.
    pub max_credits: Option<Credits>,
    /// How long the task may wait for a resource; `None`: as long as is configured.
    pub deadline_seconds: Option<u32>,
}

/// The longest deadline of a task.
pub const DEADLINE_SECONDS_MAX: u32 = 3_600;

/// The models that can serve an order, and what the cheapest way costs.
#[derive(Debug)]
pub struct JudgedOrder {
    /// The models, any of which may be used.
    pub models: Vec<Arc<Model>>,
    /// What it costs.
    pub quote: Quote,
    /// Whether the user hosts keys: their tasks have lanes of their own then.
    pub hosts_resources: bool,
    /// The prices it was judged by.
    pub prices: Arc<PriceList>,
}

impl ImageOrder {
    /// Judges the order by one reading of the catalogue.
    pub fn judge(
        &self,
        prices: &Arc<PriceList>,
        user: Uuid,
        config: &GenerationConfig,
    ) -> Result<JudgedOrder, Refusal> {
        let models = models_for(prices.catalogue(), &self.spec)?;
        let quote = prices.quote(&self.wish(&models, user, config))?;
        let hosts_resources = prices.hosts_resources(user);
        let prices = Arc::clone(prices);
        Ok(JudgedOrder { models, quote, hosts_resources, prices })
    }

    /// The order, as far as its cost depends on it.
    pub fn wish<'a>(
        &self,
        models: &'a [Arc<Model>],
        user: Uuid,
        config: &GenerationConfig,
    ) -> Wish<'a> {
        Wish {
            models,
            user,
            route: self.route,
            max_credits: self.max_credits,
            deadline_seconds: self.deadline_seconds(config),
        }
    }

    /// The most the image may cost.
    pub fn ceiling(&self, quote: &Quote) -> Credits {
        self.max_credits.unwrap_or(quote.ceiling)
    }

    fn deadline_seconds(&self, config: &GenerationConfig) -> u32 {
        self.deadline_seconds.unwrap_or_else(|| default_deadline(config.task_deadline))
    }

    /// Where its task waits.
    pub(super) fn lane(&self, judged: &JudgedOrder, user: Uuid) -> LaneKey {
        let hosting = (user, judged.hosts_resources);
        let ceiling = self.ceiling(&judged.quote);
        let (catalogue, groups) = (judged.prices.catalogue(), judged.prices.key_groups());
        LaneKey::new(catalogue, groups, &judged.models, self.route, hosting, ceiling)
    }

    /// What tells a repeated request from a reused key: SHA-256 of path and order, in hex.
    pub fn request_hash(&self, path: &str) -> String {
        let order = serde_json::to_vec(self).expect("an order is plain data");
        let digest = Sha256::new().chain_update(path).chain_update([0]).chain_update(order);
        hex::encode(digest.finalize())
    }

    /// The task to write. Its id is made here, so that the response needs only the outcome from the
    /// database.
    pub(super) fn into_task(
        self,
        user: &Principal,
        judged: &JudgedOrder,
        config: &GenerationConfig,
        lane: i32,
        idempotency_key: Option<String>,
        request_hash: String,
    ) -> NewTask {
        let amount = self.ceiling(&judged.quote);
        NewTask {
            id: Uuid::now_v7(),
            user_id: user.user_id,
            wallet: user.wallet,
            idempotency_key,
            request_hash,
            lane,
            deadline_seconds: self.deadline_seconds(config),
            spec: self.spec,
            end_user: self
                .end_user
                .map(|it| hex::encode(strikes::end_user_digest(user.user_id, &it))),
            route: self.route,
            amount,
            // A ceiling that the client named is held in full. Otherwise the margin may be missing.
            amount_min: if self.max_credits.is_some() { amount } else { judged.quote.amount_min },
            amount_spare: if self.max_credits.is_some() {
                Credits::ZERO
            } else {
                judged.quote.spare
            },
            reference_cost: judged.quote.reference_cost,
            queue_max: None,
        }
    }

    /// The task as it is right after it was accepted, without reading it.
    pub fn into_pending(self, user_id: Uuid, accepted: &Accepted) -> Task {
        Task {
            id: accepted.id,
            user_id,
            status: TaskStatus::Pending,
            spec: self.spec,
            route: self.route,
            model: None,
            credits_held: accepted.credits_held,
            credits_cost: None,
            price: None,
            image: None,
            error: None,
            attempts: Vec::new(),
            deadline: accepted.deadline,
            cancel_requested: false,
            favorite: false,
            hidden: false,
            created_at: accepted.created_at,
            started_at: None,
            completed_at: None,
        }
    }
}

/// The configured deadline, but never a longer one than requests may ask for.
fn default_deadline(configured: Duration) -> u32 {
    u32::try_from(configured.as_secs())
        .unwrap_or(DEADLINE_SECONDS_MAX)
        .clamp(1, DEADLINE_SECONDS_MAX)
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use shared::pool::hot::HotSnapshot;

    use super::*;

    fn fox(max_credits: Option<&str>) -> ImageOrder {
        ImageOrder {
            spec: ImageSpec::of_prompt("a fox"),
            route: Route::Any,
            end_user: None,
            max_credits: max_credits.map(|it| it.parse().unwrap()),
            deadline_seconds: None,
        }
    }

    fn config() -> GenerationConfig {
        GenerationConfig::for_tests()
    }

    fn judged(estimate: &str, hosts_resources: bool) -> JudgedOrder {
        let model = Arc::new(Model {
            id: "stability/core".to_owned(),
            provider: "stability".to_owned(),
            wire_name: "core".to_owned(),
            display_name: "Core".to_owned(),
            units: Decimal::from(3),
            aspect_ratios: vec![],
            output_formats: vec![],
            style_presets: vec![],
            prompt_chars_max: 10,
            prompt_languages: vec![],
            negative_prompt: true,
            seed: true,
            run_seconds_max: 60,
            enabled: true,
            gone_since: None,
            created_at: chrono::DateTime::UNIX_EPOCH,
        });
        let estimate: Credits = estimate.parse().unwrap();
        let quote = Quote {
            model: Arc::clone(&model),
            estimate,
            amount_min: estimate,
            ceiling: estimate.with_headroom(Decimal::new(1, 1)),
            spare: Credits::ZERO,
            reference_cost: estimate,
            above_reference: false,
            available: true,
        };
        let prices = Arc::new(PriceList::new(
            Arc::default(),
            &HotSnapshot::default(),
            Credits::ZERO,
            Decimal::new(1, 1),
        ));
        JudgedOrder { models: vec![model], quote, hosts_resources, prices }
    }

    fn task(order: ImageOrder, judged: &JudgedOrder) -> NewTask {
        let user = Principal {
            user_id: Uuid::from_u128(5),
            wallet: 1001,
            roles: vec![],
            session_id: Uuid::nil(),
            version: 0,
            two_factor: false,
        };
        order.into_task(&user, judged, &config(), 3, None, String::new())
    }

    #[test]
    fn without_a_ceiling_the_hold_is_estimate_and_headroom_but_the_estimate_will_do() {
        let task = task(fox(None), &judged("3.333333", false));

        assert_eq!(task.amount.to_string(), "3.666666", "3.6666663 is rounded");
        assert_eq!(task.amount_min.to_string(), "3.333333");
        assert_eq!(task.deadline_seconds, 300);
        assert_eq!(task.lane, 3);
    }

    #[test]
    fn with_a_ceiling_the_hold_is_exactly_that() {
        let task = task(fox(Some("9.5")), &judged("3", true));

        assert_eq!(
            (task.amount.to_string(), task.amount_min.to_string()),
            ("9.5".into(), "9.5".into())
        );
    }

    #[test]
    fn an_owner_waits_in_lanes_of_their_own() {
        let user = Uuid::from_u128(5);
        let lane = |ceiling, hosts| fox(Some(ceiling)).lane(&judged("3", hosts), user);

        assert_eq!(lane("3.3", false).owner, None);
        assert_eq!(lane("3.3", true).owner, Some(user));
        assert_eq!(lane("3.3", true).models, ["stability/core"]);
    }

    #[test]
    fn a_default_deadline_beyond_the_contract_is_the_longest_there_is() {
        assert_eq!(default_deadline(Duration::from_hours(24)), 3_600);
        assert_eq!(default_deadline(Duration::from_secs(5)), 5, "tests shorten it");
    }
}
