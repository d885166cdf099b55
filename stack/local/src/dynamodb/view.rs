//! What the console page shows of tables. It reads only.

use serde_json::{Value, json};

use super::{DynamoDb, Failure};
use crate::persist::lock;
use crate::wire::ServiceError;

impl DynamoDb {
    /// Names of all tables, sorted. A database that nobody has needed yet stays closed.
    pub(crate) async fn table_names(&self) -> Result<Vec<String>, ServiceError> {
        let is_open = lock(&self.database).is_some();
        if !is_open && !self.file.as_ref().is_some_and(|file| file.exists()) {
            return Ok(Vec::new());
        }
        let mut names: Vec<String> = Vec::new();
        loop {
            let mut input = json!({});
            if let Some(last) = names.last() {
                input["ExclusiveStartTableName"] = json!(last);
            }
            let answer = self.run("ListTables", input).await.map_err(Failure::plain)?;
            let page = answer["TableNames"].as_array().into_iter().flatten().filter_map(Value::as_str);
            names.extend(page.map(str::to_owned));
            if answer.get("LastEvaluatedTableName").is_none_or(Value::is_null) {
                names.sort_unstable();
                return Ok(names);
            }
        }
    }

    /// Items of a table as `Scan` answers, from the one behind the key `after`.
    ///
    /// # Errors
    /// `ResourceNotFoundException`; `ValidationException` for a key that is none of this table.
    pub(crate) async fn scan(&self, table: &str, limit: usize, after: Option<Value>) -> Result<Value, ServiceError> {
        let mut input = json!({"TableName": table, "Limit": limit});
        if let Some(key) = after {
            input["ExclusiveStartKey"] = key;
        }
        self.run("Scan", input).await.map_err(Failure::plain)
    }
}
