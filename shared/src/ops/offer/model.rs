//! Models a consumer can pick.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::{OfferError, store};

/// A model that is not deleted.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OfferedModel {
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
    /// A disabled model is not offered and serves nothing.
    pub enabled: bool,
    pub created_at: DateTime<Utc>,
}

/// `None` leaves a value as it is.
#[derive(Clone, Debug, Default)]
pub struct ModelChange {
    pub display_name: Option<String>,
    pub units: Option<Decimal>,
    pub aspect_ratios: Option<Vec<String>>,
    pub output_formats: Option<Vec<String>>,
    pub style_presets: Option<Vec<String>>,
    pub prompt_chars_max: Option<i32>,
    pub prompt_languages: Option<Vec<String>>,
    pub negative_prompt: Option<bool>,
    pub enabled: Option<bool>,
}

/// At most `rows_max` models with an id above `after`, by id, the disabled too.
pub async fn list_models(
    conn: &mut PgConnection,
    after: Option<&str>,
    rows_max: i64,
) -> Result<Vec<OfferedModel>, OfferError> {
    Ok(store::list_models(conn, after, rows_max).await?)
}

/// By id.
pub async fn find_model(conn: &mut PgConnection, id: &str) -> Result<OfferedModel, OfferError> {
    store::find_model(conn, id).await?.ok_or(OfferError::ModelNotFound)
}

/// Offers a model. The id of a deleted one may be used again; `created_at` of `new` is ignored.
pub async fn create_model(
    conn: &mut PgConnection,
    new: &OfferedModel,
) -> Result<OfferedModel, OfferError> {
    if store::find_provider_name(conn, &new.provider).await?.is_none() {
        return Err(OfferError::ProviderNotFound);
    }
    store::insert_model(conn, new).await?.ok_or(OfferError::ModelExists)
}

/// Changes a model. What is already claimed keeps the cost it was claimed at.
pub async fn change_model(
    conn: &mut PgConnection,
    id: &str,
    change: &ModelChange,
) -> Result<OfferedModel, OfferError> {
    store::update_model(conn, id, change).await?.ok_or(OfferError::ModelNotFound)
}

/// Stops offering a model for good. Tasks that made an image with it keep its name.
pub async fn delete_model(conn: &mut PgConnection, id: &str) -> Result<(), OfferError> {
    if store::mark_model_deleted(conn, id).await? { Ok(()) } else { Err(OfferError::ModelNotFound) }
}
