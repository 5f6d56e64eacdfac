use uuid::Uuid;

/// What a sealed key belongs to. Not stored in the envelope: who opens it must know it, and it
/// must be the same as when it was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealContext<'a> {
    /// The resource that hosts the key.
    pub resource_id: Uuid,
    /// The user who hosts the resource.
    pub owner_id: Uuid,
    /// The provider the key is for, as `pool.provider.name` spells it.
    pub provider: &'a str,
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

impl SealContext<'_> {
    /// The bytes both layers authenticate. Each field carries its length, so no two contexts share
    /// an encoding.
    pub(super) fn associated_data(&self, layer: Layer<'_>) -> Vec<u8> {
        let (layer_name, master_key_id) = match layer {
            Layer::Key => ("key", ""),
            Layer::DataKey { master_key_id } => ("data-key", master_key_id),
        };
        let fields: [&[u8]; 7] = [
            b"aetherflow.vault",
            &[SCHEMA_VERSION],
            layer_name.as_bytes(),
            master_key_id.as_bytes(),
            self.resource_id.as_bytes(),
            self.owner_id.as_bytes(),
            self.provider.as_bytes(),
        ];

        let mut bytes = Vec::with_capacity(128);
        for field in fields {
            bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
            bytes.extend_from_slice(field);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_a_character_between_fields_changes_the_associated_data() {
        let context =
            |provider| SealContext { resource_id: Uuid::nil(), owner_id: Uuid::nil(), provider };

        assert_ne!(
            context("b").associated_data(Layer::DataKey { master_key_id: "a" }),
            context("").associated_data(Layer::DataKey { master_key_id: "ab" }),
        );
        assert_ne!(
            context("a").associated_data(Layer::Key),
            context("a").associated_data(Layer::DataKey { master_key_id: "" }),
        );
    }
}
