//! Functions that choose: `Fn::If`, `Fn::FindInMap`, `Fn::Select`; and `Fn::Join`, which takes what is chosen.

use serde_json::{Map, Value};

use super::{LISTS, Section, TEXT};
use crate::template::check::found::{At, Found};
use crate::template::check::scalar::text;
use crate::template::check::scenario::is_no_value;
use crate::template::check::{Checker, SchemaFault};

impl Checker<'_> {
    pub(super) fn choice_call(&self, arguments: &Value, at: &At<'_>, section: Section, found: &mut Found) {
        let Some([condition, then, otherwise]) = arguments.as_array().map(Vec::as_slice) else {
            return found.function(at, "Fn::If requires a list argument with three elements");
        };
        match condition.as_str() {
            Some(name) => self.condition_name(name, &at.index(0), found),
            None => found.function(&at.index(0), "the first argument of Fn::If is the name of a condition"),
        }
        self.functions_of(then, &at.index(1), section, found);
        self.functions_of(otherwise, &at.index(2), section, found);
    }

    pub(in crate::template::check) fn condition_name(&self, name: &str, at: &At<'_>, found: &mut Found) {
        if !self.conditions.is_declared(name) && !self.is_open {
            found.push(at, SchemaFault::UndeclaredName { name: name.to_owned(), known: self.conditions.names() });
        }
    }

    pub(super) fn map_call(&self, arguments: &Value, at: &At<'_>, section: Section, found: &mut Found) {
        let parts = arguments.as_array().map(Vec::as_slice).unwrap_or_default();
        let has_default = parts.get(3).is_some_and(|options| options.get("DefaultValue").is_some());
        if !(parts.len() == 3 || (parts.len() == 4 && has_default)) {
            return found.function(at, "Fn::FindInMap takes a mapping and two keys");
        }
        for (index, part) in parts.iter().take(3).enumerate() {
            self.argument(part, &TEXT, &at.index(index), section, found);
        }
        if has_default || self.mappings.contains_key("Fn::Transform") {
            return;
        }
        let Some(name) = parts[0].as_str() else { return };
        let Some(mapping) = self.mappings.get(name) else {
            let known = self.mappings.keys().cloned().collect();
            return found.push(&at.index(0), SchemaFault::UndeclaredName { name: name.to_owned(), known });
        };
        let keys = |value: &Value| value.as_object().into_iter().flat_map(Map::keys).cloned().collect::<Vec<_>>();
        let literal = |value: &Value| (!value.is_object() && !value.is_array()).then(|| text(value));
        let mut rows: Vec<&Value> = mapping.as_object().into_iter().flatten().map(|(_, row)| row).collect();
        if let Some(pseudo) = parts[1].get("Ref").and_then(Value::as_str) {
            let is_row = |row: &String| match pseudo {
                "AWS::Region" => self.specification.regions().contains(row),
                "AWS::AccountId" => row.len() == 12 && row.bytes().all(|byte| byte.is_ascii_digit()),
                _ => true,
            };
            if !keys(mapping).iter().any(is_row) && mapping.get("Fn::Transform").is_none() {
                found.function(&at.index(1), format!("mapping `{name}` has no key that `{pseudo}` can be"));
            }
        }
        if let Some(key) = literal(&parts[1]) {
            let Some(row) = mapping.get(&key) else {
                return found.push(&at.index(1), SchemaFault::UndeclaredName { name: key, known: keys(mapping) });
            };
            rows = vec![row];
        }
        // A key that no row has is in none of those that can be meant.
        if let Some(key) = literal(&parts[2])
            && !rows.iter().any(|row| row.get(&key).is_some() || row.get("Fn::Transform").is_some())
        {
            let known = rows.first().map(|row| keys(row)).unwrap_or_default();
            found.push(&at.index(2), SchemaFault::UndeclaredName { name: key, known });
        }
    }

    pub(super) fn join_call(&self, arguments: &Value, at: &At<'_>, section: Section, found: &mut Found) {
        let Some([Value::String(_), parts]) = arguments.as_array().map(Vec::as_slice) else {
            return found.function(at, "Fn::Join takes a delimiter, which is a string, and a list");
        };
        let at = at.index(1);
        match parts {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if !is_no_value(item) {
                        self.argument(item, &TEXT, &at.index(index), section, found);
                    }
                }
            }
            Value::Object(_) => self.argument(parts, &LISTS, &at, section, found),
            _ => found.function(&at, "Fn::Join takes a list to join"),
        }
    }

    pub(super) fn select_call(&self, arguments: &Value, at: &At<'_>, section: Section, found: &mut Found) {
        let Some([index, items]) = arguments.as_array().map(Vec::as_slice) else {
            return found.function(at, "Fn::Select takes an index and a list");
        };
        let number = text(index).parse::<usize>().ok();
        match index {
            Value::Object(_) => {
                self.argument(index, &["Ref", "Fn::FindInMap", "Fn::Length"], &at.index(0), section, found);
            }
            _ if number.is_none() => found.function(&at.index(0), "the index of Fn::Select is a whole number from 0"),
            _ => {}
        }
        match items {
            Value::Array(list) => {
                if number.is_some_and(|number| number >= list.len()) {
                    found.function(
                        &at.index(1),
                        format!("Fn::Select cannot take item {} of {}", text(index), list.len()),
                    );
                }
                self.functions_of(items, &at.index(1), section, found);
            }
            Value::Object(_) => self.argument(items, &LISTS, &at.index(1), section, found),
            _ => found.function(&at.index(1), "Fn::Select takes a list"),
        }
    }
}
