//! The state of an object: which names mean it, and who is deleting it.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use serde::{Deserialize, Serialize};

use super::LEASE;
use super::item::{self, attribute, number, set};
use super::names::WAITS;
use crate::library::{Library, conditional, failed};
use crate::{ImageName, LibraryError};

/// What is stored of an image, by type.
pub(crate) type Renditions = BTreeMap<String, Rendition>;

/// A stored file, as its row tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rendition {
    pub(crate) key: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) size: usize,
}

/// What follows from the release of an object.
#[derive(Debug)]
pub(crate) enum Release {
    /// Another name means it, or nothing is stored of it, or another one deletes it.
    Done,
    /// These keys are to be deleted, and [`Library::end_deletion`] is to be told.
    Delete {
        /// Keys in the bucket.
        keys: Vec<String>,
        /// Whose deletion it is.
        token: String,
    },
}

impl Library {
    /// Makes sure that an object stays, for a name, and tells what is stored of it. Waits while it is being deleted.
    pub(crate) async fn claim_object(&self, name: &ImageName, hashed: &str) -> Result<Renditions, LibraryError> {
        for wait in WAITS.into_iter().map(Some).chain([None]) {
            let update = self
                .update(item::object_key(hashed))
                .update_expression("ADD NameClaims :name REMOVE DeleteToken, DeleteUntil")
                .condition_expression("attribute_not_exists(DeleteToken) OR DeleteUntil < :now")
                .expression_attribute_values(":name", set([name.as_str()]))
                .expression_attribute_values(":now", number(self.now()))
                .return_values(ReturnValue::AllNew);
            if let Some(answer) = conditional(update.send().await)? {
                let item = answer.attributes.unwrap_or_default();
                let renditions = item::text(&item, "Renditions");
                // What cannot be read is made again.
                return Ok(renditions.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default());
            }
            let Some(wait) = wait else { break };
            self.pause.pause(Duration::from_millis(wait)).await;
        }
        Err(LibraryError::Busy { what: format!("the image `{hashed}`") })
    }

    /// Writes down which files are going to be stored of an object, before they are.
    pub(crate) async fn announce_files(
        &self,
        name: &ImageName,
        hashed: &str,
        keys: &[String],
    ) -> Result<(), LibraryError> {
        let keys = set(keys.iter().map(String::as_str));
        self.record(name, hashed, "ADD StoredKeys :value", keys).await
    }

    /// Writes down what is stored of an object, so that the next name with the same bytes need not store it again.
    pub(crate) async fn record_renditions(
        &self,
        name: &ImageName,
        hashed: &str,
        renditions: &Renditions,
    ) -> Result<(), LibraryError> {
        let text = serde_json::to_string(renditions).unwrap_or_default();
        self.record(name, hashed, "SET Renditions = :value", attribute(text)).await
    }

    /// Changes the state of an object that a name has claimed.
    async fn record(
        &self,
        name: &ImageName,
        hashed: &str,
        expression: &str,
        value: AttributeValue,
    ) -> Result<(), LibraryError> {
        let update = self
            .update(item::object_key(hashed))
            .update_expression(expression)
            .condition_expression("contains(NameClaims, :name)")
            .expression_attribute_values(":value", value)
            .expression_attribute_values(":name", attribute(name.as_str()));
        match conditional(update.send().await)? {
            Some(_) => Ok(()),
            None => Err(LibraryError::Overtaken { name: name.as_str().to_owned() }),
        }
    }

    /// Takes back the claim of a name. The last one begins the deletion.
    pub(crate) async fn release_object(&self, name: &ImageName, hashed: &str) -> Result<Release, LibraryError> {
        let update = self
            .update(item::object_key(hashed))
            .update_expression("DELETE NameClaims :name")
            .condition_expression("attribute_exists(ImageType)")
            .expression_attribute_values(":name", set([name.as_str()]))
            .return_values(ReturnValue::AllNew);
        let Some(answer) = conditional(update.send().await)? else { return Ok(Release::Done) };
        if answer.attributes.is_some_and(|item| item.contains_key("NameClaims")) {
            return Ok(Release::Done);
        }
        let (token, now) = (self.token(), self.now());
        let update = self
            .update(item::object_key(hashed))
            .update_expression("SET DeleteToken = :token, DeleteUntil = :until REMOVE Renditions")
            .condition_expression(
                "attribute_exists(ImageType) AND attribute_not_exists(NameClaims) AND \
                 (attribute_not_exists(DeleteToken) OR DeleteUntil < :now OR DeleteToken = :token)",
            )
            .expression_attribute_values(":token", attribute(&token))
            .expression_attribute_values(":until", number(now + LEASE))
            .expression_attribute_values(":now", number(now))
            .return_values(ReturnValue::AllNew);
        // Another name has claimed it meanwhile, or another one deletes it.
        let Some(answer) = conditional(update.send().await)? else { return Ok(Release::Done) };
        let keys = item::texts(&answer.attributes.unwrap_or_default(), "StoredKeys");
        Ok(Release::Delete { keys: keys.into_iter().collect(), token })
    }

    /// Forgets an object after its files are gone. A deletion that failed is not ended: a request of it may still arrive, so that
    /// nobody stores the object again before the lease is over.
    pub(crate) async fn end_deletion(&self, hashed: &str, token: &str) -> Result<(), LibraryError> {
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(&self.settings.table)
            .set_key(Some(item::object_key(hashed)))
            .condition_expression("DeleteToken = :token")
            .expression_attribute_values(":token", attribute(token));
        match delete.send().await {
            Err(error)
                if !error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception) =>
            {
                Err(failed("DeleteItem", &error))
            }
            // The condition fails when the answer to an attempt of the SDK was lost.
            _ => Ok(()),
        }
    }
}
