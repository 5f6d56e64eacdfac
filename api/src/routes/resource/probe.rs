//! `POST /api/resource/{id}/sync` and `POST /api/resource/{id}/test`.

use poem::web::Data;
use poem_openapi::{OpenApi, param::Path};
use shared::{
    generation::tasks::ErrorClass,
    identity::throttle::KeyCheckKind,
    jobs::JobKind,
    pool::{
        resource::owner,
        vault::{SealContext, VaultError},
    },
};

use super::{ResourceView, connect::asker, read};
use crate::{
    auth::Caller,
    extract::{Amount, Id, Word},
    middleware::Client,
    problem::{Fail, Problem},
    response::{FromDomain, Reply, view},
    routes::Tag,
    state::App,
};

/// Asking the provider of a resource.
pub struct Probes;

view! {
    /// What the provider said about a key.
    struct TestView as "ResourceTest" {
        /// Whether the provider accepts the key.
        ok: bool,
        /// Units left at the provider; absent if it does not say.
        available_units: Option<Amount>,
        /// Why the check failed, for programs; absent if `ok` is `true`.
        error_class: Option<Word<ErrorClass>>,
        /// Why the check failed, for people; absent if `ok` is `true`.
        message: Option<String>,
    }
}

impl TestView {
    fn unopened() -> Self {
        Self {
            ok: false,
            available_units: None,
            error_class: Some(Word(ErrorClass::NotSent)),
            message: Some(
                "the stored key cannot be opened: delete it and connect it again".to_owned(),
            ),
        }
    }
}

#[OpenApi(prefix_path = "/api/resource", tag = "Tag::Resources")]
impl Probes {
    /// Request a new reading of the units left at the provider.
    ///
    /// It happens in the background; `last_sync_at` of the resource changes when it is done.
    #[oai(path = "/:id/sync", method = "post", operation_id = "sync_resource")]
    async fn sync(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        /// The id of the resource.
        id: Path<Id>,
    ) -> Result<Reply<ResourceView, 202>, Fail> {
        let Path(Id(id)) = id;
        let view = read(app, id, caller.user_id).await?;
        owner::request_sync(&mut *app.db.acquire().await?, id, caller.user_id).await?;
        app.bells.ring(JobKind::SyncQuotas);
        Ok(Reply::new(&view).location(format!("/api/resource/{id}")))
    }

    /// Check with the provider whether a key still works.
    ///
    /// The check costs nothing. A resource that was taken out of service because its provider refused the
    /// key comes back when the provider accepts it.
    #[oai(path = "/:id/test", method = "post", operation_id = "test_resource")]
    async fn test(
        &self,
        Data(app): Data<&App>,
        Data(client): Data<&Client>,
        caller: Caller,
        /// The id of the resource.
        id: Path<Id>,
    ) -> Result<Reply<TestView>, Fail> {
        let Path(Id(id)) = id;
        let mut conn = app.db.acquire().await?;
        let found = owner::find_sealed(&mut conn, id, caller.user_id).await?;
        // No connection is held while the provider is asked.
        drop(conn);
        let (provider, sealed) = found.ok_or_else(Problem::not_found)?;
        let context =
            SealContext { resource_id: id, owner_id: caller.user_id, provider: &provider };
        let key = match app.hosted_keys.keyring.open(&context, &sealed) {
            Ok(key) => key,
            Err(VaultError::NotAuthentic) => return Ok(Reply::new(&TestView::unopened())),
            Err(error) => return Err(Problem::internal(&error).into()),
        };
        let (kind, asker) = (KeyCheckKind::Test, asker(app, &caller, client));
        Ok(Reply::new(&match app.hosted_keys.ask(&provider, &key, kind, asker).await? {
            Ok(units) => {
                owner::confirm_key(&mut *app.db.acquire().await?, id, caller.user_id).await?;
                app.generation.market.read_soon();
                app.bells.ring(JobKind::SyncQuotas);
                TestView {
                    ok: true,
                    available_units: FromDomain::from_domain(units),
                    error_class: None,
                    message: None,
                }
            }
            Err(error) => TestView {
                ok: false,
                available_units: None,
                error_class: error.class.as_str().parse().ok().map(Word),
                message: Some(error.message),
            },
        }))
    }
}
