//! `services:`, container services of ECS Express Mode.

mod scaling;

use serde_json::{Value, json};

use scaling::{Scaling, ScalingDeclaration, read_scaling};

use super::access::{Access, Verb};
use super::rights::{Rights, RightsDeclaration};
use super::variables::{Variables, VariablesDeclaration, read_variables};
use super::{Construct, Declaration, Declared, Kind, Reference};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::logical_id;
use crate::naming::Naming;
use crate::project::{Fields, Named, Text};
use crate::role::Role;
use crate::scope::Scope;
use crate::values::{HealthPath, Image, ImageTag, Port, Retention, TaskCpu, TaskMemory};

/// Greatest length of a service's name.
const SERVICE_NAME: usize = 255;

/// A service as written.
#[derive(Debug, Clone)]
pub(crate) struct ServiceDeclaration {
    place: Place,
    repository: Option<Text>,
    tag: Option<Text>,
    image: Option<Text>,
    command: Vec<Text>,
    port: Option<Text>,
    health_check: Option<Text>,
    cpu: Option<Text>,
    memory: Option<Text>,
    scaling: ScalingDeclaration,
    variables: VariablesDeclaration,
    subnets: Vec<Text>,
    security_groups: Vec<Text>,
    log_retention: Option<Text>,
    rights: RightsDeclaration,
}

/// A service with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) place: Place,
    /// Nothing when there is no image yet, or while it has a fault.
    pub(crate) image: Option<ServiceImage>,
    pub(crate) command: Vec<String>,
    pub(crate) port: u32,
    pub(crate) health_check: String,
    pub(crate) cpu: u32,
    /// MB.
    pub(crate) memory: u32,
    pub(crate) scaling: Scaling,
    pub(crate) variables: Variables,
    /// Ids; may hold marks of values that only AWS knows.
    pub(crate) subnets: Vec<String>,
    pub(crate) security_groups: Vec<String>,
    pub(crate) log_retention: Retention,
    pub(crate) rights: Rights,
}

/// What a service runs.
#[derive(Debug, Clone)]
pub(crate) enum ServiceImage {
    /// An image of a repository of the project.
    Own(Reference, ImageTag),
    /// An image by its whole name.
    Named(String),
}

impl Declaration for ServiceDeclaration {
    type Resolved = Service;

    const ATTRIBUTES: &'static [&'static str] = &["name", "arn", "endpoint"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let declaration = Self {
            place: named.place.clone(),
            repository: fields.text("repository"),
            tag: fields.text("tag"),
            image: fields.text("image"),
            command: fields.texts("command"),
            port: fields.text("port"),
            health_check: fields.text("health_check"),
            cpu: fields.text("cpu"),
            memory: fields.text("memory"),
            scaling: fields
                .get("scaling")
                .and_then(|(node, place)| read_scaling(&Named { name: named.name, place, node }, sink))
                .unwrap_or_default(),
            variables: read_variables(&fields, sink),
            subnets: fields.texts("subnets"),
            security_groups: fields.texts("security_groups"),
            log_retention: fields.text("log_retention"),
            rights: RightsDeclaration::read(&fields, sink),
        };
        fields.finish();
        declaration.check_image(sink);
        Some(declaration)
    }

    fn attributes(&self, name: &str, naming: &Naming, scope: &Scope<'_>) -> Value {
        let id = Naming::id(Kind::Service, name);
        let has_tag =
            self.tag.as_ref().is_none_or(|text| scope.value::<ImageTag>(text).is_none_or(|tag| !tag.0.is_empty()));
        // A service without an image is not made yet.
        let attribute = |attribute: &str| if has_tag { deferred::attribute(&id, attribute) } else { String::new() };
        json!({
            "name": naming.physical(name, SERVICE_NAME),
            "arn": attribute("ServiceArn"),
            "endpoint": attribute("Endpoint"),
        })
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, declared: &Declared) -> Service {
        let ids =
            |texts: &[Text]| texts.iter().filter_map(|text| scope.evaluate(text)).filter(|id| !id.is_empty()).collect();
        let (cpu, memory) = self.size(scope);
        Service {
            name: name.to_owned(),
            place: self.place.clone(),
            image: self.resolve_image(scope, declared),
            command: self.command.iter().filter_map(|text| scope.evaluate(text)).collect(),
            port: scope.value_or(self.port.as_ref(), Port(80)).0,
            health_check: scope.value_or(self.health_check.as_ref(), HealthPath("/".to_owned())).0,
            cpu,
            memory,
            scaling: self.scaling.resolve(scope),
            variables: self.variables.resolve(scope),
            subnets: ids(&self.subnets),
            security_groups: ids(&self.security_groups),
            log_retention: scope.value_or(self.log_retention.as_ref(), Retention(30)),
            rights: self.rights.resolve(scope, declared),
        }
    }
}

impl ServiceDeclaration {
    fn check_image(&self, sink: &Sink) {
        if self.repository.is_some() == self.image.is_some() {
            let help = "exactly one of `repository: NAME` and `image: registry/name:tag` says what it runs".to_owned();
            sink.push(FaultKind::MissingKey { key: "repository".to_owned(), help }, &self.place);
        } else if self.repository.is_some() != self.tag.is_some() {
            let help =
                "a repository and the tag of an image in it: `repository: web`, `tag: \"{{image_tag}}\"`".to_owned();
            sink.push(FaultKind::MissingKey { key: "tag".to_owned(), help }, &self.place);
        }
    }

    fn resolve_image(&self, scope: &Scope<'_>, declared: &Declared) -> Option<ServiceImage> {
        if let Some(text) = &self.image {
            return scope.value::<Image>(text).map(|image| ServiceImage::Named(image.0));
        }
        let text = self.repository.as_ref()?;
        let repository =
            Reference::read_name(&scope.literal(text)?, Kind::Repository, declared, &text.place, scope.sink())?;
        let tag: ImageTag = scope.value(self.tag.as_ref()?)?;
        (!tag.0.is_empty()).then_some(ServiceImage::Own(repository, tag))
    }

    /// CPU and memory, which Fargate offers in pairs.
    fn size(&self, scope: &Scope<'_>) -> (u32, u32) {
        let cpu = self.cpu.as_ref().map_or(Some(TaskCpu(256)), |text| scope.value(text));
        let Some(cpu) = cpu else { return (256, 512) };
        let (least, greatest, step) = cpu.memory();
        let Some(text) = &self.memory else { return (cpu.0, least) };
        let Some(TaskMemory(memory)) = scope.value(text) else { return (cpu.0, least) };
        // 512 MB go with the smallest CPU only, whose step is 512 up to 1024.
        let is_offered = (least..=greatest).contains(&memory) && (memory - least) % step == 0 && memory != 1_536;
        if !is_offered {
            let kind = FaultKind::BadValue {
                value: memory.to_string(),
                expected: format!("a memory size that goes with {} CPU units", cpu.0),
                help: format!("from {least} to {greatest} MB in steps of {}", step.max(1_024)),
            };
            scope.sink().push(kind, &text.place);
        }
        (cpu.0, memory)
    }
}

impl Construct for Service {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn is_rendered(&self) -> bool {
        self.image.is_some()
    }

    fn values(&self, links: &Links<'_>) -> Value {
        let (deletion_policy, update_replace_policy) = links.deletion_policies();
        let service_name = links.attribute(Kind::Service, &self.name, "name");
        let log_group = logical_id(&self.name, "ServiceLogGroup");
        let image = match &self.image {
            Some(ServiceImage::Own(repository, tag)) => {
                format!("{}{}", links.attribute(Kind::Repository, &repository.name, "uri"), tag.suffix())
            }
            Some(ServiceImage::Named(image)) => image.clone(),
            None => String::new(),
        };
        let task_policies = self.task_policies(links);
        json!({
            "id": Naming::id(Kind::Service, &self.name),
            "log_group_id": log_group,
            "log_group_name": format!("/ecs/{service_name}"),
            "log_retention": self.log_retention.0,
            "deletion_policy": deletion_policy,
            "update_replace_policy": update_replace_policy,
            "execution_role_id": logical_id(&self.name, "ServiceExecutionRole"),
            "infrastructure_role_id": logical_id(&self.name, "ServiceInfrastructureRole"),
            "infrastructure_policy": format!(
                "arn:{}:iam::aws:policy/service-role/AmazonECSInfrastructureRoleforExpressGatewayServices",
                links.naming.partition
            ),
            "task_role_id": logical_id(&self.name, "ServiceTaskRole"),
            "tasks_arn": links.naming.arn("ecs", "*"),
            "execution_policies": self.execution_policies(&log_group, links),
            "task_policies": task_policies,
            "service_name": service_name,
            "image": image,
            "command": self.command,
            "port": self.port,
            "health_check": self.health_check,
            "cpu": self.cpu.to_string(),
            "memory": self.memory.to_string(),
            "min": self.scaling.min,
            "max": self.scaling.max,
            "metric": self.scaling.metric.0,
            "target": self.scaling.target,
            "variables": self.variables.values(),
            "has_network": !self.subnets.is_empty() || !self.security_groups.is_empty(),
            "subnets": self.subnets,
            "security_groups": self.security_groups,
        })
    }
}

impl Service {
    /// What starting a task takes: its image, its log, its secrets.
    fn execution_policies(&self, log_group: &str, links: &Links<'_>) -> Vec<Value> {
        let mut role = Role::new(&self.name, &self.place);
        let logs = json!({ "arn": deferred::attribute(log_group, "Arn") });
        role.grant("function-logs", &logs, &self.place, links);
        if let Some(ServiceImage::Own(repository, _)) = &self.image {
            let access = Access { verb: Verb::Pull, target: repository.clone(), place: self.place.clone() };
            role.grant_access(&[access], links);
        }
        for arn in self.variables.secret_arns() {
            role.grant("secret-read", &json!({ "arn": arn }), &self.place, links);
        }
        role.finish(links)
    }

    /// What the code in the container may do.
    fn task_policies(&self, links: &Links<'_>) -> Vec<Value> {
        let mut role = Role::new(&self.name, &self.place);
        self.rights.grant(&mut role, &links.attributes(Kind::Service, &self.name), links);
        role.finish(links)
    }
}
