//! Containers: services whose tasks get a port of the host's choice.

use serde_json::Value;

use crate::template::check::Checker;
use crate::template::check::conditions::Assumptions;
use crate::template::check::found::{At, Found};
use crate::template::check::gather::target_of;
use crate::template::check::scalar::text;

/// The target group of a container with a dynamic port asks for health at the port that gets the traffic.
pub(super) fn service(checker: &Checker<'_>, properties: &Value, at: &At<'_>, under: &Assumptions, found: &mut Found) {
    for definition in checker.selected(properties, "TaskDefinition", at, under) {
        let Some((_, task)) = resource(checker, &definition.value, "AWS::ECS::TaskDefinition") else { continue };
        for balancer in checker.selected(properties, "LoadBalancers/*", at, &definition.under) {
            let (Some(container), Some(port)) =
                (balancer.value.get("ContainerName"), balancer.value.get("ContainerPort"))
            else {
                continue;
            };
            let group = balancer.value.get("TargetGroupArn");
            let Some((id, group)) =
                group.and_then(|group| resource(checker, group, "AWS::ElasticLoadBalancingV2::TargetGroup"))
            else {
                continue;
            };
            if has_dynamic_port(checker, task, container, port, &balancer.under) {
                health_check(checker, &id, group, &balancer.under, found);
            }
        }
    }
}

/// Logical id and properties of the resource that is referred to.
fn resource<'c>(checker: &'c Checker<'_>, value: &Value, type_name: &str) -> Option<(String, &'c Value)> {
    let id = target_of(value)?;
    let resource =
        checker.resources.get(&id).filter(|resource| resource.get("Type").is_some_and(|name| name == type_name))?;
    Some((id, resource.get("Properties")?))
}

fn has_dynamic_port(checker: &Checker<'_>, task: &Value, container: &Value, port: &Value, under: &Assumptions) -> bool {
    let containers = checker.selected(task, "ContainerDefinitions/*", &At::path(""), under);
    containers.iter().filter(|known| known.value.get("Name") == Some(container)).any(|known| {
        let mappings = checker.selected(&known.value, "PortMappings/*", &At::path(""), &known.under);
        mappings.iter().any(|mapping| {
            mapping.value.get("ContainerPort").is_some_and(|known| text(known) == text(port))
                && mapping.value.get("HostPort").is_some_and(|host| text(host) == "0")
        })
    })
}

fn health_check(checker: &Checker<'_>, id: &str, group: &Value, under: &Assumptions, found: &mut Found) {
    let message = "tasks get a port of the host's choice (HostPort 0), so that HealthCheckPort must be `traffic-port`";
    let path = format!("/Resources/{id}/Properties");
    let at = At::path(&path);
    if group.get("HealthCheckPort").is_none() {
        return found.say(&at, message);
    }
    for port in checker.selected(group, "HealthCheckPort", &at, under) {
        if !port.value.is_object() && text(&port.value) != "traffic-port" {
            found.say(&At::path(&port.path), message);
        }
    }
}
