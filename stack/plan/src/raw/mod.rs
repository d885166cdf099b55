//! CloudFormation as it is: resources written in the project file, files that it includes, and patches of what is rendered.

mod include;
mod overrides;
mod places;
mod resource;
mod value;

pub(crate) use include::{IncludeDeclaration, Included, read_includes};
pub(crate) use overrides::OverrideDeclaration;
pub(crate) use places::{At, Places};
pub(crate) use resource::RawResource;

use crate::fault::{FaultKind, Place};
use crate::template::{Resource, TemplateError, check_resource};

/// Checks the shape of a resource and makes the typed value of it.
fn typed(id: &str, value: serde_json::Value) -> Result<Resource, TemplateError> {
    let path = format!("/Resources/{id}");
    check_resource(id, &value, &path)?;
    serde_json::from_value(value).map_err(|error| {
        let fault = crate::template::TemplateFault::WrongValue { path: path.clone(), message: error.to_string() };
        TemplateError::new(path, fault)
    })
}

/// Two owners of one name.
pub(crate) fn collision(what: &str, name: &str, first: &str, second: &Place) -> FaultKind {
    FaultKind::NameCollision {
        what: what.to_owned(),
        name: name.to_owned(),
        first: first.to_owned(),
        second: second.key_path.clone(),
    }
}
