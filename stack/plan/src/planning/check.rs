//! What must hold of a finished template.

use super::Planner;
use crate::fault::{FaultKind, Place};
use crate::raw::{At, Places};
use crate::template::{BODY_BYTES, PSEUDO_PARAMETERS, Positions, SchemaFault, Template, TemplateFault, check};

impl Planner<'_> {
    /// References, functions, properties, circles and limits of the whole template, each where it was written.
    pub(super) fn check(&self, template: &Template, places: &Places) {
        let nowhere = At::of(Place::outside("template"));
        let at = |path: &str| places.find(path).unwrap_or_else(|| nowhere.clone());
        let asked = self.scope.asked_resources();
        for (id, place) in asked.iter().filter(|(id, _)| !template.resources.contains_key(id)) {
            let known = template.resources.keys().cloned().collect();
            self.sink.push(FaultKind::UnknownResource { id: id.clone(), known }, place);
        }
        // What is faulty already would be told twice.
        let findings = if self.sink.is_empty() {
            check(template, &Positions::default(), &[&self.settings.region])
        } else {
            template.faults()
        };
        for error in findings.into_iter().filter(|error| !error.fault.is_warning()) {
            let At { place, file } = at(&error.path);
            let kind = match error.fault {
                TemplateFault::UnresolvedReferences { names, .. } => {
                    self.tell_unresolved(&names, &asked, template, &at);
                    continue;
                }
                TemplateFault::Schema(fault) => match *fault {
                    SchemaFault::UndeclaredName { name, known } => FaultKind::UnknownResource { id: name, known },
                    fault => FaultKind::InvalidTemplate(TemplateFault::Schema(Box::new(fault))),
                },
                fault => FaultKind::InvalidTemplate(fault),
            };
            self.sink.push_in(kind, &place, file);
        }
        let bytes = template.to_compact_json().len();
        if bytes > BODY_BYTES {
            let fault = TemplateFault::TemplateLimitExceeded {
                what: "Size of the template in bytes:",
                found: bytes,
                limit: BODY_BYTES,
            };
            self.sink.push(FaultKind::InvalidTemplate(fault), &nowhere.place);
        }
    }
    /// One fault for each reference to nothing, unless an expression made it, which is told where it stands.
    fn tell_unresolved(
        &self,
        names: &[String],
        asked: &[(String, Place)],
        template: &Template,
        at: &dyn Fn(&str) -> At,
    ) {
        for reference in template.all_references() {
            let Some(id) = reference.target.logical_id().filter(|id| names.iter().any(|name| name == id)) else {
                continue;
            };
            if asked.iter().any(|(asked, _)| asked == id) {
                continue;
            }
            let ids = template.resources.keys().chain(template.parameters.keys()).cloned();
            let known = ids.chain(PSEUDO_PARAMETERS.map(str::to_owned)).collect();
            let At { place, file } = at(&reference.path);
            self.sink.push_in(FaultKind::UnknownResource { id: id.to_owned(), known }, &place, file);
        }
    }
}
