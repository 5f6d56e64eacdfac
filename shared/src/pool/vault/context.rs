use uuid::Uuid;

/// What a sealed secret belongs to. Not stored in the envelope: who opens it must know it, and it
/// must be the same as when it was sealed.
pub trait Belonging {
    /// What kind of secret this is; no two kinds share one.
    const DOMAIN: &'static [u8];

    /// What it belongs to, always in the same order and number.
    fn fields(&self) -> Vec<&[u8]>;
}

/// What a hosted key belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealContext<'a> {
    /// The resource that hosts the key.
    pub resource_id: Uuid,
    /// The user who hosts the resource.
    pub owner_id: Uuid,
    /// The provider the key is for, as `pool.provider.name` spells it.
    pub provider: &'a str,
}

impl Belonging for SealContext<'_> {
    const DOMAIN: &'static [u8] = b"aetherflow.vault";

    fn fields(&self) -> Vec<&[u8]> {
        vec![self.resource_id.as_bytes(), self.owner_id.as_bytes(), self.provider.as_bytes()]
    }
}

/// Whose second factor a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TotpContext {
    /// The user who signs in with it.
    pub user_id: Uuid,
}

impl Belonging for TotpContext {
    const DOMAIN: &'static [u8] = b"aetherflow.totp";

    fn fields(&self) -> Vec<&[u8]> {
        vec![self.user_id.as_bytes()]
    }
}

/// Which of the two encryptions is meant; part of what each authenticates, so that neither can be
/// put in the place of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer<'a> {
    /// The provider's key under the data key.
    Key,
    /// The data key under the master key of this id.
    DataKey { master_key_id: &'a str },
}

/// Version of the meaning of the associated data. A change of what is bound is a new version.
const SCHEMA_VERSION: u8 = 1;

/// The bytes both layers authenticate. Each field carries its length, so no two contexts share
/// an encoding.
pub(super) fn associated_data<B: Belonging>(belonging: &B, layer: Layer<'_>) -> Vec<u8> {
    let (layer_name, master_key_id) = match layer {
        Layer::Key => ("key", ""),
        Layer::DataKey { master_key_id } => ("data-key", master_key_id),
    };
    let head: [&[u8]; 4] =
        [B::DOMAIN, &[SCHEMA_VERSION], layer_name.as_bytes(), master_key_id.as_bytes()];

    let mut bytes = Vec::with_capacity(128);
    for field in head.into_iter().chain(belonging.fields()) {
        bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
        bytes.extend_from_slice(field);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_a_character_between_fields_changes_the_associated_data() {
        let context =
            |provider| SealContext { resource_id: Uuid::nil(), owner_id: Uuid::nil(), provider };

        assert_ne!(
            associated_data(&context("b"), Layer::DataKey { master_key_id: "a" }),
            associated_data(&context(""), Layer::DataKey { master_key_id: "ab" }),
        );
        assert_ne!(
            associated_data(&context("a"), Layer::Key),
            associated_data(&context("a"), Layer::DataKey { master_key_id: "" }),
        );
        assert_ne!(
            associated_data(&TotpContext { user_id: Uuid::nil() }, Layer::Key),
            associated_data(&context(""), Layer::Key),
        );
    }
}
