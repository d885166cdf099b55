//! Who runs the command: hears what happens, and is asked.

use serde::Serialize;
use stack_plan::Event;

use crate::change_set::ChangeSet;
use crate::destroy_plan::DestroyPlan;
use crate::garbage::ArtifactObject;

/// The caller of a command. It hears every [`Event`] in order and answers every [`Question`].
pub trait Host: Send {
    /// Takes note of a fact. Must not block for long: the command waits.
    fn event(&mut self, event: Event);

    /// Answers a question; may block, for example on a terminal.
    fn approve(&mut self, question: &Question) -> Answer;
}

/// What a command asks before it changes anything that the user has not seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "question", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Question {
    /// First use in this account and region: may the stack `stack-artifacts` with this bucket be created?
    CreateArtifactBucket {
        /// Bucket name.
        bucket: String,
        /// Account that will own it.
        account: String,
        /// Region that it will be in.
        region: String,
    },
    /// May exactly this change set be executed?
    ExecuteChangeSet(ChangeSet),
    /// May these objects of the artifact bucket be deleted? No stack refers to them.
    DeleteArtifacts {
        /// The bucket.
        bucket: String,
        /// What goes.
        objects: Vec<ArtifactObject>,
    },
    /// May the stack be deleted?
    DestroyStack(DestroyPlan),
}

/// The answer to a [`Question`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    Yes,
    /// Stop; what was prepared is taken back.
    No,
    /// There is nobody to ask (no terminal and no `--yes`); what was prepared is taken back.
    CannotAsk,
}
