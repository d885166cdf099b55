//! `stack schema`.

use test_support::TestProject;

use crate::STACK;

#[test]
fn a_schema_is_printed_without_a_project() {
    let place = TestProject::empty(STACK);
    let printed = place.succeed(&["schema"]).stdout;
    let schema: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    assert_eq!(schema["required"], serde_json::json!(["stack"]));
    assert_eq!(place.succeed(&["schema", "--json"]).json()["schema"], schema);
}
