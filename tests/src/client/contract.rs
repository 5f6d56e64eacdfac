//! The objects of the contract as a client reads them. Required fields are required here, credits
//! are decimal strings, optional fields are absent and never `null` (see [`present`]).

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

/// A page of a list.
#[derive(Debug, Clone, Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The one optional field that is `null` where there is nothing.
    pub next_cursor: Option<String>,
}

/// `GET /api/wallet/balance`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Balance {
    #[serde(with = "rust_decimal::serde::str")]
    pub available: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub held: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub total: Decimal,
    pub grants: Vec<Grant>,
}

/// One batch of credits.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Grant {
    pub id: String,
    pub source: String,
    #[serde(with = "rust_decimal::serde::str")]
    pub amount: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub remaining: Decimal,
    #[serde(default, deserialize_with = "present")]
    pub expires_at: Option<String>,
}

/// One line of a wallet.
#[derive(Debug, Clone, Deserialize)]
pub struct Transaction {
    pub id: String,
    pub r#type: String,
    #[serde(with = "rust_decimal::serde::str")]
    pub amount: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub balance_after: Decimal,
    pub description: String,
    #[serde(default, deserialize_with = "present")]
    pub related_task_id: Option<String>,
    pub created_at: String,
}

/// `GET /api/wallet/earnings`.
#[derive(Debug, Clone, Deserialize)]
pub struct Earnings {
    #[serde(with = "rust_decimal::serde::str")]
    pub pending: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub payable: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub frozen: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub transferred: Decimal,
    pub lines: Page<Earning>,
}

/// What one image earned its owner.
#[derive(Debug, Clone, Deserialize)]
pub struct Earning {
    pub task_id: String,
    pub resource_id: String,
    #[serde(with = "rust_decimal::serde::str")]
    pub gross: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub commission: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub net: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub commission_rate: Decimal,
    pub state: String,
}

/// One hosted key, as its owner sees it.
#[derive(Debug, Clone, Deserialize)]
pub struct Resource {
    pub id: String,
    pub provider: String,
    pub name: String,
    pub key_hint: String,
    pub status: String,
    pub health: String,
    #[serde(default, deserialize_with = "present")]
    pub status_reason: Option<String>,
    #[serde(with = "rust_decimal::serde::str")]
    pub price_per_unit: Decimal,
    #[serde(default, deserialize_with = "decimal_present")]
    pub available_units: Option<Decimal>,
    #[serde(with = "rust_decimal::serde::str")]
    pub units_today: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub units_month: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub daily_limit: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub monthly_limit: Decimal,
    pub concurrency_limit: u32,
    pub rpm_limit: u32,
    pub in_flight: u32,
    #[serde(with = "rust_decimal::serde::str")]
    pub earned: Decimal,
    pub created_at: String,
}

/// One image to make.
#[derive(Debug, Clone, Deserialize)]
pub struct Task {
    pub id: String,
    pub status: String,
    pub requested_model: String,
    #[serde(default, deserialize_with = "present")]
    pub model: Option<String>,
    pub prompt: String,
    #[serde(with = "rust_decimal::serde::str")]
    pub credits_held: Decimal,
    #[serde(default, deserialize_with = "decimal_present")]
    pub credits_cost: Option<Decimal>,
    #[serde(default, deserialize_with = "present")]
    pub image_url: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub image_expires_at: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub image: Option<Image>,
    #[serde(default, deserialize_with = "present")]
    pub error: Option<TaskError>,
    pub attempts: Vec<Attempt>,
    pub deadline: String,
    #[serde(default, deserialize_with = "present")]
    pub cancel_requested: Option<bool>,
    pub created_at: String,
    #[serde(default, deserialize_with = "present")]
    pub started_at: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub completed_at: Option<String>,
}

impl Task {
    /// Whether nothing will happen to it any more by itself.
    pub fn is_final(&self) -> bool {
        !matches!(self.status.as_str(), "pending" | "processing")
    }

    /// The code of its error; empty without one.
    pub fn error_code(&self) -> &str {
        self.error.as_ref().map_or("", |it| &it.code)
    }

    /// The states of its attempts, in order.
    pub fn attempt_states(&self) -> Vec<&str> {
        self.attempts.iter().map(|it| it.state.as_str()).collect()
    }
}

/// The image of a completed task.
#[derive(Debug, Clone, Deserialize)]
pub struct Image {
    pub content_type: String,
    pub width: u32,
    pub height: u32,
    pub bytes: u64,
    #[serde(default, deserialize_with = "present")]
    pub seed: Option<i64>,
}

/// Why a task failed.
#[derive(Debug, Clone, Deserialize)]
pub struct TaskError {
    pub code: String,
    pub message: String,
}

/// One call for a task.
#[derive(Debug, Clone, Deserialize)]
pub struct Attempt {
    pub no: u32,
    pub provider: String,
    pub model: String,
    pub state: String,
    #[serde(default, deserialize_with = "present")]
    pub error_class: Option<String>,
    pub started_at: String,
    #[serde(default, deserialize_with = "present")]
    pub ended_at: Option<String>,
}

/// An optional field that is there: `null` is an error.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

fn decimal_present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Decimal>, D::Error> {
    rust_decimal::serde::str::deserialize(from).map(Some)
}
