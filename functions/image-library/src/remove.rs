//! Forgetting a name.

use crate::library::Library;
use crate::table::{Held, NameState, Release};
use crate::{ImageName, LibraryError, Stamp};

/// What became of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Rows that are marked as deleted now; 0 for a name that meant nothing.
    pub rows: usize,
}

impl Library {
    /// Makes a name mean nothing: its rows are marked as deleted, and objects that no other name means are deleted.
    ///
    /// # Errors
    ///
    /// [`LibraryError`], but never [`LibraryError::Refused`]; the same call again completes what was begun.
    pub async fn remove(&self, name: &ImageName) -> Result<Removal, LibraryError> {
        let mut held = self.hold(name).await?;
        match self.clear(&mut held).await {
            Ok(rows) => {
                held.finish(self).await?;
                Ok(Removal { rows })
            }
            Err(error) => {
                held.abandon(self).await;
                Err(error)
            }
        }
    }

    /// Takes back what changes of a name that were cut off have begun: everything but what the name means and what the failure on
    /// record is about. For a change that will not be tried again.
    ///
    /// # Errors
    ///
    /// [`LibraryError`], but never [`LibraryError::Refused`]; the same call again completes what was begun.
    pub async fn tidy(&self, name: &ImageName) -> Result<(), LibraryError> {
        let mut held = self.hold(name).await?;
        match self.clear_rest(&mut held).await {
            Ok(()) => held.finish(self).await,
            Err(error) => {
                held.abandon(self).await;
                Err(error)
            }
        }
    }

    async fn clear_rest(&self, held: &mut Held<'_>) -> Result<(), LibraryError> {
        let NameState { live, failure, .. } = held.state.clone();
        let failed = failure.map(|failure| failure.hashed);
        for hashed in held.state.claims.clone().into_iter().filter(|hashed| Some(hashed) != live.as_ref()) {
            if Some(&hashed) == failed.as_ref() {
                // The rows tell of the failure. Whoever tries once more to store the image claims it again.
                self.forget(held, &hashed).await?;
            } else {
                self.release(held, &hashed).await?;
            }
        }
        Ok(())
    }

    async fn clear(&self, held: &mut Held<'_>) -> Result<usize, LibraryError> {
        let mut rows = 0;
        for hashed in held.state.claims.clone() {
            rows += self.release(held, &hashed).await?;
        }
        held.state.changed = held.state.changed.moved_to(&Stamp::Request { at: self.now() });
        held.state.live = None;
        held.state.failure = None;
        Ok(rows)
    }

    /// Takes back the claim of an object, and the files when no other name means them; the rows stay.
    pub(crate) async fn forget(&self, held: &Held<'_>, hashed: &str) -> Result<(), LibraryError> {
        if let Release::Delete { keys, token } = self.release_object(held.name, hashed).await? {
            self.discard(&keys).await?;
            self.end_deletion(hashed, &token).await?;
        }
        Ok(())
    }

    /// Undoes all that a name may have of an object: rows, claim, and the files when no other name means them.
    pub(crate) async fn release(&self, held: &mut Held<'_>, hashed: &str) -> Result<usize, LibraryError> {
        let rows = self.delete_rows(held, hashed).await?;
        self.forget(held, hashed).await?;
        held.state.claims.remove(hashed);
        Ok(rows)
    }
}
