//! The order in which resources are made.

use std::collections::{BTreeMap, BTreeSet};

use super::Template;
use super::error::{TemplateError, TemplateFault};

impl Template {
    /// Logical ids in an order in which every resource comes after what it depends on; among equals, the order of the
    /// template. Deletion goes the other way round.
    ///
    /// # Errors
    /// [`TemplateFault::CircularDependency`] with the resources that wait for each other.
    pub fn dependency_order(&self) -> Result<Vec<String>, TemplateError> {
        let mut waits_for: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        let mut needed_by: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, id) in self.resources.keys().enumerate() {
            let dependencies: BTreeSet<usize> =
                self.dependencies_of(id).iter().filter_map(|id| self.resources.get_index_of(id)).collect();
            for dependency in &dependencies {
                needed_by.entry(*dependency).or_default().push(index);
            }
            waits_for.insert(index, dependencies);
        }
        let mut ready: BTreeSet<usize> =
            waits_for.iter().filter(|(_, waits)| waits.is_empty()).map(|(index, _)| *index).collect();
        let mut order = Vec::with_capacity(self.resources.len());
        while let Some(index) = ready.pop_first() {
            waits_for.remove(&index);
            order.push(self.name_at(index));
            for dependent in needed_by.get(&index).into_iter().flatten() {
                if let Some(waits) = waits_for.get_mut(dependent) {
                    waits.remove(&index);
                    if waits.is_empty() {
                        ready.insert(*dependent);
                    }
                }
            }
        }
        if waits_for.is_empty() { Ok(order) } else { Err(self.cycle(waits_for)) }
    }

    /// What is left waits for a circle; those that are only behind it and not in it are taken away.
    fn cycle(&self, mut waits_for: BTreeMap<usize, BTreeSet<usize>>) -> TemplateError {
        loop {
            let needed: BTreeSet<usize> = waits_for.values().flatten().copied().collect();
            let before = waits_for.len();
            waits_for.retain(|index, _| needed.contains(index));
            if waits_for.len() == before {
                break;
            }
        }
        let names: Vec<String> = waits_for.keys().map(|index| self.name_at(*index)).collect();
        let path = names.first().map_or_else(String::new, |name| format!("/Resources/{name}"));
        TemplateError::new(path, TemplateFault::CircularDependency(names))
    }

    fn name_at(&self, index: usize) -> String {
        self.resources.get_index(index).map_or_else(String::new, |(id, _)| id.clone())
    }
}
