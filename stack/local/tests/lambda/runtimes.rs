//! Managed runtimes with the interpreters of this machine, layers, and what is told when something is missing.

use std::process::Command;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, LayerVersionContentInput, LogFormat, LoggingConfig, Runtime};

use super::{ROLE, cloud, invoke, zip};

/// Whether a program answers; a machine without it skips a test.
fn is_missing(program: &str) -> bool {
    let missing = !Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if missing {
        eprintln!("skipped: there is no {program}");
    }
    missing
}

async fn create(client: &Client, name: &str, runtime: &str, handler: &str, code: Blob) {
    client
        .create_function()
        .function_name(name)
        .role(ROLE)
        .runtime(Runtime::from(runtime))
        .handler(handler)
        .timeout(10)
        .memory_size(512)
        .code(FunctionCode::builder().zip_file(code).build())
        .send()
        .await
        .unwrap();
}

const PYTHON: &str = r#"
import decimal, logging, os
log = logging.getLogger()
log.setLevel("INFO")
def handler(event, context):
    print("printed")
    log.info("logged")
    if event == "raise": raise KeyError("no luck")
    if event == "unencodable": return object()
    return {"event": event, "name": context.function_name, "version": context.function_version, "id": context.aws_request_id,
            "arn": context.invoked_function_arn, "memory": context.memory_limit_in_mb, "group": context.log_group_name,
            "left": 0 < context.get_remaining_time_in_millis() <= 10000, "identity": context.identity.cognito_identity_id,
            "decimal": decimal.Decimal("1.5"), "execution": os.environ["AWS_EXECUTION_ENV"], "text": "gr\u00fcn"}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn python_runs_a_handler() {
    if is_missing("python3") {
        return;
    }
    let (cloud, client) = cloud().await;
    create(&client, "py", "python3.12", "app.handler", zip("app.py", PYTHON)).await;
    let answer = invoke(&client, "py", r#"{"a": 1}"#).await;
    assert!(!answer.failed, "{}", answer.payload);
    assert_eq!(answer.payload["event"]["a"], 1);
    assert_eq!(answer.payload["name"], "py");
    assert_eq!(answer.payload["version"], "$LATEST");
    assert_eq!(answer.payload["arn"], "arn:aws:lambda:us-east-1:000000000000:function:py");
    assert_eq!(answer.payload["memory"], "512");
    assert_eq!(answer.payload["group"], "/aws/lambda/py");
    assert_eq!((&answer.payload["left"], &answer.payload["decimal"]), (&true.into(), &1.5.into()));
    assert_eq!((&answer.payload["text"], &answer.payload["identity"]), (&"grün".into(), &serde_json::Value::Null));
    assert_eq!(answer.payload["execution"], "AWS_Lambda_python3.12");
    let id = answer.payload["id"].as_str().unwrap();
    assert!(answer.log.contains("printed\n"), "{}", answer.log);
    assert!(answer.log.contains("[INFO]\t") && answer.log.contains(&format!("Z\t{id}\tlogged")), "{}", answer.log);

    let raised = invoke(&client, "py", "\"raise\"").await;
    assert!(raised.failed);
    assert_eq!(raised.payload["errorType"], "KeyError");
    assert_eq!(raised.payload["errorMessage"], "'no luck'");
    let frame = raised.payload["stackTrace"][0].as_str().unwrap();
    assert!(frame.contains("app.py\", line 8, in handler\n    if event == \"raise\""), "{frame}");
    assert_eq!(raised.payload["stackTrace"].as_array().unwrap().len(), 1, "frames of the runtime are not told");
    assert!(raised.log.contains("[ERROR] KeyError: 'no luck'\nTraceback"), "{}", raised.log);
    assert_eq!(invoke(&client, "py", "\"unencodable\"").await.payload["errorType"], "Runtime.MarshalError");
    assert!(!invoke(&client, "py", "{}").await.failed, "the same instance goes on");
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_tells_why_a_handler_cannot_be_loaded() {
    if is_missing("python3") {
        return;
    }
    let (cloud, client) = cloud().await;
    for (name, handler, code, kind, message) in [
        ("module", "other.handler", "", "Runtime.ImportModuleError", "Unable to import module 'other'"),
        ("missing", "app.handler", "import boto3x", "Runtime.ImportModuleError", "No module named 'boto3x'"),
        ("handler", "app.handler", "", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("syntax", "app.handler", "def", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("name", "handler", "", "Runtime.MalformedHandlerName", "Bad handler 'handler'"),
        ("init", "app.handler", "raise ValueError('at start')", "ValueError", "at start"),
        (
            "brought",
            "app.handler",
            "raise ImportError(\"No module named 'boto3'\", name='boto3')",
            "Runtime.ImportModuleError",
            "-m pip install boto3",
        ),
    ] {
        create(&client, name, "python3.13", handler, zip("app.py", code)).await;
        let answer = invoke(&client, name, "{}").await;
        assert_eq!(answer.payload["errorType"], kind, "{}", answer.payload);
        assert!(answer.payload["errorMessage"].as_str().unwrap().contains(message), "{}", answer.payload);
    }
    cloud.stop().await;
}

const NODE: &str = r"
exports.handler = async (event, context) => {
  console.log('logged', { deep: { a: 1 } });
  if (event === 'raise') throw new TypeError('no luck');
  if (event === 'reject') { Promise.reject(new Error('nobody waits')); await new Promise(() => {}); }
  return { event, name: context.functionName, id: context.awsRequestId, arn: context.invokedFunctionArn,
    left: context.getRemainingTimeInMillis() <= 10000 };
};
exports.back = (event, context, callback) => setTimeout(() => callback(null, 'called back'), 5);
exports.throwsBack = (event, context, callback) => callback(new Error('by callback'));
exports.silent = () => {};
";

#[tokio::test(flavor = "multi_thread")]
async fn node_runs_handlers_of_every_form() {
    if is_missing("node") {
        return;
    }
    let (cloud, client) = cloud().await;
    create(&client, "js", "nodejs22.x", "index.handler", zip("index.js", NODE)).await;
    let answer = invoke(&client, "js", r#"{"a": 1}"#).await;
    assert!(!answer.failed, "{} {}", answer.payload, answer.log);
    assert_eq!((&answer.payload["event"]["a"], &answer.payload["name"]), (&1.into(), &"js".into()));
    assert_eq!(answer.payload["left"], true);
    let id = answer.payload["id"].as_str().unwrap();
    assert!(answer.log.contains(&format!("Z\t{id}\tINFO\tlogged {{ deep: {{ a: 1 }} }}")), "{}", answer.log);
    let raised = invoke(&client, "js", "\"raise\"").await;
    assert_eq!(
        (&raised.payload["errorType"], &raised.payload["errorMessage"]),
        (&"TypeError".into(), &"no luck".into())
    );
    assert_eq!(raised.payload["trace"][0], "TypeError: no luck");
    assert!(raised.log.contains("ERROR\tInvoke Error \t"), "{}", raised.log);
    let rejected = invoke(&client, "js", "\"reject\"").await;
    assert_eq!(rejected.payload["errorType"], "Runtime.UnhandledPromiseRejection", "{}", rejected.payload);
    assert!(!invoke(&client, "js", "{}").await.failed, "a new instance goes on");

    for (name, handler, expected) in
        [("back", "index.back", serde_json::json!("called back")), ("silent", "index.silent", serde_json::Value::Null)]
    {
        create(&client, name, "nodejs20.x", handler, zip("index.js", NODE)).await;
        for _ in 0..2 {
            assert_eq!(invoke(&client, name, "{}").await.payload, expected, "{handler}");
        }
    }
    create(&client, "throws", "nodejs20.x", "index.throwsBack", zip("index.js", NODE)).await;
    assert_eq!(invoke(&client, "throws", "{}").await.payload["errorMessage"], "by callback");

    let module = "import path from 'node:path';\nexport const handler = async () => path.basename(import.meta.url);";
    create(&client, "esm", "nodejs24.x", "index.handler", zip("index.mjs", module)).await;
    assert_eq!(invoke(&client, "esm", "{}").await.payload, "index.mjs");
    for (name, handler, code, kind, message) in [
        ("module", "other.handler", "", "Runtime.ImportModuleError", "Cannot find module 'other'"),
        ("handler", "index.nothing", NODE, "Runtime.HandlerNotFound", "index.nothing is undefined or not exported"),
        ("syntax", "index.handler", "(", "Runtime.UserCodeSyntaxError", "SyntaxError"),
        (
            "sdk",
            "index.handler",
            "require('@aws-sdk/client-nothing')",
            "Runtime.ImportModuleError",
            "npm install --global @aws-sdk/client-nothing",
        ),
    ] {
        create(&client, name, "nodejs22.x", handler, zip("index.js", code)).await;
        let answer = invoke(&client, name, "{}").await;
        assert_eq!(answer.payload["errorType"], kind, "{}", answer.payload);
        assert!(answer.payload["errorMessage"].as_str().unwrap().contains(message), "{}", answer.payload);
    }
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn layers_are_found_by_python() {
    if is_missing("python3") {
        return;
    }
    let (cloud, client) = cloud().await;
    let publish = |name: &'static str, word: &'static str| {
        let client = client.clone();
        async move {
            let code = zip("python/shared.py", &format!("WORD = '{word}'"));
            let content = LayerVersionContentInput::builder().zip_file(code).build();
            let published = client.publish_layer_version().layer_name(name).content(content).send().await.unwrap();
            published.layer_version_arn().unwrap().to_owned()
        }
    };
    let (first, second) = (publish("words", "one").await, publish("words", "two").await);
    assert_eq!(second, "arn:aws:lambda:us-east-1:000000000000:layer:words:2");
    let code = "import os, shared\ndef handler(event, context): return [shared.WORD, os.path.isdir(os.environ['STACK_LAYER_ROOT'])]";
    create(&client, "layered", "python3.12", "app.handler", zip("app.py", code)).await;
    assert_eq!(invoke(&client, "layered", "{}").await.payload["errorType"], "Runtime.ImportModuleError");
    for (arn, word) in [(&first, "one"), (&second, "two")] {
        client.update_function_configuration().function_name("layered").layers(arn).send().await.unwrap();
        assert_eq!(invoke(&client, "layered", "{}").await.payload, serde_json::json!([word, true]));
    }
    client.delete_layer_version().layer_name("words").version_number(2).send().await.unwrap();
    assert!(!invoke(&client, "layered", "{}").await.failed, "a function keeps the layers that it has");
    let both = client.update_function_configuration().function_name("layered").layers(&first).layers(&second);
    let refusal = format!("{:?}", both.send().await.unwrap_err());
    assert!(refusal.contains("does not exist"), "{refusal}");
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn json_logs_have_a_level() {
    if is_missing("python3") {
        return;
    }
    let (cloud, client) = cloud().await;
    let code = "import logging\nlog = logging.getLogger()\ndef handler(event, context):\n    log.info('quiet')\n    log.error('loud')";
    create(&client, "json", "python3.12", "app.handler", zip("app.py", code)).await;
    let logging = LoggingConfig::builder()
        .log_format(LogFormat::Json)
        .application_log_level(aws_sdk_lambda::types::ApplicationLogLevel::Warn)
        .build();
    client.update_function_configuration().function_name("json").logging_config(logging).send().await.unwrap();
    let log = invoke(&client, "json", "{}").await.log;
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<&str> = lines.iter().filter_map(|line| line["type"].as_str()).collect();
    assert_eq!(kinds, ["platform.start", "platform.report"]);
    let told: Vec<&str> = lines.iter().filter_map(|line| line["message"].as_str()).collect();
    assert_eq!(told, ["loud"]);
    cloud.stop().await;
}
