//! One exchange with a provider: a paid call, or the free probe.

use std::time::Duration;

use reqwest::{Request, RequestBuilder, Response};
use tokio::time::timeout;

use super::{HttpClient, SentMark};
use crate::{Billed, CallError, ErrorClass, Image};

/// A probe that takes longer proves nothing.
const PROBE_TIME_MAX: Duration = Duration::from_secs(15);

impl HttpClient {
    /// Sends a request that may cost money, once, and reads its answer; both within `time_max`.
    pub(crate) async fn buy<F>(
        &self,
        request: RequestBuilder,
        time_max: Duration,
        read: impl FnOnce(Response) -> F,
    ) -> Result<Image, CallError>
    where
        F: Future<Output = Result<Image, CallError>>,
    {
        let mut request = built(request)?;
        let sent = SentMark::put_on(&mut request);
        let exchange = async {
            let response = self.client.execute(request).await.map_err(|_| broken(&sent))?;
            read(response).await
        };
        timeout(time_max, exchange).await.unwrap_or_else(|_| Err(late(&sent)))
    }

    /// Sends a request that costs nothing and reads its answer. It buys nothing, has no prompt and
    /// no model: an error that is not about the key is a failure of the provider.
    pub(crate) async fn probe<T, F>(
        &self,
        request: RequestBuilder,
        read: impl FnOnce(Response) -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let request = built(request)?;
        let exchange = async {
            let response = self.client.execute(request).await.map_err(|error| {
                if error.is_connect() || error.is_builder() {
                    CallError::not_sent(UNREACHABLE)
                } else {
                    CallError::transient(BROKEN)
                }
            })?;
            read(response).await.map_err(about_the_key)
        };
        timeout(PROBE_TIME_MAX, exchange).await.unwrap_or_else(|_| {
            let message = "the provider did not answer in time";
            Err(CallError::new(ErrorClass::Timeout, Billed::No, message))
        })
    }
}

const UNREACHABLE: &str = "the provider could not be reached";
const BROKEN: &str = "the connection to the provider broke before it answered";

fn built(request: RequestBuilder) -> Result<Request, CallError> {
    request.build().map_err(|_| CallError::not_sent("the request could not be written"))
}

/// The connection failed: before anything was sent, or after.
fn broken(sent: &SentMark) -> CallError {
    if sent.is_set() { CallError::unknown(BROKEN) } else { CallError::not_sent(UNREACHABLE) }
}

/// Time ran out: before anything was sent, or after.
fn late(sent: &SentMark) -> CallError {
    if sent.is_set() {
        let message = "the provider did not deliver an image in time";
        CallError::new(ErrorClass::Timeout, Billed::Unknown, message)
    } else {
        CallError::not_sent("the provider could not be reached in time")
    }
}

fn about_the_key(error: CallError) -> CallError {
    match error.class {
        ErrorClass::KeyInvalid
        | ErrorClass::KeyNoCredit
        | ErrorClass::KeyForbidden
        | ErrorClass::RateLimited
        | ErrorClass::ProviderTransient => error,
        _ => CallError::transient("the provider did not answer the question about the key"),
    }
}
