//! The free probe: `GET v1/user/balance`.

use std::str::FromStr;

use reqwest::{Response, StatusCode, header::AUTHORIZATION};
use rust_decimal::Decimal;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Number;

use super::{Stability, dialect::DIALECT};
use crate::{
    CallError,
    http::{bearer, read_text},
};

impl Stability {
    /// Stability credits left on the account of the key's default organization.
    pub(super) async fn credits_left(&self, key: &SecretString) -> Result<Decimal, CallError> {
        let request = self.http.get(&self.balance).header(AUTHORIZATION, bearer(key)?);
        self.http.probe(request, |response| credits_in(response, key)).await
    }
}

async fn credits_in(response: Response, key: &SecretString) -> Result<Decimal, CallError> {
    #[derive(Deserialize)]
    struct Balance {
        credits: Number,
    }

    if response.status() != StatusCode::OK {
        return Err(DIALECT.error_in(response, key).await);
    }
    let body = read_text(response).await.unwrap_or_default();
    serde_json::from_slice::<Balance>(&body)
        .ok()
        .and_then(|it| decimal(&it.credits))
        .ok_or_else(|| CallError::transient("the provider did not tell the units left"))
}

/// A double such as `0.41122252265928866`, `25` or `1e-7`, digit for digit.
fn decimal(number: &Number) -> Option<Decimal> {
    let text = number.to_string();
    Decimal::from_str(&text).or_else(|_| Decimal::from_scientific(&text)).ok()
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
