//! The closed vocabularies of admin routes on the wire.

use poem_openapi::Enum;
use serde::Deserialize;
use shared::{
    generation::{boot::BootState, work::WorkState},
    jobs::JobKind,
    ledger::statement::JournalKind,
    pool::{Policy, resource::admin::AdminStatus},
};

use crate::routes::mirrored;

mirrored! {
    /// What a row of the journal is.
    MovementKind of JournalKind {
        /// A grant was issued.
        Issue = "issue",
        /// A hold was charged.
        Settle = "settle",
        /// Part of a charge was given back.
        Refund = "refund",
        /// What was left of a grant expired.
        Expire = "expire",
        /// Credits came back from a hold after their grant had expired.
        ExpireReturned = "expire_returned",
        /// What was left of a grant was taken back.
        Revoke = "revoke",
        /// Credits came back from a hold after their grant had been taken back.
        RevokeReturned = "revoke_returned",
        /// The platform paid for an image nobody is charged for.
        Surplus = "surplus",
        /// The platform paid for output the provider billed and withheld.
        Compensate = "compensate",
        /// Earnings moved into the owner's wallet.
        Transfer = "transfer",
    }
}

mirrored! {
    /// The kinds of job, by the names of their queues.
    JobKindName of JobKind {
        /// Makes images.
        GenerateImage = "generate-image",
        /// Reads how many units keys have left.
        SyncQuotas = "sync-quotas",
        /// Sweeps credits that expired.
        ExpireCredits = "expire-credits",
    }
}

mirrored! {
    /// How far a job is.
    JobState of WorkState {
        /// For a free key, or for its next try.
        Waiting = "waiting",
        /// An attempt is out.
        Running = "running",
        /// Its image is kept but could not be settled; somebody must look.
        Parked = "parked",
    }
}

mirrored! {
    /// Whether a worker process still works.
    WorkerState of BootState {
        /// Nobody ended it. One that is silent for a lease is about to be.
        Alive = "alive",
        /// It said good-bye, or was declared dead.
        Ended = "ended",
    }
}

mirrored! {
    /// Whose tasks a provider's keys may serve.
    PolicyName of Policy {
        /// Nobody's.
        Denied = "denied",
        /// Their owner's.
        OwnUseOnly = "own_use_only",
        /// Everyone's.
        ThirdPartyAllowed = "third_party_allowed",
    }
}

mirrored! {
    /// What an admin may set a hosted key to.
    AdminResourceStatus of AdminStatus {
        /// Serves tasks.
        Active = "active",
        /// Starts no new calls; only an admin can lift it.
        Disabled = "disabled",
    }
}
