//! `stack migrate`: new files, and what is refused before anything is asked. Runs are in `tests/local`.

use test_support::TestProject;

use crate::{SMALL, STACK, assert_run};

const PROJECT: &str = "\
stack: small
region: eu-central-1
environments:
  dev: { suffix: one }
functions:
  migrate:
    environment: { MIGRATIONS_BUCKET: \"{{bucket.migrations.name}}\", DATABASE_SECRET_ARN: none }
    access: { list: bucket.migrations, read: bucket.migrations }
buckets:
  migrations: { contents: ./sql }
";

#[test]
fn a_new_migration_has_the_next_number() {
    let project = TestProject::new(STACK, PROJECT);
    std::fs::create_dir(project.directory().join("sql")).unwrap();
    assert_run!("migrate_new_first", &project, &["migrate", "new", "Users & roles"]);
    std::fs::write(project.directory().join("sql/0009_more.up.sql"), "SELECT 1;").unwrap();
    assert_run!("migrate_new_next", &project, &["migrate", "new", "names"]);
    assert!(std::fs::read_to_string(project.directory().join("sql/0010_names.down.sql")).unwrap().starts_with("--"));
    assert_run!("migrate_new_name", &project, &["migrate", "new", "!"]);
}

#[test]
fn what_cannot_be_run_is_refused_before_anything_is_asked() {
    let project = TestProject::new(STACK, PROJECT);
    std::fs::create_dir(project.directory().join("sql")).unwrap();
    assert_run!("migrate_down_consent", &project, &["migrate", "down", "--account", "123456789012"]);
    assert_run!("migrate_function_unknown", &project, &["migrate", "status", "--function", "migrat"]);
    assert_run!("migrate_no_steps", &project, &["migrate", "down", "--steps", "0"]);
    let project = TestProject::new(STACK, SMALL);
    assert_run!("migrate_no_function", &project, &["migrate", "up"]);
    let elsewhere = PROJECT.replace("{ contents: ./sql }", "{}");
    let project = TestProject::new(STACK, &elsewhere);
    assert_run!("migrate_files_elsewhere", &project, &["migrate", "new", "users"]);
}
