//! `/api/generate/presets`.

use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path, types::ToJSON};
use serde::Deserialize;
use serde_json::Value;
use shared::{
    generation::{
        Route,
        presets::{self, PRESETS_MAX, Preset, PresetChange},
    },
    images::ImageFormat,
};
use uuid::Uuid;

use super::text_to_image::{PROMPT_CHARS_MAX, check_numbers};
use crate::{
    auth::Caller,
    extract::{Body, Id, Line, Parameters, PositiveAmount, Text, Word},
    problem::{Code, Fail, Problem},
    response::{NoContent, Page, Paging, Reply, Timestamp, view},
    routes::Tag,
    state::App,
};

/// The caller's presets.
pub struct Presets;

/// Parameters of a request for an image, as a submit takes them. All may be left out.
#[derive(Debug, Clone, Default, Object, Deserialize)]
#[oai(skip_serializing_if_is_none)]
struct PresetParams {
    /// What the image should show. Each model has its own limit: see `prompt_max_chars` of the model.
    prompt: Option<Text<1, PROMPT_CHARS_MAX>>,
    /// What the image should not show. Not every model accepts it.
    negative_prompt: Option<Text<0, PROMPT_CHARS_MAX>>,
    /// The id of a model, or `auto`.
    model: Option<Text<1, 100>>,
    /// The ratio of width to height, such as `16:9`.
    aspect_ratio: Option<Text<1, 20>>,
    /// Makes the image repeatable: the same request with the same seed gives a similar image.
    #[oai(validator(minimum(value = "0"), maximum(value = "4294967294")))]
    seed: Option<u32>,
    /// The format of the file.
    output_format: Option<Word<ImageFormat>>,
    /// The name of a style; the model's `style_presets` lists them.
    style_preset: Option<Text<1, 100>>,
    /// Whose keys may make it.
    route: Option<Word<Route>>,
    /// The most the image may cost, in credits.
    max_credits: Option<PositiveAmount>,
    /// How long the task may wait for a resource, in seconds, from 10 to 3,600.
    #[oai(validator(minimum(value = "10"), maximum(value = "3600")))]
    deadline_seconds: Option<u32>,
}

/// A preset to keep.
#[derive(Debug, Object, Deserialize)]
#[oai(skip_serializing_if_is_none)]
struct NewPreset {
    /// What you call it, in one line of 1 to 100 characters.
    name: Line<1, 100>,
    /// The parameters to keep.
    params: PresetParams,
    /// Its place among your presets, from 0; after the others by default.
    #[oai(validator(minimum(value = "0"), maximum(value = "99")))]
    position: Option<u32>,
}

/// Changes to a preset. A field that is left out stays as it is; `params` are replaced as a whole.
#[derive(Debug, Object, Deserialize)]
#[oai(skip_serializing_if_is_none)]
struct PresetUpdate {
    /// What you call it, in one line of 1 to 100 characters.
    name: Option<Line<1, 100>>,
    /// The parameters to keep in place of the present ones.
    params: Option<PresetParams>,
    /// Its new place among your presets, from 0; the others move.
    #[oai(validator(minimum(value = "0"), maximum(value = "99")))]
    position: Option<u32>,
}

view! {
    /// Parameters of requests that you keep under a name.
    struct PresetView as "Preset" {
        /// Unique id of the preset.
        id: Id,
        /// What you call it.
        name: String,
        /// The parameters, as a submit takes them.
        params: PresetParams,
        /// Its place among your presets: 0, 1 and so on.
        position: i32,
        /// When you first kept it.
        created_at: Timestamp,
    }
}

#[OpenApi(prefix_path = "/api/generate", tag = "Tag::Generation")]
impl Presets {
    /// List your presets, in your order.
    #[oai(path = "/presets", method = "get", operation_id = "list_presets")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<PresetView>>, Fail> {
        let (after, rows) = (paging.position()?, paging.rows());
        let mut conn = app.db.acquire().await?;
        let found = presets::list(&mut conn, caller.user_id, after, rows).await?;
        let views: Result<Vec<_>, Problem> = found.into_iter().map(PresetView::of).collect();
        Ok(Reply::new(&Page::with(views?, &paging, |it| it.position, |it| it)))
    }

    /// Keep parameters as a preset.
    ///
    /// You may have a hundred presets.
    #[oai(path = "/presets", method = "post", operation_id = "create_preset")]
    async fn create(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        body: Body<NewPreset>,
    ) -> Result<Reply<PresetView, 201>, Fail<409>> {
        let NewPreset { name, params, position } = body.value;
        let (params, position) = (params.checked()?, checked_position(position)?);
        let (id, user_id) = (Uuid::now_v7(), caller.user_id);
        let mut conn = app.db.acquire().await?;
        if !presets::create(&mut conn, id, user_id, &name, &params, position).await? {
            let detail = format!("you have {PRESETS_MAX} presets; delete or change one of them");
            return Err(Problem::new(Code::GenerationTooManyPresets, detail).into());
        }
        let found = presets::find(&mut conn, id, user_id).await?.ok_or_else(Problem::not_found)?;
        let location = format!("/api/generate/presets/{id}");
        Ok(Reply::new(&PresetView::of(found)?).location(location))
    }

    /// Change the name, the parameters or the place of a preset.
    #[oai(path = "/presets/:id", method = "put", operation_id = "update_preset")]
    async fn update(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        /// The id of the preset.
        id: Path<Id>,
        body: Body<PresetUpdate>,
    ) -> Result<Reply<PresetView>, Fail> {
        let Path(Id(id)) = id;
        let PresetUpdate { name, params, position } = body.value;
        let change = PresetChange {
            name: name.map(Line::into_string),
            params: params.map(PresetParams::checked).transpose()?,
            position: checked_position(position)?,
        };
        let mut conn = app.db.acquire().await?;
        if !presets::change(&mut conn, id, caller.user_id, &change).await? {
            return Err(Problem::not_found().into());
        }
        let found = presets::find(&mut conn, id, caller.user_id).await?;
        Ok(Reply::new(&PresetView::of(found.ok_or_else(Problem::not_found)?)?))
    }

    /// Delete a preset, for good.
    #[oai(path = "/presets/:id", method = "delete", operation_id = "delete_preset")]
    async fn delete(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        /// The id of the preset.
        id: Path<Id>,
    ) -> Result<NoContent, Fail> {
        let Path(Id(id)) = id;
        if !presets::delete(&mut *app.db.acquire().await?, id, caller.user_id).await? {
            return Err(Problem::not_found().into());
        }
        Ok(NoContent::Done)
    }
}

impl PresetView {
    /// What is kept was checked; an error is a fault of ours.
    fn of(preset: Preset) -> Result<Self, Problem> {
        let params =
            serde_json::from_value(preset.params.0).map_err(|it| Problem::internal(&it))?;
        Ok(Self {
            id: preset.id.into(),
            name: preset.name,
            params,
            position: preset.position,
            created_at: preset.created_at.into(),
        })
    }
}

impl PresetParams {
    /// As they are kept; 400 for numbers out of range.
    fn checked(self) -> Result<Value, Problem> {
        check_numbers(self.seed, self.deadline_seconds, "params.")?;
        Ok(self.to_json().unwrap_or_default())
    }
}

fn checked_position(position: Option<u32>) -> Result<Option<i32>, Problem> {
    let last = PRESETS_MAX - 1;
    match position.map(i32::try_from) {
        None => Ok(None),
        Some(Ok(position)) if position <= last => Ok(Some(position)),
        Some(_) => Err(Problem::invalid_field("position", format!("must be from 0 to {last}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use poem_openapi::registry::{MetaSchemaRef, Registry};
    use serde_json::json;

    use super::{super::text_to_image::TextToImage, *};

    /// What a field may hold, in words.
    fn shape(of: &MetaSchemaRef) -> String {
        match of {
            MetaSchemaRef::Inline(it) => match it.all_of.first() {
                Some(inner) => shape(inner),
                None => format!(
                    "{} {:?} {:?} {:?} {:?} {:?}",
                    it.ty, it.format, it.max_length, it.pattern, it.minimum, it.maximum
                ),
            },
            MetaSchemaRef::Reference(name) => name.clone(),
        }
    }

    fn fields<T: poem_openapi::types::Type>() -> BTreeMap<String, String> {
        let mut registry = Registry::new();
        T::register(&mut registry);
        let schema = &registry.schemas[&*T::name()];
        schema.properties.iter().map(|(name, it)| ((*name).to_owned(), shape(it))).collect()
    }

    #[test]
    fn a_preset_may_hold_what_a_submit_takes_but_for_whom() {
        let mut submit = fields::<TextToImage>();
        submit.remove("end_user");
        let mut preset = fields::<PresetParams>();
        // It need not hold one.
        let (asked, kept) = (submit.remove("prompt").unwrap(), preset.remove("prompt").unwrap());
        assert!(asked.contains("10000") && kept.contains("10000"), "{asked} {kept}");

        assert_eq!(preset, submit);
    }

    #[test]
    fn parameters_are_kept_as_they_are_sent_and_numbers_out_of_range_are_named() {
        let sent = json!({"model": "auto", "seed": 7, "max_credits": "1.2", "route": "own"});
        let params: PresetParams = serde_json::from_value(sent.clone()).unwrap();
        assert_eq!(params.checked().unwrap(), sent);

        let wrong = json!({"seed": 4_294_967_295_u32, "deadline_seconds": 3});
        let params: PresetParams = serde_json::from_value(wrong).unwrap();
        let errors = params.checked().unwrap_err().into_errors();
        let fields: Vec<_> = errors.into_iter().map(|it| it.field).collect();
        assert_eq!(fields, ["params.seed", "params.deadline_seconds"]);
        assert!(checked_position(Some(100)).is_err() && checked_position(Some(99)).is_ok());
    }
}
