//! Behavior of keys.

use super::*;

const REGION: &str = "us-east-1";

fn context(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn what_is_encrypted_is_decrypted_by_key_and_context_only() {
    let kms = Kms::open(None).unwrap();
    let key = kms.create(REGION, "", None, BTreeMap::new()).unwrap();
    let other = kms.create(REGION, "", None, BTreeMap::new()).unwrap();
    let pairs = context(&[("a", "b")]);
    let blob = crypto::encrypt(&key, b"plain", &pairs).unwrap();
    assert_ne!(blob, crypto::encrypt(&key, b"plain", &pairs).unwrap());
    assert_eq!(crypto::key_of(&blob), Some(key.id.clone()));
    assert_eq!(crypto::decrypt(&key, &blob, &pairs).unwrap(), b"plain");
    assert_eq!(crypto::decrypt(&other, &blob, &pairs), None);
    for wrong in [context(&[]), context(&[("a", "c")]), context(&[("ab", "")])] {
        assert_eq!(crypto::decrypt(&key, &blob, &wrong), None, "{wrong:?}");
    }
    for (at, wrong) in ["", "AA==", "x"].iter().enumerate() {
        assert_eq!((crypto::decrypt(&key, wrong, &pairs), crypto::key_of(wrong)), (None, None), "{at}");
    }
}

#[test]
fn a_rotated_key_decrypts_what_it_encrypted_before() {
    let kms = Kms::open(None).unwrap();
    let key = kms.create(REGION, "", None, BTreeMap::new()).unwrap();
    let before = crypto::encrypt(&key, b"old", &BTreeMap::new()).unwrap();
    let rotated = kms
        .change(REGION, &key.id, |key| {
            key.material.push(hex::encode(crypto::random(32)?));
            Ok(key.clone())
        })
        .unwrap();
    assert_eq!(crypto::decrypt(&rotated, &before, &BTreeMap::new()).unwrap(), b"old");
    let after = crypto::encrypt(&rotated, b"new", &BTreeMap::new()).unwrap();
    assert_eq!(crypto::decrypt(&key, &after, &BTreeMap::new()), None);
}

#[test]
fn keys_are_named_by_id_arn_and_alias() {
    let directory = tempfile::tempdir().unwrap();
    let kms = Kms::open(Some(directory.path())).unwrap();
    let key = kms.create(REGION, "", None, BTreeMap::new()).unwrap();
    kms.set_alias(REGION, "alias/app", &key.id, true).unwrap();
    assert_eq!(kms.set_alias(REGION, "alias/app", &key.id, true).unwrap_err().code, "AlreadyExistsException");
    assert_eq!(kms.set_alias(REGION, "alias/aws/s3", &key.id, true).unwrap_err().code, "NotAuthorizedException");
    let again = Kms::open(Some(directory.path())).unwrap();
    for reference in [&key.id, &key.arn(), "alias/app", "arn:aws:kms:us-east-1:000000000000:alias/app"] {
        assert_eq!(again.key(REGION, reference).unwrap().id, key.id, "{reference}");
    }
    for reference in ["missing", "alias/missing", "alias/aws/missing"] {
        assert_eq!(again.key(REGION, reference).unwrap_err().code, "NotFoundException", "{reference}");
    }
    // That of a service is there for whoever asks, and the same every time.
    let of_service = again.key(REGION, "alias/aws/sqs").unwrap();
    assert_eq!(again.key(REGION, "alias/aws/sqs").unwrap().id, of_service.id);
    assert!(again.change(REGION, &of_service.id, |_| Ok(())).is_err());
}

#[test]
fn a_key_that_is_to_be_removed_is_of_no_use_until_that_is_taken_back() {
    let kms = Kms::open(None).unwrap();
    let key = kms.create(REGION, "", None, BTreeMap::new()).unwrap();
    assert_eq!(kms.schedule_deletion(REGION, &key.id, 3).unwrap_err().code, "ValidationException");
    kms.schedule_deletion(REGION, &key.id, 7).unwrap();
    assert_eq!(kms.usable(REGION, &key.id).unwrap_err().code, "KMSInvalidStateException");
    kms.cancel_deletion(REGION, &key.id).unwrap();
    assert_eq!(kms.usable(REGION, &key.id).unwrap_err().code, "DisabledException");
}
