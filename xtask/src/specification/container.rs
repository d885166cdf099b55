//! The file: frames that are decoded one by one, a dictionary that they share, an index in the first two frames.
//!
//! Layout, integers little-endian: `STKSPEC2`; length of the compressed dictionary and its length; number of frames; for each
//! frame its compressed length and its length; the dictionary; the frames. Frame 0 is not compressed: `header JSON \n` and one
//! line for each record: `name \t frame \t offset \t length \t region set`, sorted by name. Rules that differ by region or
//! engine (`rules:TYPE@REGION`, `rules:TYPE?ENGINE`) have such lines in frame 1, which few templates need; frame 0 has a line
//! `rules:TYPE@` or `rules:TYPE?` for all of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::failure::Failure;

/// Bytes of records that go into one frame: small, since a frame is decoded whole for one record of it.
const FRAME_BYTES: usize = 16 * 1024;
/// The same for rules that differ by region or engine, which repeat themselves.
const LARGE_FRAME_BYTES: usize = 512 * 1024;
/// It is decoded whenever anything is.
const DICTIONARY_BYTES: usize = 64 * 1024;
const LEVEL: i32 = 22;
/// The first two frames are the index.
const INDEX_FRAMES: usize = 2;
/// What stands between the rules of a type and the region or engine that they are for.
const VARIANT: [char; 2] = ['@', '?'];

pub(super) struct Container<'a> {
    pub(super) header: &'a Value,
    pub(super) regions_of: &'a BTreeMap<String, usize>,
    pub(super) records: &'a BTreeMap<String, String>,
}

impl Container<'_> {
    pub(super) fn write(&self) -> Result<Vec<u8>, Failure> {
        let (frames, indexes) = self.frames()?;
        let samples: Vec<&[u8]> = self
            .records
            .iter()
            .filter(|(name, _)| !name.contains(':') || name.starts_with("AWS::") || name.starts_with("iam:"))
            .map(|(_, text)| text.as_bytes())
            .collect();
        let failed = |error: std::io::Error| Failure::new(error.to_string());
        let dictionary = zstd::dict::from_samples(&samples, DICTIONARY_BYTES).map_err(failed)?;
        let packed_dictionary = zstd::bulk::compress(&dictionary, LEVEL).map_err(failed)?;
        let [index, variants] = indexes;
        let mut lengths = vec![index.len(), variants.len()];
        let mut packed = vec![index.into_bytes(), zstd::bulk::compress(variants.as_bytes(), LEVEL).map_err(failed)?];
        let mut compressor = zstd::bulk::Compressor::with_dictionary(LEVEL, &dictionary).map_err(failed)?;
        for frame in &frames {
            packed.push(compressor.compress(frame.as_bytes()).map_err(failed)?);
            lengths.push(frame.len());
        }
        let mut file = b"STKSPEC2".to_vec();
        put(&mut file, packed_dictionary.len())?;
        put(&mut file, dictionary.len())?;
        put(&mut file, packed.len())?;
        for (frame, length) in packed.iter().zip(&lengths) {
            put(&mut file, frame.len())?;
            put(&mut file, *length)?;
        }
        file.extend(&packed_dictionary);
        for frame in &packed {
            file.extend(frame);
        }
        Ok(file)
    }

    /// Texts of all frames but those of the index, and these.
    fn frames(&self) -> Result<(Vec<String>, [String; INDEX_FRAMES]), Failure> {
        let mut index = format!("{}\n", self.header);
        let mut variants = String::new();
        let mut varying = "";
        let mut frames: Vec<String> = Vec::new();
        let mut group = String::new();
        // Regions often have the same rules; they share one text.
        let mut known: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for (name, text) in self.records {
            let (kind, limit) = match name.split_once(VARIANT) {
                Some((rules, _)) => (rules.to_owned(), LARGE_FRAME_BYTES),
                None if name.starts_with("AWS::") => ("types".to_owned(), FRAME_BYTES),
                None => (name.split(':').next().unwrap_or_default().to_owned(), FRAME_BYTES),
            };
            let (frame, offset) = if let Some(place) = known.get(text.as_str()) {
                *place
            } else {
                let starts_new = frames.last().is_none_or(|frame| kind != group || frame.len() + text.len() > limit);
                if starts_new {
                    frames.push(String::new());
                    group = kind;
                }
                let frame = INDEX_FRAMES + frames.len() - 1;
                let last = frames.last_mut().ok_or_else(|| Failure::new("no frame"))?;
                let offset = last.len();
                last.push_str(text);
                known.insert(text, (frame, offset));
                (frame, offset)
            };
            let set = self.regions_of.get(name).map_or_else(String::new, ToString::to_string);
            // Writing to a string cannot fail.
            let lines = if let Some(at) = name.find(VARIANT) {
                if varying != &name[..=at] {
                    varying = &name[..=at];
                    let _ = writeln!(index, "{varying}");
                }
                &mut variants
            } else {
                &mut index
            };
            let _ = writeln!(lines, "{name}\t{frame}\t{offset}\t{}\t{set}", text.len());
        }
        Ok((frames, [index, variants]))
    }
}

fn put(file: &mut Vec<u8>, number: usize) -> Result<(), Failure> {
    let number = u32::try_from(number).map_err(|_| Failure::new("a length of more than 4 GiB"))?;
    file.extend(number.to_le_bytes());
    Ok(())
}
