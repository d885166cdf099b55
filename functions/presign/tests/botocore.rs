//! The same grants signed by botocore, the AWS SDK for Python.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use fetch::Address;
use function_testing::skipped;
use presign::{Grant, Signer, Storage};
use wiring::Credentials;

/// Signs what its arguments say, at the time that they say, and prints the URL.
const SCRIPT: &str = r#"
import datetime, sys
try:
    import botocore.auth
except ImportError:
    sys.exit(77)
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
url, secret, token, region, lifetime, second, *headers = sys.argv[1:]
moment = datetime.datetime.fromtimestamp(int(second), datetime.timezone.utc)
class Frozen(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return moment
    @classmethod
    def utcnow(cls):
        return moment.replace(tzinfo=None)
import types
botocore.auth.datetime = Frozen if isinstance(botocore.auth.datetime, type) else types.SimpleNamespace(datetime=Frozen, timezone=datetime.timezone)
if hasattr(botocore.auth, "get_current_datetime"):
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True: moment.replace(tzinfo=None)
request = AWSRequest(method="PUT", url=url, headers=dict(pair.split(":", 1) for pair in headers))
credentials = Credentials("AKIDEXAMPLE", secret, token or None)
botocore.auth.S3SigV4QueryAuth(credentials, "s3", region, expires=int(lifetime)).add_auth(request)
print(request.prepare().url)
"#;

/// Parameters of a URL, sorted.
fn parameters(url: &str) -> (String, Vec<String>) {
    let (place, query) = url.split_once('?').unwrap();
    let mut parameters: Vec<String> = query.split('&').map(str::to_owned).collect();
    parameters.sort();
    (place.to_owned(), parameters)
}

#[test]
fn botocore_signs_the_same() {
    let local = Address::parse("http://127.0.0.1:4566").unwrap();
    let token = "IQoJb3JpZ2luX2VjEDoaCXVz+/==".to_owned();
    for (storage, place, token) in [
        (Storage::new("uploads", "ap-south-1", None), "https://uploads.s3.ap-south-1.amazonaws.com/", None),
        (
            Storage::new("uploads", "ap-south-1", None),
            "https://uploads.s3.ap-south-1.amazonaws.com/",
            Some(token.clone()),
        ),
        (Storage::new("uploads", "ap-south-1", Some(&local)), "http://127.0.0.1:4566/uploads/", Some(token)),
    ] {
        for (key, encoded) in
            [("11111111-2222.png", "11111111-2222.png"), ("in/a b+c%\u{2603}~.jpg", "in/a%20b%2Bc%25%E2%98%83~.jpg")]
        {
            let credentials = Credentials {
                access_key: "AKIDEXAMPLE".into(),
                secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
                session_token: token.clone(),
            };
            let secret = credentials.secret_key.clone();
            let signer = Signer { credentials, region: "ap-south-1".into() };
            let headers = BTreeMap::from([("content-type", "image/png".into()), ("content-length", "10485760".into())]);
            let grant = Grant { method: "PUT", key, headers, lifetime: Duration::from_mins(5) };
            let ours = signer.sign(&storage, &grant, Duration::from_secs(1_795_832_645));
            let url = format!("{place}{encoded}");
            let token = token.as_deref().unwrap_or_default();
            let arguments = [&url, secret.as_str(), token, "ap-south-1", "300", "1795832645"];
            let headers = ["content-type:image/png", "content-length:10485760"];
            let run = Command::new("python3").arg("-c").arg(SCRIPT).args(arguments).args(headers).output();
            let Ok(run) = run else { return skipped("python3 is not installed") };
            if run.status.code() == Some(77) {
                return skipped("botocore is not installed for python3");
            }
            assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
            let theirs = String::from_utf8(run.stdout).unwrap();
            assert_eq!(parameters(&ours), parameters(theirs.trim()));
        }
    }
}
