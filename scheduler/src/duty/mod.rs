//! The duties, one file each. An activation is bounded, may be repeated at any time, and may run
//! beside another one of itself in another process.

pub mod audit;
pub mod expire_credits;
pub mod fail_overdue;
pub mod forget_answers;
pub mod forget_sign_ins;
pub mod gauges;
pub mod image_retention;
pub mod rescue;
pub mod roll_up;
pub mod sync_quotas;
pub mod vacate;
