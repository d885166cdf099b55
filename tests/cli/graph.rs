//! `stack graph`.

use test_support::TestProject;

use crate::{STACK, assert_run};

#[test]
fn every_format() {
    let project = TestProject::fixture(STACK, "raw-cloudformation");
    assert_run!("graph_mermaid", &project, &["graph", "--format", "mermaid"]);
    assert_run!("graph_dot", &project, &["graph", "--format", "dot"]);
    let svg = project.succeed(&["graph"]).stdout;
    assert!(svg.starts_with("<svg xmlns") && svg.ends_with("</svg>\n"), "{svg}");
    // Hash maps have another order in another process.
    assert_eq!(project.succeed(&["graph"]).stdout, svg);
    let report = project.succeed(&["graph", "--json"]).json();
    assert_eq!(report["graph"]["nodes"][0]["id"], "function.report", "{report:#}");
}
