//! Pages of lists: some items, and the cursor that leads to the next page.

use std::borrow::Cow;

use poem_openapi::{
    Object,
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type},
};
use serde::Serialize;
use serde_json::Value;

use super::{Cursor, FromDomain, Paging};
use crate::problem::Problem;

/// One page of a list.
#[derive(Debug, Clone, Object)]
pub struct Page<T: ToJSON + ParseFromJSON> {
    /// The items of this page, in the order of the list.
    pub items: Vec<T>,
    /// The `cursor` of the next page; null on the last page.
    pub next_cursor: NextCursor,
}

impl<T: ToJSON + ParseFromJSON> Page<T> {
    /// A page out of at most [`Paging::rows`] rows; `position` says where a row stands in the list.
    pub fn of<R, P: Serialize>(
        rows: Vec<R>,
        paging: &Paging,
        position: impl FnOnce(&R) -> P,
    ) -> Self
    where
        T: FromDomain<R>,
    {
        Self::with(rows, paging, position, T::from_domain)
    }

    /// The same, where an item is not made from its row alone.
    pub fn with<R, P: Serialize>(
        mut rows: Vec<R>,
        paging: &Paging,
        position: impl FnOnce(&R) -> P,
        view: impl FnMut(R) -> T,
    ) -> Self {
        let items = paging.items();
        let more = rows.len() > items;
        rows.truncate(items);
        let next_cursor = if more { rows.last().map(position) } else { None };
        Self {
            items: rows.into_iter().map(view).collect(),
            next_cursor: NextCursor(next_cursor.map(|it| Cursor::encode(&it))),
        }
    }

    /// The page of a list in which nothing can match.
    pub fn empty() -> Self {
        Self { items: Vec::new(), next_cursor: NextCursor(None) }
    }

    /// A page of a list that is held in memory whole, in the order of `key`, which no two rows share.
    pub fn of_all<R>(
        mut rows: Vec<R>,
        paging: &Paging,
        key: impl Fn(&R) -> &str,
    ) -> Result<Self, Problem>
    where
        T: FromDomain<R>,
    {
        let after: Option<String> = paging.position()?;
        rows.retain(|row| after.as_deref().is_none_or(|after| key(row) > after));
        rows.sort_unstable_by(|one, other| key(one).cmp(key(other)));
        Ok(Self::of(rows, paging, |row| key(row).to_owned()))
    }

    /// The same page, which leads on to what follows `position` although it is short: the rest was not looked at.
    #[must_use]
    pub fn leading_on<P: Serialize>(mut self, position: Option<P>) -> Self {
        if let (NextCursor(next @ None), Some(position)) = (&mut self.next_cursor, position) {
            *next = Some(Cursor::encode(&position));
        }
        self
    }
}

/// The only field of the API that is `null` rather than absent, so that a client's loop has a plain end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextCursor(pub Option<Cursor>);

impl Type for NextCursor {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        "next_cursor".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(MetaSchema { nullable: true, ..MetaSchema::new("string") }))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl ToJSON for NextCursor {
    fn to_json(&self) -> Option<Value> {
        Some(self.0.as_ref().map_or(Value::Null, |it| Value::String(it.as_str().to_owned())))
    }
}

impl ParseFromJSON for NextCursor {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        match value {
            None | Some(Value::Null) => Ok(Self(None)),
            Some(Value::String(text)) => Ok(Self(Some(Cursor::received(text)))),
            Some(other) => Err(ParseError::expected_type(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paging(items: u32) -> Paging {
        Paging::of(items, None)
    }

    #[test]
    fn a_page_has_a_cursor_only_if_another_follows() {
        let full = Page::<u32>::of(vec![3_u32, 2, 1], &paging(2), |row| *row);
        assert_eq!(full.items, [3, 2]);
        assert_eq!(full.next_cursor.0.unwrap().decode::<u32>().unwrap(), 2);

        let last = Page::<u32>::of(vec![3_u32, 2], &paging(2), |row| *row);
        assert_eq!(last.next_cursor.to_json().unwrap(), Value::Null);
    }

    #[test]
    fn a_list_in_memory_is_read_page_by_page_in_the_order_of_its_keys() {
        let names = || ["c", "a", "d", "b", "e"].map(str::to_owned).to_vec();
        let mut read = Vec::new();
        let mut cursor = None;
        loop {
            let paging = Paging::of(2, cursor.take());
            let page = Page::<String>::of_all(names(), &paging, |it| it).unwrap();
            assert!(page.items.len() <= 2);
            read.extend(page.items);
            cursor = page.next_cursor.0;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(read, ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn a_short_page_leads_on_where_the_rest_was_not_looked_at() {
        let short = |stopped_at| {
            Page::<u32>::of(vec![3_u32], &paging(2), |row| *row).leading_on::<u32>(stopped_at)
        };
        assert_eq!(short(Some(1)).next_cursor.0.unwrap().decode::<u32>().unwrap(), 1);
        assert_eq!(short(None).next_cursor.0, None);

        let full =
            Page::<u32>::of(vec![3_u32, 2, 1], &paging(2), |row| *row).leading_on(Some(1_u32));
        assert_eq!(full.next_cursor.0.unwrap().decode::<u32>().unwrap(), 2);
    }
}
