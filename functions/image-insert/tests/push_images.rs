//! The workflow's script of the example `image-library`: real histories of git, a real HTTP server, and which requests arrive.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use function_testing::{python, skipped};

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Arrived {
    line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Arrived {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }
}

#[derive(Default)]
struct Answers {
    arrived: Vec<Arrived>,
    /// Starts of request lines that are answered so, from the front; the last answer stays.
    told: Vec<(&'static str, Vec<u16>)>,
}

struct Server {
    address: String,
    answers: Arc<Mutex<Answers>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let answers = Arc::<Mutex<Answers>>::default();
        let shared = Arc::clone(&answers);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream.unwrap(), &shared));
            }
        });
        Self { address, answers }
    }

    fn tell(&self, start: &'static str, statuses: &[u16]) {
        self.answers.lock().unwrap().told.push((start, statuses.to_vec()));
    }

    /// What arrived since the last call, in order.
    fn arrived(&self) -> Vec<Arrived> {
        std::mem::take(&mut self.answers.lock().unwrap().arrived)
    }

    /// The same as sorted lines: several requests are on their way at a time.
    fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.arrived().into_iter().map(|request| request.line).collect();
        lines.sort();
        lines
    }
}

fn serve(stream: TcpStream, answers: &Mutex<Answers>) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let mut request = Arrived { line, headers, body: Vec::new() };
    let length = request.header("content-length").parse().unwrap_or(0);
    request.body = vec![0; length];
    reader.read_exact(&mut request.body).unwrap();
    let status = {
        let mut answers = answers.lock().unwrap();
        let told = answers.told.iter_mut().find(|(start, _)| request.line.starts_with(start));
        let status =
            told.map_or(200, |(_, statuses)| if statuses.len() > 1 { statuses.remove(0) } else { statuses[0] });
        answers.arrived.push(request);
        status
    };
    let body = r#"{"error":{"code":"told","message":"by the test"}}"#;
    let head = format!("HTTP/1.1 {status} Told\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    reader.get_mut().write_all(format!("{head}{body}").as_bytes()).unwrap();
}

struct Repository(PathBuf);

impl Repository {
    /// `None` where git or Python is missing; that is said.
    fn new(name: &str) -> Option<Self> {
        let present = |program: &Path| Command::new(program).arg("--version").output().is_ok();
        if !present(Path::new("git")) || !present(&python()) {
            skipped("the workflow's script needs git and Python");
            return None;
        }
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _absent = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        let repository = Self(path);
        repository.git(&["init", "--quiet", "--initial-branch", "main"]);
        Some(repository)
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        for name in ["GIT_AUTHOR", "GIT_COMMITTER"] {
            command.env(format!("{name}_NAME"), "Ann").env(format!("{name}_EMAIL"), "ann@example.com");
        }
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        let output = command.args(arguments).current_dir(&self.0).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// Commits everything; returns the commit.
    fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "a change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn push(&self, server: &Server, variables: &[(&str, &str)]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/image-library/github/push-images.py");
        let mut command = Command::new(python());
        command
            .arg(script)
            .current_dir(&self.0)
            .env("API_URL", format!("http://{}/v0/", server.address))
            .env("API_KEY", "KEYCANARY")
            .env("INCOMING_BUCKET", "incoming")
            .env("AWS_REGION", "ap-northeast-2")
            .env("AWS_ACCESS_KEY_ID", "AKID")
            .env("AWS_SECRET_ACCESS_KEY", "SECRETCANARY")
            .env("AWS_SESSION_TOKEN", "TOKENCANARY")
            .env("AWS_ENDPOINT_URL_S3", format!("http://{}", server.address))
            .env("WAIT_FACTOR", "0")
            .env_remove("BEFORE")
            .env_remove("AFTER")
            .env_remove("IMAGE_FOLDER");
        let output = command.envs(variables.iter().copied()).output().unwrap();
        let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!told.contains("CANARY") && !told.contains("Traceback"), "{told}");
        output
    }

    /// Pushes and says how it went, in the last line.
    fn pushed(&self, server: &Server, before: &str) -> String {
        let output = self.push(server, &[("BEFORE", before)]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().lines().last().unwrap().to_owned()
    }
}

#[test]
fn the_first_push_sends_every_image_by_its_own_name() {
    let Some(repository) = Repository::new("first") else { return };
    let server = Server::start();
    repository.write("a.png", "lower").write("A.png", "upper").write("With space/100% + 'x'.JPG", "odd");
    repository
        .write("\u{e9}t\u{e9}/\u{1f4f7}.webp", "unicode")
        .write("readme.md", "text")
        .write("drawing.svg", "<svg/>");
    repository.commit();
    let expected = [
        "PUT /v0/images/raw/%C3%A9t%C3%A9/%F0%9F%93%B7.webp",
        "PUT /v0/images/raw/A.png",
        "PUT /v0/images/raw/With%20space/100%25%20%2B%20%27x%27.JPG",
        "PUT /v0/images/raw/a.png",
    ];
    for before in ["", "0000000000000000000000000000000000000000", "0123456789012345678901234567890123456789"] {
        assert_eq!(repository.pushed(&server, before), "4 images sent, 0 deleted");
        let mut arrived = server.arrived();
        arrived.sort_by(|a, b| a.line.cmp(&b.line));
        assert_eq!(arrived.iter().map(|request| request.line.as_str()).collect::<Vec<_>>(), expected);
        assert_eq!((&arrived[1].body[..], &arrived[3].body[..]), (&b"upper"[..], &b"lower"[..]));
        let odd = &arrived[2];
        assert_eq!((odd.header("content-type"), odd.header("x-api-key")), ("image/jpeg", "KEYCANARY"));
        assert_eq!(odd.header("x-amz-security-token"), "TOKENCANARY");
        let authorization = odd.header("authorization");
        assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKID/"), "{authorization}");
        assert!(authorization.contains("/ap-northeast-2/execute-api/aws4_request, SignedHeaders=content-type;host;"));
    }
}

#[test]
fn a_push_of_several_commits_sends_what_they_change_together() {
    let Some(repository) = Repository::new("several") else { return };
    let server = Server::start();
    repository.write("stays.png", "stays").write("changes.png", "old").write("goes.png", "goes");
    repository.write("moves here.jpg", "moves").write("text.txt", "text").write("twin.png", "twin");
    repository.write("becomes link.png", "file");
    let first = repository.commit();
    repository.write("changes.png", "between").write("passes.png", "comes and goes").write("moved/x", "");
    repository.git(&["mv", "moves here.jpg", "moved/There \u{2603}.PNG"]);
    repository.git(&["mv", "twin.png", "Twin.png"]);
    repository.commit();
    repository.write("changes.png", "new").write("Twin.png", "twin, changed").write("copy.gif", "stays");
    for gone in ["goes.png", "passes.png", "becomes link.png"] {
        std::fs::remove_file(repository.0.join(gone)).unwrap();
    }
    std::os::unix::fs::symlink("stays.png", repository.0.join("becomes link.png")).unwrap();
    repository.commit();

    assert_eq!(repository.pushed(&server, &first), "4 images sent, 4 deleted");
    let arrived = server.arrived();
    // Renames: the new name comes before the old one goes, so that the bytes stay.
    let verbs: Vec<&str> = arrived.iter().map(|request| request.line.split(' ').next().unwrap()).collect();
    assert_eq!(verbs, ["PUT", "PUT", "PUT", "PUT", "DELETE", "DELETE", "DELETE", "DELETE"]);
    let changed = arrived.iter().find(|request| request.line.ends_with("/changes.png")).unwrap();
    assert_eq!(changed.body, b"new");
    let moved = arrived.iter().find(|request| request.line.contains("There")).unwrap();
    assert_eq!(
        (moved.header("content-type"), &moved.body[..]),
        ("image/png", &b"moves"[..]),
        "the type of the new name"
    );
    assert!(arrived.iter().all(|request| request.header("x-api-key") == "KEYCANARY"));
    let mut lines: Vec<&str> = arrived.iter().map(|request| request.line.as_str()).collect();
    lines.sort_unstable();
    let expected = [
        "DELETE /v0/images/raw/becomes%20link.png",
        "DELETE /v0/images/raw/goes.png",
        "DELETE /v0/images/raw/moves%20here.jpg",
        "DELETE /v0/images/raw/twin.png",
        "PUT /v0/images/raw/Twin.png",
        "PUT /v0/images/raw/changes.png",
        "PUT /v0/images/raw/copy.gif",
        "PUT /v0/images/raw/moved/There%20%E2%98%83.PNG",
    ];
    assert_eq!(lines, expected);
    assert_eq!(repository.pushed(&server, ""), "5 images sent, 0 deleted");
    server.arrived();
    let head = repository.git(&["rev-parse", "HEAD"]);
    assert_eq!(repository.pushed(&server, &head), "0 images sent, 0 deleted");
    assert!(server.arrived().is_empty());
}

#[test]
fn large_images_go_through_the_bucket() {
    let Some(repository) = Repository::new("large") else { return };
    let server = Server::start();
    repository.write("limit.png", vec![7; 4 << 20]).write("Large one.png", vec![7; (4 << 20) + 1]);
    repository.commit();
    assert_eq!(repository.pushed(&server, ""), "2 images sent, 0 deleted");
    let large = server.arrived().into_iter().find(|request| request.line.contains("Large")).unwrap();
    assert_eq!(large.line, "PUT /incoming/images/Large%20one.png");
    assert_eq!((large.body.len(), large.header("content-type")), ((4 << 20) + 1, "image/png"));
    assert!(large.header("authorization").contains("/ap-northeast-2/s3/aws4_request"));
    assert_eq!(large.header("x-api-key"), "", "the key is the API's");
}

#[test]
fn faults_are_tried_again_and_refusals_fail_the_run() {
    let Some(repository) = Repository::new("faults") else { return };
    let server = Server::start();
    repository.write("bad.png", "bad").write("good.png", "good").write("busy.png", "busy").write("old.png", "old");
    let first = repository.commit();
    repository.write("bad.png", "worse").write("good.png", "better").write("busy.png", "busier");
    repository.git(&["rm", "--quiet", "old.png"]);
    repository.commit();
    server.tell("PUT /v0/images/raw/busy.png", &[503, 429, 200]);
    server.tell("PUT /v0/images/raw/bad.png", &[400]);
    let output = repository.push(&server, &[("BEFORE", &first)]);
    assert_eq!(output.status.code(), Some(1));
    let (told, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("PUT bad.png failed: HTTP 400: {\"error\":{\"code\":\"told\""), "{told}");
    assert!(told.contains("PUT good.png\n") && told.contains("nothing is deleted"), "{told}");
    assert_eq!(error, "error: 1 of 4 changes failed\n");
    let put = |name: &str| format!("PUT /v0/images/raw/{name}.png");
    assert_eq!(server.lines(), ["bad", "busy", "busy", "busy", "good"].map(put));

    // A server that never recovers: five attempts, and the run fails.
    server.answers.lock().unwrap().told.clear();
    server.tell("DELETE", &[500]);
    let output = repository.push(&server, &[("BEFORE", &first)]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(server.lines().iter().filter(|line| line.starts_with("DELETE")).count(), 5);
}

#[test]
fn a_folder_of_images_holds_nothing_else() {
    let Some(repository) = Repository::new("folder") else { return };
    let server = Server::start();
    repository
        .write("pictures/a.png", "a")
        .write("elsewhere.png", "b")
        .write("pictures-old/c.png", "c")
        .write("x.txt", "x");
    repository.commit();
    let folder = ("IMAGE_FOLDER", "pictures");
    assert!(repository.push(&server, &[folder]).status.success());
    assert_eq!(server.lines(), ["PUT /v0/images/raw/pictures/a.png"]);
    repository.write("pictures/notes.txt", "not an image");
    repository.commit();
    let output = repository.push(&server, &[folder]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("pictures/notes.txt is no image"), "{output:?}");
    assert_eq!(server.lines(), ["PUT /v0/images/raw/pictures/a.png"], "the others are sent all the same");
}

#[test]
fn what_is_missing_is_told_at_once() {
    let Some(repository) = Repository::new("missing") else { return };
    let server = Server::start();
    repository.write("a.png", "a").commit();
    let output = repository.push(&server, &[("API_KEY", ""), ("AWS_REGION", "")]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "error: missing in the environment: API_KEY, AWS_REGION\n");
    let output = repository.push(&server, &[("BEFORE", "--output=/x")]);
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: BEFORE is `--output=/x`, and must be the id of a commit\n"
    );
    assert_eq!((output.status.code(), server.lines()), (Some(1), vec![]));
}
