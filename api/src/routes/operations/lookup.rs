//! What an id names.

use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Deserialize;
use shared::overview::lookup::{self, Hit, LookupKind};

use crate::{
    auth::Admin,
    extract::{Parameters, Text, Word},
    problem::Fail,
    response::{Page, Paging, Reply, view},
    routes::Tag,
    state::App,
};

/// Finding what an id names.
pub struct AdminLookup;

/// What to look for.
#[derive(Debug, Object, Deserialize)]
struct LookupQuery {
    /// Any id, the number of a transaction, a whole e-mail address, or the name of a model or provider.
    q: Text<1, 254>,
}

view! {
    /// Something that was found.
    struct HitView as "LookupHit" from hit: Hit {
        /// What kind of thing it is.
        kind: Word<LookupKind>,
        /// Its id, as responses have it.
        id: String = hit.id.clone(),
        /// A few words that tell it from others.
        label: String = hit.label.clone(),
        /// The path of the operation that shows it, or what it belongs to.
        path: String = path(&hit),
    }
}

fn path(hit: &Hit) -> String {
    let of = &hit.shown_by;
    match hit.kind {
        LookupKind::User => format!("/api/admin/users/{of}"),
        LookupKind::Task | LookupKind::Attempt => format!("/api/admin/jobs/{of}"),
        LookupKind::Resource => format!("/api/admin/resources?id={of}"),
        LookupKind::Grant | LookupKind::Hold => {
            format!("/api/admin/transactions?reference={}", hit.id)
        }
        LookupKind::Transaction => format!("/api/admin/transactions?reference={of}"),
        LookupKind::Worker => format!("/api/admin/workers?id={of}"),
        LookupKind::Model => format!("/api/admin/models/{of}"),
        LookupKind::Provider => format!("/api/admin/provider-policies/{of}"),
    }
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminLookup {
    /// Find out what an id names, and where it is shown.
    #[oai(path = "/lookup", method = "get", operation_id = "admin_list_hits")]
    async fn find(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(query): Parameters<LookupQuery>,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<HitView>>, Fail> {
        let hits = lookup::lookup(&mut *app.admin_db.acquire().await?, &query.q).await?;
        Ok(Reply::new(&Page::of_all(hits, &paging, |it: &Hit| &it.id)?))
    }
}
