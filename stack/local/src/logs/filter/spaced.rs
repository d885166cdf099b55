//! Patterns of space-delimited messages: `[ip, id, user, timestamp, request, status = 4*, size > 1000]`.

use serde_json::Value;

use super::condition::Expression;

/// A pattern of space-delimited messages.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::logs) struct Spaced {
    fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq)]
enum Field {
    /// `...`: any number of fields.
    Rest,
    One {
        name: String,
        condition: Option<Expression>,
    },
}

impl Spaced {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let inner =
            text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).ok_or("a `]` is missing at its end")?;
        let fields: Vec<Field> =
            inner.split(',').enumerate().map(|(index, part)| field(part.trim(), index)).collect::<Result<_, _>>()?;
        if fields.iter().filter(|field| **field == Field::Rest).count() > 1 {
            return Err("`...` may stand once".to_owned());
        }
        Ok(Self { fields })
    }

    /// The fields of a message by name, where it has as many and all conditions hold.
    pub(super) fn find(&self, message: &str) -> Option<Vec<(String, String)>> {
        let words = words(message);
        let named = self.fields.iter().filter(|field| **field != Field::Rest).count();
        let has_rest = named < self.fields.len();
        if words.len() < named || !has_rest && words.len() > named {
            return None;
        }
        let mut words_left = words.iter();
        let mut skipped = words.len() - named;
        let mut found = Vec::new();
        for field in &self.fields {
            let Field::One { name, condition } = field else {
                while skipped > 0 {
                    words_left.next();
                    skipped -= 1;
                }
                continue;
            };
            let word = words_left.next()?;
            let value = Value::from(word.as_str());
            if !condition.as_ref().is_none_or(|condition| condition.holds(&|_| Some(&value))) {
                return None;
            }
            found.push((name.clone(), word.clone()));
        }
        Some(found)
    }
}

fn field(text: &str, index: usize) -> Result<Field, String> {
    if text == "..." {
        return Ok(Field::Rest);
    }
    let end = text.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(text.len());
    // A field without a name is called by its place.
    let name = if end == 0 { (index + 1).to_string() } else { text[..end].to_owned() };
    let conditions = text[end..].trim();
    if conditions.is_empty() {
        return Ok(Field::One { name, condition: None });
    }
    let own = name.clone();
    let is_subject = move |subject: &str| {
        if subject == own {
            Ok(())
        } else {
            Err(format!("`{subject}` is not the field `{own}` that the condition is about"))
        }
    };
    Expression::parse(text, &is_subject).map(|condition| Field::One { name, condition: Some(condition) })
}

/// Words; what is in quotes or brackets is one.
fn words(message: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = message.trim_start();
    while let Some(first) = rest.chars().next() {
        let close = match first {
            '"' => Some('"'),
            '[' => Some(']'),
            _ => None,
        };
        let enclosed = close.and_then(|close| rest[1..].find(close).map(|end| (&rest[1..=end], &rest[end + 2..])));
        let (word, after) =
            enclosed.unwrap_or_else(|| rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())));
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] \"GET /index.html HTTP/1.0\" 404 1534";

    #[test]
    fn fields_are_counted_and_compared() {
        for (pattern, expected) in [
            ("[ip, id, user, timestamp, request, status, size]", true),
            ("[ip, id, user]", false),
            ("[ip, id, user, ...]", true),
            ("[..., size > 1500]", true),
            ("[..., status = 4*, size]", true),
            ("[..., status = 404 || status = 500, size]", true),
            ("[..., status > 400 && status < 404, size]", false),
            ("[ip = \"127.*\", ...]", true),
            ("[ip, id, user != frank, ...]", false),
            ("[..., request = *html*, status, size]", true),
        ] {
            assert_eq!(Spaced::parse(pattern).unwrap().find(LINE).is_some(), expected, "{pattern}");
        }
        let found = Spaced::parse("[ip, ..., request, status, size]").unwrap().find(LINE).unwrap();
        assert_eq!(found[1], ("request".to_owned(), "GET /index.html HTTP/1.0".to_owned()));
    }
}
