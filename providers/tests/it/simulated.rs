//! The adapter against the simulator, whose books say what was really charged.

use std::time::Duration;

use providers::{
    Billed, CallError,
    ErrorClass::{self, *},
    Image, ImageProvider, ImageRequest, OutputFormat,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use simulator::Handle;
use std::sync::Arc;

use crate::{AMPLE, KEY, config, key, request, stability};

/// A simulator that knows the key, with its control API.
struct Simulated {
    simulator: Handle,
    control: reqwest::Client,
    adapter: Arc<dyn ImageProvider>,
}

impl Simulated {
    async fn start(settings: Value) -> Self {
        let simulator = simulator::start("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let control = reqwest::Client::builder().no_proxy().build().unwrap();
        let adapter = stability(config(&simulator.base_url("stability")));
        let it = Self { simulator, control, adapter };
        it.put(settings).await;
        it
    }

    fn control_url(&self) -> String {
        format!("{}/control/stability/keys/{KEY}", self.simulator.url())
    }

    async fn put(&self, settings: Value) {
        let answer = self.control.put(self.control_url()).json(&settings).send().await.unwrap();
        answer.error_for_status().unwrap();
    }

    /// What the simulator charged and made for this key.
    async fn books(&self) -> Value {
        self.control.get(self.control_url()).send().await.unwrap().json().await.unwrap()
    }

    async fn generate(&self, request: &ImageRequest) -> Result<Image, CallError> {
        self.adapter.generate(&key(), request, AMPLE).await
    }
}

#[tokio::test]
async fn every_model_and_format_makes_an_image_at_its_price() {
    let it = Simulated::start(json!({ "balance": 1000 })).await;
    let mut attempts = Vec::new();

    for model in ["core", "ultra", "sd3.5-large", "sd3.5-large-turbo", "sd3.5-medium"] {
        for output_format in [OutputFormat::Png, OutputFormat::Jpeg, OutputFormat::Webp] {
            let mut request = request();
            request.model = model.to_owned();
            request.output_format = output_format;
            request.aspect_ratio = "16:9".to_owned();
            request.seed = Some(7);
            request.negative_prompt = Some("people".to_owned());
            request.style_preset = Some("photographic".to_owned());

            let image = it.generate(&request).await.unwrap();

            assert_eq!(image.content_type, output_format.content_type());
            assert_eq!(image.seed, Some(7));
            assert!(image.width > image.height, "{model} {}x{}", image.width, image.height);
            attempts.push(request.attempt_id.to_string());
        }
    }

    let books = it.books().await;
    assert_eq!(books["attempts"], json!(attempts));
    // Three of each: 3 + 8 + 6.5 + 4 + 3.5 credits.
    assert_eq!(it.adapter.balance(&key()).await.unwrap(), Some(Decimal::from(925)));
}

#[tokio::test]
async fn every_fault_has_its_class_and_never_contradicts_the_books() {
    #[rustfmt::skip]
    let rows: [(&str, ErrorClass, Billed); 11] = [
        ("key_invalid", KeyInvalid, Billed::No),
        ("key_no_credit", KeyNoCredit, Billed::No),
        ("key_forbidden", KeyForbidden, Billed::No),
        ("rate_limited", RateLimited, Billed::No),
        ("content_blocked", ContentBlocked, Billed::No),
        ("filtered", ContentBlocked, Billed::Yes),
        ("user_error", UserError, Billed::No),
        ("model_gone", ModelGone, Billed::No),
        ("provider_transient", ProviderTransient, Billed::No),
        ("cut_before", Unknown, Billed::Unknown),
        ("cut_after", Unknown, Billed::Unknown),
    ];

    for (fault, class, billed) in rows {
        let it = Simulated::start(json!({ "balance": 100, "faults": { fault: 1.0 } })).await;

        let error = it.generate(&request()).await.unwrap_err();

        assert_eq!((error.class, error.billed), (class, billed), "{fault}");
        let books = it.books().await;
        let charged = books["credits"].as_f64().unwrap() > 0.0;
        match billed {
            Billed::No => assert!(!charged, "{fault}: {books}"),
            Billed::Yes => assert!(charged, "{fault}: {books}"),
            Billed::Unknown => assert_eq!(charged, fault == "cut_after", "{books}"),
        }
        assert_eq!(books["calls"], 1, "{fault}");
    }
}

#[tokio::test]
async fn both_kinds_of_silence_are_one_timeout_from_here() {
    for (fault, images) in [("hang", 0), ("hang_after", 1)] {
        let it = Simulated::start(json!({ "balance": 100, "faults": { fault: 1.0 } })).await;

        let time_max = Duration::from_millis(500);
        let error = it.adapter.generate(&key(), &request(), time_max).await.unwrap_err();

        assert_eq!((error.class, error.billed), (Timeout, Billed::Unknown), "{fault}");
        assert_eq!(it.books().await["images"], images, "{fault}");
    }
}

#[tokio::test]
async fn an_unknown_key_an_empty_account_and_a_foreign_prompt_are_told_apart() {
    let it = Simulated::start(json!({ "balance": 1 })).await;
    let stranger = secrecy::SecretString::from("sk-stranger");
    let mut foreign = request();
    foreign.prompt = "一只在屋顶上的猫".to_owned();

    let unknown_key = it.adapter.generate(&stranger, &request(), AMPLE).await.unwrap_err();
    let probe = it.adapter.balance(&stranger).await.unwrap_err();
    let poor = it.generate(&request()).await.unwrap_err();
    let foreign = it.generate(&foreign).await.unwrap_err();

    assert_eq!(unknown_key.class, KeyInvalid);
    assert_eq!(probe.class, KeyInvalid);
    assert_eq!(poor.class, KeyNoCredit);
    assert_eq!(foreign.class, UserError);
    assert!(foreign.message.contains("English"), "{}", foreign.message);
}
