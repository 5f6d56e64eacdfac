//! From text to value, one function per form. A refusal says what is wrong with the value and
//! quotes it only where it cannot be a secret.

use std::net::SocketAddr;
use std::time::Duration;

use rust_decimal::Decimal;
use secrecy::SecretString;
use url::Url;

use super::setting::Form;

type Parsed<T> = Result<T, String>;

pub(super) fn secret(form: Form, text: &str) -> Parsed<SecretString> {
    match form {
        Form::Secret { characters_min } if text.chars().count() < characters_min => {
            Err(format!("it is shorter than {characters_min} characters"))
        }
        Form::SecretUrl { schemes } => {
            let url = Url::parse(text).map_err(|_| "it is not a URL".to_owned())?;
            has_scheme(&url, schemes)?;
            Ok(SecretString::from(text))
        }
        _ => Ok(SecretString::from(text)),
    }
}

pub(super) fn url(form: Form, text: &str) -> Parsed<Url> {
    // Not quoted: it may hold credentials.
    let url = Url::parse(text).map_err(|it| format!("it is not a URL ({it})"))?;
    if let Form::Url { schemes } = form {
        has_scheme(&url, schemes)?;
    }
    if url.cannot_be_a_base() {
        return Err("it is not an absolute URL".to_owned());
    }
    Ok(url)
}

fn has_scheme(url: &Url, schemes: &[&str]) -> Parsed<()> {
    if schemes.contains(&url.scheme()) {
        return Ok(());
    }
    let schemes: Vec<String> = schemes.iter().map(|it| format!("{it}://")).collect();
    Err(format!("it does not begin with {}", schemes.join(" or ")))
}

pub(super) fn duration(form: Form, text: &str) -> Parsed<Duration> {
    let duration =
        humantime::parse_duration(text).map_err(|_| format!("'{text}' is not a duration"))?;
    if duration.is_zero() && form != Form::DurationOrZero {
        return Err(format!("'{text}' is no time at all"));
    }
    Ok(duration)
}

pub(super) fn decimal(form: Form, text: &str) -> Parsed<Decimal> {
    let value =
        Decimal::from_str_exact(text).map_err(|_| format!("'{text}' is not a decimal number"))?;
    if let Form::Decimal { min, max } = form {
        let bound =
            |it| Decimal::from_str_exact(it).expect("bounds are literals, a test reads them");
        if value < bound(min) || value > bound(max) {
            return Err(format!("'{text}' is not between {min} and {max}"));
        }
    }
    if value.normalize().scale() > 6 {
        return Err(format!("'{text}' has more than 6 places"));
    }
    Ok(value)
}

pub(super) fn integer(form: Form, text: &str) -> Parsed<u64> {
    let digits = text.replace('_', "");
    let value: u64 = digits.parse().map_err(|_| format!("'{text}' is not a whole number"))?;
    if let Form::Integer { min, max } = form
        && !(min..=max).contains(&value)
    {
        return Err(format!("'{text}' is not between {min} and {max}"));
    }
    Ok(value)
}

pub(super) fn boolean(_form: Form, text: &str) -> Parsed<bool> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("'{text}' is neither true nor false")),
    }
}

/// Bytes; `KiB`, `MiB`, `GiB` count in 1024s, `kB`, `MB`, `GB` in 1000s.
pub(super) fn size(_form: Form, text: &str) -> Parsed<usize> {
    let refused = || format!("'{text}' is not a size");
    let digits_end = text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(digits_end);
    let factor: usize = match unit.trim_start() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "kB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return Err(refused()),
    };
    let count: usize = digits.parse().map_err(|_| refused())?;
    match count.checked_mul(factor) {
        None => Err(format!("'{text}' is more than this machine can address")),
        Some(0) => Err(format!("'{text}' is nothing")),
        Some(bytes) => Ok(bytes),
    }
}

pub(super) fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

pub(super) fn address(_form: Form, text: &str) -> Parsed<SocketAddr> {
    text.parse().map_err(|_| format!("'{text}' is not an address and port"))
}

pub(super) fn word(form: Form, text: &str) -> Parsed<String> {
    if let Form::Choice { words } = form
        && !words.contains(&text)
    {
        return Err(format!("'{text}' is not one of {}", words.join(", ")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_count_in_1024s_or_1000s() {
        for (text, bytes) in [
            ("256MiB", 268_435_456),
            ("1 KiB", 1_024),
            ("3kB", 3_000),
            ("17", 17),
            ("2GB", 2_000_000_000),
        ] {
            assert_eq!(size(Form::Size, text), Ok(bytes));
        }
        for text in ["", "MiB", "1.5MiB", "256mib", "-1", "0", "99999999999999GiB"] {
            assert!(size(Form::Size, text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_duration_needs_a_unit_and_mostly_a_length() {
        assert_eq!(duration(Form::Duration, "1m 30s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration(Form::Duration, "20"), Err("'20' is not a duration".to_owned()));
        assert!(duration(Form::Duration, "0s").is_err());
        assert_eq!(duration(Form::DurationOrZero, "0s"), Ok(Duration::ZERO));
    }

    #[test]
    fn numbers_keep_within_their_bounds() {
        let rate = Form::Decimal { min: "0", max: "1" };
        assert_eq!(decimal(rate, "0.10"), Ok(Decimal::new(10, 2)));
        for text in ["1.01", "-0.1", "0.1234567", "1e-1", "a", ""] {
            assert!(decimal(rate, text).is_err(), "{text}");
        }
        let count = Form::Integer { min: 1, max: 20_000 };
        assert_eq!(integer(count, "10_000"), Ok(10_000));
        for text in ["0", "20001", "10,000", "1.0", "-1"] {
            assert!(integer(count, text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_url_is_refused_without_being_quoted() {
        let form = Form::SecretUrl { schemes: &["postgres"] };
        for text in ["mysql://u:hunter2@h/d", "u:hunter2@h", "//hunter2"] {
            let why = secret(form, text).unwrap_err();
            assert!(!why.contains("hunter2"), "{why}");
        }
        let why = url(Form::Url { schemes: &["https"] }, "http://u:hunter2@h").unwrap_err();
        assert_eq!(why, "it does not begin with https://");
    }
}
