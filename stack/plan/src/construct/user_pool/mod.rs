//! `user_pools:` (Cognito).

mod client;
mod password;

use client::{Client, ClientDeclaration};
use password::{Password, PasswordDeclaration, read_password};

use serde_json::{Map, Value, json};

use super::{Construct, Declaration, Declared, Group, Kind, check_parts};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::logical_id;
use crate::naming::Naming;
use crate::plan::Environment;
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::{Region, SettingValue};

/// Greatest length of a pool's name and of a client's.
const POOL_NAME: usize = 128;

/// A user pool as written.
#[derive(Debug, Clone)]
pub(crate) struct UserPoolDeclaration {
    place: Place,
    import: Option<Text>,
    sign_up: Option<Text>,
    mfa: Option<Text>,
    password: Option<PasswordDeclaration>,
    domain_prefix: Option<Text>,
    clients: Vec<ClientDeclaration>,
}

/// A user pool with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct UserPool {
    pub(crate) name: String,
    pub(crate) place: Place,
    /// Id of a pool that exists already and is not the stack's.
    pub(crate) import: Option<String>,
    /// True when anybody may sign up.
    pub(crate) sign_up: bool,
    pub(crate) mfa: Mfa,
    pub(crate) password: Password,
    pub(crate) domain_prefix: Option<String>,
    pub(crate) clients: Vec<Client>,
    import_place: Option<Place>,
}

/// Whether a second factor is asked for, in the words of Cognito.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mfa(pub(crate) &'static str);

impl SettingValue for Mfa {
    const EXPECTED: &'static str = "`off`, `optional` or `required`";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "off" => Some(Self("OFF")),
            "optional" => Some(Self("OPTIONAL")),
            "required" => Some(Self("ON")),
            _ => None,
        }
    }
}

/// Id of a user pool: its region, `_`, letters and digits.
struct PoolId(String);

impl SettingValue for PoolId {
    const EXPECTED: &'static str = "the id of a user pool";
    const HELP: &'static str = "for example `us-east-1_AbCdEfGhI`";
    fn parse(text: &str) -> Option<Self> {
        let (region, rest) = text.split_once('_')?;
        let is_id = Region::parse(region).is_some()
            && !rest.is_empty()
            && text.len() <= 55
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_id.then(|| Self(text.to_owned()))
    }
}

/// Prefix of the domain of the sign-in pages.
struct DomainPrefix(String);

impl SettingValue for DomainPrefix {
    const EXPECTED: &'static str = "a prefix of a domain of Cognito";
    const HELP: &'static str = "lower-case letters, digits and `-` between them, at most 63, without `aws`, `amazon` and `cognito`: `avatars-{{suffix}}`";
    fn parse(text: &str) -> Option<Self> {
        let characters = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let is_reserved = ["aws", "amazon", "cognito"].iter().any(|word| text.contains(word));
        let is_prefix = (1..=63).contains(&text.len())
            && characters
            && !is_reserved
            && !text.starts_with('-')
            && !text.ends_with('-');
        is_prefix.then(|| Self(text.to_owned()))
    }
}

impl Declaration for UserPoolDeclaration {
    type Resolved = UserPool;

    const ATTRIBUTES: &'static [&'static str] = &["id", "arn", "issuer", "jwks_uri", "client_id", "login_url"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let clients = fields.section("clients");
        check_parts("a client", clients.iter().map(|own| (own.name, &own.place)), sink);
        let declaration = Self {
            place: named.place.clone(),
            import: fields.text("import"),
            sign_up: fields.text("sign_up"),
            mfa: fields.text("mfa"),
            password: read_password(&fields, sink),
            domain_prefix: fields.text("domain_prefix"),
            clients: clients.iter().filter_map(|named| ClientDeclaration::read(named, sink)).collect(),
        };
        fields.finish();
        if declaration.import.is_none()
            && let Some(text) = declaration.clients.iter().find_map(|client| client.import.as_ref())
        {
            let help = "the id of the pool whose client it is: `import: us-east-1_AbCdEfGhI`".to_owned();
            sink.push(FaultKind::MissingKey { key: "import".to_owned(), help }, &text.place);
        }
        Some(declaration)
    }

    fn groups(&self) -> Vec<Group> {
        vec![("clients", self.clients.iter().map(|client| client.name.clone()).collect())]
    }

    fn attributes(&self, name: &str, naming: &Naming, scope: &Scope<'_>) -> Value {
        let import = self.imported(scope);
        let region = import.as_deref().and_then(|id| id.split_once('_')).map_or(&*naming.region, |(region, _)| region);
        let id = import.clone().unwrap_or_else(|| deferred::reference(&Naming::id(Kind::UserPool, name)));
        let issuer = format!("https://cognito-idp.{region}.{}/{id}", naming.service_domain);
        let arn = match &import {
            Some(id) => format!("arn:{}:cognito-idp:{region}:{}:userpool/{id}", naming.partition, naming.account),
            None => deferred::attribute(&Naming::id(Kind::UserPool, name), "Arn"),
        };
        let clients: Map<String, Value> = self
            .clients
            .iter()
            .map(|client| (client.name.clone(), json!(client.id(name, import.is_some(), scope))))
            .collect();
        let prefix = self.prefix(scope);
        json!({
            "arn": arn,
            "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
            "issuer": issuer,
            "client_id": clients.values().next().cloned().unwrap_or_else(|| json!("")),
            "login_url": prefix.map_or_else(String::new, |prefix| format!("https://{prefix}.auth.{region}.amazoncognito.com")),
            "clients": clients,
            "id": id,
        })
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, _: &Declared) -> UserPool {
        let import = self.imported(scope);
        UserPool {
            name: name.to_owned(),
            place: self.place.clone(),
            sign_up: scope.value_or(self.sign_up.as_ref(), false),
            mfa: scope.value_or(self.mfa.as_ref(), Mfa("OFF")),
            password: PasswordDeclaration::resolve(self.password.as_ref(), scope),
            domain_prefix: self.prefix(scope),
            clients: self.clients.iter().map(|client| client.resolve(import.is_some(), scope)).collect(),
            import_place: self.import.as_ref().map(|text| text.place.clone()),
            import,
        }
    }
}

impl UserPoolDeclaration {
    /// The pool that exists already; nothing when the stack makes one.
    fn imported(&self, scope: &Scope<'_>) -> Option<String> {
        let text = self.import.as_ref()?;
        scope.literal(text).filter(|id| !id.is_empty()).and_then(|_| scope.value::<PoolId>(text)).map(|id| id.0)
    }

    fn prefix(&self, scope: &Scope<'_>) -> Option<String> {
        let text = self.domain_prefix.as_ref()?;
        let prefix = scope.literal(text).filter(|prefix| !prefix.is_empty());
        prefix.and_then(|_| scope.value::<DomainPrefix>(text)).map(|prefix| prefix.0)
    }
}

impl Construct for UserPool {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn values(&self, links: &Links<'_>) -> Value {
        let owned: Vec<&Client> = self.clients.iter().filter(|client| client.import.is_none()).collect();
        if self.import.is_some() && owned.is_empty() {
            return Value::Null;
        }
        self.check_region(&owned, links);
        let (deletion_policy, update_replace_policy) = links.deletion_policies();
        let Environment { protect, .. } = links.settings.environment;
        let clients: Vec<Value> = owned
            .iter()
            .map(|client| client.values(&self.name, &links.naming.physical(&self.name, POOL_NAME)))
            .collect();
        json!({
            "id": Naming::id(Kind::UserPool, &self.name),
            "owned": self.import.is_none(),
            "pool": links.attribute(Kind::UserPool, &self.name, "id"),
            "pool_name": links.naming.physical(&self.name, POOL_NAME),
            "deletion_policy": deletion_policy,
            "update_replace_policy": update_replace_policy,
            "deletion_protection": if protect { "ACTIVE" } else { "INACTIVE" },
            "admin_only": !self.sign_up,
            "mfa": self.mfa.0,
            "has_mfa": self.mfa.0 != "OFF",
            "password": self.password.values(),
            "clients": clients,
            "domain_id": logical_id(&self.name, "UserPoolDomain"),
            // The pages of an imported pool are its owner's.
            "domain_prefix": self.domain_prefix.as_ref().filter(|_| self.import.is_none()),
        })
    }
}

impl UserPool {
    /// Reports clients that the stack would have to make in another region.
    fn check_region(&self, owned: &[&Client], links: &Links<'_>) {
        let (Some(id), Some(place), Some(client)) = (&self.import, &self.import_place, owned.first()) else { return };
        if id.split_once('_').is_some_and(|(region, _)| region != links.naming.region) {
            let kind = FaultKind::BadValue {
                value: id.clone(),
                expected: format!(
                    "a pool in {}, where the stack makes client `{}` of it",
                    links.naming.region, client.name
                ),
                help: "give the client its `import`, or take a pool of the same region".to_owned(),
            };
            links.sink.push(kind, place);
        }
    }
}
