//! Reading rows, and making them.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use clients::failure_text;
use serde_json::Value;
use thiserror::Error;

use crate::item::to_json;

/// The table.
#[derive(Debug, Clone)]
pub struct Rows {
    pub(crate) client: Client,
    pub(crate) table: String,
}

/// What names a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// `<project>-<step>`.
    pub project_step: String,
    /// Whose response it is.
    pub mail: String,
}

/// Why the table did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the table of responses failed: {reason}")]
pub struct RowsError {
    /// The service's words.
    pub reason: String,
}

impl RowsError {
    pub(crate) fn of<E>(error: &SdkError<E, aws_sdk_dynamodb::config::http::HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        Self { reason: failure_text(error) }
    }
}

impl Rows {
    /// The rows of a table.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// Notes that a video may be uploaded. What the row says of an earlier upload stays until another one arrives.
    ///
    /// # Errors
    ///
    /// [`RowsError`], when the table does not take it.
    pub async fn note_request(&self, row: &Row, video: &str, requested: &str) -> Result<(), RowsError> {
        let update = self.client.update_item().table_name(&self.table).set_key(Some(row.key()));
        let update = update
            .update_expression("SET video = :video, requested = :requested")
            .expression_attribute_values(":video", text(video))
            .expression_attribute_values(":requested", text(requested));
        update.send().await.map(drop).map_err(|error| RowsError::of(&error))
    }

    /// All rows of a project's step, and of one mail where that is given, in the order of the mails.
    ///
    /// # Errors
    ///
    /// [`RowsError`], when the table does not answer.
    pub async fn of_project_step(&self, project_step: &str, mail: Option<&str>) -> Result<Vec<Value>, RowsError> {
        let query = self.client.query().table_name(&self.table);
        let query = query.expression_attribute_values(":step", text(project_step));
        let query = match mail {
            Some(mail) => query
                .key_condition_expression("ProjectStep = :step AND Mail = :mail")
                .expression_attribute_values(":mail", text(mail)),
            None => query.key_condition_expression("ProjectStep = :step"),
        };
        all(query).await
    }

    /// All rows of a mail, in the order of their steps.
    ///
    /// # Errors
    ///
    /// [`RowsError`], when the table does not answer.
    pub async fn of_mail(&self, mail: &str, index: &str) -> Result<Vec<Value>, RowsError> {
        let query = self.client.query().table_name(&self.table).index_name(index);
        let query = query.key_condition_expression("Mail = :mail").expression_attribute_values(":mail", text(mail));
        all(query).await
    }

    /// The row that an object belongs to: `project/step/name`, as its `video` says. `None` when no row names it.
    ///
    /// # Errors
    ///
    /// [`RowsError`], when the table does not answer.
    pub async fn of_video(&self, video: &str) -> Result<Option<Row>, RowsError> {
        let mut parts = video.splitn(3, '/');
        let (Some(project), Some(step), Some(_)) = (parts.next(), parts.next(), parts.next()) else { return Ok(None) };
        let query = self.client.query().table_name(&self.table);
        let query = query
            .key_condition_expression("ProjectStep = :step")
            .filter_expression("video = :video")
            .expression_attribute_values(":step", text(&format!("{project}-{step}")))
            .expression_attribute_values(":video", text(video));
        let row = |item: &Value| {
            let member = |name: &str| item[name].as_str().map(str::to_owned);
            Some(Row { project_step: member("ProjectStep")?, mail: member("Mail")? })
        };
        Ok(all(query).await?.first().and_then(row))
    }
}

impl Row {
    pub(crate) fn key(&self) -> HashMap<String, AttributeValue> {
        HashMap::from([("ProjectStep".to_owned(), text(&self.project_step)), ("Mail".to_owned(), text(&self.mail))])
    }
}

pub(crate) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// Every page of a query.
async fn all(query: aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder) -> Result<Vec<Value>, RowsError> {
    let mut items = query.into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(item) = items.next().await {
        found.push(to_json(&item.map_err(|error| RowsError::of(&error))?));
    }
    Ok(found)
}
