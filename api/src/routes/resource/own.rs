//! `GET`, `PUT` and `DELETE /api/resource/{id}`. They are one group because poem-openapi makes one entry
//! per path and group.

use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use serde::Deserialize;
use shared::pool::resource::owner::{self, Deleted, ResourceChange};
use uuid::Uuid;

use super::{OfferTerms, ResourceView, connect::check_limits, read};
use crate::{
    auth::Caller,
    extract::{Body, Id, Line, PositiveAmount},
    problem::{Code, Fail, Problem},
    response::{NoContent, Reply},
    routes::Tag,
    state::App,
};

/// Operations on one of the caller's resources.
pub struct OwnResource;

/// Changes to a resource. A field that is left out stays as it is.
#[derive(Debug, Object, Deserialize)]
#[oai(skip_serializing_if_is_none)]
struct ResourceUpdate {
    /// A name for the resource, seen only by you and by admins.
    name: Option<Line<1, 100>>,
    /// Credits you ask for one unit of the provider. Calls already started keep the old price.
    price_per_unit: Option<PositiveAmount>,
    /// The most units that may be used on a UTC day.
    daily_limit: Option<PositiveAmount>,
    /// The most units that may be used in a UTC month.
    monthly_limit: Option<PositiveAmount>,
    /// The most calls at the same time, from 1 to 1,000.
    #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
    concurrency_limit: Option<i32>,
    /// The most calls per minute, up to 1,000,000; 0 for the provider's own limit.
    #[oai(validator(minimum(value = "0"), maximum(value = "1000000")))]
    rpm_limit: Option<i32>,
}

#[OpenApi(prefix_path = "/api/resource", tag = "Tag::Resources")]
impl OwnResource {
    /// Get one of your resources.
    #[oai(path = "/:id", method = "get", operation_id = "get_resource")]
    async fn show(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        /// The id of the resource.
        id: Path<Id>,
    ) -> Result<Reply<ResourceView>, Fail> {
        let Path(Id(id)) = id;
        Ok(Reply::new(&read(app, id, caller.user_id).await?))
    }

    /// Change the name, the price or the limits of a resource.
    #[oai(path = "/:id", method = "put", operation_id = "update_resource")]
    async fn update(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        /// The id of the resource.
        id: Path<Id>,
        body: Body<ResourceUpdate>,
    ) -> Result<Reply<ResourceView>, Fail<422>> {
        let Path(Id(id)) = id;
        let change = body.value.into_change()?;
        check_terms(app, id, caller.user_id, &change).await?;
        let mut conn = app.db.acquire().await?;
        if !owner::change(&mut conn, id, caller.user_id, &change).await? {
            return Err(Problem::not_found().into());
        }
        drop(conn);
        app.generation.market.read_soon();
        Ok(Reply::new(&read(app, id, caller.user_id).await?))
    }

    /// Delete a resource and its key.
    ///
    /// While calls are under way the answer is 409: no new calls are started from then on. Delete the
    /// resource again when they have ended.
    #[oai(path = "/:id", method = "delete", operation_id = "delete_resource")]
    async fn delete(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        /// The id of the resource.
        id: Path<Id>,
    ) -> Result<NoContent, Fail<409>> {
        let Path(Id(id)) = id;
        let mut conn = app.db.acquire().await?;
        let deleted = owner::delete(&mut conn, id, caller.user_id).await?;
        app.generation.market.read_soon();
        match deleted {
            Deleted::Deleted => Ok(NoContent::Done),
            Deleted::InUse => Err(Problem::new(
                Code::ResourceInUse,
                "calls are under way; no new ones are started, so delete it again when they have ended",
            )
            .into()),
            Deleted::NotFound => Err(Problem::not_found().into()),
        }
    }
}

/// 422 for a price or a limit that the terms of the exchange do not allow.
async fn check_terms(
    app: &App,
    id: Uuid,
    owner_id: Uuid,
    change: &ResourceChange,
) -> Result<(), Problem> {
    let terms = OfferTerms {
        price_per_unit: change.price_per_unit,
        daily_limit: change.daily_limit,
        monthly_limit: change.monthly_limit,
    };
    if terms == OfferTerms::default() {
        return Ok(());
    }
    let prices = app.generation.market.fresh_prices().await?;
    let catalogue = prices.catalogue();
    let own = catalogue.resource(id).filter(|it| it.owner_id == owner_id);
    terms.check(catalogue, &own.ok_or_else(Problem::not_found)?.provider)
}

impl ResourceUpdate {
    fn into_change(self) -> Result<ResourceChange, Problem> {
        let errors = check_limits(self.concurrency_limit, self.rpm_limit, 0);
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        Ok(ResourceChange {
            name: self.name.map(Line::into_string),
            price_per_unit: self.price_per_unit.map(PositiveAmount::credits),
            daily_limit: self.daily_limit.map(|it| it.0),
            monthly_limit: self.monthly_limit.map(|it| it.0),
            concurrency_limit: self.concurrency_limit,
            rpm_limit: self.rpm_limit,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_left_out_stays_and_no_limit_per_minute_is_zero() {
        let update: ResourceUpdate = serde_json::from_value(json!({"rpm_limit": 0})).unwrap();

        let expected = ResourceChange { rpm_limit: Some(0), ..ResourceChange::default() };
        assert_eq!(update.into_change().unwrap(), expected);
    }

    #[test]
    fn limits_out_of_range_are_named() {
        let update: ResourceUpdate =
            serde_json::from_value(json!({"rpm_limit": -1, "concurrency_limit": 0})).unwrap();

        let errors = update.into_change().unwrap_err().into_errors();
        let fields: Vec<_> = errors.into_iter().map(|it| it.field).collect();
        assert_eq!(fields, ["concurrency_limit", "rpm_limit"]);
    }
}
