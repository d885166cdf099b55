//! Logs the key of every object that is put into the bucket.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(handle)).await
}

/// An event of S3 has one or several records, each with one object.
async fn handle(event: LambdaEvent<Value>) -> Result<(), Error> {
    for record in event.payload["Records"].as_array().into_iter().flatten() {
        println!("hello, {}", record["s3"]["object"]["key"]);
    }
    Ok(())
}
