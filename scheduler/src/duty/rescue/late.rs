//! An attempt that ended as unknown: its image may have been kept since, by a worker that lives on without
//! the database, or by a write that was thought to have failed.

use shared::generation::rescue::{self, Stranded};

use super::{Rescued, attempt};
use crate::{Deps, DutyError};

/// Settles its image if there is one now: the consumer has it if their hold is open still, else it is
/// surplus. If there is none, or it cannot be settled, it is looked at later, a bounded number of times.
pub(super) async fn look(deps: &Deps, stranded: Stranded) -> Result<Rescued, DutyError> {
    let rescued = match attempt::find(deps, stranded).await {
        Ok(Some(image)) => attempt::settle_kept(deps, stranded, image).await,
        Ok(None) => Ok(Rescued::NotYet),
        Err(error) => Err(error.into()),
    };
    if !matches!(rescued, Ok(Rescued::Settled | Rescued::Surplus)) {
        rescue::look_later(&deps.db, stranded.attempt, deps.settings.lease).await?;
    }
    rescued
}
