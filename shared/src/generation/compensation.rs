//! What the platform pays owners for output that no consumer is charged for.

use rust_decimal::Decimal;

use crate::ledger::Credits;

crate::vocabulary! {
    /// What an owner is compensated for.
    pub enum CompensationKind {
        /// An image that came after its task had ended.
        Surplus = "surplus",
        /// Output that the provider billed and withheld.
        Compensate = "compensate",
        /// An image that was kept and could not be settled.
        Parked = "parked",
    }
}

crate::vocabulary! {
    /// Why less was paid than was due.
    pub enum UnpaidReason {
        /// What is paid for one consumer's tasks in a day was used up.
        ConsumerBudget = "consumer_budget",
        /// What is paid to one owner in a day was used up.
        OwnerBudget = "owner_budget",
        /// What is paid to all owners together in a day was used up.
        TotalBudget = "total_budget",
        /// Nothing would have been left after the platform's commission.
        Commission = "commission",
        /// An admin ended a parked settlement without paying.
        Released = "released",
    }
}

/// What is paid in one UTC day at the most, in credits before commission. Settlements that an admin has paid are not
/// counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompensationBudgets {
    /// To one owner.
    pub owner: Credits,
    /// For the tasks of one consumer.
    pub consumer: Credits,
    /// To all owners together.
    pub total: Credits,
}

impl CompensationBudgets {
    /// As `generation.compensate` takes them.
    pub(super) fn as_list(&self) -> [Decimal; 3] {
        [self.owner, self.consumer, self.total].map(Credits::decimal)
    }
}
