//! Resources: the tree of an API's paths, and which of them a request takes.

use serde_json::{Value, json};

use super::{Api, ApiGateway, Content, Resource, bad, conflict, not_found};
use crate::apigatewayv2::{Segment, compare_segments, match_segments};
use crate::execute_api::fresh_id;
use crate::wire::ServiceError;

fn no_resource() -> ServiceError {
    not_found("Invalid Resource identifier specified")
}

impl Resource {
    /// Members, with methods as a list of names or as a whole.
    pub(super) fn show(&self, with_methods: bool) -> Value {
        let mut members = json!({"id": self.id, "path": self.path});
        if let Some(parent) = &self.parent {
            members["parentId"] = json!(parent);
            members["pathPart"] = json!(self.part);
        }
        if !self.methods.is_empty() {
            let method = |(name, method): (&String, &Value)| {
                (name.clone(), if with_methods { method.clone() } else { json!({}) })
            };
            members["resourceMethods"] = Value::Object(self.methods.iter().map(method).collect());
        }
        members
    }

    /// The parts of its path.
    fn segments(&self) -> Option<Vec<Segment<'_>>> {
        self.path.strip_prefix('/')?.split('/').map(Segment::parse).collect()
    }
}

impl ApiGateway {
    /// Adds a part to a path.
    pub(super) fn create_resource(&self, api_id: &str, parent: &str, part: &str) -> Result<Value, ServiceError> {
        self.change(api_id, |api| {
            let resources = &mut api.content.resources;
            let above = resources.get(parent).ok_or_else(no_resource)?;
            let is_part = Segment::parse(part).is_some_and(|segment| match segment {
                Segment::Text(text) => {
                    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-:$~*".contains(&byte))
                }
                Segment::Variable(_) | Segment::Greedy(_) => true,
            });
            if !is_part {
                return Err(bad("Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end."));
            }
            if above.part.ends_with("+}") {
                return Err(bad(format!("Cannot create a child of a resource with a greedy path variable: {}", above.part)));
            }
            let mut siblings = resources.values().filter(|other| other.parent.as_deref() == Some(parent));
            let is_variable = |part: &str| part.starts_with('{') && !part.ends_with("+}");
            let clash = siblings.find(|other| other.part == part || (is_variable(&other.part) && is_variable(part)));
            if let Some(other) = clash {
                return Err(conflict(if other.part == part {
                    format!("Another resource with the same parent already has this name: {part}")
                } else {
                    format!("A sibling ({}) of this resource already has a variable path part -- only one is allowed", other.part)
                }));
            }
            let resource = Resource {
                id: fresh_id()[..6].to_owned(),
                parent: Some(parent.to_owned()),
                part: part.to_owned(),
                path: format!("{}/{part}", above.path.trim_end_matches('/')),
                methods: super::Table::new(),
            };
            let members = resource.show(false);
            resources.insert(resource.id.clone(), resource);
            Ok(members)
        })
    }

    /// A resource's members.
    pub(super) fn get_resource(&self, api_id: &str, id: &str, with_methods: bool) -> Result<Value, ServiceError> {
        self.read(api_id, |api| Ok(api.content.resources.get(id).ok_or_else(no_resource)?.show(with_methods)))
    }

    /// The members of all resources, by path.
    pub(super) fn all_resources(&self, api_id: &str, with_methods: bool) -> Result<Vec<Value>, ServiceError> {
        self.read(api_id, |api| {
            let mut resources: Vec<&Resource> = api.content.resources.values().collect();
            resources.sort_by(|one, other| one.path.cmp(&other.path));
            Ok(resources.iter().map(|resource| resource.show(with_methods)).collect())
        })
    }

    /// Removes a resource with all below it.
    pub(super) fn delete_resource(&self, api_id: &str, id: &str) -> Result<(), ServiceError> {
        self.change(api_id, |api| {
            if api.root == id {
                return Err(bad("Root resource cannot be deleted"));
            }
            let path = api.content.resources.get(id).ok_or_else(no_resource)?.path.clone();
            let below = format!("{path}/");
            api.content.resources.retain(|_, other| other.path != path && !other.path.starts_with(&below));
            Ok(())
        })
    }
}

impl Api {
    /// A resource, to be changed.
    pub(super) fn resource_mut(&mut self, id: &str) -> Result<&mut Resource, ServiceError> {
        self.content.resources.get_mut(id).ok_or_else(no_resource)
    }

    /// A resource.
    pub(super) fn resource(&self, id: &str) -> Result<&Resource, ServiceError> {
        self.content.resources.get(id).ok_or_else(no_resource)
    }
}

impl Content {
    /// The resource that takes a path, with what the path gives its variables (still percent-encoded). Resources without methods are only
    /// parts of paths.
    pub(super) fn select(&self, path: &str) -> Option<(&Resource, Vec<(String, String)>)> {
        let path = if path.len() > 1 { path.strip_suffix('/').unwrap_or(path) } else { path };
        self.resources
            .values()
            .filter(|resource| !resource.methods.is_empty())
            .filter_map(|resource| {
                let segments = resource.segments()?;
                let parameters = match_segments(&segments, path)?;
                Some((resource, segments, parameters))
            })
            .min_by(|(_, one, _), (_, other, _)| compare_segments(one, other))
            .map(|(resource, _, parameters)| (resource, parameters))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(paths: &[&str]) -> (ApiGateway, String) {
        let service = ApiGateway::open(None).unwrap();
        let api = service.create("us-east-1", &json!({"name": "a"})).unwrap();
        let id = api["id"].as_str().unwrap().to_owned();
        for path in paths {
            let mut parent = api["rootResourceId"].as_str().unwrap().to_owned();
            for part in path.split('/').filter(|part| !part.is_empty()) {
                let all = service.all_resources(&id, false).unwrap();
                let found = all.iter().find(|one| one["parentId"] == *parent && one["pathPart"] == part).cloned();
                let made = found.unwrap_or_else(|| service.create_resource(&id, &parent, part).unwrap());
                parent = made["id"].as_str().unwrap().to_owned();
            }
            service
                .change(&id, |api| {
                    api.resource_mut(&parent)?.methods.insert("GET".to_owned(), json!({}));
                    Ok(())
                })
                .unwrap();
        }
        (service, id)
    }

    #[test]
    fn the_most_specific_resource_takes_a_path() {
        let (service, id) =
            tree(&["/", "/images/raw/{object+}", "/images/{resolution}/{object+}", "/images/raw/list", "/{proxy+}"]);
        for (path, expected) in [
            ("/", "/"),
            ("/images/raw/a/b.png", "/images/raw/{object+}"),
            ("/images/sg/a.png", "/images/{resolution}/{object+}"),
            ("/images/raw/list", "/images/raw/list"),
            ("/images/raw/list/", "/images/raw/list"),
            ("/images/raw", "/{proxy+}"),
            ("/other", "/{proxy+}"),
        ] {
            let found =
                service.read(&id, |api| Ok(api.content.select(path).map(|(resource, _)| resource.path.clone())));
            assert_eq!(found.unwrap().as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn parts_are_checked() {
        let (service, id) = tree(&["/pets/{id}"]);
        let root = service.get(&id).unwrap()["rootResourceId"].as_str().unwrap().to_owned();
        let all = service.all_resources(&id, false).unwrap();
        let pets = all.iter().find(|one| one["path"] == "/pets").unwrap()["id"].as_str().unwrap().to_owned();
        let code =
            |parent: &str, part: &str| service.create_resource(&id, parent, part).map_err(|error| error.code).err();
        assert_eq!(code(&root, "pets").as_deref(), Some("ConflictException"));
        assert_eq!(code(&pets, "{name}").as_deref(), Some("ConflictException"));
        assert_eq!(code(&root, "a b").as_deref(), Some("BadRequestException"));
        assert_eq!(code("none", "x").as_deref(), Some("NotFoundException"));
        assert_eq!(code(&root, "{proxy+}"), None);
        service.delete_resource(&id, &pets).unwrap();
        assert!(service.all_resources(&id, false).unwrap().iter().all(|one| one["path"] != "/pets/{id}"));
        assert!(service.delete_resource(&id, &root).is_err());
    }
}
