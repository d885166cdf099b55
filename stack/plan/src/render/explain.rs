//! Comments of template sources: a comment above a key says why that part is as it is.

use std::collections::BTreeMap;

use crate::plan::Explanation;
use crate::template::Positions;

/// Explanations by logical id, in the order of the text. A comment that stands above no part of a resource explains
/// nothing to a reader of the template, and is left out.
pub(super) fn explanations(text: &str, positions: &Positions) -> BTreeMap<String, Vec<Explanation>> {
    let mut all: BTreeMap<String, Vec<Explanation>> = BTreeMap::new();
    let mut comment: Vec<&str> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(words) = line.strip_prefix('#') {
            comment.push(words.trim());
            continue;
        }
        if line.is_empty() || comment.is_empty() {
            continue;
        }
        let words = std::mem::take(&mut comment).join(" ");
        let path = positions.path_of_line(index + 1);
        if let [section, id, below @ ..] = path.as_slice()
            && section == "Resources"
        {
            let path = below.join(".");
            all.entry(id.clone()).or_default().push(Explanation { path, text: words });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Template;

    #[test]
    fn comments_explain_what_follows_them() {
        let text = "# The whole.\nResources:\n  # A topic,\n  # for news.\n  T:\n    Type: AWS::SNS::Topic\n    Properties:\n      # Short.\n\n      DisplayName: x\n      Tags:\n        # First.\n        - Key: a\n          Value: b\n";
        let (_, positions) = Template::parse_with_positions(text).unwrap();
        let found: Vec<(String, String)> = explanations(text, &positions)["T"]
            .iter()
            .map(|explanation| (explanation.path.clone(), explanation.text.clone()))
            .collect();
        let expected =
            [("", "A topic, for news."), ("Properties.DisplayName", "Short."), ("Properties.Tags.0", "First.")];
        assert_eq!(found, expected.map(|(path, text)| (path.to_owned(), text.to_owned())));
    }
}
