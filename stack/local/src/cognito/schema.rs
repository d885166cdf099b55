//! Attributes that the users of a pool can have.

use serde_json::{Value, json};

/// The attributes that each pool has, with their types.
const STANDARD: [(&str, &str); 20] = [
    ("sub", "String"),
    ("name", "String"),
    ("given_name", "String"),
    ("family_name", "String"),
    ("middle_name", "String"),
    ("nickname", "String"),
    ("preferred_username", "String"),
    ("profile", "String"),
    ("picture", "String"),
    ("website", "String"),
    ("email", "String"),
    ("email_verified", "Boolean"),
    ("gender", "String"),
    ("birthdate", "String"),
    ("zoneinfo", "String"),
    ("locale", "String"),
    ("phone_number", "String"),
    ("phone_number_verified", "Boolean"),
    ("address", "String"),
    ("updated_at", "Number"),
];

/// Whether each pool has this attribute.
pub(super) fn is_standard(name: &str) -> bool {
    STANDARD.iter().any(|(standard, _)| *standard == name)
}

/// The whole schema of a pool that declares these attributes, as `DescribeUserPool` tells it.
pub(super) fn described(declared: &[Value]) -> Vec<Value> {
    let mut attributes: Vec<Value> = STANDARD.iter().map(|(name, kind)| standard(name, kind)).collect();
    for declaration in declared {
        let name = declaration["Name"].as_str().unwrap_or_default();
        let known = attributes.iter().position(|attribute| attribute["Name"].as_str() == Some(name));
        let mut attribute = known.map_or_else(
            || json!({"AttributeDataType": "String", "DeveloperOnlyAttribute": false, "Mutable": true, "Required": false}),
            |index| attributes[index].clone(),
        );
        for (key, value) in declaration.as_object().into_iter().flatten() {
            attribute[key.as_str()] = value.clone();
        }
        if let Some(index) = known {
            attributes[index] = attribute;
            continue;
        }
        attribute["Name"] = json!(format!("custom:{}", name.strip_prefix("custom:").unwrap_or(name)));
        attributes.push(attribute);
    }
    attributes
}

fn standard(name: &str, kind: &str) -> Value {
    let is_sub = name == "sub";
    let mut attribute = json!({
        "Name": name,
        "AttributeDataType": kind,
        "DeveloperOnlyAttribute": false,
        // Nobody chooses who they are.
        "Mutable": !is_sub,
        "Required": is_sub,
    });
    match (name, kind) {
        (_, "Number") => attribute["NumberAttributeConstraints"] = json!({"MinValue": "0"}),
        ("birthdate", _) => attribute["StringAttributeConstraints"] = json!({"MinLength": "10", "MaxLength": "10"}),
        (_, "String") => {
            let least = if is_sub { "1" } else { "0" };
            attribute["StringAttributeConstraints"] = json!({"MinLength": least, "MaxLength": "2048"});
        }
        _ => {}
    }
    attribute
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_has_what_each_pool_has_and_what_this_one_declares() {
        let declared = [
            json!({"Name": "email", "AttributeDataType": "String", "Required": true}),
            json!({"Name": "level", "AttributeDataType": "Number"}),
        ];
        let schema = described(&declared);
        assert_eq!(schema.len(), 21);
        let find = |name: &str| schema.iter().find(|attribute| attribute["Name"] == name).unwrap();
        assert_eq!((&find("email")["Required"], &find("email")["Mutable"]), (&json!(true), &json!(true)));
        assert_eq!(find("custom:level")["AttributeDataType"], "Number");
        assert_eq!(find("sub")["Mutable"], false);
        assert_eq!(described(&[]).len(), 20);
    }
}
