//! The embedded file: frames that are decoded one by one. `cargo xtask spec` writes it and says how it is laid out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

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

/// Where a record is.
#[derive(Debug, Clone, Copy)]
struct Place {
    frame: usize,
    offset: usize,
    length: usize,
    region_set: Option<usize>,
}

/// A frame: its bytes and the length that they decode to.
type Frame<'a> = (&'a [u8], usize);

/// The file, with its index read and its frames not.
pub(super) struct Container {
    header: Value,
    places: HashMap<&'static str, Place>,
    /// Names in their order.
    names: Vec<&'static str>,
    frames: Vec<Frame<'static>>,
    decoder: Mutex<FrameDecoder>,
    decoded: Mutex<HashMap<usize, Arc<str>>>,
}

impl Container {
    /// An empty one, in which nothing is known.
    pub(super) fn empty() -> Self {
        Self {
            header: Value::Null,
            places: HashMap::new(),
            names: Vec::new(),
            frames: Vec::new(),
            decoder: Mutex::new(FrameDecoder::new()),
            decoded: Mutex::default(),
        }
    }

    pub(super) fn open(bytes: &'static [u8]) -> Result<Self, DamagedSpecification> {
        let rest = bytes.strip_prefix(b"STKSPEC1").ok_or_else(|| damaged("no such file"))?;
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
        let first = frames.first().ok_or_else(|| damaged("it has no frame"))?;
        let index = String::from_utf8(decode(&mut decoder, *first)?).map_err(damaged)?;
        decoder.add_dict(Dictionary::decode_dict(&dictionary).map_err(damaged)?).map_err(damaged)?;
        // It lives as long as the program, as the bytes do.
        let index: &'static str = Box::leak(index.into_boxed_str());
        let (header, lines) = index.split_once('\n').ok_or_else(|| damaged("it has no index"))?;
        let mut places = HashMap::with_capacity(4096);
        let mut names = Vec::with_capacity(4096);
        for line in lines.lines() {
            let mut fields = line.split('\t');
            let name = fields.next().unwrap_or_default();
            let mut number = || fields.next().and_then(|text| text.parse().ok());
            let (Some(frame), Some(offset), Some(length)) = (number(), number(), number()) else {
                return Err(damaged(line));
            };
            places.insert(name, Place { frame, offset, length, region_set: number() });
            names.push(name);
        }
        Ok(Self {
            header: serde_json::from_str(header).map_err(damaged)?,
            places,
            names,
            frames,
            decoder: Mutex::new(decoder),
            decoded: Mutex::default(),
        })
    }

    pub(super) fn header(&self) -> &Value {
        &self.header
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.names.iter().copied()
    }

    pub(super) fn region_set(&self, name: &str) -> Option<usize> {
        self.places.get(name)?.region_set
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// The record `name` as JSON.
    pub(super) fn record(&self, name: &str) -> Option<Value> {
        let place = self.places.get(name)?;
        let frame = self.frame(place.frame)?;
        serde_json::from_str(frame.get(place.offset..place.offset + place.length)?).ok()
    }

    fn frame(&self, index: usize) -> Option<Arc<str>> {
        let mut frames = self.decoded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(frame) = frames.get(&index) {
            return Some(Arc::clone(frame));
        }
        let mut decoder = self.decoder.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8(decode(&mut decoder, *self.frames.get(index)?).ok()?).ok()?;
        let frame: Arc<str> = text.into();
        frames.insert(index, Arc::clone(&frame));
        Some(frame)
    }
}

fn decode(decoder: &mut FrameDecoder, (packed, length): Frame<'_>) -> Result<Vec<u8>, DamagedSpecification> {
    let mut text = Vec::with_capacity(length);
    decoder.decode_all_to_vec(packed, &mut text).map_err(damaged)?;
    Ok(text)
}
