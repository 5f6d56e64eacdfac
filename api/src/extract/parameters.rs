//! The query parameters of an operation, declared as one struct.

use poem::{Request, RequestBody, Result};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaParamIn, MetaSchema, MetaSchemaRef, Registry},
    types::Type,
};
use serde::de::DeserializeOwned;

use crate::problem::{FieldError, FieldFault, Problem};

/// Query parameters: their names, types and descriptions come from `T`'s `Object`, their reading from its
/// `Deserialize`, as with a [`Body`](super::Body). An operation may take several such structs; each reads
/// its own parameters and ignores the others. Unknown ones are refused before, by [`crate::middleware`].
///
/// poem-openapi knows one parameter per argument. This one is declared as an object in the query, which
/// in OpenAPI means one parameter per property; [`crate::document`] writes them out one by one.
///
/// In an operation: `Parameters(filter): Parameters<TaskQuery>`.
#[derive(Debug)]
pub struct Parameters<T>(pub T);

impl<'a, T: Type + DeserializeOwned> ApiExtractor<'a> for Parameters<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        object::<T>(registry);
    }

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Query)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        object::<T>(&mut Registry::new()).map(|it| MetaSchemaRef::Inline(Box::new(it)))
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        Ok(Self(read(request.uri().query().unwrap_or_default())?))
    }
}

/// Registers the types of the properties; the object itself is no schema of the document.
fn object<T: Type>(registry: &mut Registry) -> Option<MetaSchema> {
    T::register(registry);
    registry.schemas.remove(&*T::name())
}

fn read<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let pairs = serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let (name, detail) = (error.path().to_string(), error.inner().to_string());
        Problem::invalid(vec![FieldError::new(name, FieldFault::Invalid, detail)])
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::{extract::Text, response::Paging};

    #[derive(Debug, Deserialize)]
    struct Filter {
        name: Option<Text<1, 5>>,
    }

    #[test]
    fn each_struct_reads_its_own_parameters() {
        let query = "limit=7&name=b%C3%A4r+";

        assert_eq!(read::<Filter>(query).unwrap().name.as_deref(), Some("bär"));
        assert_eq!(read::<Paging>(query).unwrap().rows(), 8);
        assert!(read::<Filter>("").unwrap().name.is_none());
    }

    #[test]
    fn a_refused_parameter_is_named_and_explained() {
        let problem = read::<Filter>("name=too+long").unwrap_err();

        let fault = &problem.into_errors()[0];
        assert_eq!((fault.field.as_str(), fault.code.value()), ("name", FieldFault::Invalid));
        assert_eq!(fault.detail, "has 8 characters, but may have at most 5");
    }
}
