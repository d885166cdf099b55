//! Attributes and keys of items.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;

/// Hash key of the table.
pub(super) const HASH_KEY: &str = "ImageType";

/// Range key of the table.
pub(super) const RANGE_KEY: &str = "ImageId";

/// Range key of the items that hold a state.
const STATE: &str = "state";

/// An item as the SDK has it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// A text as a value.
pub(crate) fn attribute(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number as a value.
pub(super) fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A set of texts as a value; there is no empty one.
pub(super) fn set<'a>(texts: impl IntoIterator<Item = &'a str>) -> AttributeValue {
    AttributeValue::Ss(texts.into_iter().map(str::to_owned).collect())
}

/// Key of the state of a name.
pub(super) fn name_key(name: &str) -> Item {
    key(&format!("name:{name}"), STATE)
}

/// Key of the state of an object.
pub(super) fn object_key(hashed: &str) -> Item {
    key(&format!("object:{hashed}"), STATE)
}

/// A key of the table.
pub(super) fn key(hash: &str, range: &str) -> Item {
    HashMap::from([(HASH_KEY.to_owned(), attribute(hash)), (RANGE_KEY.to_owned(), attribute(range))])
}

/// A text of an item.
pub(super) fn text(item: &Item, name: &str) -> Option<String> {
    item.get(name)?.as_s().ok().cloned()
}

/// A whole number of an item.
pub(super) fn whole(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// A set of texts of an item, empty when it is not there.
pub(super) fn texts(item: &Item, name: &str) -> BTreeSet<String> {
    let set = item.get(name).and_then(|value| value.as_ss().ok());
    set.map(|set| set.iter().cloned().collect()).unwrap_or_default()
}
