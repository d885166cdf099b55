//! Directories of this program on the user's machine.

use std::ffi::OsString;
use std::path::PathBuf;

/// Where build tools lie that this machine lacked: below `XDG_DATA_HOME`, or `.local/share` of the home directory.
pub(crate) fn tools_directory() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value: &OsString| !value.is_empty()).map(PathBuf::from);
    let data = variable("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let data = data.or_else(|| Some(variable("HOME")?.join(".local").join("share")))?;
    Some(data.join("stack").join("tools"))
}
