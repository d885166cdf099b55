//! Inputs: real texts, changed at a few places.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::paths;

/// Pieces that mean something to one of the readers.
const PIECES: [&str; 66] = [
    "{{",
    "}}",
    "{{#if x}}",
    "{{/if}}",
    "{{else}}",
    "{{resource.A.B}}",
    "{{resolve:",
    "\\",
    "!Sub ",
    "!Ref ",
    "!GetAtt ",
    "!If ",
    "&a ",
    "*a",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "|\n",
    ">\n",
    "\n",
    "\t",
    "  ",
    "#",
    "---\n",
    "null",
    "~",
    "\0",
    "\u{1}",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "é",
    "🦀",
    "${",
    "${!",
    "Fn::Sub",
    "Fn::GetAtt",
    "Fn::If: [",
    "Fn::ForEach::X",
    "Ref",
    "AWS::NoValue",
    "overrides:\n  X:\n    Properties.A.0.+: 1\n",
    "include: a.yaml\n",
    "resources:\n  A: { Type: AWS::SNS::Topic }\n",
    "99999999999999999999",
    "-1",
    "1e999",
    ".",
    "..",
    "Properties",
    "+",
    "<<",
    "? ",
    "!!str ",
    "%YAML 9",
    "(",
    ")",
    "@",
    "../",
    "Transform: AWS::LanguageExtensions\n",
    "Condition",
];

/// Greatest input: what is larger is slow for no other reason than its size.
const MOST_BYTES: usize = 60_000;

/// A sequence of numbers (xorshift), the same for the same seed.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64, name: &str) -> Self {
        let mixed = name.bytes().fold(seed.wrapping_add(0x9E37_79B9_7F4A_7C15), |state, byte| {
            (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
        });
        // Zero would stay zero.
        Self(mixed | 1)
    }

    /// A number below the bound; 0 when the bound is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (bound.max(1) as u64)).unwrap_or(0)
    }

    pub(super) fn letter(&mut self) -> char {
        let number = u32::try_from(self.below(0x250)).unwrap_or_default();
        char::from_u32(number).unwrap_or('x')
    }
}

/// Where inputs come from.
pub(super) struct Corpus {
    pub(super) projects: Vec<String>,
    pub(super) templates: Vec<String>,
    /// Strings that have broken programs before.
    pub(super) strings: Vec<String>,
}

impl Corpus {
    /// Reads examples, fixtures and snapshots of the workspace, and what lies in the folder of shared data.
    pub(super) fn read() -> Result<Self, Failure> {
        let root = paths::root();
        let mut projects = Vec::new();
        let mut templates = Vec::new();
        for folder in ["examples", "tests/fixtures"] {
            let mut files = Vec::new();
            list(&root.join(folder), &mut files)?;
            files.sort();
            for file in files {
                let text = std::fs::read_to_string(&file)?;
                if file.ends_with("stack.yaml") { projects.push(text) } else { templates.push(text) }
            }
        }
        let mut snapshots = Vec::new();
        list_snapshots(&root.join("stack/plan/src/tests/snapshots"), &mut snapshots)?;
        for snapshot in snapshots {
            let text = std::fs::read_to_string(snapshot)?;
            // A snapshot begins with a header between two lines of hyphens.
            let template = text.splitn(3, "---\n").nth(2).unwrap_or_default();
            if template.contains("Resources:") && template.len() < MOST_BYTES {
                templates.push(template.to_owned());
            }
        }
        let shared = std::env::var_os("STACK_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
        if let Ok(text) = std::fs::read_to_string(shared.join("spec/good30.yaml")) {
            templates.push(text);
        }
        let naughty = std::fs::read_to_string(shared.join("data/naughty_strings/blns.json")).unwrap_or_default();
        let mut strings: Vec<String> = serde_json::from_str(&naughty).unwrap_or_default();
        strings.extend(PIECES.iter().map(|piece| (*piece).to_owned()));
        Ok(Self { projects, templates, strings })
    }

    pub(super) fn string(&self, random: &mut Random) -> &str {
        self.strings.get(random.below(self.strings.len())).map_or("", String::as_str)
    }

    /// One of the texts, changed at a few places.
    pub(super) fn mutated(&self, texts: &[String], random: &mut Random) -> String {
        let mut text = texts.get(random.below(texts.len())).cloned().unwrap_or_default();
        for _ in 0..=random.below(7) {
            let at = boundary(&text, random.below(text.len() + 1));
            match random.below(8) {
                0 => {
                    let end = boundary(&text, (at + random.below(60)).min(text.len()));
                    text.replace_range(at..end.max(at), "");
                }
                1 => {
                    let other = texts.get(random.below(texts.len())).map_or("", String::as_str);
                    let from = boundary(other, random.below(other.len() + 1));
                    let to = boundary(other, (from + random.below(300)).min(other.len()));
                    text.insert_str(at, &other[from..to.max(from)]);
                }
                2 => text.insert(at, random.letter()),
                3 => text.insert_str(at, self.string(random)),
                4 => lines(&mut text, random),
                _ => text.insert_str(at, PIECES[random.below(PIECES.len())]),
            }
        }
        text.truncate(boundary(&text, MOST_BYTES.min(text.len())));
        text
    }
}

/// A line twice, or at another place, or deeper.
fn lines(text: &mut String, random: &mut Random) {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (from, to) = (random.below(lines.len()), random.below(lines.len()));
    let Some(line) = lines.get(from).cloned() else { return };
    match random.below(3) {
        0 => lines.insert(to, line),
        1 => lines.swap(from, to),
        _ => lines[from] = format!("  {line}"),
    }
    *text = lines.join("\n");
    text.push('\n');
}

/// The nearest place at or before `at` that is between two characters.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn list(directory: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            files.push(path);
        }
    }
    Ok(())
}

fn list_snapshots(directory: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "snap") {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_inputs() {
        let corpus = Corpus {
            projects: vec!["stack: é\nregion: b\n".to_owned()],
            templates: Vec::new(),
            strings: vec!["🦀".to_owned()],
        };
        let inputs = |seed| {
            let mut random = Random::new(seed, "project");
            (0..200).map(|_| corpus.mutated(&corpus.projects, &mut random)).collect::<Vec<_>>()
        };
        assert_eq!(inputs(1), inputs(1));
        assert_ne!(inputs(1), inputs(2));
        assert!(inputs(1).iter().filter(|input| **input != corpus.projects[0]).count() > 150);
    }
}
