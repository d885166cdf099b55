//! `cargo xtask spec`: makes the resource specification that `stack-plan` embeds.

mod actions;
mod attributes;
mod container;
mod documents;
mod overlay;
mod packages;
mod pattern;
mod rules;
mod schema;

use std::collections::BTreeMap;

use clap::Args;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::paths;
use crate::talk::{print, say};
use container::Container;

#[derive(Args)]
pub(crate) struct SpecificationArguments {
    /// Only say whether the committed data is what the packages give
    #[arg(long)]
    check: bool,
}

/// Reads the packages and writes `stack/plan/data/specification.bin` with its notices.
///
/// # Errors
/// When a package cannot be had or read, and with `--check` when the committed data differs.
pub(crate) fn run(arguments: &SpecificationArguments) -> Result<(), Failure> {
    let packages = packages::provide()?;
    say("reading the resource schemas");
    let mut counts = pattern::Counts::default();
    let attributes = attributes::Attributes::read(&packages)?;
    let overlay = overlay::read(&packages)?;
    let mut types = schema::read(&packages, &mut counts)?;
    for (name, schema) in &mut types {
        attributes.add(name, schema);
        if let Some(overlay) = overlay.get(name) {
            overlay.add(schema);
        }
    }
    let mut records: BTreeMap<String, String> =
        types.iter().map(|(name, schema)| (name.clone(), schema.to_string())).collect();
    let rules = rules::read(&packages, &mut counts)?;
    let rule_count = rules.count;
    records.extend(rules.records);
    records.extend(actions::read(&packages)?);
    records.insert(
        "lambda:runtimes".to_owned(),
        packages.json("data/AdditionalSpecs/LmbdRuntimeLifecycle.json")?.to_string(),
    );
    records.extend(documents::read(&packages, &mut counts)?);
    let regions = schema::regions(&packages)?;
    let header = json!({
        "sources": packages::Packages::sources(),
        "date": packages.json("data/schemas/version.json")?.get("schema_date").cloned().unwrap_or_default(),
        "types": types.len(),
        "rules": rule_count,
        "patterns": counts.total(),
        "patterns_translated": counts.translated(),
        "patterns_unchecked": counts.unchecked(),
        "regions": regions.names,
        "region_sets": regions.sets,
    });
    let bytes = Container { header: &header, regions_of: &regions.of, records: &records }.write()?;
    let directory = paths::root().join("stack/plan/data");
    let file = directory.join("specification.bin");
    print(&format!(
        "{} types, {} rules, {} patterns ({} translated, {} not checked), {} bytes",
        types.len(),
        rule_count,
        counts.total(),
        counts.translated(),
        counts.unchecked().len(),
        bytes.len()
    ));
    if arguments.check {
        return if std::fs::read(&file)? == bytes {
            Ok(())
        } else {
            Err(Failure::new("the committed specification differs from the packages: run `cargo xtask spec`"))
        };
    }
    std::fs::create_dir_all(&directory)?;
    std::fs::write(&file, &bytes)?;
    std::fs::write(directory.join("NOTICE"), packages.notice()?)?;
    Ok(())
}

/// Follows `/a/b` down from `value`.
fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}
