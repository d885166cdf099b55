//! Where stacks are kept: in memory, and one JSON file each where there is a data directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;

use super::CloudFormation;
use super::model::Stack;
use super::operation::Running;
use super::status::ResourceStatus;
use crate::error::LocalError;

/// Deleted stacks that are remembered; older ones are forgotten, as AWS forgets them after 90 days.
const DELETED_STACKS: usize = 200;

/// All stacks, oldest first, and the operations that run.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) stacks: IndexMap<String, Stack>,
    pub(crate) running: BTreeMap<String, Arc<Running>>,
}

impl State {
    /// A stack by id (deleted ones too) or by name (live ones of the region).
    pub(crate) fn find(&self, name_or_id: &str, region: &str) -> Option<&Stack> {
        if name_or_id.starts_with("arn:") {
            return self.stacks.get(name_or_id);
        }
        self.stacks.values().find(|stack| stack.name == name_or_id && stack.region == region && stack.is_live())
    }

    /// The same, to change it.
    pub(crate) fn find_mut(&mut self, name_or_id: &str, region: &str) -> Option<&mut Stack> {
        let id = self.find(name_or_id, region)?.id.clone();
        self.stacks.get_mut(&id)
    }

    /// Asks the operations on a stack and on all stacks within it to stop.
    pub(crate) fn stop(&self, stack_id: &str) {
        if let Some(running) = self.running.get(stack_id) {
            running.stop();
        }
        for stack in self.stacks.values().filter(|stack| stack.parent_id.as_deref() == Some(stack_id)) {
            self.stop(&stack.id);
        }
    }

    /// Live stacks of a region.
    pub(crate) fn live<'a>(&'a self, region: &'a str) -> impl Iterator<Item = &'a Stack> {
        self.stacks.values().filter(move |stack| stack.is_live() && stack.region == region)
    }
}

/// The stacks and their files.
#[derive(Debug, Default)]
pub(crate) struct Store {
    state: Mutex<State>,
    directory: Option<PathBuf>,
}

impl Store {
    /// Opens the store. An operation that was cut off is ended, with the reason that the local cloud stopped.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        let Some(directory) = data_directory.map(|directory| directory.join("cloudformation")) else {
            return Ok(Self::default());
        };
        let unusable = |path: &Path| {
            let path = path.to_owned();
            move |source| LocalError::DataDirectory { path, source }
        };
        std::fs::create_dir_all(&directory).map_err(unusable(&directory))?;
        let mut stacks = Vec::new();
        for entry in std::fs::read_dir(&directory).map_err(unusable(&directory))? {
            let path = entry.map_err(unusable(&directory))?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let text = std::fs::read(&path).map_err(unusable(&path))?;
            let mut stack: Stack = serde_json::from_slice(&text)
                .map_err(|error| unusable(&path)(std::io::Error::new(std::io::ErrorKind::InvalidData, error)))?;
            stack.cut_off("The local cloud stopped while the operation was running");
            stacks.push(stack);
        }
        stacks.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        let stacks = stacks.into_iter().map(|stack| (stack.id.clone(), stack)).collect();
        Ok(Self { state: Mutex::new(State { stacks, running: BTreeMap::new() }), directory: Some(directory) })
    }

    /// Looks at the state.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the state in memory. What must survive the process is written by [`Store::save`].
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes a stack to its file, or removes the file of a stack that is forgotten. A failure is logged: the operation
    /// that runs cannot be taken back for it.
    pub(crate) fn save(&self, stack_id: &str) {
        self.write(|state| {
            let Some(directory) = &self.directory else { return };
            let path = directory.join(file_name(stack_id));
            let result = match state.stacks.get(stack_id) {
                Some(stack) => write_whole(&path, stack),
                None => std::fs::remove_file(&path),
            };
            if let Err(error) = result {
                tracing::error!(path = %path.display(), %error, "cannot keep the state of a stack");
            }
        });
    }

    /// Forgets the oldest deleted stacks beyond those that are remembered.
    pub(crate) fn forget_old(&self) {
        let forgotten = self.write(|state| {
            let deleted: Vec<String> =
                state.stacks.values().filter(|stack| !stack.is_live()).map(|stack| stack.id.clone()).collect();
            let surplus = deleted.len().saturating_sub(DELETED_STACKS);
            let forgotten: Vec<String> = deleted.into_iter().take(surplus).collect();
            for id in &forgotten {
                state.stacks.shift_remove(id);
            }
            forgotten
        });
        for id in forgotten {
            self.save(&id);
        }
    }
}

impl CloudFormation {
    /// Notes the physical id of a resource that is being made.
    pub(super) fn initiated(&self, stack_name: &str, region: &str, logical_id: &str, physical_id: &str) {
        self.store.write(|state| {
            let Some(stack) = state.find_mut(stack_name, region) else { return };
            let (entry, token) =
                (stack.operations.last().cloned(), stack.events.last().and_then(|last| last.token.clone()));
            let Some(row) = stack.resources.get_mut(logical_id) else { return };
            if row.status != ResourceStatus::CreateInProgress || row.physical_id.is_some() {
                return;
            }
            row.physical_id = Some(physical_id.to_owned());
            row.reason = Some("Resource creation Initiated".to_owned());
            let row = row.clone();
            stack.log_resource(&row, entry.as_ref(), token.as_deref());
        });
    }

    /// Id of a stack, and the type of one of its resources.
    pub(super) fn row_type(&self, stack_name: &str, region: &str, logical_id: &str) -> Option<(String, String)> {
        self.store.read(|state| {
            let stack = state.find(stack_name, region)?;
            let row = stack.resources.get(logical_id);
            let row = row.or_else(|| stack.cleanup.iter().find(|row| row.logical_id == logical_id))?;
            Some((stack.id.clone(), row.resource_type.clone()))
        })
    }

    /// The operation that runs on a stack.
    pub(super) fn running(&self, stack_name: &str, region: &str) -> Option<Arc<Running>> {
        self.store.read(|state| state.running.get(&state.find(stack_name, region)?.id).cloned())
    }
}

/// The last part of a stack's id is a UUID of ours, so it is a safe file name.
fn file_name(stack_id: &str) -> String {
    format!("{}.json", stack_id.rsplit('/').next().unwrap_or_default())
}

/// Writes beside the file and renames, so that a reader never sees half of it.
fn write_whole(path: &Path, stack: &Stack) -> std::io::Result<()> {
    let text = serde_json::to_vec(stack)?;
    let draft = path.with_extension("draft");
    std::fs::write(&draft, text)?;
    std::fs::rename(draft, path)
}
