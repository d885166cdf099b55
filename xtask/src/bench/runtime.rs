//! A Lambda Runtime API and an S3 in one server: it hands a function events, serves it the photo, takes what it writes, and
//! notes when each came.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// How long a function may take until it polls or answers.
const LIMIT: Duration = Duration::from_mins(1);

/// What came from the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrival {
    Poll,
    Answer,
}

/// One function from its start to its last answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life {
    /// From the start of the process to its first poll.
    pub(crate) first_poll: Duration,
    /// From the start of the process to its first answer; what the photo and the result take on the wire is part of it.
    pub(crate) first_answer: Duration,
    /// Greatest resident size after the last answer, in bytes.
    pub(crate) memory: u64,
}

/// Starts a function, lets it process the photo `events` times, and ends it.
pub(crate) fn live(command: &mut Command, photo: &Arc<Vec<u8>>, events: usize) -> Result<Life, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    let (sender, arrivals) = channel();
    let server = Server { photo: Arc::clone(photo), left: Arc::new(AtomicUsize::new(events)), sender };
    // Both kinds of threads end when the function's connections do, or with the bench.
    std::thread::spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            let server = server.clone();
            std::thread::spawn(move || server.serve(connection));
        }
    });
    command
        .envs([
            ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
            ("AWS_ENDPOINT_URL", &format!("http://{address}")),
            ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("DEST_BUCKET", "results"),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let started = Instant::now();
    let mut child = command.spawn()?;
    let life = watch(&mut child, &arrivals, started, events)
        .map_err(|failure| Failure::new(format!("{command:?}: {failure}")));
    // It may have ended by itself.
    let _ = child.kill();
    child.wait()?;
    life
}

fn watch(
    child: &mut Child,
    arrivals: &Receiver<(Arrival, Instant)>,
    started: Instant,
    events: usize,
) -> Result<Life, Failure> {
    let mut next = |wanted| loop {
        match arrivals.recv_timeout(Duration::from_millis(100)) {
            Ok((arrival, at)) if arrival == wanted => return Ok(at - started),
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) if started.elapsed() < LIMIT => {
                if let Some(status) = child.try_wait()? {
                    return Err(Failure::new(format!("ended with {status} before its {wanted:?}")));
                }
            }
            Err(error) => return Err(Failure::new(format!("no {wanted:?}: {error}"))),
        }
    };
    let first_poll = next(Arrival::Poll)?;
    let first_answer = next(Arrival::Answer)?;
    for _ in 1..events {
        next(Arrival::Answer)?;
    }
    let memory = super::process::peak_memory(child.id()).unwrap_or_default();
    Ok(Life { first_poll, first_answer, memory })
}

#[derive(Clone)]
struct Server {
    photo: Arc<Vec<u8>>,
    /// Events that are not given out yet.
    left: Arc<AtomicUsize>,
    sender: Sender<(Arrival, Instant)>,
}

impl Server {
    /// Answers the requests of one connection until it ends.
    fn serve(&self, connection: TcpStream) {
        // Small answers must not wait for more.
        let _ = connection.set_nodelay(true);
        let Ok(reader) = connection.try_clone() else { return };
        let mut reader = BufReader::new(reader);
        let mut writer = connection;
        while let Some((method, path)) = read_request(&mut reader, &mut writer) {
            if self.answer(&mut writer, &method, &path).is_err() {
                return;
            }
        }
    }

    fn answer(&self, writer: &mut TcpStream, method: &str, path: &str) -> std::io::Result<()> {
        if path.ends_with("/invocation/next") {
            let _ = self.sender.send((Arrival::Poll, Instant::now()));
            let take = |left: usize| left.checked_sub(1);
            if self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_err() {
                // Nothing more to do; the function is about to be ended.
                std::thread::sleep(LIMIT);
                return Err(std::io::ErrorKind::ConnectionAborted.into());
            }
            return respond(writer, "200 OK", EVENT_HEADERS, EVENT.as_bytes());
        }
        if path.ends_with("/response") || path.ends_with("/error") {
            let _ = self.sender.send((Arrival::Answer, Instant::now()));
            return respond(writer, "202 Accepted", "", b"");
        }
        match method {
            "GET" => respond(writer, "200 OK", "Content-Type: image/jpeg\r\nETag: \"photo\"\r\n", &self.photo),
            _ => respond(writer, "200 OK", "ETag: \"result\"\r\n", b""),
        }
    }
}

const EVENT: &str = r#"{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"photos"},"object":{"key":"photo.jpg","size":1}}}]}"#;

/// The deadline lies far ahead: no clock is part of what is measured.
const EVENT_HEADERS: &str = "Content-Type: application/json\r\n\
    Lambda-Runtime-Aws-Request-Id: 00000000-0000-4000-8000-000000000000\r\n\
    Lambda-Runtime-Deadline-Ms: 9000000000000\r\n\
    Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-central-1:000000000000:function:bench\r\n\
    Lambda-Runtime-Trace-Id: Root=1-00000000-000000000000000000000000;Sampled=0\r\n";

fn respond(writer: &mut TcpStream, status: &str, headers: &str, body: &[u8]) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    // One write, so that a client sees one packet where it fits.
    writer.write_all(&[head.as_bytes(), body].concat())
}

/// Method and path of the next request, its body read and dropped. Nothing at the end of the connection.
fn read_request(reader: &mut BufReader<TcpStream>, writer: &mut TcpStream) -> Option<(String, String)> {
    let mut line = String::new();
    let mut read_line = |reader: &mut BufReader<TcpStream>| {
        line.clear();
        reader.read_line(&mut line).ok().filter(|length| *length > 0).map(|_| line.trim_end().to_owned())
    };
    let first = read_line(reader)?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut chunked) = (0_u64, false);
    loop {
        let header = read_line(reader)?.to_ascii_lowercase();
        let Some((name, value)) = header.split_once(':') else { break };
        match (name, value.trim()) {
            ("content-length", value) => length = value.parse().ok()?,
            ("transfer-encoding", "chunked") => chunked = true,
            ("expect", _) => writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?,
            _ => {}
        }
    }
    let drop_bytes = |reader: &mut BufReader<TcpStream>, length: u64| {
        std::io::copy(&mut reader.take(length), &mut std::io::sink()).ok().filter(|read| *read == length)
    };
    if chunked {
        loop {
            let size = u64::from_str_radix(read_line(reader)?.split(';').next()?.trim(), 16).ok()?;
            // Two bytes end each chunk, the last and empty one too.
            drop_bytes(reader, size + 2)?;
            if size == 0 {
                break;
            }
        }
    } else {
        drop_bytes(reader, length)?;
    }
    Some((method, path))
}
