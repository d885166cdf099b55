//! `roles:`, roles that something outside the stack takes: a workflow of GitHub, or a service.

use serde_json::{Value, json};

use super::rights::{Rights, RightsDeclaration};
use super::{Construct, Declaration, Declared, Kind};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::naming::Naming;
use crate::project::{Fields, Named, Text};
use crate::role::Role as Policies;
use crate::scope::Scope;
use crate::values::{
    GithubPattern, GithubRepository, GithubSubject, OidcProvider, RoleDescription, RoleName, ServiceName, Session,
};

/// Who signs the tokens of GitHub's workflows.
const GITHUB: &str = "token.actions.githubusercontent.com";
/// Whom those tokens must be meant for.
const AUDIENCE: &str = "sts.amazonaws.com";
/// Logical id of the provider: an account has one, so a stack has at most one.
const PROVIDER_ID: &str = "GithubOidcProvider";
/// Keys of which one says which workflows take the role.
const SUBJECTS: [&str; 5] = ["branches", "tags", "environments", "pull_requests", "subjects"];

/// A role as written.
#[derive(Debug, Clone)]
pub(crate) struct RoleDeclaration {
    place: Place,
    name: Option<Text>,
    description: Option<Text>,
    github: Option<GithubDeclaration>,
    service: Option<Text>,
    session: Option<Text>,
    rights: RightsDeclaration,
}

/// Workflows as written.
#[derive(Debug, Clone)]
struct GithubDeclaration {
    repository: Option<Text>,
    provider: Option<Text>,
    branches: Vec<Text>,
    tags: Vec<Text>,
    environments: Vec<Text>,
    pull_requests: Option<Text>,
    subjects: Vec<Text>,
}

/// A role with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) description: Option<String>,
    /// Name of the role itself, where something outside must know it.
    pub(crate) literal_name: Option<String>,
    /// Nothing while it has a fault.
    pub(crate) trust: Option<Trust>,
    /// Seconds.
    pub(crate) session: u32,
    pub(crate) rights: Rights,
}

/// Who takes a role.
#[derive(Debug, Clone)]
pub(crate) enum Trust {
    /// Workflows of one repository of GitHub, by the subjects of their tokens.
    Github { provider: OidcProvider, subjects: Vec<String> },
    /// A service, for this account.
    Service(String),
}

impl Declaration for RoleDeclaration {
    type Resolved = Role;

    const ATTRIBUTES: &'static [&'static str] = &["name", "arn"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let declaration = Self {
            place: named.place.clone(),
            name: fields.text("name"),
            description: fields.text("description"),
            github: fields
                .get("github")
                .and_then(|(node, place)| read_github(&Named { name: named.name, place, node }, sink)),
            service: fields.text("service"),
            session: fields.text("session"),
            rights: RightsDeclaration::read(&fields, sink),
        };
        fields.finish();
        if named.node.get("github").is_some() == named.node.get("service").is_some() {
            let help = "exactly one of `github: { repository: owner/name, branches: [main] }` and `service: NAME.amazonaws.com` says who takes the role".to_owned();
            sink.push(FaultKind::MissingKey { key: "github".to_owned(), help }, &named.place);
        }
        Some(declaration)
    }

    fn attributes(&self, name: &str, naming: &Naming, scope: &Scope<'_>) -> Value {
        let id = Naming::id(Kind::ExternalRole, name);
        match self.literal_name(scope) {
            Some(name) => {
                json!({ "arn": format!("arn:{}:iam::{}:role/{name}", naming.partition, naming.account), "name": name })
            }
            None => json!({ "arn": deferred::attribute(&id, "Arn"), "name": deferred::reference(&id) }),
        }
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, declared: &Declared) -> Role {
        let description = self.description.as_ref().and_then(|text| scope.value::<RoleDescription>(text));
        let service = self.service.as_ref().and_then(|text| scope.value::<ServiceName>(text));
        let github = self.github.as_ref().and_then(|github| github.resolve(scope));
        Role {
            name: name.to_owned(),
            place: self.place.clone(),
            description: description.map(|description| description.0),
            literal_name: self.literal_name(scope),
            trust: github.or(service.map(|service| Trust::Service(service.0))),
            session: scope.value_or(self.session.as_ref(), Session(3_600)).0,
            rights: self.rights.resolve(scope, declared),
        }
    }
}

impl RoleDeclaration {
    fn literal_name(&self, scope: &Scope<'_>) -> Option<String> {
        Some(scope.value::<RoleName>(self.name.as_ref()?)?.0).filter(|name| !name.is_empty())
    }
}

fn read_github(named: &Named<'_>, sink: &Sink) -> Option<GithubDeclaration> {
    let fields = Fields::open(named.node, &named.place, sink)?;
    let github = GithubDeclaration {
        repository: fields.required("repository", "whose workflows: `repository: owner/name`"),
        provider: fields.text("provider"),
        branches: fields.texts("branches"),
        tags: fields.texts("tags"),
        environments: fields.texts("environments"),
        pull_requests: fields.text("pull_requests"),
        subjects: fields.texts("subjects"),
    };
    if SUBJECTS.iter().all(|key| named.node.get(key).is_none()) {
        let help = "which workflows of the repository: `branches: [main]`, `tags: [\"v*\"]`, `environments: [production]` or `pull_requests: true`".to_owned();
        sink.push(FaultKind::MissingKey { key: "branches".to_owned(), help }, &named.place);
    }
    fields.finish();
    Some(github)
}

impl GithubDeclaration {
    fn resolve(&self, scope: &Scope<'_>) -> Option<Trust> {
        let provider = scope.value_or(self.provider.as_ref(), OidcProvider::Create);
        let patterns = |texts: &[Text]| {
            texts.iter().filter_map(|text| scope.value::<GithubPattern>(text)).map(|it| it.0).collect::<Vec<_>>()
        };
        let mut subjects: Vec<String> =
            self.subjects.iter().filter_map(|text| scope.value::<GithubSubject>(text)).map(|it| it.0).collect();
        let (branches, tags, environments) =
            (patterns(&self.branches), patterns(&self.tags), patterns(&self.environments));
        let pull_requests = scope.value_or(self.pull_requests.as_ref(), false);
        let GithubRepository(repository) = scope.value(self.repository.as_ref()?)?;
        subjects.extend(branches.iter().map(|branch| format!("repo:{repository}:ref:refs/heads/{branch}")));
        subjects.extend(tags.iter().map(|tag| format!("repo:{repository}:ref:refs/tags/{tag}")));
        subjects.extend(environments.iter().map(|name| format!("repo:{repository}:environment:{name}")));
        subjects.extend(pull_requests.then(|| format!("repo:{repository}:pull_request")));
        if subjects.is_empty() {
            return None;
        }
        Some(Trust::Github { provider, subjects })
    }
}

impl Construct for Role {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn values(&self, links: &Links<'_>) -> Value {
        let mut policies = Policies::new(&self.name, &self.place);
        let itself = links.attributes(Kind::ExternalRole, &self.name);
        self.rights.grant(&mut policies, &itself, links);
        // A policy cannot name the role that it stands in, so the provider is made by the first role that asks for it.
        let makes_provider =
            |role: &&Role| matches!(role.trust, Some(Trust::Github { provider: OidcProvider::Create, .. }));
        let maker = links.constructs.roles.iter().find(makes_provider);
        let (deletion_policy, update_replace_policy) = links.deletion_policies();
        json!({
            "id": Naming::id(Kind::ExternalRole, &self.name),
            "role_name": self.literal_name,
            "description": self.description,
            "trust": self.trust.as_ref().map_or_else(|| json!({}), |trust| trust.statement(links)),
            "session": self.session,
            "policies": policies.finish(links),
            "provider": maker.filter(|role| role.name == self.name).map(|_| json!({
                "id": PROVIDER_ID,
                "url": format!("https://{GITHUB}"),
                "audience": AUDIENCE,
                "deletion_policy": deletion_policy,
                "update_replace_policy": update_replace_policy,
            })),
        })
    }
}

impl Trust {
    /// The statement of the role's trust policy.
    fn statement(&self, links: &Links<'_>) -> Value {
        match self {
            Self::Service(service) => json!({
                "Effect": "Allow",
                "Principal": { "Service": service },
                "Action": "sts:AssumeRole",
                "Condition": { "StringEquals": { "aws:SourceAccount": links.naming.account } },
            }),
            Self::Github { provider, subjects } => {
                let provider = match provider {
                    OidcProvider::Create => deferred::reference(PROVIDER_ID),
                    OidcProvider::Reuse => {
                        let (partition, account) = (links.naming.partition, &links.naming.account);
                        format!("arn:{partition}:iam::{account}:oidc-provider/{GITHUB}")
                    }
                    OidcProvider::Arn(arn) => arn.clone(),
                };
                let has_wildcard = subjects.iter().any(|subject| subject.contains(['*', '?']));
                let (audience, subject) = (format!("{GITHUB}:aud"), format!("{GITHUB}:sub"));
                let condition = if has_wildcard {
                    json!({ "StringEquals": { audience: AUDIENCE }, "StringLike": { subject: subjects } })
                } else {
                    json!({ "StringEquals": { audience: AUDIENCE, subject: subjects } })
                };
                json!({
                    "Effect": "Allow",
                    "Principal": { "Federated": provider },
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": condition,
                })
            }
        }
    }
}
