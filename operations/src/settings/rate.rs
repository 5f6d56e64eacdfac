//! So many per so long, as `600/min` or `10/15min`.

use std::time::Duration;

use super::setting::Form;

/// How often something may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// So many times.
    pub count: u32,
    /// In so long.
    pub per: Duration,
}

/// `None` for `off`.
pub(super) fn rates(form: Form, text: &str) -> Result<Option<Vec<Rate>>, String> {
    if text == "off" {
        return Ok(None);
    }
    let rates: Option<Vec<Rate>> = text.split(',').map(str::trim).map(rate).collect();
    let rates = rates.ok_or_else(|| format!("'{text}' is neither off nor count/duration"))?;
    match form {
        Form::Rates { count } if count != rates.len() => {
            Err(format!("'{text}' holds {} rates where {count} are needed", rates.len()))
        }
        _ => Ok(Some(rates)),
    }
}

fn rate(text: &str) -> Option<Rate> {
    let (count, per) = text.split_once('/')?;
    // `600/min` reads better than `600/1min` and means the same.
    let per = if per.starts_with(|it: char| it.is_ascii_digit()) {
        per.to_owned()
    } else {
        format!("1{per}")
    };
    let rate = Rate { count: count.parse().ok()?, per: humantime::parse_duration(&per).ok()? };
    (rate.count > 0 && !rate.per.is_zero()).then_some(rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: Form = Form::Rates { count: 2 };

    #[test]
    fn rates_are_counts_per_duration() {
        let minute = Duration::from_mins(1);
        assert_eq!(
            rates(TWO, "600/min, 3000/2min"),
            Ok(Some(vec![Rate { count: 600, per: minute }, Rate { count: 3000, per: 2 * minute }]))
        );
        assert_eq!(rates(TWO, "off"), Ok(None));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "600", "600/min", "0/min,1/min", "1/0s,1/min", "a/min,b/min", "1/,1/"] {
            assert!(rates(TWO, text).is_err(), "{text}");
        }
    }
}
