//! The rows.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use clients::failure_text;

use crate::{EntryKey, NewEntry};

/// The table of the rows.
#[derive(Debug, Clone)]
pub struct Entries {
    /// Reaches the table.
    pub client: Client,
    /// Name of the table.
    pub table: String,
    /// Name of its index by date.
    pub date_index: String,
}

/// A row as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) submission_id: u64,
    pub(crate) timestamp: String,
    pub(crate) user_id: String,
    pub(crate) object_name: String,
    pub(crate) title: String,
    pub(crate) description: String,
}

type Item = HashMap<String, AttributeValue>;

impl Entries {
    /// Adds a row. False when there is another one with its key; the same once more is the same.
    pub(crate) async fn add(&self, entry: &NewEntry) -> Result<bool, String> {
        let mut item = key(&entry.key);
        for (name, value) in [
            ("date", entry.key.date()),
            ("user_id", &entry.user_id),
            ("object_name", &entry.object_name),
            ("title", &entry.title),
            ("description", &entry.description),
        ] {
            item.insert(name.to_owned(), text(value));
        }
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(submission_id) OR object_name = :object")
            .expression_attribute_values(":object", text(&entry.object_name));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                Ok(false)
            }
            Err(error) => Err(failure_text(&error)),
        }
    }

    /// All rows of a day, in the order of their times.
    pub(crate) async fn of_day(&self, date: &str) -> Result<Vec<Entry>, String> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(&self.date_index)
            .key_condition_expression("#date = :date")
            .expression_attribute_names("#date", "date")
            .expression_attribute_values(":date", text(date));
        let mut items = query.into_paginator().items().send();
        let mut entries = Vec::new();
        while let Some(item) = items.next().await {
            entries.extend(Entry::of(&item.map_err(|error| failure_text(&error))?));
        }
        Ok(entries)
    }

    /// A row.
    pub(crate) async fn get(&self, entry: &EntryKey) -> Result<Option<Entry>, String> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key(entry))).consistent_read(true);
        let answer = get.send().await.map_err(|error| failure_text(&error))?;
        Ok(answer.item().and_then(Entry::of))
    }

    /// Changes title and description. False when there is no such row.
    pub(crate) async fn update(&self, entry: &EntryKey, title: &str, description: &str) -> Result<bool, String> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(entry)))
            .update_expression("SET title = :title, description = :description")
            .condition_expression("attribute_exists(submission_id)")
            .expression_attribute_values(":title", text(title))
            .expression_attribute_values(":description", text(description));
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(false)
            }
            Err(error) => Err(failure_text(&error)),
        }
    }

    /// Deletes a row; one that is not there is as good as deleted.
    pub(crate) async fn delete(&self, entry: &EntryKey) -> Result<(), String> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key(entry)));
        delete.send().await.map(drop).map_err(|error| failure_text(&error))
    }
}

impl Entry {
    /// Reads an item. `None` for one without a key, which the table cannot hold.
    fn of(item: &Item) -> Option<Self> {
        let text = |name: &str| match item.get(name) {
            Some(AttributeValue::S(text) | AttributeValue::N(text)) => text.clone(),
            _ => String::new(),
        };
        let submission_id = item.get("submission_id")?.as_n().ok()?.parse().ok()?;
        Some(Self {
            submission_id,
            timestamp: text("timestamp"),
            user_id: text("user_id"),
            object_name: text("object_name"),
            title: text("title"),
            description: text("description"),
        })
    }
}

fn key(entry: &EntryKey) -> Item {
    HashMap::from([
        ("submission_id".to_owned(), AttributeValue::N(entry.id.to_string())),
        ("timestamp".to_owned(), text(&entry.timestamp)),
    ])
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}
