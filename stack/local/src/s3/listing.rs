//! Pages of keys: prefix, delimiter, where to go on.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::store::Version;

/// What a page is asked for.
#[derive(Debug, Clone, Default)]
pub(in crate::s3) struct Query {
    pub(in crate::s3) prefix: String,
    /// Keys that share what comes before this text after the prefix appear as one common prefix.
    pub(in crate::s3) delimiter: Option<String>,
    /// The last entry (key or common prefix) of the page before, or the key to start after.
    pub(in crate::s3) after: Option<String>,
    /// Greatest number of entries.
    pub(in crate::s3) limit: usize,
}

/// One line of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::s3) enum Entry<'a> {
    Key(&'a str, &'a [Version]),
    CommonPrefix(&'a str),
}

impl Entry<'_> {
    /// The key or the common prefix.
    pub(in crate::s3) fn name(&self) -> &str {
        match self {
            Self::Key(name, _) | Self::CommonPrefix(name) => name,
        }
    }
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::s3) struct Page<'a> {
    pub(in crate::s3) entries: Vec<Entry<'a>>,
    /// More entries follow the last one.
    pub(in crate::s3) truncated: bool,
}

/// The page of `objects` that `query` asks for, of the keys that `shown` lets through.
pub(in crate::s3) fn page<'a>(
    objects: &'a BTreeMap<String, Vec<Version>>,
    query: &Query,
    shown: impl Fn(&[Version]) -> bool,
) -> Page<'a> {
    let mut entries = Vec::new();
    let mut from: Bound<String> = match &query.after {
        Some(after) if *after >= query.prefix => Bound::Excluded(after.clone()),
        _ => Bound::Included(query.prefix.clone()),
    };
    loop {
        let mut next = objects.range((from.clone(), Bound::Unbounded)).filter(|(_, versions)| shown(versions));
        let jump = loop {
            let Some((key, versions)) = next.next().filter(|(key, _)| key.starts_with(&query.prefix)) else {
                return Page { entries, truncated: false };
            };
            let common = common_prefix(key, query);
            // The common prefix that the page before ended with was given already.
            if common.is_some() && common == query.after.as_deref() {
                break common;
            }
            if entries.len() == query.limit {
                return Page { entries, truncated: query.limit > 0 };
            }
            entries.push(common.map_or(Entry::Key(key, versions), Entry::CommonPrefix));
            if common.is_some() {
                break common;
            }
        };
        // Everything below a common prefix is one entry: go on after it without visiting its keys.
        match jump.and_then(successor) {
            Some(after) => from = Bound::Included(after),
            None => return Page { entries, truncated: false },
        }
    }
}

/// The common prefix that stands for a key, if the delimiter occurs after the prefix.
fn common_prefix<'a>(key: &'a str, query: &Query) -> Option<&'a str> {
    let delimiter = query.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty())?;
    let start = query.prefix.len();
    let place = key[start..].find(delimiter)?;
    Some(&key[..start + place + delimiter.len()])
}

/// The least text that is greater than every text beginning with `prefix`; none when there is no greater one.
fn successor(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        let next = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            other => char::from_u32(u32::from(other) + 1),
        };
        if let Some(next) = next {
            text.push(next);
            return Some(text);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(keys: &[&str]) -> BTreeMap<String, Vec<Version>> {
        keys.iter().map(|key| ((*key).to_owned(), Vec::new())).collect()
    }

    fn names(page: &Page<'_>) -> Vec<String> {
        page.entries.iter().map(|entry| entry.name().to_owned()).collect()
    }

    fn all_pages(objects: &BTreeMap<String, Vec<Version>>, mut query: Query) -> Vec<String> {
        let mut all = Vec::new();
        loop {
            let page = page(objects, &query, |_| true);
            assert!(page.entries.len() <= query.limit);
            all.extend(names(&page));
            if !page.truncated {
                return all;
            }
            query.after = page.entries.last().map(|entry| entry.name().to_owned());
        }
    }

    #[test]
    fn pages_of_every_size_hold_the_same_entries() {
        let objects = bucket(&["a", "b/1", "b/2", "b/c/3", "c", "d/", "d/x", "e\u{10ffff}/1", "e\u{10ffff}/2", "z"]);
        let expected = ["a", "b/", "c", "d/", "e\u{10ffff}/", "z"];
        for limit in 1..=7 {
            let query = Query { delimiter: Some("/".to_owned()), limit, ..Query::default() };
            assert_eq!(all_pages(&objects, query), expected, "limit {limit}");
        }
        let query = Query { limit: 3, ..Query::default() };
        assert_eq!(all_pages(&objects, query), objects.keys().cloned().collect::<Vec<_>>());
    }

    #[test]
    fn a_prefix_narrows_and_the_delimiter_counts_after_it() {
        let objects = bucket(&["b/1", "b/2", "b/c/3", "b/c/4", "bb"]);
        let query = Query { prefix: "b/".to_owned(), delimiter: Some("/".to_owned()), limit: 10, ..Query::default() };
        assert_eq!(names(&page(&objects, &query, |_| true)), ["b/1", "b/2", "b/c/"]);
    }

    #[test]
    fn a_start_inside_a_common_prefix_still_gives_the_rest_of_it() {
        let objects = bucket(&["b/1", "b/2", "c"]);
        let query =
            Query { delimiter: Some("/".to_owned()), after: Some("b/1".to_owned()), limit: 10, ..Query::default() };
        assert_eq!(names(&page(&objects, &query, |_| true)), ["b/", "c"]);
    }

    #[test]
    fn nothing_is_asked_for_and_nothing_is_given() {
        let objects = bucket(&["a"]);
        let page = page(&objects, &Query::default(), |_| true);
        assert_eq!(page, Page { entries: Vec::new(), truncated: false });
    }
}
