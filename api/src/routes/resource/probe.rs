//! `POST /api/resource/{id}/sync` and `POST /api/resource/{id}/test`.

use crate::extract::Word;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path, types::Example};
use rust_decimal::Decimal;
use shared::generation::tasks::ErrorClass;
use shared::{
    jobs::JobKind,
    pool::{resource::owner, vault::SealContext},
};

use super::{ResourceView, read};
use crate::{
    auth::Caller,
    extract::{Amount, Id},
    problem::{Fail, Problem},
    response::Reply,
    routes::Tag,
    state::App,
};

/// Asking the provider.
pub struct Probes;

/// What the provider said.
#[derive(Debug, Clone, Object)]
#[oai(rename = "ResourceTest", example, skip_serializing_if_is_none)]
struct TestView {
    /// Whether the provider accepts the key.
    ok: bool,
    /// Units left, where the provider tells.
    available_units: Option<Amount>,
    /// Why it is not ok.
    error_class: Option<Word<ErrorClass>>,
    /// For people.
    message: Option<String>,
}

#[OpenApi(prefix_path = "/api/resource", tag = "Tag::Resources")]
impl Probes {
    /// Have the units left read soon. A worker does it; `last_sync_at` tells when it has.
    #[oai(path = "/:id/sync", method = "post", operation_id = "resource_sync")]
    async fn sync(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        id: Path<Id>,
    ) -> Result<Reply<ResourceView, 202>, Fail> {
        let Path(Id(id)) = id;
        let view = read(app, id, caller.user_id).await?;
        owner::request_sync(&mut *app.db.acquire().await?, id).await?;
        app.bells.ring(JobKind::SyncQuotas);
        Ok(Reply::new(&view))
    }

    /// Ask the provider now whether the key is good. Costs nothing and changes nothing.
    #[oai(path = "/:id/test", method = "post", operation_id = "resource_test")]
    async fn test(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        id: Path<Id>,
    ) -> Result<Reply<TestView>, Fail> {
        let Path(Id(id)) = id;
        let mut conn = app.db.acquire().await?;
        let found = owner::find_sealed(&mut conn, id, caller.user_id).await?;
        // Nothing of the database is held while the provider is asked.
        drop(conn);
        let (provider, sealed) = found.ok_or_else(Problem::not_found)?;
        let context =
            SealContext { resource_id: id, owner_id: caller.user_id, provider: &provider };
        let opened = app.custody.keyring.open(&context, &sealed);
        let key = opened.map_err(|error| Problem::internal(&error))?;
        Ok(Reply::new(&match app.custody.ask(&provider, &key).await? {
            Ok(units) => TestView {
                ok: true,
                available_units: units.map(Into::into),
                error_class: None,
                message: None,
            },
            Err(error) => TestView {
                ok: false,
                available_units: None,
                error_class: error.class.as_str().parse().ok().map(Word),
                message: Some(error.message),
            },
        }))
    }
}

impl Example for TestView {
    fn example() -> Self {
        Self {
            ok: true,
            available_units: Some(Amount(Decimal::new(84_125, 1))),
            error_class: None,
            message: None,
        }
    }
}
