//! The same form signed by botocore, the AWS SDK for Python.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fetch::Address;
use function_testing::{python, skipped};
use presign::{Form, PostGrant, Signer, Storage};
use serde_json::{Value, json};
use wiring::Credentials;

/// Second that all forms begin at.
const NOW: u64 = 1_795_832_645;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

const KEY: &str = "alba/3/e78b913d3d3d5eb5162a.webm";

/// For each session token prints the fields that botocore adds, its policy, and its signature of the policy that it gets: the
/// order and the blanks of a policy are free, so that only the same text has the same signature.
const SCRIPT: &str = r#"
import base64, datetime, json, sys, types
try:
    import botocore.auth
except ImportError:
    sys.exit(77)
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
second, secret, key, *pairs = sys.argv[1:]
moment = datetime.datetime.fromtimestamp(int(second), datetime.timezone.utc)
class Frozen(datetime.datetime):
    @classmethod
    def utcnow(cls):
        return moment.replace(tzinfo=None)
# Older and newer versions ask for the time in different ways.
if hasattr(botocore.auth, "get_current_datetime"):
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True: moment.replace(tzinfo=None)
else:
    botocore.auth.datetime = types.SimpleNamespace(datetime=Frozen)
for token, ours in zip(pairs[::2], pairs[1::2]):
    fields = {"key": key, "Content-Type": "video/webm"}
    conditions = [{"bucket": "videos"}, {"Content-Type": "video/webm"}, ["content-length-range", 1, 1000], {"key": key}]
    policy = {"expiration": (moment + datetime.timedelta(seconds=3600)).strftime("%Y-%m-%dT%H:%M:%SZ"), "conditions": conditions}
    request = AWSRequest(method="POST", url="https://videos.s3.eu-west-1.amazonaws.com/")
    request.context["s3-presign-post-fields"] = fields
    request.context["s3-presign-post-policy"] = policy
    auth = botocore.auth.S3SigV4PostAuth(Credentials("AKIDEXAMPLE", secret, token or None), "s3", "eu-west-1")
    auth.add_auth(request)
    print(json.dumps({"fields": fields, "signature": auth.signature(ours, request)}))
"#;

fn sign(storage: &Storage, token: &str) -> Form {
    let session_token = Some(token.to_owned()).filter(|token| !token.is_empty());
    let credentials = Credentials { access_key: "AKIDEXAMPLE".into(), secret_key: SECRET.into(), session_token };
    let signer = Signer { credentials, region: "eu-west-1".into() };
    let fields = BTreeMap::from([("Content-Type", "video/webm".to_owned())]);
    let grant = PostGrant { key: KEY, fields, length: 1..=1000, lifetime: Duration::from_hours(1) };
    signer.sign_post(storage, &grant, Duration::from_secs(NOW))
}

/// The policy of a form, its conditions sorted.
fn policy(encoded: &str) -> Value {
    let mut policy: Value = serde_json::from_slice(&STANDARD.decode(encoded).unwrap()).unwrap();
    policy["conditions"].as_array_mut().unwrap().sort_by_key(Value::to_string);
    policy
}

#[test]
fn a_form_allows_what_its_policy_says() {
    let form = sign(&Storage::new("videos", "eu-west-1", None), "TOKEN");
    assert_eq!(form.url, "https://videos.s3.eu-west-1.amazonaws.com/");
    let expected = json!({
        "expiration": "2026-11-28T03:24:05Z",
        "conditions": [
            ["content-length-range", 1, 1000],
            { "Content-Type": "video/webm" },
            { "bucket": "videos" },
            { "key": KEY },
            { "x-amz-algorithm": "AWS4-HMAC-SHA256" },
            { "x-amz-credential": "AKIDEXAMPLE/20261128/eu-west-1/s3/aws4_request" },
            { "x-amz-date": "20261128T022405Z" },
            { "x-amz-security-token": "TOKEN" }
        ]
    });
    let mut sorted = expected;
    sorted["conditions"].as_array_mut().unwrap().sort_by_key(Value::to_string);
    assert_eq!(policy(&form.fields["policy"]), sorted);
}

#[test]
fn a_form_is_posted_to_the_bucket() {
    let local = Address::parse("http://127.0.0.1:4566").unwrap();
    assert_eq!(sign(&Storage::new("videos", "eu-west-1", Some(&local)), "").url, "http://127.0.0.1:4566/videos");
    let dotted = sign(&Storage::new("videos.example.com", "eu-west-1", None), "");
    assert_eq!(dotted.url, "https://s3.eu-west-1.amazonaws.com/videos.example.com");
}

#[test]
fn botocore_signs_the_same() {
    let storage = Storage::new("videos", "eu-west-1", None);
    let mut command = Command::new(python());
    command.args(["-c", SCRIPT, &NOW.to_string(), SECRET, KEY]);
    let forms = ["", "IQoJb3JpZ2luX2VjEDoaCXVz+/=="].map(|token| (token, sign(&storage, token)));
    for (token, form) in &forms {
        command.args([*token, &form.fields["policy"]]);
    }
    let run = match command.output() {
        Ok(run) if run.status.code() != Some(77) => run,
        _ => {
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "CI needs Python with botocore");
            return skipped("there is no Python with botocore");
        }
    };
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let answers = String::from_utf8(run.stdout).unwrap();
    assert_eq!(answers.lines().count(), 2);
    for ((_, mut form), line) in forms.into_iter().zip(answers.lines()) {
        let theirs: Value = serde_json::from_str(line).unwrap();
        assert_eq!(form.fields.remove("x-amz-signature").as_deref(), theirs["signature"].as_str());
        assert_eq!(
            policy(&form.fields.remove("policy").unwrap()),
            policy(theirs["fields"]["policy"].as_str().unwrap())
        );
        let mut fields = theirs["fields"].clone();
        for name in ["policy", "x-amz-signature"] {
            fields.as_object_mut().unwrap().remove(name).unwrap();
        }
        assert_eq!(json!(form.fields), json!(fields.as_object().unwrap().iter().collect::<BTreeMap<_, _>>()));
    }
}
