//! Source text in a template (`Code.ZipFile`), as CloudFormation makes a package of it.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;

use super::Runtime;

/// Modules that answer CloudFormation, which inline code finds as it does on AWS.
const PYTHON_RESPONSE: &str = include_str!("cfnresponse.py");
const NODE_RESPONSE: &str = include_str!("cfn-response.js");

/// The zip of inline code: `index.py` or `index.js`, and the module with which it answers CloudFormation. The same text gives
/// the same bytes. `None` for a runtime that takes no inline code.
pub(in crate::lambda) fn inline_zip(runtime: Runtime, text: &str) -> Option<zip::result::ZipResult<Vec<u8>>> {
    let files = match runtime {
        Runtime::Python => vec![("index.py", text), ("cfnresponse.py", PYTHON_RESPONSE)],
        Runtime::Node => vec![("index.js", text), ("node_modules/cfn-response/index.js", NODE_RESPONSE)],
        Runtime::Custom => return None,
    };
    Some(write(&files))
}

fn write(files: &[(&str, &str)]) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default()).unix_permissions(0o644);
    for (name, text) in files {
        writer.start_file(*name, options)?;
        writer.write_all(text.as_bytes())?;
    }
    Ok(writer.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_gives_the_same_package() {
        let zip = inline_zip(Runtime::Python, "def handler(event, context): pass").unwrap().unwrap();
        assert_eq!(inline_zip(Runtime::Python, "def handler(event, context): pass").unwrap().unwrap(), zip);
        let archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
        let mut names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
        names.sort();
        assert_eq!(names, ["cfnresponse.py", "index.py"]);
        assert!(inline_zip(Runtime::Custom, "x").is_none());
    }
}
