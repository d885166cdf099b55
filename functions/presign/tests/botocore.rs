//! The same grants signed by botocore, the AWS SDK for Python.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use fetch::Address;
use function_testing::{python, skipped};
use presign::{Grant, Signer, Storage};
use wiring::Credentials;

/// Second that all URLs begin at.
const NOW: u64 = 1_795_832_645;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// Signs each pair of URL and session token that it gets, and prints the URLs.
const SCRIPT: &str = r#"
import datetime, sys, types
try:
    import botocore.auth
except ImportError:
    sys.exit(77)
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
second, secret, *pairs = sys.argv[1:]
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
for url, token in zip(pairs[::2], pairs[1::2]):
    headers = {"content-type": "image/png", "content-length": "10485760"}
    request = AWSRequest(method="PUT", url=url, headers=headers)
    credentials = Credentials("AKIDEXAMPLE", secret, token or None)
    botocore.auth.S3SigV4QueryAuth(credentials, "s3", "ap-south-1", expires=300).add_auth(request)
    print(request.prepare().url)
"#;

/// Place and parameters of a URL, the parameters sorted.
fn parts(url: &str) -> (String, Vec<String>) {
    let (place, query) = url.split_once('?').unwrap();
    let mut parameters: Vec<String> = query.split('&').map(str::to_owned).collect();
    parameters.sort();
    (place.to_owned(), parameters)
}

fn sign(storage: &Storage, key: &str, token: &str) -> String {
    let session_token = Some(token.to_owned()).filter(|token| !token.is_empty());
    let credentials = Credentials { access_key: "AKIDEXAMPLE".into(), secret_key: SECRET.into(), session_token };
    let signer = Signer { credentials, region: "ap-south-1".into() };
    let headers = BTreeMap::from([("content-type", "image/png".into()), ("content-length", "10485760".into())]);
    let grant = Grant { method: "PUT", key, headers, lifetime: Duration::from_mins(5) };
    signer.sign(storage, &grant, Duration::from_secs(NOW))
}

#[test]
fn botocore_signs_the_same() {
    let local = Address::parse("http://127.0.0.1:4566").unwrap();
    let aws = (Storage::new("uploads", "ap-south-1", None), "https://uploads.s3.ap-south-1.amazonaws.com/");
    let local = (Storage::new("uploads", "ap-south-1", Some(&local)), "http://127.0.0.1:4566/uploads/");
    let keys = [("11111111-2222.png", "11111111-2222.png"), ("a b+c%\u{2603}~/d.jpg", "a%20b%2Bc%25%E2%98%83~/d.jpg")];
    let (mut ours, mut command) = (Vec::new(), Command::new(python()));
    command.args(["-c", SCRIPT, &NOW.to_string(), SECRET]);
    for (storage, place) in [&aws, &local] {
        for token in ["", "IQoJb3JpZ2luX2VjEDoaCXVz+/=="] {
            for (key, encoded) in keys {
                ours.push(parts(&sign(storage, key, token)));
                command.args([format!("{place}{encoded}"), token.to_owned()]);
            }
        }
    }
    let run = match command.output() {
        Ok(run) if run.status.code() != Some(77) => run,
        _ => {
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "CI needs Python with botocore");
            return skipped("there is no Python with botocore");
        }
    };
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let theirs: Vec<_> = String::from_utf8(run.stdout).unwrap().lines().map(parts).collect();
    assert_eq!(ours.len(), 8);
    assert_eq!(ours, theirs);
}
