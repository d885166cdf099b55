//! `public:` and `website:` of a bucket: what everybody may read.

use serde_json::{Value, json};

use crate::fault::{FaultKind, Place, Sink};
use crate::project::{Fields, Text};
use crate::scope::Scope;
use crate::values::{PublicAccess, WebsiteKey};
use crate::yaml::Node;

/// A website as written.
#[derive(Debug, Clone)]
pub(super) struct WebsiteDeclaration {
    place: Place,
    index: Option<Text>,
    error: Option<Text>,
}

/// A website that S3 serves itself, over plain HTTP only.
#[derive(Debug, Clone)]
pub(crate) struct Website {
    /// Key of the page of a directory, below it.
    pub(crate) index: String,
    /// Key of the page for what is not there.
    pub(crate) error: Option<String>,
}

pub(super) fn read_website(node: &Node, place: &Place, sink: &Sink) -> Option<WebsiteDeclaration> {
    let fields = Fields::open(node, place, sink)?;
    let website = WebsiteDeclaration { place: place.clone(), index: fields.text("index"), error: fields.text("error") };
    fields.finish();
    Some(website)
}

impl WebsiteDeclaration {
    /// `public` is nothing while its value is not known.
    pub(super) fn resolve(&self, public: Option<PublicAccess>, scope: &Scope<'_>) -> Website {
        if public == Some(PublicAccess::None) {
            let help = "S3 serves a website to everybody: write `public: read` beside it, or keep the bucket private and serve it by a distribution".to_owned();
            scope.sink().push(FaultKind::MissingKey { key: "public".to_owned(), help }, &self.place);
        }
        let index = scope.value_or(self.index.as_ref(), WebsiteKey("index.html".to_owned())).0;
        if index.contains('/') {
            let kind = FaultKind::BadValue {
                value: index.clone(),
                expected: "the file name of an index page".to_owned(),
                help: "the same name in every directory, without `/`: `index.html`".to_owned(),
            };
            scope.sink().push(kind, self.index.as_ref().map_or(&self.place, |text| &text.place));
        }
        let error = self.error.as_ref().and_then(|text| scope.value::<WebsiteKey>(text)).map(|key| key.0);
        Website { index, error }
    }
}

impl Website {
    /// Values of the website in the bucket's template source.
    pub(super) fn values(&self) -> Value {
        json!({ "index": self.index, "error": self.error })
    }
}
