//! JSON bodies, with every refused field named.

mod faults;
mod field_schema;

use poem::{
    Request, RequestBody, Result,
    error::ReadBodyError,
    http::{HeaderMap, header},
};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaMediaType, MetaRequest, Registry},
    types::Type,
};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use sha2::{Digest, Sha256};

use crate::problem::{Code, Problem};

/// The most bytes a body may have: room for the longest texts, however they are escaped.
pub const BODY_BYTES_MAX: usize = 512 * 1024;
/// Some clients begin a text with it; JSON does not (RFC 8259 §8.1 lets a reader ignore it).
const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

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
        check_headers(request.headers())?;
        // The middleware has waited for it.
        let bytes = match body.take()?.into_bytes_limit(BODY_BYTES_MAX).await {
            Ok(bytes) => bytes,
            Err(ReadBodyError::PayloadTooLarge) => {
                let detail = format!("a body may have at most {} KiB", BODY_BYTES_MAX / 1024);
                return Err(Problem::new(Code::RequestTooLarge, detail).into());
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

fn check_headers(headers: &HeaderMap) -> Result<(), Problem> {
    let refused = |detail: String| Problem::new(Code::RequestUnsupportedMediaType, detail);
    match headers.get(header::CONTENT_TYPE).map(|it| it.to_str()) {
        Some(Ok(media_type)) if is_json(media_type) => {}
        Some(_) => return Err(refused("send Content-Type: application/json".to_owned())),
        None => {
            return Err(refused("Content-Type is missing; send application/json".to_owned()));
        }
    }
    let encodings = headers.get_all(header::CONTENT_ENCODING);
    if encodings.iter().any(|it| !it.as_bytes().eq_ignore_ascii_case(b"identity")) {
        let detail = "a compressed body is not read; send it without Content-Encoding";
        return Err(refused(detail.to_owned()).uncompressed_only());
    }
    Ok(())
}

/// `application/json` or `application/…+json`, with or without parameters (RFC 9110 §8.3.1 allows blanks before
/// the semicolon).
fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Reads a body. A body that can be read at once is; else a second look finds every fault there is.
fn read<T: Type + DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    require_object(bytes)?;
    let mut unknown = false;
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let read = serde_ignored::deserialize(&mut source, |_| unknown = true);
    match read {
        Ok(value) => {
            source.end().map_err(|_| unreadable("there is text after the JSON value"))?;
            // A null is read like a field that is missing, which no schema here allows.
            if !unknown && !bytes.windows(4).any(|it| it == b"null") {
                return Ok(value);
            }
        }
        Err(error) if error.classify() == Category::Data => {}
        Err(error) => return Err(unreadable(&error.to_string())),
    }
    faults::read_closely(bytes)
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

fn unreadable(why: &str) -> Problem {
    Problem::new(Code::RequestInvalid, format!("the body is not JSON: {why}"))
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;
    use poem_openapi::Object;
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::{
        extract::{PositiveAmount, Text},
        problem::FieldFault,
    };

    #[derive(Debug, Object, Deserialize)]
    struct Order {
        name: Text<1, 5>,
        price: Option<PositiveAmount>,
        #[serde(default)]
        #[oai(default)]
        parts: Vec<Part>,
        #[oai(validator(minimum(value = "10"), maximum(value = "3600")))]
        seconds: Option<u32>,
        /// Where it goes to.
        place: Option<Place>,
        #[serde(default)]
        #[oai(default)]
        places: Vec<Place>,
    }

    #[derive(Debug, Object, Deserialize)]
    struct Part {
        size: u8,
    }

    #[derive(Debug, Object, Deserialize)]
    struct Place {
        #[oai(validator(minimum(value = "1"), maximum(value = "9")))]
        floor: Option<u32>,
        street: Option<String>,
    }

    /// The field and what is said of it.
    fn said(body: &str) -> Vec<(String, String)> {
        let problem = read::<Order>(body.as_bytes()).unwrap_err();
        problem.into_errors().into_iter().map(|it| (it.field, it.detail)).collect()
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
    fn every_fault_of_a_body_is_named() {
        assert_eq!(
            refused(r#"{"price":"x","seconds":9,"parts":[{"size":"big"}],"nam":"a"}"#),
            [
                ("price".to_owned(), FieldFault::Invalid),
                ("parts[0].size".to_owned(), FieldFault::Invalid),
                ("nam".to_owned(), FieldFault::Unknown),
                ("name".to_owned(), FieldFault::Missing),
                ("seconds".to_owned(), FieldFault::Invalid),
            ]
        );
    }

    #[test]
    fn a_number_without_a_fraction_is_an_integer_and_others_are_told_the_range() {
        let order: Order = read(br#"{"name":"a","seconds":60.0}"#).unwrap();
        assert_eq!(order.seconds, Some(60));

        for value in ["60.5", "\"60\"", "-1", "1e30", "4294967296", "true", "[]"] {
            assert_eq!(
                said(&format!(r#"{{"name":"a","seconds":{value}}}"#)),
                [("seconds".to_owned(), "must be a whole number from 10 to 3600".to_owned())],
                "{value}"
            );
        }
        let size = "must be a whole number from 0 to 255".to_owned();
        assert_eq!(
            said(r#"{"name":"a","parts":[{"size":256}]}"#),
            [("parts[0].size".to_owned(), size)]
        );
        assert_eq!(said(r#"{"name":7}"#), [("name".to_owned(), "must be a text".to_owned())]);
    }

    #[test]
    fn a_field_within_another_is_told_what_belongs_there_like_one_outside() {
        let floor = "must be a whole number from 1 to 9".to_owned();
        for value in ["-1", "1.5", "\"2\"", "4294967296", "[]"] {
            assert_eq!(
                said(&format!(r#"{{"name":"a","place":{{"floor":{value}}}}}"#)),
                [("place.floor".to_owned(), floor.clone())],
                "{value}"
            );
        }
        assert_eq!(
            said(r#"{"name":"a","place":{"street":7},"places":[{"floor":1},{"floor":-1}]}"#),
            [
                ("place.street".to_owned(), "must be a text".to_owned()),
                ("places[1].floor".to_owned(), floor.clone()),
            ]
        );
        // A number that its type holds, and its range does not, is named together with other faults.
        let mut all = said(r#"{"name":7,"place":{"floor":10},"places":[{"floor":0}]}"#);
        all.sort();
        assert_eq!(
            all,
            [
                ("name".to_owned(), "must be a text".to_owned()),
                ("place.floor".to_owned(), floor.clone()),
                ("places[0].floor".to_owned(), floor),
            ]
        );
        assert_eq!(
            said(r#"{"name":"a","place":7}"#),
            [("place".to_owned(), "must be a JSON object".to_owned())]
        );
    }

    #[test]
    fn the_faults_of_a_body_are_named_up_to_a_limit() {
        let places = vec![r#"{"floor":0}"#; 1_000].join(",");

        assert_eq!(said(&format!(r#"{{"name":7,"places":[{places}]}}"#)).len(), 32);
    }

    #[test]
    fn null_is_no_value() {
        for (body, field) in [
            (r#"{"name":"a","price":null}"#, "price"),
            (r#"{"name":null}"#, "name"),
            (r#"{"name":"a","parts":[{"size":null}]}"#, "parts[0].size"),
        ] {
            let said = said(body);
            assert_eq!(said.len(), 1, "{said:?}");
            assert_eq!(said[0].0, field);
            assert!(said[0].1.starts_with("must not be null"), "{said:?}");
        }
        assert!(read::<Order>(br#"{"name":"null"}"#).is_ok());
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        assert!(read::<Order>("\u{feff}{\"name\":\"a\"}".as_bytes()).is_ok());
    }

    fn headers(content_type: &'static str, encoding: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        headers
    }

    #[test]
    fn json_is_recognised_however_its_type_is_written() {
        for good in ["application/json", "application/json ;charset=utf-8", "Application/JSON; a=b"]
        {
            assert!(check_headers(&headers(good, None)).is_ok(), "{good}");
        }
        for bad in ["text/plain", "application/jsonx", "application", ""] {
            assert!(check_headers(&headers(bad, None)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_compressed_body_is_refused_with_what_may_be_sent() {
        assert!(check_headers(&headers("application/json", Some("identity"))).is_ok());
        let problem = check_headers(&headers("application/json", Some("gzip"))).unwrap_err();
        assert_eq!(problem.code(), Code::RequestUnsupportedMediaType);
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
        for body in ["", "{", r#"{"name":"a"} x"#, "{'name':'a'}", "{\"name\":\"\\ud800\"}"] {
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
