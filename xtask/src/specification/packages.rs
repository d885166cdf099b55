//! The registry packages that hold the data, pinned, in `target`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::talk::say;
use crate::{paths, tools};

/// npm package with types of attributes, replacement, statefulness and relations.
const SERVICE_SPECIFICATION: (&str, &str) = ("@aws-cdk/aws-service-spec", "0.1.216");
/// `PyPI` package with patched resource schemas and cross-property rules; pinned by `xtask/tools/requirements.txt` as well.
const LINTER: (&str, &str) = ("cfn-lint", "1.58.0");

pub(super) struct Packages {
    /// Folder `cfnlint` of the installed package.
    linter: PathBuf,
    /// Folder `package` of the unpacked npm package.
    service: PathBuf,
}

/// Installs or finds both packages.
pub(super) fn provide() -> Result<Packages, Failure> {
    let python = tools::python().map_err(Failure::new)?;
    let script = "import importlib.metadata, pathlib, cfnlint; \
                  print(importlib.metadata.version('cfn-lint')); print(pathlib.Path(cfnlint.__file__).parent)";
    let output = Command::new(&python).args(["-c", script]).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines = text.lines();
    let (version, linter) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    if version != LINTER.1 {
        return Err(Failure::new(format!(
            "cfn-lint {version} is installed, and the specification is made from {}",
            LINTER.1
        )));
    }
    Ok(Packages { linter: linter.into(), service: service_specification()? })
}

fn service_specification() -> Result<PathBuf, Failure> {
    let (name, version) = SERVICE_SPECIFICATION;
    let directory = paths::target().join("specification").join(version);
    let package = directory.join("package");
    if package.join("db.json.gz").is_file() {
        return Ok(package);
    }
    let npm = paths::program("npm").ok_or_else(|| Failure::new("npm is not on PATH"))?;
    std::fs::create_dir_all(&directory)?;
    say(&format!("fetching {name} {version}"));
    let packed = Command::new(npm)
        .args(["pack", "--silent", &format!("{name}@{version}")])
        .current_dir(&directory)
        .stderr(Stdio::inherit())
        .output()?;
    let archive = String::from_utf8_lossy(&packed.stdout).trim().to_owned();
    if !packed.status.success() || archive.is_empty() {
        return Err(Failure::new(format!("npm could not fetch {name}")));
    }
    let unpacked = Command::new("tar").arg("xzf").arg(&archive).current_dir(&directory).status()?;
    if !unpacked.success() {
        return Err(Failure::new(format!("{archive} cannot be unpacked")));
    }
    Ok(package)
}

impl Packages {
    pub(super) fn linter_path(&self, path: &str) -> PathBuf {
        self.linter.join(path)
    }

    /// A text file of the linter.
    pub(super) fn text(&self, path: &str) -> Result<String, Failure> {
        Ok(std::fs::read_to_string(self.linter.join(path))?)
    }

    /// A JSON file of the linter.
    pub(super) fn json(&self, path: &str) -> Result<Value, Failure> {
        serde_json::from_str(&self.text(path)?).map_err(|error| Failure::new(format!("{path}: {error}")))
    }

    /// The database of the service specification.
    pub(super) fn database(&self) -> Result<Value, Failure> {
        let file = std::fs::File::open(self.service.join("db.json.gz"))?;
        serde_json::from_reader(std::io::BufReader::new(flate2::read::GzDecoder::new(file)))
            .map_err(|error| Failure::new(format!("db.json.gz: {error}")))
    }

    /// What the data was made from.
    pub(super) fn sources() -> Value {
        json!([
            format!("{} {}", LINTER.0, LINTER.1),
            format!("{} {}", SERVICE_SPECIFICATION.0, SERVICE_SPECIFICATION.1)
        ])
    }

    /// The notices that go with the data.
    pub(super) fn notice(&self) -> Result<String, Failure> {
        let license = std::fs::read_to_string(self.service.join("LICENSE"))?;
        let notice = std::fs::read_to_string(self.service.join("NOTICE")).unwrap_or_default();
        let site_packages = self.linter.parent().unwrap_or(&self.linter);
        let metadata = site_packages.join(format!("cfn_lint-{}.dist-info", LINTER.1));
        let linter_license = std::fs::read_to_string(metadata.join("licenses/LICENSE"))?;
        let linter_notice = std::fs::read_to_string(metadata.join("licenses/NOTICE")).unwrap_or_default();
        Ok(format!(
            "`specification.bin` is made by `cargo xtask spec` from the data of two packages. It is a trimmed, merged and \
             compressed form of them.\n\n\
             1. cfn-lint {} (MIT-0): resource schemas of the public CloudFormation registry, cross-property rules, IAM \
             actions, Lambda runtimes.\n2. {} {} (Apache-2.0): attributes, replacement, statefulness, relations.\n\n\
             ==== cfn-lint\n\n{}\n{}\n==== {}\n\n{}\n{}",
            LINTER.1,
            SERVICE_SPECIFICATION.0,
            SERVICE_SPECIFICATION.1,
            linter_notice.trim_end(),
            linter_license,
            SERVICE_SPECIFICATION.0,
            notice.trim_end(),
            license
        ))
    }
}
