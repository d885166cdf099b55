//! What somebody wants the own profile to say.

use http_events::{Problem, Request};
use serde::Deserialize;

/// Longest body of a request in bytes.
const LONGEST_BODY: usize = 16 << 10;

/// Longest display name, in characters.
const LONGEST_NAME: usize = 100;

/// Longest description, in characters.
const LONGEST_BIO: usize = 2000;

/// Longest handle and user id, in characters.
const LONGEST_HANDLE: usize = 64;

/// A change of the own profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Id of the user, as the authorizer vouches for it.
    pub user: String,
    /// The name that others see, without blanks around it.
    pub display_name: String,
    /// Description; `None` leaves what is there.
    pub bio: Option<String>,
    /// The handle that was asked for; `None` leaves what is there.
    pub handle: Option<String>,
    /// The handle of a new profile, should none be asked for.
    pub first_handle: String,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    display_name: String,
    bio: Option<String>,
    handle: Option<String>,
}

impl Update {
    /// Reads a request whose user the authorizer vouches for.
    ///
    /// # Errors
    ///
    /// A [`Problem`]: `unauthenticated`, those of [`Request::json`], `display-name-blank`, `display-name-refused`, `bio-refused`,
    /// `handle-refused`.
    pub fn read(request: &Request) -> Result<Self, Problem> {
        let user = request.vouched("sub").filter(|user| is_user(user)).ok_or_else(|| {
            Problem::new(401, "unauthenticated", "no authorizer vouches for a user: sign in, and send the access token")
                .with_header("www-authenticate", "Bearer")
        })?;
        let Body { display_name, bio, handle } = request.json(LONGEST_BODY)?;
        let refused = |code, message: String| Err(Problem::new(422, code, message));
        let display_name = display_name.trim();
        if display_name.is_empty() {
            return refused("display-name-blank", "`display_name` is blank, and others see it".to_owned());
        }
        if display_name.chars().count() > LONGEST_NAME || !is_plain(display_name) {
            return refused(
                "display-name-refused",
                format!("`display_name` has at most {LONGEST_NAME} characters, on one line"),
            );
        }
        if bio.as_deref().is_some_and(|bio| bio.chars().count() > LONGEST_BIO || bio.contains('\0')) {
            return refused("bio-refused", format!("`bio` has at most {LONGEST_BIO} characters, and no NUL"));
        }
        if let Some(handle) = handle.as_deref().filter(|handle| !is_handle(handle)) {
            let message = format!(
                "`{handle}` is no handle: 1 to {LONGEST_HANDLE} lower-case letters, digits, `-`, `_` and `.`, and not `update`"
            );
            return refused("handle-refused", message);
        }
        // A user's own name may be anything; the id of Cognito is a handle.
        let names = [request.vouched("username"), Some(user)];
        let name = names.into_iter().flatten().map(str::to_lowercase).find(|name| is_handle(name));
        Ok(Self {
            user: user.to_owned(),
            display_name: display_name.to_owned(),
            bio: bio.map(|bio| bio.trim().to_owned()),
            handle,
            first_handle: name.unwrap_or_else(|| format!("user-{}", user.to_lowercase())),
        })
    }
}

/// Whether a text is the id of a user: those of Cognito are UUIDs.
fn is_user(text: &str) -> bool {
    let of_user = |other: char| other.is_ascii_alphanumeric() || "-_".contains(other);
    (1..=LONGEST_HANDLE).contains(&text.len()) && text.chars().all(of_user)
}

/// Whether a text is one line without control characters.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

/// Whether a text can stand in the path of a profile.
pub(crate) fn is_handle(text: &str) -> bool {
    let of_handle = |other: char| other.is_ascii_lowercase() || other.is_ascii_digit() || "-_.".contains(other);
    (1..=LONGEST_HANDLE).contains(&text.len())
        && text.chars().all(of_handle)
        && text != "update"
        && !text.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_can_stand_in_a_path() {
        for good in ["a", "alice.b-c_9", "11111111-2222-3333-4444-555555555555"] {
            assert!(is_handle(good), "{good}");
        }
        for bad in ["", "Alice", "a b", "a/b", "..", "update", "\u{e9}", &"x".repeat(65)] {
            assert!(!is_handle(bad), "{bad}");
        }
    }
}
