//! Models as admins see them.

use shared::pool::Model;

use crate::{
    extract::Amount,
    response::{Timestamp, view},
};

view! {
    /// A model, with everything an admin may set.
    pub(super) struct AdminModelView as "AdminModel" from model: Model {
        /// Unique id of the model: `provider/name`.
        id: String,
        /// The image service that runs the model.
        provider: String,
        /// The name that the provider itself uses for the model.
        wire_name: String,
        /// The name to show to people.
        display_name: String,
        /// How many of its units the provider counts for one image.
        units_per_image: Amount = model.units,
        /// The ratios of width to height that the model can make, such as `16:9`.
        aspect_ratios: Vec<String>,
        /// The file formats that the model can make: `png`, `jpeg` or `webp`.
        output_formats: Vec<String>,
        /// The names of the styles that the model knows.
        style_presets: Vec<String>,
        /// The longest prompt the model accepts, in characters.
        prompt_max_chars: i32 = model.prompt_chars_max,
        /// The languages of prompts that the model understands, such as `en`.
        prompt_languages: Vec<String>,
        /// Whether the model accepts a negative prompt.
        negative_prompt: bool,
        /// Whether the model accepts a seed.
        seed: bool,
        /// The longest a call with this model runs, in seconds: so long a call whose outcome is unknown
        /// occupies its resource.
        run_seconds_max: i32,
        /// Whether the model is offered. A disabled model makes no images.
        enabled: bool,
        /// Since when the provider does not know the model any more, as its keys report; absent if it does.
        /// Nobody can choose the model until an image of it arrives, an admin changes it, or a day has
        /// passed.
        gone_since: Option<Timestamp>,
        /// When the model was added.
        created_at: Timestamp,
    }
}
