//! An attempt that ended as unknown: its image may have been kept since, by a worker that lives on without
//! the database, or by a write that was thought to have failed.

use shared::generation::rescue::{self, Stranded};
use shared::images::ImageStoreError;

use super::{Rescued, attempt};
use crate::{Deps, DutyError};

/// Settles its image if there is one now: the consumer has it if their hold is open still, else it is
/// surplus. If there is none, or it cannot be settled, it is looked at later, a bounded number of times.
/// A store or a database that does not answer is asked again: that is not a look.
pub(super) async fn look(deps: &Deps, stranded: Stranded) -> Result<Rescued, DutyError> {
    let rescued = match attempt::find(deps, stranded).await {
        Ok(Some(image)) => attempt::settle_kept(deps, stranded, image).await?,
        Ok(None) => Rescued::NotYet,
        Err(error @ ImageStoreError::Damaged { .. }) => {
            tracing::error!(task = %stranded.task, attempt = %stranded.attempt, %error, "a late image is damaged");
            Rescued::NotYet
        }
        Err(error) => return Err(error.into()),
    };
    if !matches!(rescued, Rescued::Settled | Rescued::Surplus) {
        rescue::look_later(&deps.db, stranded.attempt, deps.settings.lease).await?;
    }
    Ok(rescued)
}
