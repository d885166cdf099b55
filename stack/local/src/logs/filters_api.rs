//! The operations on filters and resource policies.

use std::sync::Arc;

use serde_json::{Value, json};

use super::api::{Input, missing, page_of};
use super::metric_filters::{self, MetricFilter, dimensions_of_map};
use super::no_group;
use crate::cloud::Cloud;
use crate::wire::ServiceError;

/// Filters of one page.
const PAGE: usize = 50;

/// Names of the fields of a transformation in the API.
const NAMES: [&str; 5] = ["metricName", "metricNamespace", "metricValue", "defaultValue", "unit"];

/// Answers, or `None` for an operation of another kind.
pub(super) fn answer(cloud: &Arc<Cloud>, operation: &str, input: &Input) -> Result<Option<Value>, ServiceError> {
    let logs = &cloud.logs;
    let name = || input.filter_name.as_deref().ok_or_else(|| missing("filterName"));
    let pattern = || input.filter_pattern.as_deref().ok_or_else(|| missing("filterPattern"));
    match operation {
        "PutMetricFilter" => {
            let dimensions = input.metric_transformations.first().and_then(|one| one.get("dimensions"));
            let dimensions = dimensions_of_map(dimensions);
            let filter = MetricFilter::read(name()?, pattern()?, &input.metric_transformations, NAMES, dimensions)?;
            logs.put_metric_filter(&input.group()?, filter)?;
        }
        "DeleteMetricFilter" => logs.delete_metric_filter(&input.group()?, name()?)?,
        "DescribeMetricFilters" => return describe_metric_filters(cloud, input).map(Some),
        "TestMetricFilter" => return metric_filters::test(pattern()?, &input.log_event_messages).map(Some),
        "PutSubscriptionFilter" => {
            let destination = input.destination_arn.as_deref().ok_or_else(|| missing("destinationArn"))?;
            logs.put_subscription(cloud, &input.group()?, name()?, pattern()?, destination)?;
        }
        "DeleteSubscriptionFilter" => logs.delete_subscription(&input.group()?, name()?)?,
        "DescribeSubscriptionFilters" => return describe_subscriptions(cloud, input).map(Some),
        "PutResourcePolicy" => {
            let name = input.policy_name.as_deref().ok_or_else(|| missing("policyName"))?;
            let document = input.policy_document.as_deref().ok_or_else(|| missing("policyDocument"))?;
            logs.put_policy(name, document)?;
            return Ok(Some(json!({"resourcePolicy": {"policyName": name, "policyDocument": document}})));
        }
        "DeleteResourcePolicy" => {
            logs.delete_policy(input.policy_name.as_deref().ok_or_else(|| missing("policyName"))?)?;
        }
        "DescribeResourcePolicies" => {
            let policies = logs.policies();
            let shown = policies.iter().map(|(name, document)| json!({"policyName": name, "policyDocument": document}));
            return Ok(Some(json!({"resourcePolicies": shown.collect::<Vec<_>>()})));
        }
        _ => return Ok(None),
    }
    Ok(Some(json!({})))
}

fn describe_metric_filters(cloud: &Cloud, input: &Input) -> Result<Value, ServiceError> {
    let groups = match input.log_group_name {
        Some(_) => vec![cloud.logs.group(&input.group()?).ok_or_else(no_group)?],
        None => cloud.logs.groups(""),
    };
    let prefix = input.filter_name_prefix.as_deref().unwrap_or_default();
    let wanted = |filter: &MetricFilter| {
        filter.name.starts_with(prefix)
            && input.metric_name.as_ref().is_none_or(|metric| *metric == filter.metric)
            && input.metric_namespace.as_ref().is_none_or(|namespace| *namespace == filter.namespace)
    };
    let filters: Vec<(String, Value)> = groups
        .iter()
        .flat_map(|group| group.metric_filters.iter().map(move |filter| (group, filter)))
        .filter(|(_, filter)| wanted(filter))
        .map(|(group, filter)| (format!("{}:{}", group.name, filter.name), filter.show(&group.name)))
        .collect();
    Ok(paged("metricFilters", filters, input))
}

fn describe_subscriptions(cloud: &Cloud, input: &Input) -> Result<Value, ServiceError> {
    let group = cloud.logs.group(&input.group()?).ok_or_else(no_group)?;
    let prefix = input.filter_name_prefix.as_deref().unwrap_or_default();
    let filters = group.subscriptions.iter().filter(|filter| filter.name.starts_with(prefix));
    let filters = filters.map(|filter| (filter.name.clone(), filter.show(&group.name))).collect();
    Ok(paged("subscriptionFilters", filters, input))
}

fn paged(field: &str, items: Vec<(String, Value)>, input: &Input) -> Value {
    let (page, next) = page_of(items, input.next_token.as_deref(), input.page(PAGE).min(PAGE), |(name, _)| name);
    let mut answer = json!({field: page.into_iter().map(|(_, shown)| shown).collect::<Vec<_>>()});
    if let Some(next) = next {
        answer["nextToken"] = json!(next);
    }
    answer
}
