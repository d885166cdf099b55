//! The few WebDriver commands that page tests need, spoken to chromedriver.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ::http::Method;
use serde_json::{Value, json};

use crate::http;

/// Key of an element reference in the protocol.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser window under control. The browser and its driver end with this value.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    session: String,
    profile: tempfile::TempDir,
}

impl Browser {
    /// Starts chromedriver on a free port and one headless window of 1280x900.
    pub async fn start(chromium: &Path, driver: &Path) -> Self {
        let mut child = Command::new(driver)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", driver.display()));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port: u16 = lines
            .find_map(|line| {
                line.split("successfully on port ").nth(1).and_then(|rest| rest.trim_end_matches('.').parse().ok())
            })
            .expect("chromedriver names its port");
        std::thread::spawn(move || lines.for_each(drop));
        let directory = tempfile::tempdir().unwrap();
        let url = format!("http://127.0.0.1:{port}");
        let mut browser = Self { driver: child, session: format!("{url}/session"), profile: directory };
        let profile = format!("--user-data-dir={}", browser.profile.path().display());
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {
                "binary": chromium,
                "args": [
                    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                    "--disable-background-networking", "--disable-component-update", "--disable-sync",
                    "--disable-dev-shm-usage", "--window-size=1280,900", profile,
                ],
            },
        }}});
        let session = browser.call(Method::POST, "", &capabilities).await;
        let id = session["sessionId"].as_str().expect("a session id").to_owned();
        browser.session = format!("{url}/session/{id}");
        browser
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Value {
        let body = if method == Method::GET || method == Method::DELETE { String::new() } else { body.to_string() };
        let url = format!("{}{path}", self.session);
        let answer = http::request(method, &url, &[("content-type", "application/json")], body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text());
        answer.json()["value"].clone()
    }

    /// Opens a page and waits until it has loaded.
    pub async fn open(&self, url: &str) {
        self.call(Method::POST, "/url", &json!({ "url": url })).await;
    }

    /// Runs the body of a function in the page and gives what it returns (a promise is awaited).
    pub async fn run(&self, script: &str) -> Value {
        self.call(Method::POST, "/execute/sync", &json!({"script": script, "args": []})).await
    }

    /// Types a file's path into the file input that `selector` finds, as a person chooses a file.
    pub async fn choose_file(&self, selector: &str, file: &Path) {
        let element = self.call(Method::POST, "/element", &json!({"using": "css selector", "value": selector})).await;
        let id = element[ELEMENT].as_str().expect("an element").to_owned();
        self.call(Method::POST, &format!("/element/{id}/value"), &json!({"text": file.to_str().unwrap()})).await;
    }

    /// Presses keys on what has the focus; special keys as the protocol writes them (`\u{e004}` is Tab).
    pub async fn press(&self, keys: &str) {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})])
            .collect();
        self.call(
            Method::POST,
            "/actions",
            &json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]}),
        )
        .await;
    }

    /// A picture of the window as base64 PNG.
    pub async fn screenshot(&self) -> String {
        self.call(Method::GET, "/screenshot", &Value::Null).await.as_str().expect("a picture").to_owned()
    }

    /// Errors that the page wrote to the browser's console (refused by the content security policy, uncaught exceptions).
    pub async fn severe_log(&self) -> Vec<String> {
        let log = self.call(Method::POST, "/se/log", &json!({"type": "browser"})).await;
        log.as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .filter(|entry| entry["level"] == "SEVERE")
            .map(|entry| entry["message"].to_string())
            .collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Deleting the session ends the browser, which would outlive its driver. Plain sockets, because drop cannot await.
        let (address, path) = self.session["http://".len()..].split_once('/').unwrap_or_default();
        if let Ok(mut stream) = TcpStream::connect(address) {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
            let _ = write!(stream, "DELETE /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
            let _ = stream.read(&mut [0; 64]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
