//! What a submit and an estimate ask for, checked against what there is.

use std::{sync::Arc, time::Duration};

use poem_openapi::Object;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::{
    generation::{
        AUTO, ImageSpec, lane, models_for,
        quote::{PriceList, Quote},
        submit::NewTask,
    },
    identity::access::Principal,
    images::{ImageFormat, Seed},
    ledger::Credits,
    pool::Model,
    vocabulary::UnknownWord,
};
use uuid::Uuid;

use super::refusal::Refusal;
use crate::{
    extract::{PositiveAmount, Text},
    problem::{FieldError, FieldFault, Problem},
    services::GenerationConfig,
};

const PROMPT_CHARS_MAX: usize = 10_000;
/// The largest seed every provider takes.
const SEED_MAX: u32 = 4_294_967_294;
const DEADLINE_SECONDS_MIN: u32 = 10;
const DEADLINE_SECONDS_MAX: u32 = 3_600;

/// An image to make.
#[derive(Debug, Clone, Object, Deserialize)]
#[oai(skip_serializing_if_is_none)]
pub(super) struct TextToImage {
    /// What the image shows. Models may read fewer characters.
    pub prompt: Text<1, PROMPT_CHARS_MAX>,
    /// What it must not show.
    pub negative_prompt: Option<Text<0, PROMPT_CHARS_MAX>>,
    /// A model's id, or `auto` (the default): the cheapest that can.
    pub model: Option<Text<1, 100>>,
    /// Width to height; `1:1` by default.
    pub aspect_ratio: Option<Text<1, 20>>,
    /// For a repeatable image.
    #[oai(validator(minimum(value = "0"), maximum(value = "4294967294")))]
    pub seed: Option<u32>,
    /// `png` by default.
    pub output_format: Option<Text<1, 20>>,
    /// One of the model's styles.
    pub style_preset: Option<Text<1, 100>>,
    /// The most this may cost, which is held until it ends. By default the estimate and a headroom, or
    /// what is available where that is less but covers the estimate.
    pub max_credits: Option<PositiveAmount>,
    /// How long it may wait for a resource; 300 by default.
    #[oai(validator(minimum(value = "10"), maximum(value = "3600")))]
    pub deadline_seconds: Option<u32>,
}

/// A checked request, its defaults filled in. In this form it is hashed: two bodies that mean the same
/// are the same request.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ImageOrder {
    #[serde(flatten)]
    pub spec: ImageSpec,
    pub max_credits: Option<Credits>,
    pub deadline_seconds: Option<u32>,
}

/// Models that can serve an order, and what the cheapest way costs.
#[derive(Debug)]
pub(super) struct Judged {
    pub models: Vec<Arc<Model>>,
    pub quote: Quote,
    /// The user's tasks have a lane of their own.
    pub hosts_resources: bool,
}

impl TextToImage {
    /// 400 for numbers out of their range.
    pub fn into_order(self) -> Result<ImageOrder, Problem> {
        let mut errors = Vec::new();
        if self.seed.is_some_and(|it| it > SEED_MAX) {
            let detail = format!("must be from 0 to {SEED_MAX}");
            errors.push(FieldError::new("seed", FieldFault::Invalid, detail));
        }
        let deadlines = DEADLINE_SECONDS_MIN..=DEADLINE_SECONDS_MAX;
        if self.deadline_seconds.is_some_and(|it| !deadlines.contains(&it)) {
            let detail = format!("must be from {DEADLINE_SECONDS_MIN} to {DEADLINE_SECONDS_MAX}");
            errors.push(FieldError::new("deadline_seconds", FieldFault::Invalid, detail));
        }
        let format = self.output_format.map_or(Ok(ImageFormat::Png), |it| it.into_string().parse());
        let output_format = format.unwrap_or_else(|error: UnknownWord| {
            errors.push(FieldError::new("output_format", FieldFault::Invalid, error.to_string()));
            ImageFormat::Png
        });
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        let negative_prompt = self.negative_prompt.map(Text::into_string);
        let spec = ImageSpec {
            prompt: self.prompt.into_string(),
            negative_prompt: negative_prompt.filter(|it| !it.is_empty()),
            model: self.model.map_or_else(|| AUTO.to_owned(), Text::into_string),
            aspect_ratio: self.aspect_ratio.map_or_else(|| "1:1".to_owned(), Text::into_string),
            seed: self.seed.map(Seed),
            output_format,
            style_preset: self.style_preset.map(Text::into_string),
        };
        Ok(ImageOrder {
            spec,
            max_credits: self.max_credits.map(PositiveAmount::credits),
            deadline_seconds: self.deadline_seconds,
        })
    }
}

impl ImageOrder {
    /// Which models can, and what the cheapest way costs, by one reading of the catalogue.
    pub fn judge(&self, prices: &PriceList, user: Uuid) -> Result<Judged, Refusal> {
        let models = models_for(prices.catalogue(), &self.spec)?;
        let quote = prices.quote(&models, user, self.max_credits)?;
        Ok(Judged { models, quote, hosts_resources: prices.hosts_resources(user) })
    }

    /// The most it may cost.
    pub fn ceiling(&self, estimate: Credits, config: &GenerationConfig) -> Credits {
        self.max_credits.unwrap_or_else(|| estimate.with_headroom(config.price_headroom))
    }

    /// What tells a replay from a reused key: SHA-256 of path and order, in hex.
    pub fn request_hash(&self, path: &str) -> String {
        let order = serde_json::to_vec(self).expect("an order is plain data");
        let digest =
            Sha256::new().chain_update(path).chain_update([0]).chain_update(order).finalize();
        hex(&digest)
    }

    /// The task to submit. Its id is made here: the answer needs nothing from the database but the
    /// outcome.
    pub fn into_task(
        self,
        user: &Principal,
        judged: &Judged,
        config: &GenerationConfig,
        idempotency: (Option<&str>, String),
    ) -> NewTask {
        let (key, request_hash) = idempotency;
        let amount = self.ceiling(judged.quote.estimate, config);
        NewTask {
            id: Uuid::now_v7(),
            user_id: user.user_id,
            wallet: user.wallet,
            idempotency_key: key.map(str::to_owned),
            request_hash,
            lane: lane(&self.spec.model, judged.hosts_resources.then_some(user.user_id)),
            spec: self.spec,
            amount,
            // Who named a ceiling means it; else what covers the estimate will do.
            amount_min: if self.max_credits.is_some() { amount } else { judged.quote.estimate },
            deadline_seconds: self
                .deadline_seconds
                .unwrap_or_else(|| default_deadline(config.task_deadline)),
            queue_max: None,
        }
    }
}

/// A default outside of the contract's range would refuse what requests may not ask for.
fn default_deadline(configured: Duration) -> u32 {
    u32::try_from(configured.as_secs())
        .unwrap_or(DEADLINE_SECONDS_MAX)
        .clamp(1, DEADLINE_SECONDS_MAX)
}

/// Lower-case.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|it| [DIGITS[usize::from(it >> 4)], DIGITS[usize::from(it & 15)]])
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;
    use serde_json::{Value, json};

    use super::*;

    fn order(body: Value) -> Result<ImageOrder, Problem> {
        serde_json::from_value::<TextToImage>(body).unwrap().into_order()
    }

    fn fox() -> ImageOrder {
        order(json!({"prompt": "a fox"})).unwrap()
    }

    #[test]
    fn bodies_that_mean_the_same_are_the_same_request() {
        let spelled = json!({"prompt": " a fox ", "model": "auto", "aspect_ratio": "1:1",
            "output_format": "png", "negative_prompt": ""});
        let path = "/api/generate/text-to-image";

        assert_eq!(order(spelled).unwrap().request_hash(path), fox().request_hash(path));
        let other = order(json!({"prompt": "a fox", "seed": 1})).unwrap();
        assert_ne!(other.request_hash(path), fox().request_hash(path));
        assert_ne!(fox().request_hash("/api/other"), fox().request_hash(path));
        assert_eq!(fox().request_hash(path).len(), 64);
    }

    #[test]
    fn numbers_out_of_range_are_named_together() {
        let problem =
            order(json!({"prompt": "a", "seed": 4_294_967_295_u32, "deadline_seconds": 9}));

        let fields: Vec<_> =
            problem.unwrap_err().into_errors().into_iter().map(|it| it.field).collect();
        assert_eq!(fields, ["seed", "deadline_seconds"]);
        for seconds in [10, 3_600] {
            assert!(order(json!({"prompt": "a", "deadline_seconds": seconds})).is_ok());
        }
    }

    fn config() -> GenerationConfig {
        GenerationConfig::for_tests()
    }

    fn judged(estimate: &str, hosts_resources: bool) -> Judged {
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
            enabled: true,
            created_at: chrono::DateTime::UNIX_EPOCH,
        });
        let quote = Quote { model: Arc::clone(&model), estimate: estimate.parse().unwrap() };
        Judged { models: vec![model], quote, hosts_resources }
    }

    fn task(order: ImageOrder, judged: &Judged) -> NewTask {
        let user = Principal {
            user_id: Uuid::from_u128(5),
            wallet: 1001,
            roles: vec![],
            session_id: Uuid::nil(),
        };
        order.into_task(&user, judged, &config(), (None, String::new()))
    }

    #[test]
    fn without_a_ceiling_the_hold_is_estimate_and_headroom_but_the_estimate_will_do() {
        let task = task(fox(), &judged("3.333333", false));

        assert_eq!(task.amount.to_string(), "3.666666", "3.6666663 is rounded");
        assert_eq!(task.amount_min.to_string(), "3.333333");
        assert_eq!(task.deadline_seconds, 300);
        assert_eq!(task.lane, "auto");
    }

    #[test]
    fn with_a_ceiling_the_hold_is_exactly_that() {
        let order = order(json!({"prompt": "a fox", "max_credits": "9.5"})).unwrap();

        let task = task(order, &judged("3", true));

        assert_eq!(
            (task.amount.to_string(), task.amount_min.to_string()),
            ("9.5".into(), "9.5".into())
        );
        assert_eq!(task.lane, format!("auto#{}", Uuid::from_u128(5)), "an owner has his own lane");
    }

    #[test]
    fn a_default_deadline_beyond_the_contract_is_the_longest_there_is() {
        assert_eq!(default_deadline(Duration::from_hours(24)), 3_600);
        assert_eq!(default_deadline(Duration::from_secs(5)), 5, "tests shorten it");
    }
}
