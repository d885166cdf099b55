//! The rendered template, judged by cfn-lint.

use std::path::PathBuf;
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

/// The five systems: three regions, with everything optional switched on, companion stacks included.
#[test]
fn cfn_lint_finds_nothing_in_the_systems() {
    let Some(cfn_lint) = tools::python_program("cfn-lint") else { return };
    let domain = ["domain=example.com", "zone=Z0123456789ABCDEFGHIJ"];
    let systems: [(TestProject, &[&str]); 5] = [
        (TestProject::fixture(STACK, "avatars-whole"), &domain),
        (TestProject::example(STACK, "attendance"), &["image_tag=abc123"]),
        (TestProject::example(STACK, "video-responses"), &[]),
        (TestProject::example(STACK, "image-library"), &[]),
        (TestProject::example(STACK, "photo-catalog"), &["mail=ops@example.com"]),
    ];
    for (project, parameters) in systems {
        let given: Vec<&str> = parameters.iter().flat_map(|parameter| ["--parameter", parameter]).collect();
        for region in ["us-east-1", "eu-central-1", "ap-northeast-2"] {
            for environment in ["dev", "prod"] {
                let out = format!("rendered/{region}-{environment}");
                let arguments =
                    ["render", "-e", environment, "--account", "123456789012", "--region", region, "--out", &out];
                project.succeed(&[&arguments[..], &given].concat());
                let mut templates: Vec<PathBuf> = std::fs::read_dir(project.directory().join(&out))
                    .unwrap()
                    .map(|entry| entry.unwrap().path())
                    .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
                    .collect();
                templates.sort();
                assert!(!templates.is_empty(), "{out}");
                for template in templates {
                    // A companion is deployed in us-east-1, wherever its project is at home.
                    let is_companion = !template.ends_with("template.yaml");
                    let region = if is_companion { "us-east-1" } else { region };
                    let mut linter = Command::new(&cfn_lint);
                    linter.args(["--regions", region, "--template"]).arg(&template);
                    let linted = Run::of(&mut linter);
                    assert_eq!((linted.code, linted.stdout.as_str()), (Some(0), ""), "{template:?}: {linted:?}");
                }
            }
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
