//! Tasks of one lane have the same candidates, so free capacity is admitted per lane.

use uuid::Uuid;

/// The lane of a task: the model asked for, and the user where they host keys themselves (own keys serve
/// under other rules and at another cost).
pub fn lane(requested_model: &str, hosting_user: Option<Uuid>) -> String {
    match hosting_user {
        None => requested_model.to_owned(),
        Some(user) => format!("{requested_model}#{user}"),
    }
}
