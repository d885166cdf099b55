//! Small parts of a plan that follow from others.

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::construct::{Grant, Kind};
use crate::naming::Naming;
use crate::plan::{ARTIFACT_BUCKET_PARAMETER, Action, Artifact, NOTIFICATIONS_METADATA};
use crate::template::Parameter;

/// Values of `permission.yaml.hbs`.
pub(super) fn permission_values(grant: &Grant) -> Value {
    json!({
        "id": grant.permission_id,
        "function_id": Naming::id(Kind::Function, &grant.target.1),
        "service": grant.service,
        "names_account": grant.names_account,
        "source_arn": grant.source_arn,
    })
}

/// What the deployer must know of a deployed stack without its project file.
pub(super) fn metadata(actions: &[Action]) -> Option<Value> {
    let buckets: Vec<Value> = actions
        .iter()
        .filter_map(|action| match action {
            Action::MergeNotifications { bucket_name, id_prefix, .. } => {
                Some(json!({ "BucketName": bucket_name, "IdPrefix": id_prefix }))
            }
            Action::Invalidate { .. } => None,
        })
        .collect();
    (!buckets.is_empty()).then(|| json!({ NOTIFICATIONS_METADATA: buckets }))
}

pub(super) fn code_parameters(artifacts: &[Artifact]) -> IndexMap<String, Parameter> {
    let parameter = |description: String| Parameter {
        parameter_type: "String".to_owned(),
        description: Some(description),
        ..Parameter::default()
    };
    let mut parameters = IndexMap::new();
    if !artifacts.is_empty() {
        parameters.insert(
            ARTIFACT_BUCKET_PARAMETER.to_owned(),
            parameter("Bucket that holds the code of functions".to_owned()),
        );
    }
    for artifact in artifacts {
        let description = format!("Key of the code of function {}", artifact.function);
        parameters.insert(artifact.key_parameter.clone(), parameter(description));
    }
    parameters
}
