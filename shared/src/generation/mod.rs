//! The life of a task: submitted with a hold, claimed, called, settled or ended. State changes are SQL
//! functions (`migrations/functions/3*.sql`); here are their calls and what decides before them.

pub mod boot;
pub mod claim;
mod compensation;
pub mod end;
pub mod endings;
mod image_spec;
pub mod lane;
mod models_for;
pub mod presets;
pub mod quote;
pub mod rescue;
pub mod retention;
mod route;
pub mod settle;
pub mod strikes;
pub mod submit;
pub mod tasks;
pub mod work;

pub use compensation::{CompensationBudgets, CompensationKind, UnpaidReason};
pub use image_spec::{AUTO, ImageSpec};
pub use models_for::{ModelRefusal, models_for};
pub use route::Route;
