//! The free probe: `GET v1/models`.

use reqwest::{Response, StatusCode, header::AUTHORIZATION};
use secrecy::SecretString;

use super::{
    OpenAi,
    dialect::{DIALECT, may_not_list_models},
};
use crate::{CallError, http::bearer};

impl OpenAi {
    /// Whether the key is accepted. It costs nothing, and does not show the account's credit.
    pub(super) async fn check(&self, key: &SecretString) -> Result<(), CallError> {
        let request = self.http.get(&self.models).header(AUTHORIZATION, bearer(key)?);
        self.http.probe(request, |response| accepted(response, key)).await
    }
}

/// A restricted key may be allowed to make images and not to list models. It is refused here and good
/// all the same: the answer names a missing permission for known keys only.
async fn accepted(response: Response, key: &SecretString) -> Result<(), CallError> {
    if response.status() == StatusCode::OK {
        return Ok(());
    }
    let refusal = DIALECT.refusal_in(response).await;
    if refusal.api_error().is_some_and(may_not_list_models) {
        return Ok(());
    }
    Err(DIALECT.judge(&refusal, key))
}
