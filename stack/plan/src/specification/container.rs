//! The embedded file: frames that are decoded one by one. `cargo xtask spec` writes it and says how it is laid out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ruzstd::decoding::{Dictionary, FrameDecoder};
use serde_json::Value;
use thiserror::Error;

/// Why the embedded data cannot be read. The data is part of the program, so that this is a fault of the build.
#[derive(Debug, Error)]
#[error("the embedded specification is damaged: {0}")]
pub struct DamagedSpecification(String);

fn damaged(reason: impl std::fmt::Display) -> DamagedSpecification {
    DamagedSpecification(reason.to_string())
}

/// A frame: its bytes and the length that they decode to.
type Frame<'a> = (&'a [u8], usize);

/// The file, with its index read and its frames not.
pub(super) struct Container {
    header: Value,
    /// Lines of the index, sorted by the name that each begins with. A record's place in its line is read when it is needed:
    /// there are thousands, of which a template needs a few.
    lines: Vec<&'static str>,
    /// The same of rules that differ by region or engine, decoded for the first type that has such.
    variants: OnceLock<Vec<&'static str>>,
    frames: Vec<Frame<'static>>,
    decoder: Mutex<FrameDecoder>,
    decoded: Mutex<HashMap<usize, Arc<str>>>,
}

impl Container {
    /// An empty one, in which nothing is known.
    pub(super) fn empty() -> Self {
        Self {
            header: Value::Null,
            lines: Vec::new(),
            variants: OnceLock::new(),
            frames: Vec::new(),
            decoder: Mutex::new(FrameDecoder::new()),
            decoded: Mutex::default(),
        }
    }

    pub(super) fn open(bytes: &'static [u8]) -> Result<Self, DamagedSpecification> {
        let rest = bytes.strip_prefix(b"STKSPEC2").ok_or_else(|| damaged("no such file"))?;
        let mut words = rest.chunks_exact(4).map(|word| {
            let word: [u8; 4] = word.try_into().unwrap_or_default();
            usize::try_from(u32::from_le_bytes(word)).unwrap_or(usize::MAX)
        });
        let mut word = || words.next().ok_or_else(|| damaged("it ends in its table"));
        let (packed_dictionary, dictionary_length, count) = (word()?, word()?, word()?);
        let lengths = (0..count).map(|_| Ok((word()?, word()?))).collect::<Result<Vec<_>, DamagedSpecification>>()?;
        let mut body = rest.get(4 * (3 + 2 * count)..).unwrap_or_default();
        let mut take = |length: usize| -> Result<&'static [u8], DamagedSpecification> {
            let (taken, rest) = body.split_at_checked(length).ok_or_else(|| damaged("it ends in a frame"))?;
            body = rest;
            Ok(taken)
        };
        let dictionary = take(packed_dictionary)?;
        let frames = lengths
            .into_iter()
            .map(|(packed, length)| Ok((take(packed)?, length)))
            .collect::<Result<Vec<_>, DamagedSpecification>>()?;
        let mut decoder = FrameDecoder::new();
        let dictionary = decode(&mut decoder, (dictionary, dictionary_length))?;
        decoder.add_dict(Dictionary::decode_dict(&dictionary).map_err(damaged)?).map_err(damaged)?;
        let (index, _) = frames.first().ok_or_else(|| damaged("it has no frame"))?;
        let index = std::str::from_utf8(index).map_err(damaged)?;
        let (header, lines) = index.split_once('\n').ok_or_else(|| damaged("it has no index"))?;
        Ok(Self {
            header: serde_json::from_str(header).map_err(damaged)?,
            lines: lines.lines().collect(),
            variants: OnceLock::new(),
            frames,
            decoder: Mutex::new(decoder),
            decoded: Mutex::default(),
        })
    }

    pub(super) fn header(&self) -> &Value {
        &self.header
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.lines.iter().map(|line| name_of(line))
    }

    pub(super) fn region_set(&self, name: &str) -> Option<usize> {
        self.fields(name)?.nth(3)?.parse().ok()
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.fields(name).is_some()
    }

    /// The record `name` as JSON.
    pub(super) fn record(&self, name: &str) -> Option<Value> {
        let mut numbers = self.fields(name)?.map(str::parse::<usize>);
        let mut number = || numbers.next()?.ok();
        let (frame, offset, length) = (number()?, number()?, number()?);
        serde_json::from_str(self.frame(frame)?.get(offset..offset + length)?).ok()
    }

    /// What the index says of `name`: frame, offset, length, region set.
    fn fields(&self, name: &str) -> Option<impl Iterator<Item = &'static str>> {
        let line = match name.find(['@', '?']) {
            None => find(&self.lines, name),
            Some(at) => find(&self.lines, &name[..=at]).and_then(|_| find(self.variants(), name)),
        };
        Some(line?.split('\t').skip(1))
    }

    fn variants(&self) -> &[&'static str] {
        self.variants.get_or_init(|| {
            let index = self.decode(1).unwrap_or_default();
            index.leak().lines().collect()
        })
    }

    fn frame(&self, index: usize) -> Option<Arc<str>> {
        let mut frames = self.decoded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(frame) = frames.get(&index) {
            return Some(Arc::clone(frame));
        }
        let frame: Arc<str> = self.decode(index)?.into();
        frames.insert(index, Arc::clone(&frame));
        Some(frame)
    }

    fn decode(&self, index: usize) -> Option<String> {
        let mut decoder = self.decoder.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8(decode(&mut decoder, *self.frames.get(index)?).ok()?).ok()
    }
}

fn find(lines: &[&'static str], name: &str) -> Option<&'static str> {
    lines.binary_search_by(|line| name_of(line).cmp(name)).ok().map(|at| lines[at])
}

fn name_of(line: &'static str) -> &'static str {
    line.split('\t').next().unwrap_or_default()
}

fn decode(decoder: &mut FrameDecoder, (packed, length): Frame<'_>) -> Result<Vec<u8>, DamagedSpecification> {
    let mut text = Vec::with_capacity(length);
    decoder.decode_all_to_vec(packed, &mut text).map_err(damaged)?;
    Ok(text)
}
