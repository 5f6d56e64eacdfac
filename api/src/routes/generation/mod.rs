//! `/api/generate`; and jobs and workers, for admins.

mod admin_tasks;
mod bulk;
mod estimate;
mod history;
mod image;
mod image_answer;
mod job_list;
mod job_story;
mod job_view;
mod jobs;
mod presets;
mod price_view;
mod range;
mod submit;
mod task;
mod task_view;
mod text_to_image;
mod waiting_view;
mod wanted_image;
mod workers;

pub use admin_tasks::AdminTasks;
pub use bulk::AdminJobBulk;
pub use estimate::Estimates;
pub use history::History;
pub use image::Images;
pub use job_story::AdminJob;
pub use jobs::AdminJobs;
pub use presets::Presets;
pub use submit::TaskSubmission;
pub use task::Tasks;
pub use task_view::TaskView;
pub use workers::AdminWorkers;

/// Every operation of the group.
pub type Routes = (
    Estimates,
    TaskSubmission,
    Tasks,
    Images,
    History,
    Presets,
    AdminJobs,
    AdminJob,
    AdminJobBulk,
    AdminTasks,
    AdminWorkers,
);

/// One instance of each.
pub const fn all() -> Routes {
    (
        Estimates,
        TaskSubmission,
        Tasks,
        Images,
        History,
        Presets,
        AdminJobs,
        AdminJob,
        AdminJobBulk,
        AdminTasks,
        AdminWorkers,
    )
}
