//! The rendered template, judged by cfn-lint.

use std::process::Command;

use serde_json::Value;
use test_support::{Run, TestProject, tools};

use crate::STACK;

#[test]
fn cfn_lint_finds_nothing_in_the_avatars_template() {
    let Some(cfn_lint) = tools::python_program("cfn-lint") else { return };
    let project = TestProject::example(STACK, "avatars");
    for region in ["us-east-1", "eu-central-1"] {
        for format in ["yaml", "json"] {
            let arguments = ["render", "-e", "dev", "--suffix", "lint", "--account", "123456789012"];
            let rendered = project.succeed(&[&arguments[..], &["--region", region, "--format", format]].concat());
            let file = format!("template-{region}.{format}");
            project.write(&file, &rendered.stdout);
            // Informational findings count too.
            let linted = Run::of(
                Command::new(&cfn_lint)
                    .args(["--regions", region, "--include-checks", "I", "--template", &file])
                    .current_dir(project.directory()),
            );
            assert_eq!((linted.code, linted.stdout.as_str()), (Some(0), ""), "{file}: {linted:?}");
        }
    }
}

#[test]
fn the_avatars_template_has_the_declared_functions_and_no_custom_resource() {
    let project = TestProject::example(STACK, "avatars");
    let rendered = project.succeed(&["render", "-e", "dev", "--suffix", "native", "--format", "json"]);
    let template: Value = rendered.json();
    let types: Vec<&str> = template["Resources"]
        .as_object()
        .unwrap()
        .values()
        .map(|resource| resource["Type"].as_str().unwrap())
        .collect();
    let functions = types.iter().filter(|kind| **kind == "AWS::Lambda::Function").count();
    assert_eq!(functions, 1, "{types:?}");
    let custom = |kind: &&&str| kind.starts_with("Custom::") || **kind == "AWS::CloudFormation::CustomResource";
    assert_eq!(types.iter().filter(custom).count(), 0, "{types:?}");
    assert!(rendered.stdout.len() < 25_000, "{} bytes", rendered.stdout.len());
}
