//! Whose stack is it? Two projects can ask for one stack name: `a` with suffix `b`, and `a-b`.

use std::collections::BTreeMap;

use crate::connect::Aws;
use crate::error::{AwsError, Result};
use crate::stack::StackSummary;

/// The tags that say it, with the words for them.
const TAGS: [(&str, &str); 3] =
    [("stack:project", "project"), ("stack:environment", "environment"), ("stack:suffix", "suffix")];

/// Refuses a stack that says that it belongs to somebody else than these tags name.
///
/// A stack without our tags was not deployed by this program and belongs to no project: its change set shows what would
/// become of it.
pub(crate) fn check(aws: &Aws, stack: &StackSummary, tags: &BTreeMap<String, String>) -> Result<()> {
    let project = TAGS[0].0;
    let is_said = stack.tags.contains_key(project) && tags.contains_key(project);
    if !is_said || TAGS.iter().all(|(tag, _)| stack.tags.get(*tag) == tags.get(*tag)) {
        return Ok(());
    }
    Err(AwsError::ForeignStack {
        stack: stack.reference.name.clone(),
        region: aws.target().region.clone(),
        owner: words(&stack.tags),
        ours: words(tags),
    })
}

fn words(tags: &BTreeMap<String, String>) -> String {
    let said = TAGS.iter().filter_map(|(tag, word)| Some(format!("{word} `{}`", tags.get(*tag)?)));
    said.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_named_by_what_its_tags_say() {
        let tags = BTreeMap::from([
            ("stack:project".to_owned(), "a".to_owned()),
            ("stack:environment".to_owned(), "dev".to_owned()),
        ]);
        assert_eq!(words(&tags), "project `a`, environment `dev`");
    }
}
