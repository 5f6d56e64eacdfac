//! One stranded attempt: is its image kept?

use std::time::Duration;

use shared::failpoint;
use shared::generation::end::{self, AttemptEnd, EndOutcome, EndState, KeyEffect, NextStep};
use shared::generation::rescue::Stranded;
use shared::generation::settle::{self, KeptDelivery, SettleOutcome};
use shared::generation::tasks::{ErrorClass, TaskStatus};
use shared::images::{ImageStoreError, KeptImage};

use super::Rescued;
use crate::{Deps, DutyError};

/// Settles its image if one is kept, ends it as unknown if none is. A store that does not say is asked
/// again next time: what it does not say is not that there is none.
pub(super) async fn rescue(deps: &Deps, stranded: Stranded) -> Result<Rescued, DutyError> {
    match find(deps, stranded).await {
        Ok(Some(image)) => settle_kept(deps, stranded, image).await,
        Ok(None) => end_unknown(deps, stranded).await,
        // It will not get better by itself, and it may be a paid image: for an admin to decide.
        Err(error @ ImageStoreError::Damaged { .. }) => {
            park_or_end(deps, stranded, &error.to_string()).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The image an attempt kept; `None` only if the store says that there is none.
pub(super) async fn find(
    deps: &Deps,
    stranded: Stranded,
) -> Result<Option<KeptImage>, ImageStoreError> {
    let answer = deps.images.find_kept(stranded.task, stranded.attempt).await;
    deps.note_store(&answer);
    answer
}

/// Settles; parks a settlement that fails for a lasting reason. Any other failure is left for the next
/// time.
pub(super) async fn settle_kept(
    deps: &Deps,
    stranded: Stranded,
    image: KeptImage,
) -> Result<Rescued, DutyError> {
    failpoint::hit("scheduler.before-settle");
    let delivery = KeptDelivery { attempt: stranded.attempt, image };
    let settled = match settle::settle_batch(&deps.db, &[delivery], &deps.settings.budgets).await {
        Ok(settled) => settled,
        Err(error) if is_lasting(&error) => {
            return park_or_end(deps, stranded, &error.to_string()).await;
        }
        Err(error) => return Err(error.into()),
    };
    failpoint::hit("scheduler.after-settle");
    Ok(match settled.first().map(|it| it.outcome) {
        Some(SettleOutcome::Settled) => {
            deps.endings.announce(&[stranded.task]);
            Rescued::Settled
        }
        Some(SettleOutcome::Surplus) => Rescued::Surplus,
        // Each attempt is settled once here, so nothing of ours is repeated.
        Some(SettleOutcome::Repeated | SettleOutcome::Already | SettleOutcome::Gone) | None => {
            Rescued::Already
        }
    })
}

/// Parks the settlement with its image. Where there is nothing to park (the task ended by another
/// attempt, so that this one would have been surplus) the attempt ends without pay, and loudly: else
/// it would come back for ever.
async fn park_or_end(deps: &Deps, stranded: Stranded, why: &str) -> Result<Rescued, DutyError> {
    let Stranded { attempt, task, .. } = stranded;
    if settle::park(&deps.db, attempt, why).await? {
        tracing::error!(%task, %attempt, why, "a settlement is parked with its image");
        metrics::counter!("aetherflow_settlements_parked_total").increment(1);
        return Ok(Rescued::Parked);
    }
    tracing::error!(%task, %attempt, why, "a surplus image cannot be settled; its owner is not paid");
    end_unknown(deps, stranded).await
}

/// The provider may have billed it: its units stay counted, the owner sees it, and the task gets
/// another key.
async fn end_unknown(deps: &Deps, stranded: Stranded) -> Result<Rescued, DutyError> {
    let end = AttemptEnd {
        state: EndState::Unknown,
        class: ErrorClass::Crashed,
        message: "the worker was lost during the call".to_owned(),
        billed: false,
        next: NextStep::Retry { delay: Duration::ZERO, exclude: true },
        effect: KeyEffect::None,
    };
    let settings = &deps.settings;
    let ended = end::end_attempt(
        &deps.db,
        stranded.attempt,
        &end,
        settings.attempts_max,
        &settings.budgets,
    )
    .await?;
    // Two schedulers end it in the same words.
    if ended.outcome != EndOutcome::Ended {
        return Ok(Rescued::Already);
    }
    tracing::warn!(task = %stranded.task, attempt = %stranded.attempt, "an attempt was lost; whether it was billed is unknown");
    if matches!(ended.task_status, TaskStatus::Failed | TaskStatus::Canceled) {
        deps.endings.announce(&[stranded.task]);
    }
    Ok(Rescued::Unknown)
}

/// Whether the data of this one settlement is at fault, so that it fails every time: a value out of
/// range, a constraint, an exception the functions raise. Anything else (the database away, a deadlock,
/// a schema half migrated) says nothing about this settlement.
fn is_lasting(error: &sqlx::Error) -> bool {
    const CLASSES: [&str; 3] = ["22", "23", "P0"];
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| CLASSES.iter().any(|class| code.starts_with(class)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_away_is_no_reason_to_park() {
        for error in [sqlx::Error::PoolTimedOut, sqlx::Error::PoolClosed, sqlx::Error::RowNotFound]
        {
            assert!(!is_lasting(&error));
        }
    }
}
