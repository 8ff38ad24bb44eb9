//! Wrapping for a receiver.

use crate::wrap::{OVERHEAD_BYTES, PUBLIC_BYTES, SealingPublic, SealingSecret, unwrap, wrap};

#[test]
fn only_the_receiver_opens_a_wrap_and_only_in_its_context() {
    let receiver = SealingSecret::generate();
    let wrapped = wrap(&receiver.public(), b"category key", b"epoch 1", b"secret");

    assert_eq!(wrapped.len(), OVERHEAD_BYTES + 6);
    let open = |secret: &SealingSecret, info: &[u8], aad: &[u8], bytes: &[u8]| {
        unwrap(secret, info, aad, bytes).map(|plain| plain.to_vec()).map_err(|error| error.code())
    };
    assert_eq!(open(&receiver, b"category key", b"epoch 1", &wrapped), Ok(b"secret".to_vec()));
    assert_eq!(open(&receiver, b"data key", b"epoch 1", &wrapped), Err("crypto.wrap_open"));
    assert_eq!(open(&receiver, b"category key", b"epoch 2", &wrapped), Err("crypto.wrap_open"));
    let stranger = SealingSecret::generate();
    assert_eq!(open(&stranger, b"category key", b"epoch 1", &wrapped), Err("crypto.wrap_open"));
}

#[test]
fn any_changed_byte_is_refused() {
    let receiver = SealingSecret::generate();
    let wrapped = wrap(&receiver.public(), b"", b"", b"secret");

    for position in (0..wrapped.len()).step_by(7).chain(wrapped.len() - 24..wrapped.len()) {
        let mut changed = wrapped.clone();
        changed[position] ^= 1;
        assert!(unwrap(&receiver, b"", b"", &changed).is_err(), "byte {position}");
    }
}

#[test]
fn impossible_lengths_and_algorithms_are_named() {
    let receiver = SealingSecret::generate();
    let code = |bytes: &[u8]| unwrap(&receiver, b"", b"", bytes).unwrap_err().code();

    assert_eq!(code(&[]), "crypto.wrap_algorithm");
    assert_eq!(code(&[9; 2000]), "crypto.wrap_algorithm");
    assert_eq!(code(&[1; 100]), "crypto.wrap_length");
    assert_eq!(code(&[1; 2000]), "crypto.wrap_open");
}

#[test]
fn keys_keep_their_bytes_and_secrets_do_not_print() {
    let secret = SealingSecret::generate();
    let again = SealingSecret::from_bytes(&secret.to_bytes()).unwrap();
    let public = SealingPublic::from_bytes(secret.public().as_bytes()).unwrap();

    assert_eq!(again.public(), public);
    assert_eq!(public.as_bytes().len(), PUBLIC_BYTES);
    assert_eq!(format!("{secret:?}"), "SealingSecret([redacted])");
    assert_eq!(
        SealingSecret::from_bytes(&[0; 31]).unwrap_err().code(),
        "crypto.bad_sealing_secret"
    );
    assert_eq!(SealingPublic::from_bytes(&[0; 32]).unwrap_err().code(), "crypto.bad_sealing_key");
    assert_eq!(
        SealingPublic::from_bytes(&[255; 1216]).unwrap_err().code(),
        "crypto.bad_sealing_key"
    );
}
