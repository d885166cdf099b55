//! Which values of a template's resources are not to be seen.

use stack_plan::Template;

/// What stands for a value that is not to be seen.
pub(crate) const HIDDEN: &str = "(hidden)";

/// True when the property of this path, or the nearest one above it that the template names, is made of a secret.
pub(crate) fn is_secret(template: &Template, properties: &serde_json::Value, path: &str) -> bool {
    let mut path = path;
    let text = loop {
        if let Some(value) = properties.pointer(path) {
            break value.to_string();
        }
        match path.rfind('/') {
            Some(end) if end > 0 => path = &path[..end],
            _ => return false,
        }
    };
    let from_parameter =
        |name: &String| text.contains(&format!("{{\"Ref\":\"{name}\"}}")) || text.contains(&format!("${{{name}}}"));
    let from_store = ["{{resolve:secretsmanager:", "{{resolve:ssm-secure:"].iter().any(|store| text.contains(store));
    let mut secrets = template.parameters.iter().filter(|(_, parameter)| parameter.is_secret());
    from_store || secrets.any(|(name, _)| from_parameter(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_what_the_template_makes_them_of() {
        let template = Template::parse(
            r#"{
                "Parameters": {"Key": {"Type": "String", "NoEcho": true}, "Name": {"Type": "String"}},
                "Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {
                    "FunctionName": {"Ref": "Name"},
                    "Environment": {"Variables": {
                        "URL": {"Fn::Sub": "https://x/${Key}"},
                        "TOKEN": {"Ref": "Key"},
                        "PLACE": "{{resolve:secretsmanager:x}}",
                        "PLAIN": "x"
                    }}
                }}}
            }"#,
        )
        .unwrap();
        let properties = &template.resources["F"].properties;
        for path in ["URL", "TOKEN", "PLACE"] {
            assert!(is_secret(&template, properties, &format!("/Environment/Variables/{path}")), "{path}");
        }
        for path in ["/FunctionName", "/Environment/Variables/PLAIN", "/Tags/0/Value"] {
            assert!(!is_secret(&template, properties, path), "{path}");
        }
        assert!(is_secret(&template, properties, "/Environment/Variables/OTHER"), "in doubt it is hidden");
    }
}
