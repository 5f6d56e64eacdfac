//! `/api/generate`.

mod estimate;
mod history;
mod image;
mod model_list;
mod refusal;
mod submit;
mod task;
mod task_view;
mod text_to_image;
mod words;

pub use estimate::Estimates;
pub use history::History;
pub use image::Images;
pub use model_list::ModelList;
pub use submit::TaskSubmission;
pub use task::Tasks;
pub use task_view::TaskView;
pub use words::{AttemptState, ErrorClassName, TaskStatusName};

/// Every operation of the group.
pub type Routes = (ModelList, Estimates, TaskSubmission, Tasks, Images, History);

/// One of each.
pub const fn all() -> Routes {
    (ModelList, Estimates, TaskSubmission, Tasks, Images, History)
}
