//! Forgetting a name.

use crate::library::Library;
use crate::table::{Held, Release};
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

    /// Undoes all that a name may have of an object: rows, claim, and the files when no other name means them.
    pub(crate) async fn release(&self, held: &mut Held<'_>, hashed: &str) -> Result<usize, LibraryError> {
        let rows = self.delete_rows(held, hashed).await?;
        if let Release::Delete { keys, token } = self.release_object(held.name, hashed).await? {
            self.discard(&keys).await?;
            self.end_deletion(hashed, &token).await?;
        }
        held.state.claims.remove(hashed);
        Ok(rows)
    }
}
