//! The duties, one file each. An activation is bounded, may be repeated at any time, and may run at the
//! same time as another one in another process.

pub mod audit;
pub mod fail_overdue;
pub mod fail_struck;
pub mod forget_answers;
pub mod forget_boots;
pub mod forget_sign_ins;
pub mod forget_strikes;
pub mod gauges;
pub mod image_retention;
pub mod rescue;
pub mod ring;
pub mod roll_up;
pub mod sweep_credits;
pub mod vacate;
