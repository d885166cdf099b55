//! Giving a name an image.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::library::Library;
use crate::picture::RAW;
use crate::table::{Failure, Held, NameState, Rendition, Renditions, Row, Status};
use crate::{ImageName, LibraryError, Picture, Stamp};

/// What became of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Insertion {
    /// The name means it now; these are its files, by type.
    Completed(BTreeMap<String, Image>),
    /// A later change of the name came first, and this one changes nothing.
    Superseded,
}

/// A stored file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Image {
    /// Key in the bucket, and path behind `/images/`.
    pub key: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Size in bytes.
    pub size: usize,
}

impl From<Rendition> for Image {
    fn from(Rendition { key, width, height, size }: Rendition) -> Self {
        Self { key, width, height, size }
    }
}

impl Library {
    /// Makes a name mean an image. What it meant before is forgotten, and deleted when no other name means it.
    ///
    /// # Errors
    ///
    /// [`LibraryError`]. What the name meant before it means after a failure, too; the failure is recorded in its rows. The same
    /// call again completes what was begun.
    pub async fn insert(&self, name: &ImageName, picture: &Picture, stamp: &Stamp) -> Result<Insertion, LibraryError> {
        let mut held = self.hold(name).await?;
        match self.change(&mut held, picture, stamp).await {
            Ok(insertion) => {
                held.finish(self).await?;
                Ok(insertion)
            }
            Err(error) => match self.fail(&mut held, picture, stamp, &error).await {
                Ok(()) => {
                    held.finish(self).await?;
                    Err(error)
                }
                Err(second) => {
                    held.abandon(self).await;
                    // A refusal that is not on record must not count as done.
                    Err(if error.may_pass() { error } else { second })
                }
            },
        }
    }

    async fn change(&self, held: &mut Held<'_>, picture: &Picture, stamp: &Stamp) -> Result<Insertion, LibraryError> {
        if !held.state.changed.admits(stamp) {
            return Ok(Insertion::Superseded);
        }
        let hashed = picture.hashed();
        let failure = held.state.failure.as_ref();
        if failure.is_some_and(|failure| failure.hashed == hashed && !failure.mark.admits(stamp)) {
            return Ok(Insertion::Superseded);
        }
        let kinds = self.kinds();
        held.claim(self, hashed, &kinds).await?;
        let stored = self.claim_object(held.name, hashed).await?;
        let is_stored = kinds.iter().all(|kind| stored.contains_key(kind));
        let is_live = held.state.live.as_deref() == Some(hashed);
        let renditions = if is_stored { stored } else { self.make(held, picture, stored).await? };
        let rows = renditions.iter().map(|(kind, rendition)| {
            let status = Status::Completed(rendition);
            Row { kind, hashed, key: Some(&rendition.key), status }
        });
        if !(is_live && is_stored) {
            held.claim(self, hashed, &renditions.keys().cloned().collect()).await?;
            self.write_rows(held, &rows.collect::<Vec<_>>()).await?;
        }
        self.settle(held, hashed, stamp).await?;
        Ok(Insertion::Completed(renditions.into_iter().map(|(kind, rendition)| (kind, rendition.into())).collect()))
    }

    /// Types of the files of an image.
    fn kinds(&self) -> BTreeSet<String> {
        let widths = self.settings.widths.iter().map(|width| width.kind.clone());
        widths.chain([RAW.to_owned()]).collect()
    }

    /// Makes and stores all files. Rows tell meanwhile that they are pending, unless they tell already what became of
    /// the same bytes: a repetition of the last change that stops midway takes nothing back.
    async fn make(
        &self,
        held: &Held<'_>,
        picture: &Picture,
        mut renditions: Renditions,
    ) -> Result<Renditions, LibraryError> {
        let hashed = picture.hashed();
        let keys = picture.keys(&self.settings.widths);
        let NameState { live, failure, .. } = &held.state;
        let is_known = live.as_deref() == Some(hashed) || failure.as_ref().is_some_and(|known| known.hashed == hashed);
        if !is_known {
            let rows = keys.iter().map(|key| {
                let kind = key.split('/').next().unwrap_or_default();
                Row { kind, hashed, key: Some(key), status: Status::Pending }
            });
            self.write_rows(held, &rows.collect::<Vec<_>>()).await?;
        }
        let files = picture.render(&self.settings.widths)?;
        renditions.extend(files.iter().map(|file| {
            let (key, size) = (file.key.clone(), file.bytes.len());
            (file.kind.clone(), Rendition { key, width: file.width, height: file.height, size })
        }));
        self.announce_files(held.name, hashed, &keys).await?;
        self.store(files).await?;
        self.record_renditions(held.name, hashed, &renditions).await?;
        Ok(renditions)
    }

    /// The name means the object from now on, and nothing else.
    async fn settle(&self, held: &mut Held<'_>, hashed: &str, stamp: &Stamp) -> Result<(), LibraryError> {
        // A failure that came after this change stays on record.
        let failure = held.state.failure.take();
        held.state.failure = failure.filter(|failure| !failure.mark.admits(stamp) && failure.hashed != hashed);
        held.state.live = Some(hashed.to_owned());
        held.state.changed = held.state.changed.moved_to(stamp);
        let kept = held.state.failure.as_ref().map(|failure| failure.hashed.as_str());
        let is_over = |other: &String| other != hashed && Some(other.as_str()) != kept;
        let over: Vec<String> = held.state.claims.iter().filter(|other| is_over(other)).cloned().collect();
        if !over.is_empty() {
            // From here on a failure leaves something to clear, but takes nothing back.
            held.save(self).await?;
        }
        for other in over {
            self.release(held, &other).await?;
        }
        Ok(())
    }

    /// Records that an image could not be kept, unless a later failure is on record or the name means the same bytes already.
    async fn fail(
        &self,
        held: &mut Held<'_>,
        picture: &Picture,
        stamp: &Stamp,
        error: &LibraryError,
    ) -> Result<(), LibraryError> {
        let hashed = picture.hashed();
        let is_live = held.state.live.as_deref() == Some(hashed);
        let later = held.state.failure.as_ref().is_some_and(|failure| !failure.mark.admits(stamp));
        if matches!(error, LibraryError::Busy { .. } | LibraryError::Overtaken { .. }) || is_live || later {
            if later && !is_live {
                self.release(held, hashed).await?;
            }
            return Ok(());
        }
        let message = error.to_string();
        let kinds = self.kinds();
        let rows: Vec<Row<'_>> =
            kinds.iter().map(|kind| Row { kind, hashed, key: None, status: Status::Failed(&message) }).collect();
        self.write_rows(held, &rows).await?;
        if !error.may_pass() {
            // Nothing is stored of it, and nothing will be.
            self.forget(held, hashed).await?;
        }
        let before = held.state.failure.take().map(|failure| failure.hashed);
        if let Some(before) = before.filter(|before| before != hashed && Some(before) != held.state.live.as_ref()) {
            self.release(held, &before).await?;
        }
        let mark = held.state.changed.moved_to(stamp);
        held.state.failure = Some(Failure { hashed: hashed.to_owned(), mark });
        Ok(())
    }
}
