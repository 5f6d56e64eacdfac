//! The free probe: `GET v1/user/balance`.

use std::{str::FromStr, time::Duration};

use reqwest::{Response, StatusCode, header::AUTHORIZATION};
use rust_decimal::Decimal;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Number;
use tokio::time::timeout;

use super::{Stability, authorization, classify::classify, refusal::Refusal};
use crate::{Billed, CallError, ErrorClass, http::read_text};

/// A probe that takes longer proves nothing.
const TIME_MAX: Duration = Duration::from_secs(15);

impl Stability {
    /// Stability credits left on the account of the key's default organization.
    pub(super) async fn credits_left(&self, key: &SecretString) -> Result<Decimal, CallError> {
        let request = self
            .http
            .get(&self.balance)
            .header(AUTHORIZATION, authorization(key)?)
            .build()
            .map_err(|_| CallError::not_sent("the request could not be written"))?;

        let exchange = async {
            let response = self.http.send_free(request).await?;
            if response.status() == StatusCode::OK {
                return credits_in(response).await;
            }
            Err(about_the_key(classify(&Refusal::read(response).await, key)))
        };
        timeout(TIME_MAX, exchange).await.unwrap_or_else(|_| {
            let message = "the provider did not answer in time";
            Err(CallError::new(ErrorClass::Timeout, Billed::No, message))
        })
    }
}

async fn credits_in(response: Response) -> Result<Decimal, CallError> {
    #[derive(Deserialize)]
    struct Balance {
        credits: Number,
    }

    let body = read_text(response).await.unwrap_or_default();
    serde_json::from_slice::<Balance>(&body)
        .ok()
        .and_then(|it| decimal(&it.credits))
        .ok_or_else(|| transient("the provider did not tell the units left"))
}

/// A double such as `0.41122252265928866`, `25` or `1e-7`, digit for digit.
fn decimal(number: &Number) -> Option<Decimal> {
    let text = number.to_string();
    Decimal::from_str(&text).or_else(|_| Decimal::from_scientific(&text)).ok()
}

/// Reading a balance buys nothing, has no prompt and no model: what is not about the key is a
/// failure of the provider.
fn about_the_key(error: CallError) -> CallError {
    match error.class {
        ErrorClass::KeyInvalid
        | ErrorClass::KeyNoCredit
        | ErrorClass::KeyForbidden
        | ErrorClass::RateLimited
        | ErrorClass::ProviderTransient => error,
        _ => transient("the provider did not answer the question for the units left"),
    }
}

fn transient(message: &str) -> CallError {
    CallError::new(ErrorClass::ProviderTransient, Billed::No, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_are_read_digit_for_digit() {
        for (json, expected) in [
            ("0.41122252265928866", "0.41122252265928866"),
            ("25", "25"),
            ("0", "0"),
            ("-1.5", "-1.5"),
            ("1e-7", "0.0000001"),
            ("1e3", "1000"),
        ] {
            let number = serde_json::from_str(json).unwrap();
            assert_eq!(decimal(&number), Some(expected.parse().unwrap()), "{json}");
        }
        assert_eq!(decimal(&serde_json::from_str("1e300").unwrap()), None);
    }
}
