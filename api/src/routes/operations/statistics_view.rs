//! The exchange in numbers, on the wire.

use poem_openapi::{Object, types::Example};
use rust_decimal::Decimal;
use shared::overview::{CreditSums, Outstanding, Overview, ResourceCounts, TaskCounts, UserCounts};

use crate::{extract::Amount, response::Timestamp, routes::wallet::example_instant};

/// The exchange in numbers.
#[derive(Debug, Object)]
#[oai(rename = "Overview", example)]
pub(super) struct OverviewView {
    /// At or after.
    from: Timestamp,
    /// Before.
    to: Timestamp,
    /// Users.
    users: UserCountsView,
    /// Tasks submitted in the span, by what became of them so far.
    tasks: TaskCountsView,
    /// Hosted keys, now.
    resources: ResourceCountsView,
    /// Credits moved in the span.
    credits: CreditSumsView,
    /// Credits in wallets, now.
    outstanding: OutstandingView,
}

macro_rules! view {
    ($(#[$doc:meta])* $name:ident ($shown:literal) of $domain:ident: $value:ty { $($(#[$field_doc:meta])* $field:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Object)]
        #[oai(rename = $shown)]
        struct $name { $($(#[$field_doc])* $field: $value),+ }

        impl From<$domain> for $name {
            fn from(of: $domain) -> Self {
                Self { $($field: of.$field.into()),+ }
            }
        }
    };
}

view! {
    /// Users.
    UserCountsView ("UserCounts") of UserCounts: i64 {
        /// Everyone there is.
        total,
        /// Of them, suspended.
        suspended,
        /// Registered in the span.
        registered,
        /// Submitted a task in the span.
        active,
    }
}

view! {
    /// Tasks, by status.
    TaskCountsView ("TaskCounts") of TaskCounts: i64 {
        /// All of them.
        submitted,
        /// Waiting.
        pending,
        /// With an attempt out, or parked.
        processing,
        /// With an image.
        completed,
        /// Without one, at no cost.
        failed,
        /// By their consumer.
        canceled,
        /// Completed and given back.
        refunded,
    }
}

view! {
    /// Hosted keys, by status.
    ResourceCountsView ("ResourceCounts") of ResourceCounts: i64 {
        /// Serving.
        active,
        /// By their owners.
        paused,
        /// By an admin.
        disabled,
        /// Refused by their provider.
        error,
    }
}

view! {
    /// Sums of the journal.
    CreditSumsView ("CreditSums") of CreditSums: Amount {
        /// Bought with money.
        purchased,
        /// Subscription periods.
        subscribed,
        /// By admins.
        added,
        /// Promotions and welcomes.
        promoted,
        /// Charged to consumers.
        spent,
        /// Given back to consumers.
        refunded,
        /// Expired unused.
        expired,
        /// Taken back.
        revoked,
        /// By owners; less what refunds took back.
        earned,
        /// By the platform; less what refunds took back.
        commission,
        /// Paid by the platform for surplus images and withheld output.
        absorbed,
    }
}

view! {
    /// What is in wallets.
    OutstandingView ("OutstandingCredits") of Outstanding: Amount {
        /// Free to spend.
        available,
        /// Set aside.
        held,
    }
}

impl From<Overview> for OverviewView {
    fn from(overview: Overview) -> Self {
        Self {
            from: overview.span.from.into(),
            to: overview.span.to.into(),
            users: overview.users.into(),
            tasks: overview.tasks.into(),
            resources: overview.resources.into(),
            credits: overview.credits.into(),
            outstanding: overview.outstanding.into(),
        }
    }
}

impl Example for OverviewView {
    fn example() -> Self {
        let nothing = Amount(Decimal::ZERO);
        Self {
            from: example_instant(0),
            to: example_instant(30),
            users: UserCountsView { total: 120, suspended: 1, registered: 14, active: 63 },
            tasks: TaskCountsView {
                submitted: 1_000,
                pending: 3,
                processing: 5,
                completed: 970,
                failed: 15,
                canceled: 5,
                refunded: 2,
            },
            resources: ResourceCountsView { active: 9, paused: 2, disabled: 0, error: 1 },
            credits: CreditSumsView {
                purchased: Amount(Decimal::from(5_000)),
                subscribed: nothing,
                added: Amount(Decimal::from(100)),
                promoted: Amount(Decimal::from(1_400)),
                spent: Amount(Decimal::from(4_365)),
                refunded: Amount(Decimal::from(9)),
                expired: nothing,
                revoked: nothing,
                earned: Amount(Decimal::new(39_204, 1)),
                commission: Amount(Decimal::new(4_356, 1)),
                absorbed: nothing,
            },
            outstanding: OutstandingView {
                available: Amount(Decimal::from(2_108)),
                held: Amount(Decimal::from(36)),
            },
        }
    }
}
