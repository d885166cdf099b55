//! REST APIs.

use serde_json::{Value, json};

use super::*;

const REST: &str = include_str!("../../../../tests/fixtures/rest/stack.yaml");

fn of(environment: &str) -> Plan {
    plan_text(REST, &Context { environment: Some(environment.to_owned()), ..context() })
}

fn of_type<'a>(plan: &'a Plan, wanted: &str) -> Vec<(&'a str, &'a Value)> {
    let resources = plan.template.resources.iter().filter(|(_, resource)| resource.resource_type == wanted);
    resources.map(|(id, resource)| (id.as_str(), &resource.properties)).collect()
}

fn deployments(plan: &Plan) -> Vec<String> {
    of_type(plan, "AWS::ApiGateway::Deployment").into_iter().map(|(id, _)| id.to_owned()).collect()
}

#[test]
fn every_key_of_rest_apis() {
    let plan = of("dev");
    insta::assert_snapshot!("rest_template", plan.template.to_yaml());
    insta::assert_json_snapshot!("rest_plan", around(&plan));
}
