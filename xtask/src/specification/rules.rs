//! Cross-property rules: schemas that hold at a place of a resource besides its own.

use std::collections::BTreeMap;
use std::path::Path;

use regex::Regex;
use serde_json::{Map, Value, json};

use super::packages::Packages;
use super::pattern::Counts;
use super::schema::trim;
use crate::failure::Failure;

/// The rules as records, and how many there are.
pub(super) struct Rules {
    /// `rules:TYPE` is `[{"id", "at", "schema"}]`; `rules:TYPE@REGION` has those that differ by region,
    /// `rules:TYPE?Engine=VALUE` those of one engine.
    pub(super) records: BTreeMap<String, String>,
    pub(super) count: usize,
}

/// Reads which schema holds where out of the linter's rule classes, and the schemas out of its data.
pub(super) fn read(packages: &Packages, counts: &mut Counts) -> Result<Rules, Failure> {
    let mut found: BTreeMap<(String, Option<String>), Vec<Value>> = BTreeMap::new();
    let mut count = 0;
    let mut files = Vec::new();
    list_sources(&packages.linter_path("rules/resources"), &mut files)?;
    files.sort();
    let expression = |text: &str| Regex::new(text).map_err(|error| Failure::new(error.to_string()));
    let id = expression(r#"(?m)^    id = "([EW]\d+)""#)?;
    let module = expression(r#"cfnlint\.data\.schemas\.extensions\.(\w+),\s*(?:filename=)?"(\w+\.json)""#)?;
    let keyword = expression(r#""Resources/([\w:]+)/Properties(?:/([^"]*))?""#)?;
    for file in files {
        let source = std::fs::read_to_string(&file)?;
        let (Some(id), Some(module)) = (id.captures(&source), module.captures(&source)) else { continue };
        let is_regional = source.contains("(CfnLintJsonSchemaRegional)");
        let schema = packages.json(&format!("data/schemas/extensions/{}/{}", &module[1], &module[2]))?;
        count += 1;
        for place in keyword.captures_iter(&source) {
            let path = place.get(2).map_or("", |path| path.as_str());
            let mut add = |region: Option<&str>, schema: &Value| {
                let schema = trim(schema, counts);
                if let Some(parts) = split(&schema) {
                    for (value, part) in parts {
                        let key = format!("{}?{SPLIT_BY}={value}", &place[1]);
                        let rule = json!({"id": &id[1], "at": path, "schema": part});
                        found.entry((key, None)).or_default().push(rule);
                    }
                    return;
                }
                let rule = json!({"id": &id[1], "at": path, "schema": schema});
                found.entry((place[1].to_owned(), region.map(str::to_owned))).or_default().push(rule);
            };
            if !is_regional {
                add(None, &schema);
                continue;
            }
            for (region, schema) in schema.as_object().unwrap_or(&Map::new()) {
                add(Some(region), schema);
            }
        }
    }
    let records = found
        .into_iter()
        .map(|((name, region), rules)| {
            let key = match region {
                Some(region) => format!("rules:{name}@{region}"),
                None => format!("rules:{name}"),
            };
            (key, Value::Array(rules).to_string())
        })
        .collect();
    Ok(Rules { records, count })
}

/// The property by whose value a huge rule is split.
const SPLIT_BY: &str = "Engine";

/// A rule of megabytes by the engine that its parts are about: only the part of one engine is read then.
fn split(schema: &Value) -> Option<BTreeMap<String, Value>> {
    let parts = schema.get("allOf")?.as_array()?;
    if parts.len() < 200 {
        return None;
    }
    let mut by_value: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for part in parts {
        let value = part.pointer(&format!("/if/properties/{SPLIT_BY}/const"))?.as_str()?;
        by_value.entry(value.to_owned()).or_default().push(part.clone());
    }
    Some(by_value.into_iter().map(|(value, parts)| (value, json!({"allOf": parts}))).collect())
}

fn list_sources(directory: &Path, into: &mut Vec<std::path::PathBuf>) -> Result<(), Failure> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            list_sources(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "py") {
            into.push(path);
        }
    }
    Ok(())
}
