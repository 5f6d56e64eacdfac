//! Every adapter against the simulator, whose records say what was really charged.

use std::{sync::Arc, time::Duration};

use providers::{
    Billed, CallError, ErrorClass, Image, ImageProvider, ImageRequest, OutputFormat, Registry,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use simulator::Handle;

use crate::{AMPLE, KEY, adapter, config, key, request};

/// What the tests need to know of a provider. `units` is what the simulator takes for an image.
struct Profile {
    provider: &'static str,
    models: &'static [(&'static str, &'static str)],
    /// What happens to an image that moderation filters.
    filtered: Billed,
    tells_balance: bool,
}

const PROFILES: [Profile; 2] = [
    Profile {
        provider: "openai",
        models: &[
            ("gpt-image-1-mini-medium-1024x1024", "1.1"),
            ("gpt-image-1-mini-medium-1536x1024", "1.5"),
            ("gpt-image-1-mini-medium-1024x1536", "1.5"),
            ("gpt-image-1.5-low-1024x1024", "0.9"),
            ("gpt-image-1.5-low-1536x1024", "1.3"),
            ("gpt-image-1.5-low-1024x1536", "1.3"),
            ("gpt-image-1.5-medium-1024x1024", "3.4"),
            ("gpt-image-1.5-medium-1536x1024", "5"),
            ("gpt-image-1.5-medium-1024x1536", "5"),
        ],
        filtered: Billed::No,
        tells_balance: false,
    },
    Profile {
        provider: "stability",
        models: &[
            ("core", "3"),
            ("ultra", "8"),
            ("sd3.5-large", "6.5"),
            ("sd3.5-large-turbo", "4"),
            ("sd3.5-medium", "3.5"),
        ],
        filtered: Billed::Yes,
        tells_balance: true,
    },
];

/// A simulator that knows the key, with its control API.
pub struct Simulated {
    simulator: Handle,
    control: reqwest::Client,
    adapter: Arc<dyn ImageProvider>,
    profile: &'static Profile,
}

impl Simulated {
    pub async fn start(provider: &str, settings: Value) -> Self {
        let profile = PROFILES.iter().find(|it| it.provider == provider).unwrap();
        let simulator = simulator::start("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let control = reqwest::Client::builder().no_proxy().build().unwrap();
        let adapter = adapter(profile.provider, config(&simulator.base_url(profile.provider)));
        let it = Self { simulator, control, adapter, profile };
        let answer = it.control.put(it.control_url()).json(&settings).send().await.unwrap();
        answer.error_for_status().unwrap();
        it
    }

    fn control_url(&self) -> String {
        format!("{}/control/{}/keys/{KEY}", self.simulator.url(), self.profile.provider)
    }

    /// What the simulator charged and made for this key.
    pub async fn books(&self) -> Value {
        self.control.get(self.control_url()).send().await.unwrap().json().await.unwrap()
    }

    /// A request for the provider's first model.
    fn request(&self) -> ImageRequest {
        ImageRequest { model: self.profile.models[0].0.to_owned(), ..request() }
    }

    pub async fn generate(&self, request: &ImageRequest) -> Result<Image, CallError> {
        self.adapter.generate(&key(), request, AMPLE).await
    }
}

#[test]
fn every_adapter_is_simulated_and_tested_here() {
    let tested: Vec<_> = PROFILES.iter().map(|it| it.provider).collect();

    assert_eq!(tested, Registry::NAMES);
    assert_eq!(simulator::providers().collect::<Vec<_>>(), Registry::NAMES);
}

#[tokio::test]
async fn every_model_and_format_makes_an_image_at_its_price() {
    for profile in &PROFILES {
        let it = Simulated::start(profile.provider, json!({ "balance": 1000 })).await;
        let (mut attempts, mut left) = (Vec::new(), Decimal::from(1000));

        for (model, units) in profile.models {
            for output_format in [OutputFormat::Png, OutputFormat::Jpeg, OutputFormat::Webp] {
                let request =
                    ImageRequest { model: (*model).to_owned(), output_format, ..request() };

                let image = it.generate(&request).await.unwrap();

                assert_eq!(image.content_type, output_format.content_type());
                assert!(image.width >= 1024 && image.height >= 1024, "{model}");
                attempts.push(request.attempt_id.to_string());
                left -= units.parse::<Decimal>().unwrap();
            }
        }

        let books = it.books().await;
        assert_eq!(books["attempts"], json!(attempts), "{}", profile.provider);
        let balance: Decimal = books["balance"].to_string().parse().unwrap();
        assert_eq!(balance, left, "{}", profile.provider);
        let told = it.adapter.balance(&key()).await.unwrap();
        let left = profile.tells_balance.then_some(left);
        assert_eq!(told, left, "{}", profile.provider);
    }
}

/// A fault, the class it has, and whether its call is billed.
fn fault_table(profile: &Profile) -> [(&'static str, ErrorClass, Billed); 11] {
    use ErrorClass::*;
    [
        ("key_invalid", KeyInvalid, Billed::No),
        ("key_no_credit", KeyNoCredit, Billed::No),
        ("key_forbidden", KeyForbidden, Billed::No),
        ("rate_limited", RateLimited, Billed::No),
        ("content_blocked", ContentBlocked, Billed::No),
        ("filtered", ContentBlocked, profile.filtered),
        ("user_error", UserError, Billed::No),
        ("model_gone", ModelGone, Billed::No),
        ("provider_transient", ProviderTransient, Billed::No),
        ("cut_before", Unknown, Billed::Unknown),
        ("cut_after", Unknown, Billed::Unknown),
    ]
}

#[tokio::test]
async fn every_fault_has_its_class_and_never_contradicts_the_books() {
    for profile in &PROFILES {
        for (fault, class, billed) in fault_table(profile) {
            let settings = json!({ "balance": 100, "faults": { fault: 1.0 } });
            let it = Simulated::start(profile.provider, settings).await;

            let error = it.generate(&it.request()).await.unwrap_err();

            let what = format!("{} {fault}: {}", profile.provider, error.message);
            assert_eq!((error.class, error.billed), (class, billed), "{what}");
            let books = it.books().await;
            let charged = books["credits"].as_f64().unwrap() > 0.0;
            match billed {
                Billed::No => assert!(!charged, "{what}: {books}"),
                Billed::Yes => assert!(charged, "{what}: {books}"),
                Billed::Unknown => assert_eq!(charged, fault == "cut_after", "{what}: {books}"),
            }
            assert_eq!(books["calls"], 1, "{what}");
        }
    }
}

#[tokio::test]
async fn both_kinds_of_silence_are_one_timeout_from_here() {
    for profile in &PROFILES {
        for (fault, images) in [("hang", 0), ("hang_after", 1)] {
            let settings = json!({ "balance": 100, "faults": { fault: 1.0 } });
            let it = Simulated::start(profile.provider, settings).await;

            let time_max = Duration::from_millis(500);
            let error = it.adapter.generate(&key(), &it.request(), time_max).await.unwrap_err();

            let what = format!("{} {fault}", profile.provider);
            assert_eq!(
                (error.class, error.billed),
                (ErrorClass::Timeout, Billed::Unknown),
                "{what}"
            );
            assert_eq!(it.books().await["images"], images, "{what}");
        }
    }
}

#[tokio::test]
async fn an_unknown_key_and_an_empty_account_are_told_apart() {
    for profile in &PROFILES {
        let it = Simulated::start(profile.provider, json!({ "balance": 0.1 })).await;
        let stranger = secrecy::SecretString::from("sk-stranger");

        let unknown_key = it.adapter.generate(&stranger, &it.request(), AMPLE).await.unwrap_err();
        let probe = it.adapter.balance(&stranger).await.unwrap_err();
        let poor = it.generate(&it.request()).await.unwrap_err();

        assert_eq!(unknown_key.class, ErrorClass::KeyInvalid, "{}", profile.provider);
        assert_eq!(probe.class, ErrorClass::KeyInvalid, "{}", profile.provider);
        assert_eq!(poor.class, ErrorClass::KeyNoCredit, "{}", profile.provider);
    }
}

#[tokio::test]
async fn a_key_that_called_too_often_waits_as_long_as_it_was_told_in_whatever_form() {
    for profile in &PROFILES {
        for (form, seconds) in [
            (json!({ "seconds": 7 }), 7),
            (json!({ "fraction": 2.5 }), 3),
            (json!({ "date": 5 }), 5),
            (json!({ "date": 40_000 }), 3_600),
        ] {
            let settings = json!({ "faults": { "rate_limited": 1.0 }, "retry_after": form });
            let it = Simulated::start(profile.provider, settings).await;

            let error = it.generate(&it.request()).await.unwrap_err();

            let told = (error.class, error.retry_after);
            let expected = (ErrorClass::RateLimited, Some(Duration::from_secs(seconds)));
            assert_eq!(told, expected, "{} {form}", profile.provider);
        }
    }
}
