//! `resources:`.

use super::typed;
use super::value::{Null, read_faultless, read_value};
use crate::expression::has_expression;
use crate::fault::{FaultKind, Place, Sink};
use crate::project::{Fields, Named};
use crate::scope::Scope;
use crate::template::{RESOURCE_KEYS, Resource, TemplateError, TemplateFault, span_at};
use crate::yaml::Node;

/// A resource as CloudFormation knows it, written in the project file.
#[derive(Debug, Clone)]
pub(crate) struct RawResource {
    pub(crate) id: String,
    pub(crate) place: Place,
    pub(crate) node: Node,
}

impl RawResource {
    pub(crate) fn read(named: &Named<'_>) -> Self {
        Self { id: named.name.to_owned(), place: named.place.clone(), node: named.node.clone() }
    }

    /// Checks what can be checked without an environment: keys, names in expressions, tags.
    pub(crate) fn check(&self, scope: &Scope<'_>) {
        let sink = scope.sink();
        if let Some(fields) = Fields::open(&self.node, &self.place, sink) {
            fields.required("Type", "what it is: `Type: AWS::SNS::Topic`");
            RESOURCE_KEYS.iter().filter(|key| **key != "Type").for_each(|key| drop(fields.get(key)));
            fields.finish();
            let value = read_value(&self.node, &self.place, Null::Refused, scope);
            // Where an expression decides, only the environment tells.
            let is_open =
                ["Type", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "DependsOn"].iter().any(|key| {
                    self.node.get(key).and_then(Node::as_scalar).is_some_and(|scalar| has_expression(&scalar.text))
                });
            if !is_open && let Err(error) = typed(&self.id, value) {
                self.report(error, sink);
            }
        }
    }

    /// The resource with its expressions evaluated; nothing when it has a fault.
    pub(crate) fn resolve(&self, scope: &Scope<'_>) -> Option<Resource> {
        let value = read_faultless(&self.node, &self.place, Null::Refused, scope)?;
        match typed(&self.id, value) {
            Ok(resource) => Some(resource),
            Err(error) => {
                self.report(error, scope.sink());
                None
            }
        }
    }

    fn report(&self, error: TemplateError, sink: &Sink) {
        // Keys are looked at one by one, so that all faults of theirs come at once.
        if matches!(error.fault, TemplateFault::UnknownProperty { .. } | TemplateFault::ResourceWithoutType { .. })
            && (self.node.get("Type").is_none() || matches!(error.fault, TemplateFault::UnknownProperty { .. }))
        {
            return;
        }
        let below = error.path.splitn(4, '/').nth(3).map(|rest| format!("/{rest}"));
        let span = below.map_or(self.place.span, |path| Some(span_at(&self.node, &path)));
        sink.push(FaultKind::InvalidTemplate(error.fault), &Place { span, ..self.place.clone() });
    }
}
