//! Gathers what `stack init` writes: the files of `examples/`, the sources of `functions/`, and the workspace's manifest.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../..").canonicalize()?;
    let mut files = Vec::new();
    for directory in ["examples", "functions"] {
        gather(&root.join(directory), &mut files)?;
        println!("cargo::rerun-if-changed={}", root.join(directory).display());
    }
    for manifest in ["Cargo.toml", "Cargo.lock"] {
        files.push(root.join(manifest));
        println!("cargo::rerun-if-changed={}", root.join(manifest).display());
    }
    files.sort();
    let mut code = "/// Files by path in this repository, sorted.\nconst FILES: &[(&str, &[u8])] = &[\n".to_owned();
    for file in &files {
        let name = file.strip_prefix(&root)?.to_str().ok_or("a file name is not UTF-8")?.replace('\\', "/");
        writeln!(code, "    ({name:?}, include_bytes!({:?})),", file.to_str().ok_or("a path is not UTF-8")?)?;
    }
    code.push_str("];\n");
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("shipped.rs"), code)?;
    Ok(())
}

/// All files below a directory but what tools leave there and what only this repository's tests need.
fn gather(directory: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_of_a_tool = name.starts_with('.') || name == "target";
        let is_of_tests = matches!(name.as_str(), "tests" | "examples" | "benches" | "fuzz")
            && directory.join("Cargo.toml").is_file();
        if is_of_a_tool || is_of_tests {
            continue;
        }
        if entry.file_type()?.is_dir() {
            gather(&entry.path(), files)?;
        } else if name != "Cargo.lock" {
            files.push(entry.path());
        }
    }
    Ok(())
}
