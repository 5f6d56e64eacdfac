//! Response objects. Each is declared once, with [`view!`]: its fields, what they mean, and where they
//! come from. The OpenAPI schema and the conversion from the domain both follow from the declaration.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use shared::{ledger::Credits, vocabulary::Vocabulary};
use uuid::Uuid;

use super::Timestamp;
use crate::extract::{Amount, Id, Word};

/// How a type of the wire is made from a value of the domain.
pub trait FromDomain<T> {
    /// The value as clients see it.
    fn from_domain(value: T) -> Self;
}

/// Declares a response object.
///
/// ```ignore
/// view! {
///     /// Credits that expire together.
///     pub struct ExpiringView as "ExpiringCredits" from expiring: Expiring {
///         /// How many credits expire.
///         amount: Amount,
///         /// When they expire.
///         at: Timestamp = expiring.expires_at,
///     }
/// }
/// ```
///
/// The name after `as` is that of the OpenAPI schema. A field is made, by [`FromDomain`], from the domain
/// value's field of the same name, or from the expression after `=`. Without `from` there is no
/// conversion: such an object is put together by hand.
macro_rules! view {
    (
        $(#[$attribute:meta])*
        $vis:vis struct $view:ident as $schema:literal $(from $it:ident: $domain:ty)? {
            $($(#[$field_attribute:meta])* $field_vis:vis $field:ident: $type:ty $(= $value:expr)?),+ $(,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, poem_openapi::Object)]
        #[oai(rename = $schema, skip_serializing_if_is_none)]
        $vis struct $view {
            $($(#[$field_attribute])* $field_vis $field: $type),+
        }

        $crate::response::view!(@convert $view, [$($it: $domain)?], $($field $(= $value)?),+);
    };
    (@convert $view:ident, [], $($field:ident),+) => {};
    (@convert $view:ident, [$it:ident: $domain:ty], $($field:ident $(= $value:expr)?),+) => {
        impl $crate::response::FromDomain<$domain> for $view {
            fn from_domain($it: $domain) -> Self {
                Self {
                    $($field: $crate::response::FromDomain::from_domain(
                        $crate::response::view!(@value $it, $field $(= $value)?)
                    )),+
                }
            }
        }
    };
    (@value $it:ident, $field:ident) => { $it.$field };
    (@value $it:ident, $field:ident = $value:expr) => { $value };
}

pub(crate) use view;

macro_rules! unchanged {
    ($($type:ty),+) => {
        $(impl FromDomain<$type> for $type {
            fn from_domain(value: $type) -> Self {
                value
            }
        })+
    };
}

unchanged!(bool, i16, i32, i64, u32, u64, f64, String, Value);

macro_rules! through_from {
    ($($domain:ty => $wire:ty),+) => {
        $(impl FromDomain<$domain> for $wire {
            fn from_domain(value: $domain) -> Self {
                value.into()
            }
        })+
    };
}

through_from!(Credits => Amount, Decimal => Amount, Uuid => Id, DateTime<Utc> => Timestamp);

impl<V: Vocabulary> FromDomain<V> for Word<V> {
    fn from_domain(value: V) -> Self {
        Self(value)
    }
}

impl<T, W: FromDomain<T>> FromDomain<Option<T>> for Option<W> {
    fn from_domain(value: Option<T>) -> Self {
        value.map(W::from_domain)
    }
}

impl<T, W: FromDomain<T>> FromDomain<Vec<T>> for Vec<W> {
    fn from_domain(values: Vec<T>) -> Self {
        values.into_iter().map(W::from_domain).collect()
    }
}

#[cfg(test)]
mod tests {
    use poem_openapi::types::{ToJSON, Type};
    use serde_json::json;

    use super::*;

    struct Parcel {
        weight: i64,
        sent_at: Option<DateTime<Utc>>,
        parts: Vec<Part>,
    }

    struct Part {
        price: Credits,
    }

    view! {
        /// Something that was sent.
        struct ParcelView as "Parcel" from parcel: Parcel {
            /// How heavy it is, in grams.
            weight: i64,
            /// When it was sent; absent before that.
            sent_at: Option<Timestamp>,
            /// How many parts it has.
            part_count: u64 = parcel.parts.len() as u64,
            /// The parts in the order of packing.
            contents: Vec<PartView> = parcel.parts,
        }
    }

    view! {
        /// A part of a parcel.
        struct PartView as "ParcelPart" from part: Part {
            /// What it costs, in credits.
            price: Amount,
        }
    }

    #[test]
    fn fields_come_from_their_namesakes_or_from_an_expression() {
        let part = Part { price: "2.5".parse().unwrap() };
        let view = ParcelView::from_domain(Parcel { weight: 7, sent_at: None, parts: vec![part] });

        let expected = json!({"weight": 7, "part_count": 1, "contents": [{"price": "2.5"}]});
        assert_eq!(view.to_json(), Some(expected));
        assert_eq!((ParcelView::name(), PartView::name()), ("Parcel".into(), "ParcelPart".into()));
    }
}
