//! The exchange in numbers, as admins see it.

use shared::overview::{CreditSums, Outstanding, Overview, ResourceCounts, TaskCounts, UserCounts};

use crate::{
    extract::Amount,
    response::{Timestamp, view},
};

view! {
    /// The exchange in numbers.
    pub(super) struct OverviewView as "Overview" from overview: Overview {
        /// Where the span begins; this time is part of it.
        from: Timestamp = overview.span.from,
        /// Where the span ends; this time is not part of it.
        to: Timestamp = overview.span.to,
        /// How many users there are.
        users: UserCountsView,
        /// How many tasks were submitted in the span, by their present status.
        tasks: TaskCountsView,
        /// How many hosted keys there are now, by status.
        resources: ResourceCountsView,
        /// The ids of models that their providers do not know any more, as their keys report: nobody can
        /// choose them. Correct or delete them.
        models_gone: Vec<String>,
        /// Credits moved in the span.
        credits: CreditSumsView,
        /// Credits in all wallets now.
        outstanding: OutstandingView,
    }
}

view! {
    /// How many users there are.
    struct UserCountsView as "UserCounts" from counts: UserCounts {
        /// All users, also suspended ones.
        total: i64,
        /// Users who are suspended now.
        suspended: i64,
        /// Users who registered in the span.
        registered: i64,
        /// Users who submitted a task in the span.
        active: i64,
    }
}

view! {
    /// How many tasks were submitted, by their present status.
    struct TaskCountsView as "TaskCounts" from counts: TaskCounts {
        /// All tasks submitted in the span.
        submitted: i64,
        /// Tasks that wait for a resource.
        pending: i64,
        /// Tasks with an attempt under way, or a settlement that is parked.
        processing: i64,
        /// Tasks that have an image.
        completed: i64,
        /// Tasks that ended without an image; they cost nothing.
        failed: i64,
        /// Tasks that their consumers canceled.
        canceled: i64,
        /// Tasks that were completed and then refunded.
        refunded: i64,
    }
}

view! {
    /// How many hosted keys there are, by status.
    struct ResourceCountsView as "ResourceCounts" from counts: ResourceCounts {
        /// Keys that serve tasks.
        active: i64,
        /// Keys paused by their owners.
        paused: i64,
        /// Keys disabled by an admin.
        disabled: i64,
        /// Keys that their provider refuses.
        error: i64,
    }
}

view! {
    /// Credits moved, added up from the journal.
    struct CreditSumsView as "CreditSums" from sums: CreditSums {
        /// Credits bought with money.
        purchased: Amount,
        /// Credits granted by subscriptions.
        subscribed: Amount,
        /// Credits added by admins.
        added: Amount,
        /// Credits granted by promotions and to new users.
        promoted: Amount,
        /// Credits charged to consumers.
        spent: Amount,
        /// Credits given back to consumers.
        refunded: Amount,
        /// Credits that expired unspent.
        expired: Amount,
        /// Credits that admins revoked.
        revoked: Amount,
        /// Credits earned by owners, less what refunds took back.
        earned: Amount,
        /// Credits kept by the platform as commission, less what refunds took back.
        commission: Amount,
        /// Credits the platform paid to owners for images that no consumer paid for.
        absorbed: Amount,
        /// Credits, before commission, that were due for such images and went unpaid.
        unpaid: Amount,
    }
}

view! {
    /// Credits in all wallets.
    struct OutstandingView as "OutstandingCredits" from outstanding: Outstanding {
        /// Credits that can be spent.
        available: Amount,
        /// Credits set aside for tasks that have not ended.
        held: Amount,
    }
}
