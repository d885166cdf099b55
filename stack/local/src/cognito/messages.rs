//! What pools write to their users, and how it arrives: e-mail lands in the local mailbox, and every message is also a line of
//! the log group of the pool, where `aws logs tail` finds it.

use serde_json::{Map, Value};

use super::{Code, CodePurpose, Cognito, Pool, User};
use crate::cloud::Cloud;
use crate::sns::Origin;

/// Who e-mail of a pool comes from that has no `EmailConfiguration.From`.
const SENDER: &str = "no-reply@verificationemail.com";

/// Where a code or a password stands in a text.
const CODE: &str = "{####}";

/// Subject and body of an e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Message {
    subject: String,
    body: String,
}

/// The first text among the settings that one of the JSON pointers leads to.
fn setting<'a>(settings: &'a Map<String, Value>, pointers: &[(&str, &str)]) -> Option<&'a str> {
    let found = pointers.iter().find_map(|(member, below)| settings.get(*member)?.pointer(below)?.as_str());
    found.filter(|text| !text.is_empty())
}

/// The e-mail that brings a code, in the words of the pool or the defaults of Cognito.
fn code_message(settings: &Map<String, Value>, code: &str) -> Message {
    let subject = [("VerificationMessageTemplate", "/EmailSubject"), ("EmailVerificationSubject", "")];
    let body = [("VerificationMessageTemplate", "/EmailMessage"), ("EmailVerificationMessage", "")];
    Message {
        subject: setting(settings, &subject).unwrap_or("Your verification code").to_owned(),
        body: setting(settings, &body).unwrap_or("Your confirmation code is {####}").replace(CODE, code),
    }
}

/// The e-mail that invites a user whom an administrator made.
fn invitation(settings: &Map<String, Value>, username: &str, password: &str) -> Message {
    let member = "AdminCreateUserConfig";
    let body = setting(settings, &[(member, "/InviteMessageTemplate/EmailMessage")])
        .unwrap_or("Your username is {username} and temporary password is {####}.");
    let subject = setting(settings, &[(member, "/InviteMessageTemplate/EmailSubject")]);
    Message {
        subject: subject.unwrap_or("Your temporary password").to_owned(),
        // The password goes in last: whatever it has in it is no place for anything.
        body: body.replace("{username}", username).replace(CODE, password),
    }
}

/// Brings a code to its address or number.
pub(super) fn deliver_code(cloud: &Cloud, pool: &Pool, purpose: CodePurpose, code: &Code) {
    let what = match purpose {
        CodePurpose::SignUp => "confirms the sign-up",
        CodePurpose::ForgotPassword => "resets the password",
        CodePurpose::Attribute => "verifies the attribute",
    };
    if code.attribute == "email" {
        post(cloud, pool, &code.value, code_message(&pool.settings, &code.text));
    }
    note(cloud, &pool.id, &code.value, &format!("{} is the code that {what}", code.text));
}

impl Cognito {
    /// Brings an invitation to a user whom an administrator made: to the media that were asked for, or where none was, to
    /// the address or else the number that the user has.
    pub(super) fn invite(&self, cloud: &Cloud, pool_id: &str, user: &User, media: &[&str], password: &str) {
        let Ok(pool) = self.with_pool(pool_id, |pool| Ok(pool.clone())) else { return };
        let address = user.attributes.get("email");
        let wants_mail = media.is_empty() || media.contains(&"EMAIL");
        // Users sign in with what they know, which is not the generated name of a pool with addresses as names.
        let known = if pool.username_attributes().is_empty() { Some(&user.username) } else { address };
        let known = known.or_else(|| user.attributes.get("phone_number")).unwrap_or(&user.username);
        match (address.filter(|_| wants_mail), user.attributes.get("phone_number")) {
            (Some(address), _) => {
                post(cloud, &pool, address, invitation(&pool.settings, known, password));
                note(cloud, pool_id, address, &format!("{known} is invited with the temporary password {password}"));
            }
            (None, Some(number)) => {
                note(cloud, pool_id, number, &format!("{known} is invited with the temporary password {password}"));
            }
            (None, None) => note(cloud, pool_id, "nobody", &format!("the temporary password of {known} is {password}")),
        }
    }
}

/// Puts an e-mail into the mailbox.
fn post(cloud: &Cloud, pool: &Pool, to: &str, message: Message) {
    let from = setting(&pool.settings, &[("EmailConfiguration", "/From")]).unwrap_or(SENDER);
    cloud.sns.post_mail(Origin::UserPool(pool.id.clone()), to, from, message.subject, message.body);
}

/// Writes a line into the log group of the pool.
fn note(cloud: &Cloud, pool_id: &str, to: &str, text: &str) {
    let (group, stream) = (format!("/aws/cognito/userpools/{pool_id}"), "messages");
    tracing::info!(pool = pool_id, to, "a message was sent; it is in the mailbox or the log group {group}");
    // The group may be there already; whether it takes the message is told by the last call.
    let _ = cloud.logs.create_group(&group, None, std::collections::BTreeMap::new());
    let _ = cloud.logs.create_stream(&group, stream);
    let line = format!("to {to}: {text}");
    if let Err(error) = cloud.logs.put_events(&group, stream, vec![(super::tokens::milliseconds(), line)]) {
        tracing::warn!(pool = pool_id, error = error.message, "a message could not be written to its log group");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pools_write_in_their_own_words() {
        let settings = json!({
            "VerificationMessageTemplate": {"EmailSubject": "Welcome", "EmailMessage": "Code: {####}"},
            "EmailVerificationMessage": "older {####}",
            "AdminCreateUserConfig": {"InviteMessageTemplate": {"EmailMessage": "{username}, {####}"}},
        });
        let settings = settings.as_object().unwrap();
        let message = |subject: &str, body: &str| Message { subject: subject.to_owned(), body: body.to_owned() };
        assert_eq!(code_message(settings, "123456"), message("Welcome", "Code: 123456"));
        let invited = invitation(settings, "ann", "{username}1");
        assert_eq!(invited, message("Your temporary password", "ann, {username}1"));
        let none = Map::new();
        let coded = code_message(&none, "000001");
        assert_eq!(coded, message("Your verification code", "Your confirmation code is 000001"));
        let invited = invitation(&none, "bob@example.com", "Aa1!");
        assert_eq!(invited.body, "Your username is bob@example.com and temporary password is Aa1!.");
    }
}
