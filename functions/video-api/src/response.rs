//! What a response to a project's step is called.

use blake2::Blake2b;
use blake2::digest::Digest as _;
use blake2::digest::consts::U10;
use http_events::Problem;
use responses::Row;

/// Longest mail address (RFC 5321, section 4.5.3.1.3, without the brackets).
const LONGEST_MAIL: usize = 254;

/// Longest name of a project.
const LONGEST_PROJECT: usize = 64;

/// A response that may be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Its row.
    pub row: Row,
    /// Key of its video: `project/step/<hash of the mail>.webm`.
    pub video: String,
}

impl Response {
    /// Reads project, step and mail. A step that is no number counts as 0.
    ///
    /// # Errors
    ///
    /// A [`Problem`]: `project-refused`, `mail-missing`, `mail-refused`.
    pub fn read(project: &str, step: &str, mail: Option<&str>) -> Result<Self, Problem> {
        if !is_name(project) {
            let message =
                format!("the project must be made of at most {LONGEST_PROJECT} letters, digits, `-`, `_` and `.`");
            return Err(Problem::new(400, "project-refused", message));
        }
        let step: u32 = step.parse().unwrap_or(0);
        let missing = || Problem::new(404, "mail-missing", "the query must have `mail`, and it must not be empty");
        let mail = check_mail(mail.filter(|mail| !mail.is_empty()).ok_or_else(missing)?)?;
        let hash = hex::encode(Blake2b::<U10>::digest(mail.as_bytes()));
        let row = Row { project_step: format!("{project}-{step}"), mail: mail.to_owned() };
        Ok(Self { row, video: format!("{project}/{step}/{hash}.webm") })
    }
}

/// A mail address as far as a key needs it; whether it gets mail, only sending one shows.
pub(crate) fn check_mail(mail: &str) -> Result<&str, Problem> {
    let has_parts =
        mail.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'));
    let is_plain = !mail.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    if has_parts && is_plain && mail.len() <= LONGEST_MAIL {
        return Ok(mail);
    }
    let message = format!("`mail` must be a mail address of at most {LONGEST_MAIL} bytes");
    Err(Problem::new(400, "mail-refused", message))
}

/// `<project>-<step>`.
pub(crate) fn check_project_step(text: &str) -> Result<&str, Problem> {
    let is_right = text.rsplit_once('-').is_some_and(|(project, step)| is_name(project) && step.parse::<u32>().is_ok());
    let message = "`project_step` must be a project and the number of a step: `alba-3`";
    if is_right { Ok(text) } else { Err(Problem::new(400, "project-step-refused", message)) }
}

/// Whether a name can stand in a key as it is, and is no folder above.
fn is_name(text: &str) -> bool {
    let of_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    (1..=LONGEST_PROJECT).contains(&text.len()) && text.chars().all(of_name) && !text.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_follows_from_project_step_and_mail() {
        let response = Response::read("alba", "3", Some("eduard@orkei.com")).unwrap();
        assert_eq!(response.video, "alba/3/e78b913d3d3d5eb5162a.webm");
        assert_eq!(response.row, Row { project_step: "alba-3".into(), mail: "eduard@orkei.com".into() });
        for step in ["x", "", "-1", "1.5", "99999999999"] {
            let response = Response::read("alba", step, Some("eduard@orkei.com")).unwrap();
            assert_eq!(response.row.project_step, "alba-0", "{step}");
        }
    }

    #[test]
    fn what_no_key_or_row_can_hold_is_refused() {
        let refused = |project: &str, mail| {
            let problem = Response::read(project, "1", mail).unwrap_err();
            (problem.status, problem.code)
        };
        for project in ["", ".", "..", ".a", "a/b", "a b", "\u{e9}", "a\0", &"x".repeat(65)] {
            assert_eq!(refused(project, Some("a@b")), (400, "project-refused"), "{project:?}");
        }
        for mail in [None, Some("")] {
            assert_eq!(refused("alba", mail), (404, "mail-missing"));
        }
        let long = format!("a@{}", "x".repeat(253));
        for mail in ["a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\n", &long] {
            assert_eq!(refused("alba", Some(mail)), (400, "mail-refused"), "{mail:?}");
        }
        assert!(Response::read("Alba_2.x-y", "1", Some("\u{e9}+tag@b.example")).is_ok());
    }

    #[test]
    fn a_project_step_has_both_parts() {
        assert!(check_project_step("Alba-0").is_ok() && check_project_step("a-b-12").is_ok());
        for text in ["Alba", "Alba-", "-1", "Alba-x", "a/b-1", ""] {
            assert!(check_project_step(text).is_err(), "{text}");
        }
    }
}
