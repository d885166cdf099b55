//! `stack token`: tokens that the pool's keys verify, for users who are made when they are asked for.

use ::http::Method;
use serde_json::{Value, json};
use test_support::{RunningCloud, TestProject, http};

use crate::{STACK, deploy};

/// Two pools, of which one has two clients, without functions.
const PROJECT: &str = "\
stack: people
region: us-east-1
environments:
  dev: { suffix: one }
user_pools:
  users: { clients: { web: {}, ci-tool: {} } }
  staff: { clients: { web: {} } }
outputs:
  Users: \"{{user_pool.users.id}}\"
  Web: \"{{user_pool.users.client_id}}\"
  Tool: \"{{user_pool.users.clients.ci-tool}}\"
";

/// What a token says, once its signature is that of the pool.
async fn claims(cloud: &RunningCloud, pool: &str, token: &str) -> Value {
    let answer = http::request(
        Method::POST,
        cloud.url(),
        &[
            ("x-amz-target", "AWSCognitoIdentityProviderService.GetUser"),
            ("content-type", "application/x-amz-json-1.1"),
        ],
        json!({ "AccessToken": token }).to_string(),
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let keys = http::get(&format!("{}/{pool}/.well-known/jwks.json", cloud.url())).await.json();
    assert!(keys["keys"][0]["kid"].is_string(), "{keys}");
    answer.json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_is_that_of_a_sign_in() {
    let project = TestProject::new(STACK, PROJECT);
    let cloud = RunningCloud::start(&project);
    deploy(&project, "one", &[]);
    let output = |name: &str| crate::output(&project, "one", name);

    let first = project.succeed(&["token", "--user", "alice", "--pool", "users"]);
    assert_eq!(first.stderr, "made the user alice@example.com in pool users\n");
    let user = claims(&cloud, &output("Users"), first.stdout.trim()).await;
    let attributes = user["UserAttributes"].to_string();
    assert!(attributes.contains("alice@example.com"), "{attributes}");

    // The same user again, by address, by JSON, for the other client.
    let again =
        project.succeed(&["token", "--user", "alice@example.com", "--pool", "users", "--client", "ci-tool", "--json"]);
    let report = again.json();
    assert_eq!((&report["created"], &report["client"]), (&json!(false), &json!("ci-tool")), "{report}");
    let same = claims(&cloud, &output("Users"), report["token"].as_str().unwrap()).await;
    assert_eq!(same["Username"], user["Username"]);

    let id = project.succeed(&["token", "--user", "alice", "--pool", "users", "--id"]).stdout;
    assert_eq!(id.trim().split('.').count(), 3);
    let refused = http::request(
        Method::POST,
        cloud.url(),
        &[
            ("x-amz-target", "AWSCognitoIdentityProviderService.GetUser"),
            ("content-type", "application/x-amz-json-1.1"),
        ],
        json!({ "AccessToken": id.trim() }).to_string(),
    )
    .await;
    assert_eq!(refused.status, 400, "an id token is no access token: {}", refused.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_clear_is_asked_for() {
    let project = TestProject::new(STACK, PROJECT);
    let _cloud = RunningCloud::start(&project);
    let refused = |project: &TestProject, arguments: &[&str], parts: &[&str]| {
        let run = project.run(&[&["token", "--user"], arguments].concat());
        assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{arguments:?}");
        // Lines are broken where they are long.
        let words = run.stderr.replace("\n  | ", " ").replace("\n        ", " ");
        for part in parts {
            assert!(words.contains(part), "no {part:?} in\n{words}");
        }
    };
    refused(&project, &["alice"], &["user-pool-ambiguous", "name one with `--pool`: users, staff"]);
    refused(&project, &["alice", "--pool", "user"], &["user-pool-unknown", "did you mean `users`?"]);
    refused(
        &project,
        &["alice", "--pool", "users", "--client", "wev"],
        &["client-unknown", "user pool `users` has no client `wev`", "did you mean `web`?"],
    );
    refused(&project, &["alice", "--pool", "staff"], &["local-cloud-refuses", "is it deployed?"]);
    deploy(&project, "one", &[]);
    refused(&project, &["+15550100", "--pool", "staff"], &["local-cloud-refuses", "Username should be an email."]);
    let without = TestProject::new(
        STACK,
        "stack: none\nregion: us-east-1\nenvironments: { dev: { suffix: one } }\nbuckets: { files: {} }\n",
    );
    refused(&without, &["alice"], &["user-pool-missing", "stack.yaml makes no user pool"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_get_no_token() {
    let project = TestProject::new(STACK, PROJECT);
    let cloud = RunningCloud::start(&project);
    deploy(&project, "one", &[]);
    let url = format!("{}/_stack/api/token", cloud.url());
    let body =
        json!({ "stack": "people-one", "pool": "StaffUserPool", "client": "StaffUserPoolWebClient", "user": "eve" });
    let ask = async |headers: &[(&str, &str)]| {
        http::request(Method::POST, &url, headers, body.to_string()).await.status.as_u16()
    };
    assert_eq!(ask(&[]).await, 403);
    assert_eq!(ask(&[("x-stack-console", "1"), ("origin", "http://evil.example")]).await, 403);
    assert_eq!(ask(&[("x-stack-console", "1"), ("host", "evil.example")]).await, 403);
    assert_eq!(ask(&[("x-stack-console", "1")]).await, 200);
}
