//! Options that every verb takes.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::{ArgAction, Args, ValueEnum};

const HEADING: &str = "Global options";

/// Options that every verb takes, as clap reads them.
#[derive(Debug, Args)]
pub(crate) struct Globals {
    /// Run as if started in this directory
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true, help_heading = HEADING, default_value = ".", hide_default_value = true)]
    directory: PathBuf,
    /// Environment of the project file; the default is `dev`
    #[arg(short, long = "env", value_name = "NAME", global = true, help_heading = HEADING)]
    environment: Option<String>,
    /// Suffix of physical names, instead of the environment's own
    #[arg(long, value_name = "TEXT", global = true, help_heading = HEADING)]
    suffix: Option<String>,
    /// AWS region, instead of the project file's
    #[arg(long, value_name = "REGION", global = true, help_heading = HEADING)]
    region: Option<String>,
    /// Profile of the AWS configuration files
    #[arg(long, value_name = "NAME", global = true, help_heading = HEADING)]
    profile: Option<String>,
    /// Twelve-digit account id that names are rendered with; asked of AWS when deploying
    #[arg(long, value_name = "ID", global = true, help_heading = HEADING, value_parser = parse_account)]
    account: Option<String>,
    /// Use this endpoint for every AWS service
    #[arg(long, value_name = "URL", global = true, help_heading = HEADING, conflicts_with = "local", value_parser = parse_endpoint)]
    endpoint_url: Option<String>,
    /// Use the running local cloud (see `stack local start`)
    #[arg(long, global = true, help_heading = HEADING)]
    local: bool,
    /// Print JSON on stdout: one object per event and line, the report last
    #[arg(long, global = true, help_heading = HEADING)]
    json: bool,
    /// Answer yes to every question
    #[arg(short, long, global = true, help_heading = HEADING)]
    yes: bool,
    /// Say more on stderr; twice for every request
    #[arg(short, long, action = ArgAction::Count, global = true, help_heading = HEADING)]
    verbose: u8,
    /// When to use color; `NO_COLOR` is obeyed
    #[arg(long, value_name = "WHEN", global = true, help_heading = HEADING, default_value = "auto", hide_default_value = true)]
    color: Color,
}

/// When to use color.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Also into a pipe or file
    Always,
    /// Not at all
    Never,
}

/// Which cloud a command talks to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// AWS itself, with the credentials that the AWS SDK finds.
    Aws,
    /// Another endpoint, with the credentials that the AWS SDK finds.
    Url(String),
    /// The running local cloud, with its fixed keys.
    Local,
}

/// The global options as plain values, and what was read of the process around them.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub(crate) struct Settings {
    /// Where the search for the project file begins.
    pub(crate) directory: PathBuf,
    /// Environment of the project file.
    pub(crate) environment: Option<String>,
    /// Suffix given on the command line.
    pub(crate) suffix: Option<String>,
    /// Region given on the command line.
    pub(crate) region: Option<String>,
    /// Profile given on the command line.
    pub(crate) profile: Option<String>,
    /// Account given on the command line.
    pub(crate) account: Option<String>,
    /// Which cloud to talk to.
    pub(crate) endpoint: Endpoint,
    /// True when stdout carries JSON.
    pub(crate) json: bool,
    /// True when every question is answered with yes.
    pub(crate) yes: bool,
    /// How often `-v` was given.
    pub(crate) verbosity: u8,
    /// True when stderr gets color.
    pub(crate) color: bool,
    /// True when stderr is a terminal that can redraw lines.
    pub(crate) terminal: bool,
    /// True when a question can be asked: stdin and stderr are terminals.
    pub(crate) can_ask: bool,
    /// True in a job of GitHub Actions, which reads annotations out of what is printed.
    pub(crate) annotates: bool,
}

impl Settings {
    /// The options that choose the project, environment and cloud, as they were given: a command that is suggested repeats
    /// them.
    pub(crate) fn choice(&self) -> String {
        let mut words = Vec::new();
        if self.directory != Path::new(".") {
            words.push(format!("-C {}", self.directory.display()));
        }
        for (option, value) in [
            ("-e", &self.environment),
            ("--suffix", &self.suffix),
            ("--region", &self.region),
            ("--profile", &self.profile),
            ("--account", &self.account),
        ] {
            words.extend(value.as_ref().map(|value| format!("{option} {value}")));
        }
        match &self.endpoint {
            Endpoint::Aws => {}
            Endpoint::Url(url) => words.push(format!("--endpoint-url {url}")),
            Endpoint::Local => words.push("--local".to_owned()),
        }
        words.join(" ")
    }

    /// A path of the command line, seen from the settings' directory.
    pub(crate) fn path(&self, given: &Path) -> PathBuf {
        match (self.directory == Path::new("."), given == Path::new(".")) {
            (true, _) => given.to_owned(),
            (false, true) => self.directory.clone(),
            (false, false) => self.directory.join(given),
        }
    }
}

impl Globals {
    pub(crate) fn into_settings(self) -> Settings {
        let is_terminal = std::io::stderr().is_terminal() && !is("TERM", "dumb");
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Settings {
            directory: self.directory,
            environment: self.environment,
            suffix: self.suffix,
            region: self.region,
            profile: self.profile,
            account: self.account,
            endpoint: match self.endpoint_url {
                _ if self.local => Endpoint::Local,
                Some(url) => Endpoint::Url(url),
                None => Endpoint::Aws,
            },
            json: self.json,
            yes: self.yes,
            verbosity: self.verbose,
            color: match self.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => is_terminal && !no_color,
            },
            terminal: is_terminal,
            annotates: is("GITHUB_ACTIONS", "true"),
            can_ask: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
        }
    }
}

fn is(variable: &str, value: &str) -> bool {
    std::env::var_os(variable) == Some(OsString::from(value))
}

fn parse_account(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("an account id has twelve digits".to_owned())
    }
}

fn parse_endpoint(text: &str) -> Result<String, String> {
    let authority = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    match authority {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err("an endpoint is written `http://host:port` or `https://host`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_have_twelve_digits() {
        assert_eq!(parse_account("012345678901").as_deref(), Ok("012345678901"));
        for wrong in ["", "1234", "0123456789012", "01234567890a", "٠١٢٣٤٥"] {
            assert!(parse_account(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn endpoints_have_a_scheme_and_a_host() {
        assert_eq!(parse_endpoint("http://127.0.0.1:4566/").as_deref(), Ok("http://127.0.0.1:4566"));
        for wrong in ["", "127.0.0.1:4566", "ftp://host", "http://", "http:///path"] {
            assert!(parse_endpoint(wrong).is_err(), "{wrong}");
        }
    }
}
