//! Random schedules: inserts, deletions and events over a few names that share bytes, several at a time, doubled, reordered, with
//! lost answers, refused requests and killed functions. Each HTTP request of each of them waits until the schedule lets it go, so
//! that every order of the requests may come about. In the end the objects, the rows and the states are those of an oracle that
//! knows the order of the changes and nothing else.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use function_testing::Random;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::incoming::{message, store};
use crate::world::{Verdict, World, png, request};

/// Schedules that are tried; each begins with another number. `SCHEDULE=7` tries the seventh alone.
const SCHEDULES: u64 = 1000;

/// Requests that are refused, answers that are lost and functions that are killed, at most, in one schedule.
const MOST_FAULTS: u32 = 4;

/// Names that clients change through the API, one change of a name after the other.
const REQUESTED: [&str; 3] = ["a.png", "A.png", "b c.png"];

/// Names whose changes come as events, in any order.
const EVENTED: [&str; 2] = ["big.png", "other/big.png"];

/// What a change gives to a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    /// One of three images.
    Image(u8),
    /// Bytes that are no image.
    Broken(u8),
    /// Nothing.
    Nothing,
}

#[derive(Debug, Clone)]
enum Change {
    Request { name: &'static str, content: Content },
    Event { message: serde_json::Value },
}

/// Changes that come one after the other.
struct Client {
    script: VecDeque<Change>,
    running: Vec<JoinHandle<bool>>,
    /// A copy of the change failed: it is tried again when everything else has come to rest.
    stalled: bool,
    failed: bool,
}

/// What a name must mean in the end.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Meaning {
    live: Option<u8>,
    failed: Option<u8>,
}

impl Meaning {
    fn change(&mut self, content: Content) {
        *self = match content {
            Content::Image(shade) => Self { live: Some(shade), failed: None },
            Content::Broken(number) => Self { failed: Some(number), ..*self },
            Content::Nothing => Self::default(),
        }
    }
}

fn bytes(content: Content) -> Vec<u8> {
    match content {
        Content::Image(shade) => png(6, 3, shade),
        Content::Broken(number) => format!("no image, number {number}").into_bytes(),
        Content::Nothing => Vec::new(),
    }
}

fn hashed(content: Content) -> String {
    let name = image_library::ImageName::parse("x.png").unwrap();
    image_library::Picture::new(&name, bytes(content)).hashed().to_owned()
}

#[tokio::test(start_paused = true)]
async fn every_schedule_ends_as_the_oracle_says() {
    let first: u64 = std::env::var("SCHEDULE").map_or(1, |number| number.parse().unwrap());
    let count = if std::env::var("SCHEDULE").is_ok() { 1 } else { SCHEDULES };
    let mut requests = 0;
    for number in first..first + count {
        requests += Schedule::new(number).run().await;
    }
    assert!(count == 1 || requests > count * 20, "{requests} requests for {count} schedules");
}

struct Schedule {
    number: u64,
    random: Random,
    world: World,
    clients: Vec<Client>,
    meanings: BTreeMap<&'static str, Meaning>,
    faults: u32,
}

impl Schedule {
    fn new(number: u64) -> Self {
        let random = Random::seeded(number);
        let world = World::new();
        let mut schedule = Self { number, random, world, clients: Vec::new(), meanings: BTreeMap::new(), faults: 0 };
        for name in REQUESTED {
            schedule.script_requests(name);
        }
        for name in EVENTED {
            schedule.script_events(name);
        }
        schedule.world.close_gate();
        schedule
    }

    fn add(&mut self, script: impl IntoIterator<Item = Change>) {
        let script = script.into_iter().collect();
        self.clients.push(Client { script, running: Vec::new(), stalled: false, failed: false });
    }

    fn content(&mut self) -> Content {
        match self.random.below(8) {
            0..=4 => Content::Image(u8::try_from(self.random.below(3)).unwrap()),
            5 => Content::Broken(u8::try_from(self.random.below(2)).unwrap()),
            _ => Content::Nothing,
        }
    }

    fn script_requests(&mut self, name: &'static str) {
        let mut contents = Vec::new();
        for _ in 0..self.random.below(3) {
            contents.push(self.content());
        }
        // An event from before all of them may come at any time. A first request that changes what is live ends its effect.
        let is_settled = contents.first().is_some_and(|first| !matches!(first, Content::Broken(_)));
        if is_settled && self.random.one_in(3) {
            let early = self.event(name, 0, Content::Image(2), "2026-11-28T02:00:00.000Z");
            self.add([early]);
        }
        let meaning = self.meanings.entry(name).or_default();
        for &content in &contents {
            meaning.change(content);
        }
        self.add(contents.into_iter().map(|content| Change::Request { name, content }));
    }

    fn script_events(&mut self, name: &'static str) {
        for place in 0..self.random.below(3) {
            let mut content = self.content();
            if content == Content::Nothing {
                content = Content::Image(0);
            }
            self.meanings.entry(name).or_default().change(content);
            let event = self.event(name, place, content, "2026-11-28T02:24:05.000Z");
            // Each comes by itself, so in any order.
            self.add([event]);
        }
    }

    fn event(&self, name: &str, place: usize, content: Content, time: &str) -> Change {
        // Of unequal length: `0A1` is followed by `0A11`.
        let sequencer = format!("0A{}", "1".repeat(place + 1));
        let key = format!("images/{name}");
        store(&self.world, &key, &sequencer, bytes(content));
        let message = message(&key, &sequencer, &sequencer, time);
        Change::Event { message }
    }

    async fn run(mut self) -> u64 {
        let mut requests = 0;
        loop {
            // Everybody goes on to the next request.
            for _ in 0..6 {
                tokio::task::yield_now().await;
            }
            self.reap().await;
            self.begin();
            let waiting = self.world.waiting();
            let is_running = self.clients.iter().any(|client| !client.running.is_empty());
            if waiting > 0 && !self.random.one_in(12) {
                requests += 1;
                self.decide(waiting);
            } else if is_running {
                let step = std::time::Duration::from_millis(60);
                tokio::time::advance(step).await;
            } else if self.clients.iter().any(|client| client.stalled) {
                // Nobody is there any more who could hold anything: the leases end.
                self.world.clock.advance(91);
                for client in &mut self.clients {
                    client.stalled = false;
                }
            } else if self.clients.iter().all(|client| client.script.is_empty()) {
                break;
            }
        }
        self.check();
        requests
    }

    fn decide(&mut self, waiting: usize) {
        let index = self.random.below(waiting);
        let has_faults = self.faults < MOST_FAULTS;
        let verdict = match self.random.below(40) {
            0 if has_faults => Verdict::Refuse,
            1 if has_faults => Verdict::LoseAnswer,
            2 if has_faults => return self.kill(),
            _ => return self.world.decide(index, Verdict::Serve),
        };
        self.faults += 1;
        self.world.decide(index, verdict);
    }

    /// Ends a function in the midst of its work.
    fn kill(&mut self) {
        self.faults += 1;
        let running: Vec<usize> = (0..self.clients.len()).filter(|&at| !self.clients[at].running.is_empty()).collect();
        let client = running[self.random.below(running.len())];
        let client = &self.clients[client];
        client.running[self.random.below(client.running.len())].abort();
    }

    /// Starts the next change of some clients, some of them twice.
    fn begin(&mut self) {
        for index in 0..self.clients.len() {
            let client = &self.clients[index];
            let is_idle = client.running.is_empty() && !client.stalled;
            let Some(change) = client.script.front().filter(|_| is_idle).cloned() else { continue };
            if self.random.one_in(3) {
                continue;
            }
            let copies = if self.random.one_in(5) { 2 } else { 1 };
            for _ in 0..copies {
                let task = tokio::spawn(carry_out(change.clone(), self.world.clone()));
                self.clients[index].running.push(task);
            }
        }
    }

    /// Takes note of what has ended.
    async fn reap(&mut self) {
        for client in &mut self.clients {
            let mut index = 0;
            while index < client.running.len() {
                if client.running[index].is_finished() {
                    let done = client.running.remove(index).await;
                    client.failed |= !match done {
                        Ok(is_done) => is_done,
                        Err(error) if error.is_cancelled() => false,
                        Err(error) => panic!("schedule {}: {error}", self.number),
                    };
                    if client.running.is_empty() {
                        client.stalled = client.failed;
                        if !client.failed {
                            client.script.pop_front();
                        }
                        client.failed = false;
                    }
                } else {
                    index += 1;
                }
            }
        }
    }

    fn check(&self) {
        let number = self.number;
        let kinds = ["lg", "md", "raw", "sg"];
        let (mut keys, mut names, mut rows) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
        for (name, meaning) in &self.meanings {
            if let Some(shade) = meaning.live {
                let hashed = hashed(Content::Image(shade));
                keys.extend(kinds.map(|kind| format!("{kind}/{hashed}")));
                rows.extend(kinds.map(|kind| (format!("{kind}/{name}/{hashed}"), "completed".to_owned())));
                names.entry(hashed).or_insert_with(Vec::new).push(*name);
            }
            if let Some(broken) = meaning.failed {
                let hashed = hashed(Content::Broken(broken));
                rows.extend(kinds.map(|kind| (format!("{kind}/{name}/{hashed}"), "failed".to_owned())));
            }
        }
        assert_eq!(self.world.keys(), Vec::from_iter(keys), "objects after schedule {number}");
        let mut found = self.world.rows();
        found.retain(|_, status| status != "deleted");
        assert_eq!(found, rows, "rows after schedule {number}");

        let items = self.world.items();
        let objects = items.iter().filter(|item| item["ImageType"].as_str().unwrap().starts_with("object:"));
        let objects: BTreeMap<String, Vec<&str>> = objects
            .map(|item| {
                let claims = item["NameClaims"].as_array().map(|names| names.iter().map(|name| name.as_str().unwrap()));
                let hashed = item["ImageType"].as_str().unwrap().strip_prefix("object:").unwrap();
                (hashed.to_owned(), claims.into_iter().flatten().collect())
            })
            .collect();
        for names in names.values_mut() {
            names.sort_unstable();
        }
        assert_eq!(objects, names, "states of objects after schedule {number}");
        let incoming = crate::incoming::left(&self.world);
        assert!(incoming.is_empty(), "left in the incoming bucket after schedule {number}: {incoming:?}");
    }
}

/// One invocation of a function; true when it did what it was called for.
async fn carry_out(change: Change, world: World) -> bool {
    match change {
        Change::Request { name, content: Content::Nothing } => {
            let event = request("DELETE", &path(name), b"");
            image_delete::handle(event, &world.deleting()).await.unwrap().status_code == 200
        }
        Change::Request { name, content } => {
            let event = request("PUT", &path(name), &bytes(content));
            let answer = image_insert::handle(event, &world.inserting()).await.unwrap();
            let expected = if matches!(content, Content::Broken(_)) { 400 } else { 200 };
            assert!([expected, 503].contains(&answer.status_code), "{name}: {answer:?}");
            answer.status_code == expected
        }
        Change::Event { message } => {
            let batch = json!({ "Records": [message] });
            let failures = image_insert::ingest(batch, &world.inserting()).await.unwrap();
            failures.batch_item_failures.is_empty()
        }
    }
}

fn path(name: &str) -> String {
    format!("/images/raw/{}", name.replace(' ', "%20"))
}
