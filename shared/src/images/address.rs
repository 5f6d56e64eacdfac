//! From an address and options to a store of the library.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    prefix::PrefixStore,
};
use url::Url;

/// Why an address or an option cannot be used. Repeats neither: both may hold credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Neither `file:///…` nor `s3://…`.
    #[error("the object store's address is neither file:///absolute/path nor s3://bucket/prefix")]
    SchemeUnknown,
    /// Credentials, a port, a query or a fragment in the address.
    #[error("the object store's address may hold a path only; credentials go into AWS_* options")]
    NotPlain,
    /// `file://` with a host, or without a directory of its own.
    #[error("the file store's address must be file:///absolute/path")]
    PathInvalid,
    /// An option S3 knows has a value it cannot have, or one of two that go together is missing.
    #[error("the S3 options are not usable{}", option.as_deref().map(|it| format!(": {it}")).unwrap_or_default())]
    OptionsInvalid {
        /// Name of the option, when one is to blame.
        option: Option<String>,
    },
}

/// A store as the address means it.
pub(super) enum Address {
    /// Files under an absolute directory.
    Directory(PathBuf),
    /// S3, or what speaks its protocol; the prefix is applied already.
    S3(Arc<dyn ObjectStore>),
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Directory(_) => "Directory(..)",
            Self::S3(_) => "S3(..)",
        })
    }
}

impl Address {
    /// Reads an address; `options` are names and values of the environment's `AWS_*` variables.
    pub(super) fn parse(
        address: &str,
        options: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, AddressError> {
        let url = Url::parse(address.trim()).map_err(|_| AddressError::SchemeUnknown)?;
        let is_plain = url.username().is_empty()
            && url.password().is_none()
            && url.port().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if !is_plain {
            return Err(AddressError::NotPlain);
        }
        match url.scheme() {
            "file" => directory(&url),
            "s3" => s3(&url, options),
            _ => Err(AddressError::SchemeUnknown),
        }
    }
}

fn directory(url: &Url) -> Result<Address, AddressError> {
    if url.host().is_some() {
        return Err(AddressError::PathInvalid);
    }
    let path = url.to_file_path().map_err(|()| AddressError::PathInvalid)?;
    if path.parent().is_none() {
        return Err(AddressError::PathInvalid);
    }
    Ok(Address::Directory(path))
}

fn s3(
    url: &Url,
    options: impl IntoIterator<Item = (String, String)>,
) -> Result<Address, AddressError> {
    let bucket = url.host_str().ok_or(AddressError::SchemeUnknown)?;
    let prefix =
        object_store::path::Path::from_url_path(url.path()).map_err(|_| AddressError::NotPlain)?;

    let mut builder = AmazonS3Builder::new()
        .with_client_options(client_options())
        .with_retry(retry_config())
        // Images are deleted one by one, and not all that speak S3 know how to delete many.
        .with_config(AmazonS3ConfigKey::DisableBulkDelete, "true");
    for (name, value) in options {
        // The environment holds variables of other AWS tools as well; what S3 does not know is
        // theirs.
        if let Some(key) = known_option(&name) {
            builder = builder.with_config(key, value);
        }
    }
    let store = builder
        .with_bucket_name(bucket)
        .build()
        .map_err(|error| AddressError::OptionsInvalid { option: blamed_option(&error) })?;
    Ok(Address::S3(if prefix.as_ref().is_empty() {
        Arc::new(store)
    } else {
        Arc::new(PrefixStore::new(store, prefix))
    }))
}

fn known_option(name: &str) -> Option<AmazonS3ConfigKey> {
    let name = name.to_ascii_lowercase();
    name.starts_with("aws_").then(|| name.parse().ok()).flatten()
}

/// Which of the two credentials is missing is worth saying; other complaints quote values.
fn blamed_option(error: &object_store::Error) -> Option<String> {
    let text = error.to_string();
    [("AccessKeyId", "AWS_ACCESS_KEY_ID"), ("SecretAccessKey", "AWS_SECRET_ACCESS_KEY")]
        .into_iter()
        .find(|(word, _)| text.contains(&format!("Missing {word}")))
        .map(|(_, name)| format!("{name} is missing"))
}

/// A request as a whole has no limit here: a slow reader of an image would run into it. Every
/// operation has one of its own, see [`super::TimeLimits`].
fn client_options() -> ClientOptions {
    ClientOptions::new()
        .with_timeout_disabled()
        .with_connect_timeout(Duration::from_secs(3))
        .with_read_timeout(Duration::from_secs(10))
}

/// A few quick repeats; the caller repeats with the patience that fits its work.
fn retry_config() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(50),
            max_backoff: Duration::from_secs(1),
            base: 2.0,
        },
        max_retries: 2,
        retry_timeout: Duration::from_secs(5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(address: &str, options: &[(&str, &str)]) -> Result<Address, AddressError> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Address::parse(address, options.iter().map(owned))
    }

    #[test]
    fn a_file_address_is_an_absolute_path() {
        for (address, path) in [
            ("file:///var/lib/aetherflow", "/var/lib/aetherflow"),
            ("file:///var/lib/with%20space/", "/var/lib/with space/"),
            ("file:/var/lib/aetherflow", "/var/lib/aetherflow"),
            (" file://localhost/var/lib/aetherflow\n", "/var/lib/aetherflow"),
        ] {
            let Address::Directory(parsed) = parse(address, &[]).unwrap() else {
                panic!("{address} is not a directory");
            };
            assert_eq!(parsed, PathBuf::from(path));
        }
    }

    #[test]
    fn an_unusable_address_is_refused_without_being_repeated() {
        for (address, expected) in [
            ("", AddressError::SchemeUnknown),
            ("/var/lib/secret", AddressError::SchemeUnknown),
            ("https://secret.example/bucket", AddressError::SchemeUnknown),
            ("memory:///", AddressError::SchemeUnknown),
            ("file:///", AddressError::PathInvalid),
            ("file://secret/images", AddressError::PathInvalid),
            ("file:///images?secret", AddressError::NotPlain),
            ("s3://key:secret@bucket/images", AddressError::NotPlain),
            ("s3://bucket:9000/images", AddressError::NotPlain),
            ("s3://bucket/images?token=secret", AddressError::NotPlain),
        ] {
            let error = parse(address, &[]).unwrap_err();

            assert_eq!(error, expected, "{address}");
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
    }

    #[test]
    fn s3_takes_the_usual_options_and_ignores_those_of_other_tools() {
        let address = parse(
            "s3://bucket/some/prefix",
            &[
                ("AWS_ACCESS_KEY_ID", "AKIA"),
                ("AWS_SECRET_ACCESS_KEY", "secret"),
                ("AWS_REGION", "eu-central-1"),
                ("AWS_ENDPOINT_URL", "http://127.0.0.1:9000"),
                ("AWS_ALLOW_HTTP", "true"),
                ("AWS_PROFILE", "default"),
                ("AWS_PAGER", ""),
                ("BUCKET", "another"),
            ],
        )
        .unwrap();

        assert!(matches!(address, Address::S3(_)));
        assert_eq!(format!("{address:?}"), "S3(..)");
    }

    #[test]
    fn half_of_the_credentials_is_refused_by_name() {
        let error = parse("s3://bucket", &[("AWS_ACCESS_KEY_ID", "AKIAWHATEVER")]).unwrap_err();

        assert_eq!(
            error.to_string(),
            "the S3 options are not usable: AWS_SECRET_ACCESS_KEY is missing"
        );
    }

    #[test]
    fn a_value_s3_cannot_have_is_refused_without_being_repeated() {
        let error = parse("s3://bucket", &[("AWS_SKIP_SIGNATURE", "wat-secret")]).unwrap_err();

        assert_eq!(error, AddressError::OptionsInvalid { option: None });
    }
}
