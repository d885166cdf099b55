//! Behavior of secrets.

use super::secrets::{NewSecret, move_stage, put};
use super::*;

fn with_value(manager: &SecretsManager, name: &str, value: &str) -> Secret {
    let new = NewSecret {
        name: name.to_owned(),
        region: "us-east-1".to_owned(),
        value: Some(SecretValue::String(value.to_owned())),
        ..NewSecret::default()
    };
    manager.create(new).unwrap().0
}

fn put_text(manager: &SecretsManager, name: &str, value: &str, stages: &[&str]) -> String {
    let stages: Vec<String> = stages.iter().map(|stage| (*stage).to_owned()).collect();
    manager.change(name, |secret| put(secret, SecretValue::String(value.to_owned()), None, &stages)).unwrap()
}

#[test]
fn a_secret_is_found_by_name_and_by_arn_with_and_without_its_end() {
    let manager = SecretsManager::open(None).unwrap();
    let secret = with_value(&manager, "app/db", "first");
    let partial = secret.arn.rsplit_once('-').unwrap().0.to_owned();
    for id in ["app/db", &secret.arn, &partial] {
        assert_eq!(manager.value(id).unwrap(), "first", "{id}");
    }
    assert_eq!(manager.value("app").unwrap_err().code, "ResourceNotFoundException");
    assert_eq!(
        manager.create(NewSecret { name: "a b".to_owned(), ..NewSecret::default() }).unwrap_err().code,
        "ValidationException"
    );
}

#[test]
fn stages_move_and_the_current_version_becomes_the_previous_one() {
    let manager = SecretsManager::open(None).unwrap();
    with_value(&manager, "s", "first");
    put_text(&manager, "s", "second", &[CURRENT]);
    let staged = |stage| manager.version_value("s", None, Some(stage)).ok();
    assert_eq!((staged(CURRENT), staged(PREVIOUS)), (Some("second".to_owned()), Some("first".to_owned())));
    let pending = put_text(&manager, "s", "third", &[PENDING]);
    assert_eq!(staged(CURRENT).as_deref(), Some("second"));
    manager
        .change("s", |secret| {
            move_stage(secret, CURRENT, &pending);
            Ok(())
        })
        .unwrap();
    assert_eq!((staged(CURRENT), staged(PREVIOUS)), (Some("third".to_owned()), Some("second".to_owned())));
    assert_eq!(manager.version_value("s", Some(&pending), None).unwrap(), "third");
    assert_eq!(manager.version_value("s", None, Some("NONE")).unwrap_err().code, "ResourceNotFoundException");
}

#[test]
fn a_version_id_stands_for_one_value() {
    let manager = SecretsManager::open(None).unwrap();
    with_value(&manager, "s", "first");
    let id = "0123456789abcdef0123456789abcdef".to_owned();
    let again = |value: &str| {
        let value = SecretValue::String(value.to_owned());
        manager.change("s", |secret| put(secret, value, Some(id.clone()), &[CURRENT.to_owned()]))
    };
    assert_eq!(again("second").unwrap(), id);
    assert_eq!(again("second").unwrap(), id);
    assert_eq!(again("third").unwrap_err().code, "ResourceExistsException");
}

#[test]
fn a_deleted_secret_can_be_restored_and_its_name_is_taken_until_it_is_gone() {
    let manager = SecretsManager::open(None).unwrap();
    with_value(&manager, "s", "first");
    manager.delete("s", Some(7)).unwrap();
    assert_eq!(manager.value("s").unwrap_err().code, "InvalidRequestException");
    let again = NewSecret { name: "s".to_owned(), ..NewSecret::default() };
    assert_eq!(manager.create(again.clone()).unwrap_err().code, "InvalidRequestException");
    manager.restore("s").unwrap();
    assert_eq!(manager.value("s").unwrap(), "first");
    manager.delete("s", None).unwrap();
    assert!(manager.create(again).is_ok());
}

#[test]
fn values_are_not_shown_by_debug_and_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let manager = SecretsManager::open(Some(directory.path())).unwrap();
    let secret = with_value(&manager, "s", "hunter2");
    assert!(!format!("{secret:?}").contains("hunter2"));
    assert_eq!(SecretsManager::open(Some(directory.path())).unwrap().value("s").unwrap(), "hunter2");
}
