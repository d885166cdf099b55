//! Secrets where they can be read.

use super::{Nothing, Pair, Wider, between, judge};

fn function(variables: &str) -> String {
    format!(
        "Parameters: {{ Password: {{ Type: String, NoEcho: true }} }}
Resources:
  F: {{ Type: AWS::Lambda::Function, Properties: {{ Environment: {{ Variables: {{ {variables} }} }} }} }}
"
    )
}

const VARIABLES: [Pair; 14] = [
    ("a password", "", "DB_PASSWORD: hunter2hunter2", Wider),
    ("a password as before", "DB_PASSWORD: hunter2hunter2", "DB_PASSWORD: hunter2hunter2, A: b", Nothing),
    ("another password", "DB_PASSWORD: hunter2hunter2", "DB_PASSWORD: hunter3hunter3", Wider),
    ("a password that is looked up", "", "DB_PASSWORD: '{{resolve:secretsmanager:s:SecretString:p}}'", Nothing),
    ("a password that is a parameter", "", "DB_PASSWORD: !Ref Password", Nothing),
    ("where a password is", "", "DB_PASSWORD_ARN: 'arn:aws:secretsmanager:r:1:secret:s', SECRET_NAME: db", Nothing),
    ("where a token comes from", "", "TOKEN_URL: 'https://example.com/token'", Nothing),
    ("a URL with a password", "", "DATABASE: 'postgres://app:hunter2@db.example.com/app'", Wider),
    ("a URL with a user", "", "DATABASE: 'postgres://app@db.example.com/app'", Nothing),
    ("an access key by its look", "", "A: AKIAIOSFODNN7EXAMPLE", Wider),
    ("a private key by its look", "", "A: '-----BEGIN PRIVATE KEY-----'", Wider),
    ("a switch", "", "SECRETS_ENABLED: 'true', TOKEN_LIMIT: '30'", Nothing),
    ("a plain value", "", "STAGE: prod, TABLE: photos", Nothing),
    ("a secret in a branch", "", "API_KEY: !If [C, 'k-8f2a7c', '']", Wider),
];

#[test]
fn variables_of_a_function() {
    judge(&VARIABLES, |variables| {
        format!("Conditions: {{ C: !Equals [!Ref AWS::Region, x] }}\n{}", function(variables))
    });
}

#[test]
fn variables_of_containers_and_builds() {
    for (name, resource, is_wider) in [
        (
            "a container",
            "Type: AWS::ECS::TaskDefinition, Properties: { ContainerDefinitions: [{ Environment: [{ Name: API_TOKEN, Value: k-8f2a7c }] }] }",
            true,
        ),
        (
            "a build",
            "Type: AWS::CodeBuild::Project, Properties: { Environment: { EnvironmentVariables: [{ Name: API_TOKEN, Value: k-8f2a7c }] } }",
            true,
        ),
        (
            "a build that looks it up",
            "Type: AWS::CodeBuild::Project, Properties: { Environment: { EnvironmentVariables: [{ Name: API_TOKEN, Value: k, Type: SECRETS_MANAGER }] } }",
            false,
        ),
    ] {
        let old = "Resources: { Y: { Type: AWS::SNS::Topic } }";
        let new = format!("Resources: {{ Y: {{ Type: AWS::SNS::Topic }}, X: {{ {resource} }} }}");
        let found = between(old, &new);
        assert_eq!(!found.is_empty(), is_wider, "{name}: {found:#?}");
        let told = serde_json::to_string(&found).unwrap();
        assert!(!told.contains("8f2a7c"), "{told}");
    }
}

#[test]
fn outputs_and_parameters() {
    let with = |output: &str| format!("{}Outputs: {{ O: {{ Value: {output} }} }}\n", function("A: b"));
    assert_eq!(between(&with("x"), &with("!Ref Password"))[0].what, "shows the secret parameter `Password`");
    assert_eq!(between(&with("x"), &with("!Sub 'a:${Password}'")).len(), 1);
    assert_eq!(between(&with("!Ref Password"), &with("!Ref Password")), []);
    assert_eq!(between(&with("!Ref Password"), &with("x")), []);
    let shown = with("x").replace("NoEcho: true", "NoEcho: false");
    assert_eq!(between(&with("x"), &shown)[0].path, "Parameters.NoEcho");
    assert_eq!(between(&shown, &with("x")), []);
}
