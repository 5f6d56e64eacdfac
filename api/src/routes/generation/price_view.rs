//! How the cost of a completed task came about.

use shared::{
    generation::tasks::{Task, TaskPrice, TaskStatus},
    ledger::Credits,
};

use crate::{extract::Amount, response::view};

/// The parts of a completed task's charge.
pub struct Charge {
    price: TaskPrice,
    held: Credits,
    charged: Credits,
}

/// `None` unless the task is completed.
pub fn charge(task: &Task) -> Option<Charge> {
    let price = task.price.clone().filter(|_| task.status == TaskStatus::Completed)?;
    Some(Charge { price, held: task.credits_held, charged: task.credits_cost? })
}

view! {
    /// How the cost of an image came about.
    pub struct PriceView as "TaskPrice" from it: Charge {
        /// Units that the provider counts for the image.
        units: Amount = it.price.units,
        /// Credits that the resource asked for one unit; absent if it was your own and cost only the fee.
        price_per_unit: Option<Amount> = it.price.price_per_unit,
        /// Credits that were set aside for the task.
        held: Amount,
        /// Credits that the image cost.
        charged: Amount,
        /// Credits that came back: what was held and not charged.
        returned: Amount = it.held.decimal() - it.charged.decimal(),
    }
}
