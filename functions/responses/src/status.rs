//! How far the upload of a row is.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;

use crate::rows::text;
use crate::{Row, Rows, RowsError};

/// An upload of a row's video.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Tells this upload from all others, earlier ones of the same key among them.
    pub token: String,
    /// Its place among the uploads of the key, as text that orders so; empty when it is not known.
    pub sequencer: String,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// With a result under this key.
    Complete(String),
    /// Without one, for this reason.
    Error(String),
}

impl Rows {
    /// Notes that an upload is going to be transcoded, before its job is made: whatever the job tells later finds it. False
    /// when the row is about a later upload, or this one has ended already.
    ///
    /// # Errors
    ///
    /// [`RowsError`], when the table does not take it.
    pub async fn begin(&self, row: &Row, upload: &Upload) -> Result<bool, RowsError> {
        let update = self
            .client
            .update_item()
            .update_expression(
                "SET #status = :submitted, upload = :upload, sequencer = :sequencer REMOVE job, #output, #error",
            )
            .condition_expression(
                "attribute_exists(video) AND (attribute_not_exists(upload) \
                 OR (upload = :upload AND #status = :submitted) \
                 OR (upload <> :upload AND sequencer <= :sequencer))",
            )
            .expression_attribute_names("#output", "output")
            .expression_attribute_names("#error", "error")
            .expression_attribute_values(":submitted", text("submitted"))
            .expression_attribute_values(":sequencer", text(&upload.sequencer));
        self.change(update, row, &upload.token).await
    }

    /// Notes the job of an upload. False when the row is about another upload meanwhile.
    ///
    /// # Errors
    ///
    /// [`RowsError`], when the table does not take it.
    pub async fn note_job(&self, row: &Row, token: &str, job: &str) -> Result<bool, RowsError> {
        let update = self
            .client
            .update_item()
            .update_expression("SET job = :job")
            .condition_expression("upload = :upload AND attribute_exists(#status)")
            .expression_attribute_values(":job", text(job));
        self.change(update, row, token).await
    }

    /// Notes how an upload ended. False when the row is about another upload meanwhile.
    ///
    /// # Errors
    ///
    /// [`RowsError`], when the table does not take it.
    pub async fn end(&self, row: &Row, token: &str, end: &End) -> Result<bool, RowsError> {
        let (status, set, removed, value) = match end {
            End::Complete(key) => ("complete", "output", "error", key),
            End::Error(reason) => ("error", "error", "output", reason),
        };
        let update = self
            .client
            .update_item()
            .update_expression("SET #status = :status, #set = :value REMOVE #removed")
            .condition_expression("upload = :upload")
            .expression_attribute_names("#set", set)
            .expression_attribute_names("#removed", removed)
            .expression_attribute_values(":status", text(status))
            .expression_attribute_values(":value", text(value));
        self.change(update, row, token).await
    }

    /// Sends an update whose condition compares the upload.
    async fn change(&self, update: UpdateItemFluentBuilder, row: &Row, token: &str) -> Result<bool, RowsError> {
        let update = update
            .table_name(&self.table)
            .set_key(Some(row.key()))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":upload", text(token));
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(false)
            }
            Err(error) => Err(RowsError::of(&error)),
        }
    }
}
