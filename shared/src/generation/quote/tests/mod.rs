//! `a` has a model of 3 units, `b` one of 1 unit; the reference price of both is 0.5. Headroom is a tenth.

mod decisions;
mod hostile;
mod waiting;

use rust_decimal::Decimal;

use super::*;
use crate::pool::hot::{HotState, Readiness};
use crate::pool::{Provider, Resource, ResourceStatus};

const ALICE: Uuid = Uuid::from_u128(1);
const BOB: Uuid = Uuid::from_u128(2);
const CAROL: Uuid = Uuid::from_u128(3);

fn model(id: &str, provider: &str, units: i64) -> Arc<Model> {
    Arc::new(Model {
        id: id.to_owned(),
        provider: provider.to_owned(),
        wire_name: id.to_owned(),
        display_name: id.to_owned(),
        units: Decimal::from(units),
        aspect_ratios: vec![],
        output_formats: vec![],
        style_presets: vec![],
        prompt_chars_max: 100,
        prompt_languages: vec![],
        negative_prompt: true,
        seed: true,
        run_seconds_max: 60,
        enabled: true,
        gone_since: None,
        created_at: chrono::DateTime::UNIX_EPOCH,
    })
}

fn provider(name: &str, policy: Policy) -> Arc<Provider> {
    Arc::new(Provider {
        name: name.to_owned(),
        display_name: name.to_owned(),
        unit: String::new(),
        policy,
        evidence: String::new(),
        reviewed_at: None,
        reference_price: "0.5".parse().unwrap(),
        rate_requests: 150,
        rate_seconds: 10,
    })
}

/// A hosted key, and its counters.
#[derive(Clone, Debug)]
struct Key {
    resource: Resource,
    state: HotState,
}

impl Key {
    /// A proven key of provider `a` that is idle.
    fn of(owner: Uuid, price: &str) -> Self {
        let id = Uuid::now_v7();
        let resource = Resource {
            id,
            owner_id: owner,
            provider: "a".to_owned(),
            name: "a key".to_owned(),
            status: ResourceStatus::Active,
            price_per_unit: price.parse().unwrap(),
            daily_limit: 1_000.0,
            monthly_limit: 1_000.0,
            concurrency_limit: 2,
            key_ciphertext: vec![],
            data_key_wrapped: vec![],
            master_key_id: String::new(),
            deleted: false,
        };
        let state = HotState {
            resource_id: id,
            in_flight: 0,
            available_units: None,
            day_units: 0.0,
            month_units: 0.0,
            readiness: Readiness::Ready,
            cooling_seconds: 0.0,
            proven: true,
            success_rate: 1.0,
            blocked_rate: 0.0,
            latency_ms: 0.0,
        };
        Self { resource, state }
    }

    fn with(mut self, change: impl FnOnce(&mut Resource, &mut HotState)) -> Self {
        change(&mut self.resource, &mut self.state);
        self
    }

    fn unproven(self) -> Self {
        self.with(|_, state| state.proven = false)
    }

    fn busy(self) -> Self {
        self.with(|_, state| state.in_flight = 2)
    }

    fn cooling(self, seconds: f64) -> Self {
        self.with(|_, state| {
            state.readiness = Readiness::Cooling;
            state.cooling_seconds = seconds;
        })
    }

    fn empty(self) -> Self {
        self.with(|_, state| state.available_units = Some(0.0))
    }

    fn paused(self) -> Self {
        self.with(|resource, _| resource.status = ResourceStatus::Paused)
    }
}

const OWN_FEE: &str = "0.25";

fn list_of(policy: Policy, keys: &[Key]) -> PriceList {
    let mut catalogue = Catalogue::default();
    let mut hot = HotSnapshot::default();
    for name in ["a", "b"] {
        catalogue.providers.insert(name.to_owned(), provider(name, policy));
    }
    catalogue.models.extend([model("a/core", "a", 3), model("b/only", "b", 1)]);
    for key in keys {
        catalogue.put(Arc::new(key.resource.clone()));
        hot.states.insert(key.resource.id, key.state.clone());
    }
    PriceList::new(Arc::new(catalogue), &hot, credits(OWN_FEE), Decimal::new(1, 1))
}

fn list(keys: &[Key]) -> PriceList {
    list_of(Policy::ThirdPartyAllowed, keys)
}

fn credits(text: &str) -> Credits {
    text.parse().unwrap()
}

/// A wish of Alice's for `a/core`.
struct Ask {
    user: Uuid,
    route: Route,
    max: Option<Credits>,
    deadline_seconds: u32,
    model: &'static str,
}

const ASK: Ask =
    Ask { user: ALICE, route: Route::Any, max: None, deadline_seconds: 300, model: "a/core" };

impl Ask {
    fn wish<T>(&self, list: &PriceList, look: impl FnOnce(&Wish<'_>) -> T) -> T {
        let catalogue = list.catalogue();
        let models: Vec<_> = catalogue
            .models
            .iter()
            .filter(|it| self.model == "auto" || it.id == self.model)
            .cloned()
            .collect();
        look(&Wish {
            models: &models,
            user: self.user,
            route: self.route,
            max_credits: self.max,
            deadline_seconds: self.deadline_seconds,
        })
    }

    fn quote(&self, list: &PriceList) -> Result<Quote, QuoteRefusal> {
        self.wish(list, |wish| list.quote(wish))
    }

    /// Estimate, least amount and default ceiling.
    fn amounts(&self, keys: &[Key]) -> (String, String, String) {
        let quote = self.quote(&list(keys)).unwrap();
        (quote.estimate.to_string(), quote.amount_min.to_string(), quote.ceiling.to_string())
    }
}

/// The estimate and the default ceiling of Alice's request.
fn quoted(keys: &[Key]) -> (String, String) {
    let (estimate, _, ceiling) = ASK.amounts(keys);
    (estimate, ceiling)
}

fn pair(estimate: &str, ceiling: &str) -> (String, String) {
    (estimate.to_owned(), ceiling.to_owned())
}
