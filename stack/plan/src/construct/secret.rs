//! `secrets:`.

use serde_json::{Value, json};

use super::{Construct, Declaration, Declared, Kind};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::naming::Naming;
use crate::project::{Fields, Named, Text, Tree};
use crate::scope::Scope;
use crate::values::{ExcludedCharacters, SecretLength};

/// Greatest length of a secret's name.
const SECRET_NAME: usize = 512;
/// Greatest length of a description.
const DESCRIPTION: usize = 2048;
/// Characters that end a text somewhere: in shells, URLs, JSON, connection strings.
const EXCLUDED: &str = "\"'`/@\\";

/// A secret as written.
#[derive(Debug, Clone)]
pub(crate) struct SecretDeclaration {
    place: Place,
    description: Option<Text>,
    length: Option<Text>,
    exclude: Option<Text>,
    punctuation: Option<Text>,
    template: Option<Tree>,
    key: Option<Text>,
}

/// A secret with every default filled. Its value is made by Secrets Manager and known to nobody else.
#[derive(Debug, Clone)]
pub(crate) struct Secret {
    pub(crate) name: String,
    pub(crate) place: Place,
    description: Option<String>,
    length: SecretLength,
    exclude: String,
    punctuation: bool,
    /// JSON around the generated value, and the key under which that comes.
    template: Option<(String, String)>,
}

impl Declaration for SecretDeclaration {
    type Resolved = Secret;

    const ATTRIBUTES: &'static [&'static str] = &["name", "arn"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let declaration = Self {
            place: named.place.clone(),
            description: fields.text("description"),
            length: fields.text("length"),
            exclude: fields.text("exclude"),
            punctuation: fields.text("punctuation"),
            template: fields.get("template").and_then(|(node, place)| Tree::read(node, &place, sink)),
            key: fields.text("key"),
        };
        if let (None, Some(key)) = (&declaration.template, &declaration.key) {
            let help = "the JSON around the generated value: `template: { username: editor }`".to_owned();
            sink.push(FaultKind::MissingKey { key: "template".to_owned(), help }, &key.place);
        }
        fields.finish();
        Some(declaration)
    }

    fn attributes(&self, name: &str, naming: &Naming, _: &Scope<'_>) -> Value {
        // The ARN ends with six characters that Secrets Manager draws.
        let arn = deferred::reference(&Naming::id(Kind::Secret, name));
        json!({ "arn": arn, "name": naming.physical(name, SECRET_NAME) })
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, _: &Declared) -> Secret {
        let description = self.description.as_ref().and_then(|text| {
            let value = scope.literal(text).filter(|value| !value.is_empty())?;
            let length = value.chars().count();
            if length > DESCRIPTION {
                let what = "characters of a description".to_owned();
                scope.sink().push(FaultKind::LimitExceeded { what, value: length, limit: DESCRIPTION }, &text.place);
            }
            Some(value)
        });
        let exclude = ExcludedCharacters(EXCLUDED.to_owned());
        Secret {
            name: name.to_owned(),
            place: self.place.clone(),
            description,
            length: scope.value_or(self.length.as_ref(), SecretLength(32)),
            exclude: scope.value_or(self.exclude.as_ref(), exclude).0,
            punctuation: scope.value_or(self.punctuation.as_ref(), true),
            template: self.template(scope),
        }
    }
}

impl SecretDeclaration {
    fn template(&self, scope: &Scope<'_>) -> Option<(String, String)> {
        let template = self.template.as_ref()?;
        let key = match &self.key {
            Some(text) => scope.literal(text)?,
            None => "password".to_owned(),
        };
        let Some(entries) = template.entries() else {
            let found = "something else".to_owned();
            let expected = "a mapping (`username: editor`)".to_owned();
            scope.sink().push(FaultKind::WrongType { expected, found }, template.place());
            return None;
        };
        if key.is_empty() || entries.iter().any(|(name, _)| *name == key) {
            let kind = FaultKind::BadValue {
                value: key,
                expected: "a key that the template leaves to the generated value".to_owned(),
                help: "leave it out of `template`, which everyone can read, or name another `key`".to_owned(),
            };
            scope.sink().push(kind, self.key.as_ref().map_or(template.place(), |text| &text.place));
            return None;
        }
        Some((deferred::json_text(&template.data(scope)?), key))
    }
}

impl Construct for Secret {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn values(&self, links: &Links<'_>) -> Value {
        let (deletion_policy, update_replace_policy) = links.deletion_policies();
        json!({
            "id": Naming::id(Kind::Secret, &self.name),
            "secret_name": links.attribute(Kind::Secret, &self.name, "name"),
            "deletion_policy": deletion_policy,
            "update_replace_policy": update_replace_policy,
            "description": self.description,
            "length": self.length.0,
            "exclude": self.exclude,
            "exclude_punctuation": !self.punctuation,
            "template": self.template.as_ref().map(|(template, _)| template),
            "key": self.template.as_ref().map(|(_, key)| key),
        })
    }
}
