//! JSON bodies, with every refused field named.

use poem::{Request, RequestBody, Result, error::ReadBodyError, http::header};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    payload::{Json, Payload},
    registry::{MetaMediaType, MetaRequest, Registry},
    types::Type,
};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use sha2::{Digest, Sha256};

use crate::problem::{Code, FieldError, FieldFault, Problem};

/// The most bytes a body may have.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// A JSON body: the schema comes from `T`'s `Object`, the reading from its `Deserialize`, so that a
/// fault has an exact path. Unknown fields are refused by name, at any depth.
#[derive(Debug)]
pub struct Body<T> {
    /// What was sent.
    pub value: T,
    /// SHA-256 of the bytes: what an `Idempotency-Key` is compared by.
    pub digest: [u8; 32],
}

impl<'a, T: Type + DeserializeOwned> ApiExtractor<'a> for Body<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        Some(MetaRequest {
            description: None,
            content: vec![MetaMediaType {
                content_type: "application/json",
                schema: T::schema_ref(),
            }],
            required: true,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        check_media_type(request)?;
        let bytes = match body.take()?.into_bytes_limit(BODY_BYTES_MAX).await {
            Ok(bytes) => bytes,
            Err(ReadBodyError::PayloadTooLarge) => {
                return Err(
                    Problem::new(Code::RequestTooLarge, "a body may have at most 64 KiB").into()
                );
            }
            Err(error) => return Err(unreadable(&error.to_string()).into()),
        };
        let value = read(&bytes)?;
        Ok(Self { value, digest: Sha256::digest(&bytes).into() })
    }
}

/// The same, of an operation that also works without a body.
#[derive(Debug)]
pub struct OptionalBody<T>(pub Option<T>);

impl<'a, T: Type + DeserializeOwned> ApiExtractor<'a> for OptionalBody<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        Body::<T>::request_meta().map(|it| MetaRequest { required: false, ..it })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        // The middleware has read it: one without content is none.
        let taken = body.take()?;
        if taken.is_empty() && !request.headers().contains_key(header::CONTENT_TYPE) {
            return Ok(Self(None));
        }
        let mut taken = RequestBody::new(taken);
        let body = Body::from_request(request, &mut taken, options).await?;
        Ok(Self(Some(body.value)))
    }
}

fn check_media_type(request: &Request) -> Result<(), Problem> {
    let refused = |detail: String| Problem::new(Code::RequestUnsupportedMediaType, detail);
    match request.headers().get(header::CONTENT_TYPE).map(|it| it.to_str()) {
        Some(Ok(media_type)) if Json::<String>::check_content_type(media_type) => Ok(()),
        Some(_) => Err(refused("send Content-Type: application/json".to_owned())),
        None => Err(refused("Content-Type is missing; send application/json".to_owned())),
    }
}

/// Reads a body. A refusal names every unknown field, and the first other fault.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    require_object(bytes)?;
    let mut unknown = Vec::new();
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut source, &mut track);
    let read = serde_ignored::deserialize(tracked, |path| {
        unknown.push(FieldError::new(
            bracketed(&path.to_string()),
            FieldFault::Unknown,
            "there is no field of this name",
        ));
    });
    let value = match read {
        Ok(value) if source.end().is_ok() => Some(value),
        Ok(_) => return Err(unreadable("there is text after the JSON value")),
        Err(error) => match error.classify() {
            Category::Data => {
                unknown.push(fault(&track.path().to_string(), &error));
                None
            }
            Category::Syntax | Category::Eof | Category::Io => {
                return Err(unreadable(&error.to_string()));
            }
        },
    };
    match value {
        Some(value) if unknown.is_empty() => Ok(value),
        _ => Err(Problem::invalid(unknown)),
    }
}

/// serde would read an array as the fields of an object, in order; no client means that.
fn require_object(bytes: &[u8]) -> Result<(), Problem> {
    let first = bytes.iter().find(|it| !it.is_ascii_whitespace());
    if first == Some(&b'{') {
        return Ok(());
    }
    match serde_json::from_slice::<serde::de::IgnoredAny>(bytes) {
        Ok(_) => Err(Problem::invalid_field("body", "must be a JSON object")),
        Err(error) => Err(unreadable(&error.to_string())),
    }
}

/// Turns `parts.1.?.size`, as `serde_ignored` writes a path, into `parts[1].size`, as
/// `serde_path_to_error` does.
fn bracketed(path: &str) -> String {
    path.split('.').filter(|segment| *segment != "?").fold(String::new(), |mut path, segment| {
        if segment.bytes().all(|it| it.is_ascii_digit()) {
            path.extend(["[", segment, "]"]);
        } else {
            path.push_str(if path.is_empty() { "" } else { "." });
            path.push_str(segment);
        }
        path
    })
}

fn unreadable(why: &str) -> Problem {
    Problem::new(Code::RequestInvalid, format!("the body is not JSON: {why}"))
}

/// serde reports faults as sentences; how one begins says which fault it is.
fn fault(path: &str, error: &serde_json::Error) -> FieldError {
    let text = error.to_string();
    // " at line 1 column 2" is about the bytes, not about the field.
    let sentence = text.rsplit_once(" at line ").map_or(text.as_str(), |(sentence, _)| sentence);
    let parent = if path == "." { "" } else { path };
    let within = |name: &str| match parent {
        "" => name.to_owned(),
        parent => format!("{parent}.{name}"),
    };
    if let Some(name) = quoted(sentence, "missing field ") {
        return FieldError::new(within(name), FieldFault::Missing, "is required");
    }
    if let Some(name) = quoted(sentence, "duplicate field ") {
        let field = if parent.ends_with(name) { parent.to_owned() } else { within(name) };
        return FieldError::new(field, FieldFault::Duplicate, "may be given only once");
    }
    let field = if parent.is_empty() { "body" } else { parent };
    FieldError::new(field, FieldFault::Invalid, sentence)
}

fn quoted<'a>(sentence: &'a str, beginning: &str) -> Option<&'a str> {
    sentence.strip_prefix(beginning)?.strip_prefix('`')?.strip_suffix('`')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::extract::{PositiveAmount, Text};

    #[derive(Debug, Deserialize)]
    struct Order {
        name: Text<1, 5>,
        price: Option<PositiveAmount>,
        #[serde(default)]
        parts: Vec<Part>,
    }

    #[derive(Debug, Deserialize)]
    struct Part {
        size: u8,
    }

    fn refused(body: &str) -> Vec<(String, FieldFault)> {
        let problem = read::<Order>(body.as_bytes()).unwrap_err();
        assert_eq!(problem.code(), Code::RequestInvalid);
        problem.into_errors().into_iter().map(|it| (it.field, it.code.value())).collect()
    }

    fn one(field: &str, fault: FieldFault) -> Vec<(String, FieldFault)> {
        vec![(field.to_owned(), fault)]
    }

    #[test]
    fn a_good_body_reads() {
        let order: Order = read(br#"{"name":" box ","price":"2.5","parts":[{"size":1}]}"#).unwrap();

        assert_eq!(&*order.name, "box");
        assert_eq!(order.price.unwrap().0.to_string(), "2.5");
        assert_eq!(order.parts[0].size, 1);
    }

    #[test]
    fn a_fault_is_named_by_its_exact_path() {
        assert_eq!(refused(r#"{"name":"toolong"}"#), one("name", FieldFault::Invalid));
        assert_eq!(refused(r#"{"name":5}"#), one("name", FieldFault::Invalid));
        assert_eq!(refused(r#"{"name":"a","price":"0"}"#), one("price", FieldFault::Invalid));
        assert_eq!(refused(r#"{"name":"a","price":2.5}"#), one("price", FieldFault::Invalid));
        assert_eq!(refused(r#"{"parts":[]}"#), one("name", FieldFault::Missing));
        assert_eq!(
            refused(r#"{"name":"a","parts":[{"size":1},{"size":256}]}"#),
            one("parts[1].size", FieldFault::Invalid)
        );
        assert_eq!(
            refused(r#"{"name":"a","parts":[{}]}"#),
            one("parts[0].size", FieldFault::Missing)
        );
        assert_eq!(refused(r#"{"name":"a","name":"b"}"#), one("name", FieldFault::Duplicate));
        assert_eq!(refused("[1]"), one("body", FieldFault::Invalid));
    }

    #[test]
    fn every_unknown_field_is_named_together_with_the_first_fault() {
        assert_eq!(
            refused(r#"{"nam":"a","parts":[{"size":1,"colour":"red"}],"x":{"y":1}}"#),
            [
                ("nam".to_owned(), FieldFault::Unknown),
                ("parts[0].colour".to_owned(), FieldFault::Unknown),
                ("x".to_owned(), FieldFault::Unknown),
                ("name".to_owned(), FieldFault::Missing),
            ]
        );
    }

    #[test]
    fn what_is_not_json_is_said_to_be_no_json() {
        for body in
            ["", "{", r#"{"name":"a"} x"#, "\u{feff}{}", "{'name':'a'}", "{\"name\":\"\\ud800\"}"]
        {
            let problem = read::<Order>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.code(), Code::RequestInvalid, "{body}");
            assert!(problem.detail().starts_with("the body is not JSON"), "{body}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_and_overflows_nothing() {
        let body = "[".repeat(BODY_BYTES_MAX);

        assert!(read::<Order>(body.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read::<Order>(&bytes);
        }
    }
}
