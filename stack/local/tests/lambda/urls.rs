//! Function URLs by plain HTTP.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::{Cors, FunctionUrlAuthType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{cloud, create_with, python_is_missing, script};

const ECHO: &str = r#"
def handle(event, headers):
    path = event["rawPath"]
    if path == "/fail": raise Failed("no luck")
    if path == "/hang": time.sleep(60)
    if path == "/text": return "plain"
    if path == "/bad": return {"statusCode": "what"}
    return {"statusCode": 200, "headers": {"x-seen": "yes"}, "cookies": ["a=b"], "body": json.dumps(event)}
run(handle)"#;

/// Sends a request to a URL and returns the head and the body of the answer.
pub(crate) async fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> (String, Vec<u8>) {
    let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    // Names under `.localhost` are this machine, whether it resolves them or not.
    let port = address.rsplit_once(':').unwrap().1;
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
    let headers = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<Vec<_>>().concat();
    let length = body.len();
    let request = format!(
        "{method} /{path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    (String::from_utf8(answer[..end].to_vec()).unwrap(), answer[end + 4..].to_vec())
}

pub(crate) async fn get(url: &str, headers: &[(&str, &str)]) -> (String, Vec<u8>) {
    send("GET", url, headers, "").await
}

async fn permit(client: &Client, id: &str, action: &str) {
    let add = client.add_permission().function_name("web").statement_id(id).principal("*").action(action);
    let add = if action == "lambda:InvokeFunctionUrl" {
        add.function_url_auth_type(FunctionUrlAuthType::None)
    } else {
        add.invoked_via_function_url(true)
    };
    add.send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_address_needs_both_permissions() {
    if python_is_missing() {
        return;
    }
    let (cloud, client) = cloud().await;
    create_with(&client, "web", script(ECHO), 1).await;
    let create = client.create_function_url_config().function_name("web").auth_type(FunctionUrlAuthType::None);
    let url = create.send().await.unwrap().function_url().to_owned();
    for (id, action) in [("url", "lambda:InvokeFunctionUrl"), ("invoke", "lambda:InvokeFunction")] {
        let (head, body) = get(&url, &[]).await;
        assert!(head.starts_with("HTTP/1.1 403") && head.contains("x-amzn-errortype: AccessDeniedException"), "{head}");
        assert!(body.starts_with(b"{\"Message\":\"Forbidden. For troubleshooting"), "before {action}");
        permit(&client, id, action).await;
    }
    let (head, body) =
        send("POST", &format!("{url}a%20b?q=1&q=2"), &[("content-type", "text/plain"), ("cookie", "c=d")], "hi").await;
    assert!(
        head.starts_with("HTTP/1.1 200") && head.contains("x-seen: yes") && head.contains("set-cookie: a=b"),
        "{head}"
    );
    let event: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&event["version"], &event["rawPath"], &event["body"]), (&"2.0".into(), &"/a%20b".into(), &"hi".into()));
    assert_eq!((&event["queryStringParameters"]["q"], &event["cookies"][0]), (&"1,2".into(), &"c=d".into()));
    assert_eq!(event["requestContext"]["accountId"], "anonymous");
    let id = event["requestContext"]["apiId"].as_str().unwrap();
    assert!(url.starts_with(&format!("http://{id}.lambda-url.us-east-1.localhost:")), "{url}");

    let path = format!("{}/_stack/lambda-url/{id}", cloud.url());
    assert_eq!(stack_local::answering(&url, &cloud.url()), format!("{path}/"));
    let (head, body) = get(&format!("{path}/text"), &[("origin", "https://other.example")]).await;
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("content-type: application/json"), "{head}");
    assert_eq!(body, b"plain");
    for (part, status) in [("fail", "502"), ("bad", "502"), ("hang", "504")] {
        let (head, _) = get(&format!("{path}/{part}"), &[]).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{part}: {head}");
    }
    client.put_function_concurrency().function_name("web").reserved_concurrent_executions(0).send().await.unwrap();
    assert!(get(&url, &[]).await.0.starts_with("HTTP/1.1 429"));
    client.delete_function_url_config().function_name("web").send().await.unwrap();
    assert!(get(&url, &[]).await.0.starts_with("HTTP/1.1 404"));
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_are_answered_as_configured() {
    if python_is_missing() {
        return;
    }
    let (cloud, client) = cloud().await;
    create_with(&client, "web", script(ECHO), 5).await;
    let cors = Cors::builder().allow_origins("https://app.example").allow_methods("GET").max_age(60).build();
    let create =
        client.create_function_url_config().function_name("web").auth_type(FunctionUrlAuthType::None).cors(cors);
    let url = create.send().await.unwrap().function_url().to_owned();
    permit(&client, "url", "lambda:InvokeFunctionUrl").await;
    permit(&client, "invoke", "lambda:InvokeFunction").await;
    let preflight = |origin: &'static str| {
        let url = url.clone();
        async move { send("OPTIONS", &url, &[("origin", origin), ("access-control-request-method", "GET")], "").await.0 }
    };
    let allowed = preflight("https://app.example").await;
    assert!(allowed.starts_with("HTTP/1.1 200") && allowed.contains("access-control-allow-methods: GET"), "{allowed}");
    assert!(!allowed.contains("x-seen"), "the function is not asked");
    assert!(!preflight("https://evil.example").await.contains("access-control"));
    let (head, _) = get(&url, &[("origin", "https://app.example")]).await;
    assert!(head.contains("access-control-allow-origin: https://app.example") && head.contains("x-seen"), "{head}");
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_authorization_takes_signed_requests_only() {
    if python_is_missing() {
        return;
    }
    let (cloud, client) = cloud().await;
    create_with(&client, "web", script(ECHO), 5).await;
    let create = client.create_function_url_config().function_name("web").auth_type(FunctionUrlAuthType::AwsIam);
    let url = create.send().await.unwrap().function_url().to_owned();
    let (head, _) = get(&url, &[]).await;
    assert!(head.starts_with("HTTP/1.1 403"), "{head}");
    let host = url.strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
    let signed = super::signed_headers("GET", "/", &host);
    let headers: Vec<(&str, &str)> = signed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let (head, body) = get(&url, &headers).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let event: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(event["requestContext"]["authorizer"]["iam"]["userArn"], "arn:aws:iam::000000000000:root");
    assert_eq!(event["requestContext"]["authorizer"]["iam"]["accessKey"], "test");
    let (head, _) = get(&format!("{url}other"), &headers).await;
    assert!(head.starts_with("HTTP/1.1 403"), "a signature is for one path: {head}");
    cloud.stop().await;
}
