//! Many files through a client that lists, compares hashes and continues where it stopped.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use test_support::{Run, RunningCloud, TestProject, tools};

use crate::STACK;

/// Files in each direction.
const FILES: usize = 1000;

#[test]
fn s3cmd_syncs_a_thousand_files_there_and_back() {
    let Some(s3cmd) = tools::python_program("s3cmd") else { return };
    let project = TestProject::empty(STACK);
    let cloud = RunningCloud::start(&project);
    let (there, back) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for number in 0..FILES {
        // Sizes from nothing to some kilobytes; names that need encoding.
        let content: Vec<u8> =
            (0..number * 7 % 4096).map(|index| u8::try_from((index * number) % 251).unwrap()).collect();
        let directory = there.path().join(format!("directory {}", number % 10));
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join(format!("größe+{number} %.bin")), content).unwrap();
    }
    let run = |arguments: &[&str]| {
        let host = format!("127.0.0.1:{}", cloud.port());
        let mut command = Command::new(&s3cmd);
        command.args([
            "--no-ssl",
            "--access_key=test",
            "--secret_key=test",
            "--region=us-east-1",
            "--no-progress",
            "--config=/dev/null",
        ]);
        command.args([format!("--host={host}"), format!("--host-bucket={host}")]).args(arguments);
        let run = Run::of(&mut command);
        assert_eq!(run.code, Some(0), "s3cmd {arguments:?}\n{}\n{}", run.stdout, run.stderr);
        run.stdout
    };
    let source = format!("{}/", there.path().display());
    let target = format!("{}/", back.path().display());
    run(&["mb", "s3://mirror"]);
    run(&["sync", &source, "s3://mirror/files/"]);
    let again = run(&["sync", &source, "s3://mirror/files/"]);
    assert!(!again.contains("upload:"), "nothing changed, and yet: {again}");
    run(&["sync", "s3://mirror/files/", &target]);
    let (sent, received) = (files(there.path()), files(back.path()));
    assert_eq!(sent.len(), FILES);
    assert!(sent == received, "{} files came back of {}, or with other bytes", received.len(), sent.len());
    // What is gone here goes there, too.
    std::fs::remove_dir_all(there.path().join("directory 3")).unwrap();
    run(&["sync", "--delete-removed", &source, "s3://mirror/files/"]);
    let listed = run(&["ls", "--recursive", "s3://mirror/files/"]);
    assert_eq!(listed.lines().count(), FILES - FILES / 10, "{listed}");
}

fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                directories.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                found.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    found
}
