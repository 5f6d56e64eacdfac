//! What the servers are set to.

use operations::settings::EffectiveSetting;
use poem::web::Data;
use poem_openapi::OpenApi;

use crate::{
    auth::Admin,
    extract::Parameters,
    problem::Fail,
    response::{Page, Paging, Reply, view},
    routes::Tag,
    state::App,
};

/// The settings.
pub struct AdminSettings;

view! {
    /// A setting, which is an environment variable of the servers.
    struct SettingView as "Setting" from it: EffectiveSetting {
        /// The name of the variable.
        name: String = it.setting.name.to_owned(),
        /// What holds for this server, or `set` for a secret; absent if nothing does, or other programs read it.
        value: Option<String> = it.value.clone(),
        /// What would hold without the variable; absent if nothing would.
        default: Option<String> = it.default.map(str::to_owned),
        /// What the setting means, in a sentence.
        meaning: String = it.setting.meaning.to_owned(),
        /// The programs that read it.
        programs: Vec<String> = programs(&it),
    }
}

fn programs(it: &EffectiveSetting) -> Vec<String> {
    it.setting.programs.iter().map(|it| it.name().to_owned()).collect()
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminSettings {
    /// List what this server is set to.
    ///
    /// Settings come from the environment and hold until the server starts again. Secrets are never shown. What workers
    /// and schedulers are set to, only they know; of theirs, the defaults are shown.
    #[expect(clippy::unused_async, reason = "operations are asynchronous")]
    #[oai(path = "/settings", method = "get", operation_id = "admin_list_settings")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<SettingView>>, Fail> {
        let settings = app.config.effective.clone();
        Ok(Reply::new(&Page::of_all(settings, &paging, |it: &EffectiveSetting| it.setting.name)?))
    }
}
