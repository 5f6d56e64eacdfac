//! Models a consumer can pick, and what an admin may do with them. Processes that choose learn of a
//! change from the catalogue's feed within seconds.

mod store;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};

use super::{PoolError, provider};

/// A model that is not deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Model {
    /// `provider/name`.
    pub id: String,
    pub provider: String,
    /// The provider's own name for it.
    pub wire_name: String,
    pub display_name: String,
    /// What the provider counts for one image.
    pub units: Decimal,
    pub aspect_ratios: Vec<String>,
    pub output_formats: Vec<String>,
    pub style_presets: Vec<String>,
    pub prompt_chars_max: i32,
    pub prompt_languages: Vec<String>,
    /// Whether it takes a negative prompt.
    pub negative_prompt: bool,
    /// Whether an image can be repeated by its seed.
    pub seed: bool,
    /// The longest a call runs, in seconds: so long an attempt of unknown outcome occupies its key.
    pub run_seconds_max: i32,
    /// A disabled model is not offered and serves nothing.
    pub enabled: bool,
    /// Since when its provider does not know it any more, by the word of several keys.
    #[serde(skip)]
    pub gone_since: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

impl Model {
    /// Whether it may serve tasks.
    pub const fn is_offered(&self) -> bool {
        self.enabled && self.gone_since.is_none()
    }
}

/// `None` leaves a value as it is.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ModelChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aspect_ratios: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_formats: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style_presets: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_chars_max: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_languages: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub negative_prompt: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_seconds_max: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// At most `rows_max` models with an id above `after`, by id, the disabled too.
pub async fn list_models(
    conn: &mut PgConnection,
    after: Option<&str>,
    rows_max: i64,
) -> Result<Vec<Model>, PoolError> {
    Ok(store::list_models(conn, after, rows_max).await?)
}

/// By id.
pub async fn find_model(conn: &mut PgConnection, id: &str) -> Result<Model, PoolError> {
    store::find_model(conn, id).await?.ok_or(PoolError::ModelNotFound)
}

/// Offers a model. The id of a deleted one may be used again; `created_at` of `new` is ignored.
pub async fn create_model(conn: &mut PgConnection, new: &Model) -> Result<Model, PoolError> {
    if provider::find_name(conn, &new.provider).await?.is_none() {
        return Err(PoolError::ProviderNotFound);
    }
    store::insert_model(conn, new).await?.ok_or(PoolError::ModelExists)
}

/// Changes a model. What is already claimed keeps the cost it was claimed at. An edit is also a word that
/// the model is there: whatever keys said about it is forgotten.
pub async fn change_model(
    conn: &mut PgConnection,
    id: &str,
    change: &ModelChange,
) -> Result<Model, PoolError> {
    store::update_model(conn, id, change).await?.ok_or(PoolError::ModelNotFound)
}

/// Deletes up to `limit` refusals of models that are a day old, and offers again what was gone for a day;
/// answers how many.
pub async fn forget_refusals(db: &PgPool, limit: i32) -> sqlx::Result<i32> {
    sqlx::query_scalar("SELECT pool.forget_refusals($1)").bind(limit).fetch_one(db).await
}

/// Stops offering a model for good. Tasks that made an image with it keep its name.
pub async fn delete_model(conn: &mut PgConnection, id: &str) -> Result<(), PoolError> {
    if store::mark_model_deleted(conn, id).await? { Ok(()) } else { Err(PoolError::ModelNotFound) }
}
