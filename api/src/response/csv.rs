//! A whole list as CSV (RFC 4180): the columns are the fields of its items, and pages are read while the client reads.

use bytes::Bytes;
use futures::stream;
use poem::{
    Body, IntoResponse, Response,
    http::{HeaderName, HeaderValue, header},
};
use poem_openapi::{
    ApiResponse,
    registry::{
        MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
    },
    types::{ParseFromJSON, ToJSON, Type},
};
use rust_decimal::Decimal;
use serde_json::Value;

use super::{Page, Paging};
use crate::{problem::Problem, state::App};

/// Rows of a file, at most.
const ROWS_MAX: usize = 100_000;
const MEDIA_TYPE: &str = "text/csv; charset=utf-8";
static X_ROWS_MAX: HeaderName = HeaderName::from_static("aetherflow-rows-max");

/// A list as a file.
pub struct CsvFile(Response);

/// A column: its heading, and the way to its value.
struct Column {
    heading: String,
    way: Vec<String>,
}

impl CsvFile {
    /// The whole list of which `list_page` answers a page, with `filter` for each.
    pub async fn of<Q, T, F, R>(
        name: &str,
        app: &App,
        filter: Q,
        list_page: F,
    ) -> Result<Self, Problem>
    where
        Q: Clone + Send + Sync + 'static,
        T: ToJSON + ParseFromJSON + Send + 'static,
        F: Fn(App, Q, Paging) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Page<T>, Problem>> + Send + 'static,
    {
        let app = App::clone(app);
        Self::of_pages(name, move |paging| list_page(App::clone(&app), filter.clone(), paging))
            .await
    }

    /// The pages that `read` answers, one after the other. The first is read before anything is sent, so that a list
    /// that cannot be read is a problem and no file.
    async fn of_pages<T, F, R>(name: &str, read: F) -> Result<Self, Problem>
    where
        T: ToJSON + ParseFromJSON + Send + 'static,
        F: Fn(Paging) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Page<T>, Problem>> + Send + 'static,
    {
        let columns = columns::<T>();
        let first = read(Paging::longest(None)).await?;
        let mut head = String::new();
        push_row(&mut head, columns.iter().map(|it| it.heading.clone()));
        let state = State { columns, read, page: Some(first), rows: 0 };
        let rows = stream::try_unfold(state, State::next);
        let body = stream::StreamExt::chain(stream::iter([Ok(Bytes::from(head))]), rows);
        let mut response =
            Response::builder().content_type(MEDIA_TYPE).body(Body::from_bytes_stream(body));
        let headers = response.headers_mut();
        headers.insert(&X_ROWS_MAX, HeaderValue::from(ROWS_MAX));
        let attachment = format!("attachment; filename=\"{name}.csv\"");
        if let Ok(attachment) = HeaderValue::try_from(attachment) {
            headers.insert(header::CONTENT_DISPOSITION, attachment);
        }
        Ok(Self(response))
    }
}

struct State<T: ToJSON + ParseFromJSON, F> {
    columns: Vec<Column>,
    read: F,
    /// What is to be written next.
    page: Option<Page<T>>,
    rows: usize,
}

impl<T, F, R> State<T, F>
where
    T: ToJSON + ParseFromJSON + Send + 'static,
    F: Fn(Paging) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Page<T>, Problem>> + Send + 'static,
{
    /// A page that cannot be read breaks the file off: half a list must not look like a whole one.
    async fn next(mut self) -> std::io::Result<Option<(Bytes, Self)>> {
        let Some(page) = self.page.take() else { return Ok(None) };
        let mut text = String::new();
        for item in &page.items {
            if self.rows == ROWS_MAX {
                let end =
                    format!("the file ends after {ROWS_MAX} rows; narrow the filter for the rest");
                push_row(&mut text, [end]);
                return Ok(Some((Bytes::from(text), self)));
            }
            self.rows += 1;
            let value = item.to_json().unwrap_or_default();
            push_row(&mut text, self.columns.iter().map(|it| it.cell(&value)));
        }
        if let Some(cursor) = page.next_cursor.0 {
            let next = (self.read)(Paging::longest(Some(cursor))).await;
            let next =
                next.map_err(|_told| std::io::Error::other("the list could not be read on"))?;
            self.page = Some(next);
        }
        Ok(Some((Bytes::from(text), self)))
    }
}

/// The fields of an item in the order of its declaration; those of an object in it have columns of their own.
fn columns<T: Type>() -> Vec<Column> {
    let mut registry = Registry::new();
    T::register(&mut registry);
    let fields = |schema: &MetaSchemaRef| match schema {
        MetaSchemaRef::Inline(schema) => named(schema),
        MetaSchemaRef::Reference(name) => registry.schemas.get(name).map(named).unwrap_or_default(),
    };
    let of = |name: &str, inner: &str| Column {
        heading: format!("{name}.{inner}"),
        way: vec![name.to_owned(), inner.to_owned()],
    };
    let mut columns = Vec::new();
    for (name, schema) in fields(&T::schema_ref()) {
        let inner = fields(&schema);
        columns.extend(inner.iter().map(|(inner, _)| of(&name, inner)));
        if inner.is_empty() {
            columns.push(Column { heading: name.clone(), way: vec![name] });
        }
    }
    columns
}

fn named(schema: &MetaSchema) -> Vec<(String, MetaSchemaRef)> {
    let own = schema.properties.iter().map(|(name, it)| ((*name).to_owned(), refers(it)));
    own.collect()
}

/// A field with a description of its own refers to its type through `allOf`.
fn refers(schema: &MetaSchemaRef) -> MetaSchemaRef {
    match schema {
        MetaSchemaRef::Inline(it) if !it.all_of.is_empty() => it.all_of[0].clone(),
        other => other.clone(),
    }
}

impl Column {
    fn cell(&self, item: &Value) -> String {
        match self.way.iter().fold(item, |it, name| &it[name.as_str()]) {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

fn push_row(text: &mut String, cells: impl IntoIterator<Item = String>) {
    for (no, cell) in cells.into_iter().enumerate() {
        if no > 0 {
            text.push(',');
        }
        push_cell(text, &cell);
    }
    text.push_str("\r\n");
}

/// Spreadsheets take what begins like a formula for one, whoever wrote it; a number is none.
fn push_cell(text: &mut String, cell: &str) {
    let begins = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if begins && cell.parse::<Decimal>().is_err() { "'" } else { "" };
    if guard.is_empty() && !cell.contains(['"', ',', '\n', '\r']) {
        text.push_str(cell);
        return;
    }
    text.push('"');
    text.push_str(guard);
    text.push_str(&cell.replace('"', "\"\""));
    text.push('"');
}

impl IntoResponse for CsvFile {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for CsvFile {
    fn meta() -> MetaResponses {
        let rows_max = MetaHeader {
            name: "Aetherflow-Rows-Max".to_owned(),
            description: Some(
                "The most rows of a file; a longer list ends with a line that says so".to_owned(),
            ),
            required: true,
            deprecated: false,
            schema: i64::schema_ref(),
        };
        let file = MetaSchemaRef::Inline(Box::new(MetaSchema::new("string")));
        MetaResponses {
            responses: vec![MetaResponse {
                description: "The list as CSV, with the names of the columns in the first line",
                status: Some(200),
                status_range: None,
                content: vec![MetaMediaType { content_type: "text/csv", schema: file }],
                headers: vec![rows_max],
            }],
        }
    }

    fn register(_registry: &mut Registry) {}
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;
    use crate::response::{Cursor, NextCursor, view};

    view! {
        /// A row of a test.
        struct Row as "CsvTestRow" {
            /// A text of the row.
            text: String,
            /// A sum of the row.
            sum: Option<String>,
            /// A part of the row.
            part: Option<Part>,
            /// Some tags of it.
            tags: Vec<String>,
        }
    }

    view! {
        /// A part of a row.
        struct Part as "CsvTestPart" {
            /// The id of the part.
            id: i64,
        }
    }

    fn row(text: &str, sum: Option<&str>) -> Row {
        Row {
            text: text.to_owned(),
            sum: sum.map(str::to_owned),
            part: Some(Part { id: 7 }),
            tags: vec![],
        }
    }

    async fn text(file: CsvFile) -> String {
        file.into_response().into_body().into_string().await.unwrap()
    }

    #[tokio::test]
    async fn pages_become_one_file_with_a_column_for_each_field() {
        let pages = Arc::new(AtomicUsize::new(0));
        let read = move |_| {
            let page = pages.fetch_add(1, Ordering::SeqCst);
            async move {
                let next = (page == 0).then(|| Cursor::encode(&1));
                let items = vec![row(&format!("a, \"{page}\""), Some("-1.5"))];
                Ok(Page { items, next_cursor: NextCursor(next) })
            }
        };

        let file = CsvFile::of_pages("rows", read).await.unwrap();

        let expected =
            "text,sum,part.id,tags\r\n\"a, \"\"0\"\"\",-1.5,7,[]\r\n\"a, \"\"1\"\"\",-1.5,7,[]\r\n";
        assert_eq!(text(file).await, expected);
    }

    #[test]
    fn what_begins_like_a_formula_is_text_and_numbers_stay_numbers() {
        for (cell, written) in [
            ("=1+1", "\"'=1+1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("+cmd", "\"'+cmd\""),
            ("-2+3", "\"'-2+3\""),
            ("\t=1", "\"'\t=1\""),
            ("-2.5", "-2.5"),
            ("plain", "plain"),
            ("two\nlines", "\"two\nlines\""),
        ] {
            let mut text = String::new();
            push_cell(&mut text, cell);
            assert_eq!(text, written);
        }
    }

    #[tokio::test]
    async fn a_list_that_is_too_long_says_in_its_last_line_that_it_goes_on() {
        let read = |_| async {
            let items = (0..999).map(|_| row("x", None)).collect();
            Ok(Page { items, next_cursor: NextCursor(Some(Cursor::encode(&1))) })
        };

        let file = text(CsvFile::of_pages("rows", read).await.unwrap()).await;

        assert_eq!(file.lines().count(), 1 + ROWS_MAX + 1);
        assert!(file.lines().last().unwrap().contains("ends after 100000 rows"));
    }

    #[tokio::test]
    async fn a_list_that_breaks_off_is_no_whole_file() {
        let read = |paging: Paging| async move {
            match paging.position::<i64>()? {
                None => Ok(Page {
                    items: vec![row("x", None)],
                    next_cursor: NextCursor(Some(Cursor::encode(&1))),
                }),
                Some(_) => Err(Problem::not_found()),
            }
        };

        let file = CsvFile::of_pages("rows", read).await.unwrap();

        assert!(file.into_response().into_body().into_string().await.is_err());
        let refused =
            CsvFile::of_pages::<Row, _, _>("rows", |_| async { Err(Problem::not_found()) }).await;
        assert!(refused.is_err());
    }
}
