//! What custody promises: nothing opens but in its own place, nothing prints, rotation loses nothing.

use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{Keyring, MasterKeys, MasterKeysError, SealContext, Sealed, VaultError};

const RESOURCE: Uuid = Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0001);
const OWNER: Uuid = Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0002);
const CONTEXT: SealContext<'static> =
    SealContext { resource_id: RESOURCE, owner_id: OWNER, provider: "stability" };
const KEY: &str = "sk-0123456789abcdefghijklmnopqrstuvwxyz";

fn entry(id: &str, byte: u8) -> String {
    format!("{id}:{}", STANDARD.encode([byte; 32]))
}

fn keyring(entries: &[String]) -> Keyring {
    Keyring::new(MasterKeys::parse(&entries.join(",")).unwrap())
}

fn sealed_by(keyring: &Keyring) -> Sealed {
    keyring.seal(&CONTEXT, &SecretString::from(KEY))
}

#[test]
fn what_was_sealed_opens_in_its_own_place() {
    let keyring = keyring(&[entry("first", 1)]);

    let sealed = sealed_by(&keyring);

    assert_eq!(keyring.open(&CONTEXT, &sealed).unwrap().expose_secret(), KEY);
    assert_eq!(sealed.master_key_id, "first");
    assert_eq!(sealed.key_ciphertext.len(), 1 + 12 + KEY.len() + 16);
    assert_eq!(sealed.data_key_wrapped.len(), 1 + 12 + 32 + 16);
    let holds_plain = sealed.key_ciphertext.windows(8).any(|it| it == &KEY.as_bytes()[8..16]);
    assert!(!holds_plain);
}

#[test]
fn another_resource_owner_or_provider_does_not_open_it() {
    let keyring = keyring(&[entry("first", 1)]);
    let sealed = sealed_by(&keyring);

    for context in [
        SealContext { resource_id: OWNER, ..CONTEXT },
        SealContext { owner_id: RESOURCE, ..CONTEXT },
        SealContext { provider: "openai", ..CONTEXT },
        SealContext { provider: "", ..CONTEXT },
    ] {
        assert_eq!(keyring.open(&context, &sealed).unwrap_err(), VaultError::NotAuthentic);
        assert_eq!(keyring.rewrap(&context, &sealed).unwrap_err(), VaultError::NotAuthentic);
    }
}

#[test]
fn a_change_of_any_bit_of_either_layer_is_found() {
    let keyring = keyring(&[entry("first", 1)]);
    let sealed = sealed_by(&keyring);

    for bit in 0..sealed.key_ciphertext.len() * 8 {
        let mut changed = sealed.clone();
        changed.key_ciphertext[bit / 8] ^= 1 << (bit % 8);
        assert!(keyring.open(&CONTEXT, &changed).is_err(), "bit {bit} of the key");
        assert!(keyring.rewrap(&CONTEXT, &changed).is_err(), "bit {bit} of the key, re-wrapped");
    }
    for bit in 0..sealed.data_key_wrapped.len() * 8 {
        let mut changed = sealed.clone();
        changed.data_key_wrapped[bit / 8] ^= 1 << (bit % 8);
        assert!(keyring.open(&CONTEXT, &changed).is_err(), "bit {bit} of the data key");
    }
}

#[test]
fn a_cut_or_lengthened_envelope_is_refused() {
    let keyring = keyring(&[entry("first", 1)]);
    let sealed = sealed_by(&keyring);

    for length in 0..sealed.key_ciphertext.len() {
        let mut cut = sealed.clone();
        cut.key_ciphertext.truncate(length);
        assert_eq!(keyring.open(&CONTEXT, &cut).unwrap_err(), VaultError::NotAuthentic);
    }
    for length in 0..sealed.data_key_wrapped.len() {
        let mut cut = sealed.clone();
        cut.data_key_wrapped.truncate(length);
        assert_eq!(keyring.open(&CONTEXT, &cut).unwrap_err(), VaultError::NotAuthentic);
    }
    let mut longer = sealed.clone();
    longer.key_ciphertext.push(0);
    assert_eq!(keyring.open(&CONTEXT, &longer).unwrap_err(), VaultError::NotAuthentic);
}

#[test]
fn the_layers_cannot_stand_in_for_each_other() {
    let keyring = keyring(&[entry("first", 1)]);
    let sealed = sealed_by(&keyring);

    let swapped = Sealed {
        key_ciphertext: sealed.data_key_wrapped.clone(),
        data_key_wrapped: sealed.key_ciphertext.clone(),
        ..sealed
    };

    assert_eq!(keyring.open(&CONTEXT, &swapped).unwrap_err(), VaultError::NotAuthentic);
}

#[test]
fn a_data_key_of_another_sealing_does_not_fit() {
    let keyring = keyring(&[entry("first", 1)]);
    let (one, two) = (sealed_by(&keyring), sealed_by(&keyring));

    let mixed = Sealed { data_key_wrapped: two.data_key_wrapped.clone(), ..one.clone() };

    assert_eq!(keyring.open(&CONTEXT, &mixed).unwrap_err(), VaultError::NotAuthentic);
    assert_ne!(one.key_ciphertext, two.key_ciphertext);
    assert_ne!(one.data_key_wrapped, two.data_key_wrapped);
}

#[test]
fn a_newer_layout_is_named_as_such() {
    let keyring = keyring(&[entry("first", 1)]);
    let mut sealed = sealed_by(&keyring);

    sealed.data_key_wrapped[0] = 2;

    let error = keyring.open(&CONTEXT, &sealed).unwrap_err();
    assert_eq!(error, VaultError::LayoutUnknown { layout: 2 });
}

#[test]
fn rotation_goes_through_its_steps_without_losing_a_key() {
    let old = keyring(&[entry("old", 1)]);
    let prepared = keyring(&[entry("old", 1), entry("new", 2)]);
    let switched = keyring(&[entry("new", 2), entry("old", 1)]);
    let finished = keyring(&[entry("new", 2)]);
    let sealed = sealed_by(&old);

    assert_eq!(prepared.active_id(), "old");
    assert_eq!(prepared.open(&CONTEXT, &sealed).unwrap().expose_secret(), KEY);
    assert!(!switched.is_current(&sealed));
    let rewrapped = switched.rewrap(&CONTEXT, &sealed).unwrap();

    assert!(switched.is_current(&rewrapped));
    assert_eq!(rewrapped.key_ciphertext, sealed.key_ciphertext);
    assert_ne!(rewrapped.data_key_wrapped, sealed.data_key_wrapped);
    // Those not switched yet, and those that dropped the old key, both open it.
    assert_eq!(prepared.open(&CONTEXT, &rewrapped).unwrap().expose_secret(), KEY);
    assert_eq!(finished.open(&CONTEXT, &rewrapped).unwrap().expose_secret(), KEY);
    assert!(!finished.has("old"));
    assert_eq!(
        finished.open(&CONTEXT, &sealed).unwrap_err(),
        VaultError::MasterKeyNotLoaded { master_key_id: "old".to_owned() },
    );
}

#[test]
fn another_key_under_the_same_id_does_not_open_it() {
    let sealed = sealed_by(&keyring(&[entry("first", 1)]));

    let error = keyring(&[entry("first", 9)]).open(&CONTEXT, &sealed).unwrap_err();

    assert_eq!(error, VaultError::NotAuthentic);
}

#[test]
fn the_id_of_the_master_key_is_authenticated_too() {
    let keyring = keyring(&[entry("first", 1), entry("second", 2)]);
    let mut sealed = sealed_by(&keyring);

    sealed.master_key_id = "second".to_owned();

    assert_eq!(keyring.open(&CONTEXT, &sealed).unwrap_err(), VaultError::NotAuthentic);
}

#[test]
fn debug_output_shows_ids_and_no_secret() {
    let text = entry("first", 1);
    let key_text = text.split_once(':').unwrap().1.to_owned();
    let keys = MasterKeys::parse(&text).unwrap();
    let keys_shown = format!("{keys:?}");
    let keyring = Keyring::new(keys);
    let keyring_shown = format!("{keyring:?}");
    let secret_shown = format!("{:?}", keyring.open(&CONTEXT, &sealed_by(&keyring)).unwrap());

    for shown in [&keys_shown, &keyring_shown] {
        assert!(shown.contains("first"));
        assert!(!shown.contains(&key_text) && !shown.contains("1, 1"), "{shown}");
    }
    assert!(!secret_shown.contains("0123456789"));
}

#[test]
fn lists_of_master_keys_are_read_in_order() {
    let text = format!(" {} ,\n{}", entry("2026-11", 1), entry("a", 2));

    let keyring = Keyring::new(MasterKeys::parse(&text).unwrap());

    assert_eq!(keyring.active_id(), "2026-11");
    assert!(keyring.has("a") && keyring.has("2026-11") && !keyring.has("b"));
}

#[test]
fn a_wrong_list_is_refused_with_its_reason_and_without_key_material() {
    let key_text = STANDARD.encode([7; 32]);
    let short_text = STANDARD.encode([7; 16]);
    let long_id = "a".repeat(33);
    for (list, expected) in [
        (String::new(), MasterKeysError::Empty),
        (" ".to_owned(), MasterKeysError::Empty),
        (key_text.clone(), MasterKeysError::NotAnEntry { position: 1 }),
        (format!("a:{key_text},"), MasterKeysError::NotAnEntry { position: 2 }),
        (format!(":{key_text}"), MasterKeysError::IdInvalid { position: 1 }),
        (format!("A:{key_text}"), MasterKeysError::IdInvalid { position: 1 }),
        (format!("{key_text}:a"), MasterKeysError::IdInvalid { position: 1 }),
        (format!("{long_id}:{key_text}"), MasterKeysError::IdInvalid { position: 1 }),
        (format!("a:{key_text}!"), MasterKeysError::NotBase64 { position: 1 }),
        ("a:".to_owned(), MasterKeysError::LengthWrong { position: 1, length: 0 }),
        (format!("a:{short_text}"), MasterKeysError::LengthWrong { position: 1, length: 16 }),
        (
            format!("{},{}", entry("a", 1), entry("a", 2)),
            MasterKeysError::IdTwice { first: 1, second: 2 },
        ),
        (
            format!("{},{},{}", entry("a", 1), entry("b", 2), entry("c", 2)),
            MasterKeysError::KeyTwice { first: 2, second: 3 },
        ),
    ] {
        let error = MasterKeys::parse(&list).unwrap_err();

        assert_eq!(error, expected, "{list}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(&key_text[..8]) && !shown.contains(&short_text[..8]), "{shown}");
    }
}

proptest! {
    #[test]
    fn every_key_of_every_resource_survives_sealing_and_rotation(
        key in "\\PC{0,200}",
        provider in "[a-z0-9-]{1,20}",
        resource in any::<u128>(),
        owner in any::<u128>(),
    ) {
        let first = keyring(&[entry("first", 1)]);
        let second = keyring(&[entry("second", 2), entry("first", 1)]);
        let context = SealContext {
            resource_id: Uuid::from_u128(resource),
            owner_id: Uuid::from_u128(owner),
            provider: &provider,
        };

        let sealed = first.seal(&context, &SecretString::from(key.as_str()));
        let rewrapped = second.rewrap(&context, &sealed).unwrap();

        let opened = first.open(&context, &sealed).unwrap();
        prop_assert_eq!(opened.expose_secret(), key.as_str());
        let reopened = second.open(&context, &rewrapped).unwrap();
        prop_assert_eq!(reopened.expose_secret(), key.as_str());
    }

    #[test]
    fn arbitrary_bytes_never_open_and_never_panic(
        key_ciphertext in proptest::collection::vec(any::<u8>(), 0..100),
        data_key_wrapped in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let keyring = keyring(&[entry("first", 1)]);
        let sealed = Sealed {
            key_ciphertext,
            data_key_wrapped,
            master_key_id: "first".to_owned(),
        };

        prop_assert!(keyring.open(&CONTEXT, &sealed).is_err());
    }
}
