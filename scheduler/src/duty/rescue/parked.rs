//! A parked settlement that an admin asked to try again: it is settled, or parked anew with the present
//! reason. The image is never bought again.

use shared::generation::rescue::Stranded;
use shared::generation::settle;

use super::{Rescued, attempt};
use crate::{Deps, DutyError};

/// Settles the first image any of the task's attempts kept.
pub(super) async fn retry(deps: &Deps, attempts: Vec<Stranded>) -> Result<Rescued, DutyError> {
    let mut why = "the store holds no image of it".to_owned();
    for stranded in &attempts {
        match attempt::find(deps, *stranded).await {
            Ok(Some(image)) => return attempt::settle_kept(deps, *stranded, image).await,
            Ok(None) => {}
            Err(error @ shared::images::ImageStoreError::Damaged { .. }) => why = error.to_string(),
            Err(error) => return Err(error.into()),
        }
    }
    let Some(Stranded { attempt, task, .. }) = attempts.last().copied() else {
        return Ok(Rescued::Already);
    };
    tracing::error!(%task, %attempt, why, "a parked settlement stays parked");
    settle::park(&deps.db, attempt, &why).await?;
    Ok(Rescued::Parked)
}
