//! `clients:` of a user pool.

use serde_json::{Value, json};

use crate::construct::Kind;
use crate::deferred;
use crate::fault::{FaultKind, Sink};
use crate::names::logical_id;
use crate::naming::Naming;
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::{RefreshLifetime, SettingValue, TokenLifetime};

/// A client as written.
#[derive(Debug, Clone)]
pub(super) struct ClientDeclaration {
    pub(super) name: String,
    pub(super) import: Option<Text>,
    flows: Vec<Text>,
    secret: Option<Text>,
    access_token: Option<Text>,
    id_token: Option<Text>,
    refresh_token: Option<Text>,
    callback_urls: Vec<Text>,
    logout_urls: Vec<Text>,
    scopes: Vec<Text>,
}

/// A client with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(super) name: String,
    /// Id of a client that exists already.
    pub(super) import: Option<String>,
    flows: Vec<Flow>,
    secret: bool,
    access_token: TokenLifetime,
    id_token: TokenLifetime,
    refresh_token: RefreshLifetime,
    callback_urls: Vec<String>,
    logout_urls: Vec<String>,
    scopes: Vec<String>,
}

/// A way to sign in, in the words of Cognito.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Flow(&'static str);

impl SettingValue for Flow {
    const EXPECTED: &'static str = "a way to sign in";
    const HELP: &'static str =
        "one of `srp`, `password`, `admin_password`, `choice`, `custom`; refresh tokens work always";
    fn parse(text: &str) -> Option<Self> {
        Some(Self(match text {
            "srp" => "ALLOW_USER_SRP_AUTH",
            "password" => "ALLOW_USER_PASSWORD_AUTH",
            "admin_password" => "ALLOW_ADMIN_USER_PASSWORD_AUTH",
            "choice" => "ALLOW_USER_AUTH",
            "custom" => "ALLOW_CUSTOM_AUTH",
            _ => return None,
        }))
    }
}

/// Id of a client.
struct ClientId(String);

impl SettingValue for ClientId {
    const EXPECTED: &'static str = "the id of a client";
    fn parse(text: &str) -> Option<Self> {
        let is_id = (1..=128).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'_'));
        is_id.then(|| Self(text.to_owned()))
    }
}

/// Where the sign-in pages lead to.
struct CallbackUrl(String);

impl SettingValue for CallbackUrl {
    const EXPECTED: &'static str = "a URL that sign-in pages may lead to";
    const HELP: &'static str = "`https://...`, or `http://localhost...` on a developer's own machine, without `#`";
    fn parse(text: &str) -> Option<Self> {
        let host = text.strip_prefix("http://localhost");
        let is_local = host.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']));
        let is_visible = text.len() <= 1024 && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        let is_url = text.len() > "https://".len() && text.starts_with("https://");
        ((is_url || is_local) && is_visible).then(|| Self(text.to_owned()))
    }
}

/// A scope of OAuth.
struct OAuthScope(String);

impl SettingValue for OAuthScope {
    const EXPECTED: &'static str = "a scope";
    const HELP: &'static str =
        "`openid`, `email`, `profile`, `phone`, `aws.cognito.signin.user.admin`, or one of a resource server";
    fn parse(text: &str) -> Option<Self> {
        let is_scope = (1..=256).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
        is_scope.then(|| Self(text.to_owned()))
    }
}

impl ClientDeclaration {
    pub(super) fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        if !crate::names::is_kebab(named.name) || named.name.len() > 64 {
            let rule = "lower-case words of letters and digits joined by `-`, at most 64".to_owned();
            let kind = FaultKind::BadName { name: named.name.to_owned(), what: "client name".to_owned(), rule };
            sink.push(kind, &named.place);
        }
        let fields = Fields::open(named.node, &named.place, sink)?;
        let client = Self {
            name: named.name.to_owned(),
            import: fields.text("import"),
            flows: fields.texts("flows"),
            secret: fields.text("secret"),
            access_token: fields.text("access_token"),
            id_token: fields.text("id_token"),
            refresh_token: fields.text("refresh_token"),
            callback_urls: fields.texts("callback_urls"),
            logout_urls: fields.texts("logout_urls"),
            scopes: fields.texts("scopes"),
        };
        fields.finish();
        Some(client)
    }

    /// Its id, literal when it exists already. Only an imported pool has clients that do.
    pub(super) fn id(&self, pool: &str, is_pool_imported: bool, scope: &Scope<'_>) -> String {
        self.imported(is_pool_imported, scope).unwrap_or_else(|| deferred::reference(&resource_id(pool, &self.name)))
    }

    fn imported(&self, is_pool_imported: bool, scope: &Scope<'_>) -> Option<String> {
        let text = self.import.as_ref().filter(|_| is_pool_imported)?;
        scope.literal(text).filter(|id| !id.is_empty()).and_then(|_| scope.value::<ClientId>(text)).map(|id| id.0)
    }

    pub(super) fn resolve(&self, is_pool_imported: bool, scope: &Scope<'_>) -> Client {
        let mut flows: Vec<Flow> = self.flows.iter().filter_map(|text| scope.value(text)).collect();
        if flows.is_empty() {
            flows.push(Flow("ALLOW_USER_SRP_AUTH"));
        }
        flows.sort_unstable();
        flows.dedup();
        // An address that evaluates to nothing is left out.
        let urls = |texts: &[Text]| {
            let given = texts.iter().filter(|text| scope.literal(text).is_some_and(|value| !value.is_empty()));
            given.filter_map(|text| scope.value::<CallbackUrl>(text)).map(|url| url.0).collect::<Vec<_>>()
        };
        let mut scopes: Vec<String> =
            self.scopes.iter().filter_map(|text| scope.value::<OAuthScope>(text)).map(|value| value.0).collect();
        if scopes.is_empty() {
            scopes = vec!["openid".to_owned(), "email".to_owned(), "profile".to_owned()];
        }
        Client {
            name: self.name.clone(),
            import: self.imported(is_pool_imported, scope),
            flows,
            secret: scope.value_or(self.secret.as_ref(), false),
            access_token: scope.value_or(self.access_token.as_ref(), TokenLifetime(60)),
            id_token: scope.value_or(self.id_token.as_ref(), TokenLifetime(60)),
            refresh_token: scope.value_or(self.refresh_token.as_ref(), RefreshLifetime(30 * 1440)),
            callback_urls: urls(&self.callback_urls),
            logout_urls: urls(&self.logout_urls),
            scopes,
        }
    }
}

impl Client {
    pub(super) fn values(&self, pool: &str, physical_pool: &str) -> Value {
        let flows = ["ALLOW_REFRESH_TOKEN_AUTH"].into_iter().chain(self.flows.iter().map(|flow| flow.0));
        let mut flows: Vec<&str> = flows.collect();
        flows.sort_unstable();
        json!({
            "id": resource_id(pool, &self.name),
            "name": crate::names::physical(&crate::names::join(&[physical_pool, &self.name]), "", super::POOL_NAME),
            "flows": flows,
            "secret": self.secret,
            "access_token": self.access_token.0,
            "id_token": self.id_token.0,
            "refresh_token": self.refresh_token.0,
            "callback_urls": self.callback_urls,
            "logout_urls": self.logout_urls,
            "scopes": self.scopes,
        })
    }
}

fn resource_id(pool: &str, client: &str) -> String {
    format!("{}{}", Naming::id(Kind::UserPool, pool), logical_id(client, "Client"))
}
