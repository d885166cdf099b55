//! Random schedules: photos and files that are no photos are uploaded under a few names, some again and again, some twice with
//! the same bytes, into buckets that keep versions and into others. Their events come doubled, in any order, alone or together,
//! several at a time. Each request to S3, and each message to the database, waits until the schedule lets it go; it may be
//! refused, its answer may be lost, the function may be killed meanwhile, the database may be down for a while.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use function_testing::{Random, Verdict};
use photo_thumbnail::handle;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::oracle::{Content, NAMES, Upload, check};
use crate::world::{Function, World};

/// Schedules that are tried by each of two tests, which run side by side; each begins with another number. `SCHEDULE=7` tries the
/// seventh alone.
const SCHEDULES: u64 = 500;

/// Environments of the function: so many events are in work at once.
const ENVIRONMENTS: usize = 3;

/// Refused requests, lost answers, killed functions and failures of the database, at most, in one schedule; some have fewer.
const MOST_FAULTS: usize = 4;

/// An invocation that goes on: the events that it was called with.
struct Running {
    task: JoinHandle<()>,
    events: Vec<usize>,
}

/// An environment whose invocation ended, and whether it did what it was called for.
type Ended = (usize, bool);

struct Schedule<'a> {
    number: u64,
    random: Random,
    world: &'a World,
    functions: &'a mut Vec<Function>,
    running: [Option<Running>; ENVIRONMENTS],
    ended: (UnboundedSender<Ended>, UnboundedReceiver<Ended>),
    keeps_versions: bool,
    /// What is still to be uploaded, by name.
    scripts: [VecDeque<Content>; NAMES.len()],
    uploads: Vec<Upload>,
    /// Uploads whose events are still to be delivered, some of them twice.
    due: Vec<usize>,
    faults_left: usize,
    requests: u64,
}

#[tokio::test]
async fn every_schedule_ends_as_the_oracle_says() {
    let first = std::env::var("SCHEDULE").map(|number| number.parse().unwrap());
    run_schedules(first.clone().unwrap_or(1), if first.is_ok() { 1 } else { SCHEDULES }).await;
}

#[tokio::test]
async fn as_many_others_do_so_too() {
    if std::env::var("SCHEDULE").is_err() {
        run_schedules(1 + SCHEDULES, SCHEDULES).await;
    }
}

async fn run_schedules(first: u64, count: u64) {
    let Some(world) = World::new().await else { return };
    let mut functions = Vec::new();
    for number in 0..ENVIRONMENTS {
        functions.push(world.environment(number).await);
    }
    let mut requests = 0;
    for number in first..first + count {
        for function in &functions {
            function.prepare().await;
        }
        world.clear().await;
        world.gate.close(true);
        requests += Schedule::new(number, &world, &mut functions).run().await;
        world.gate.close(false);
    }
    assert!(count == 1 || requests > count * 15, "{requests} requests for {count} schedules");
}

impl<'a> Schedule<'a> {
    fn new(number: u64, world: &'a World, functions: &'a mut Vec<Function>) -> Self {
        let mut random = Random::seeded(number);
        let keeps_versions = random.one_in(2);
        let most_faults = random.below(MOST_FAULTS + 1);
        // One of the names stays away.
        let absent = random.below(NAMES.len());
        let scripts = std::array::from_fn(|name| {
            let length = if name == absent { 0 } else { random.below(4) };
            (0..length).map(|_| Content::of(random.below(5))).collect()
        });
        Self {
            number,
            random,
            world,
            functions,
            running: Default::default(),
            ended: unbounded_channel(),
            keeps_versions,
            scripts,
            uploads: Vec::new(),
            due: Vec::new(),
            faults_left: most_faults,
            requests: 0,
        }
    }

    async fn run(mut self) -> u64 {
        loop {
            self.settle().await;
            let waiting: Vec<usize> =
                self.world.gate.waiting().into_iter().filter(|&number| self.running[number].is_some()).collect();
            let is_down = self.world.is_down.load(Ordering::SeqCst);
            if is_down && self.random.one_in(6) {
                self.world.is_down.store(false, Ordering::SeqCst);
            } else if !waiting.is_empty() && !self.random.one_in(5) {
                self.decide(&waiting).await;
            } else if self.random.one_in(2) {
                self.upload();
            } else if let Some(free) = self.running.iter().position(Option::is_none).filter(|_| !self.due.is_empty()) {
                self.begin(free);
            } else if self.running.iter().all(Option::is_none)
                && self.scripts.iter().all(VecDeque::is_empty)
                && !is_down
            {
                break;
            }
        }
        let rows = self.world.rows().await;
        let objects = self.world.storage.objects();
        check(self.number, &self.uploads, self.keeps_versions, &rows, &objects);
        self.requests
    }

    /// Waits until everybody waits at the gate or has ended.
    async fn settle(&mut self) {
        loop {
            while let Ok((number, is_done)) = self.ended.1.try_recv() {
                let running = self.running[number].take().unwrap();
                if !is_done {
                    self.due.extend(running.events);
                }
            }
            let waiting = self.world.gate.waiting();
            let goes_on = |number: usize| self.running[number].is_some() && !waiting.contains(&number);
            if !(0..ENVIRONMENTS).any(goes_on) {
                return;
            }
            self.world.gate.news.notified().await;
        }
    }

    async fn decide(&mut self, waiting: &[usize]) {
        let number = waiting[self.random.below(waiting.len())];
        self.requests += 1;
        let fault = self.random.below(50);
        if fault > 3 || self.faults_left == 0 {
            return self.world.gate.decide(number, Verdict::Serve);
        }
        self.faults_left -= 1;
        match fault {
            0 => self.world.gate.decide(number, Verdict::Refuse),
            1 => self.world.gate.decide(number, Verdict::LoseAnswer),
            2 => return self.kill(number).await,
            _ => self.world.is_down.store(true, Ordering::SeqCst),
        }
    }

    /// Ends an environment in the midst of its work; another one takes its place.
    async fn kill(&mut self, number: usize) {
        let running = self.running[number].take().unwrap();
        running.task.abort();
        // What it was about to send is not sent.
        let _aborted = running.task.await;
        self.world.gate.decide(number, Verdict::Refuse);
        self.functions[number] = self.world.environment(number).await;
        self.due.extend(running.events);
    }

    /// The next upload of a name. Without versions, it takes the place of the one before.
    fn upload(&mut self) {
        let name = self.random.below(NAMES.len());
        let Some(content) = self.scripts[name].pop_front() else { return };
        let place = self.uploads.iter().filter(|upload| upload.name == name).count();
        let upload = Upload::new(name, place, content, self.keeps_versions);
        self.world.storage.put(&upload.path(), content.bytes());
        let copies = if self.random.one_in(4) { 2 } else { 1 };
        self.due.extend(std::iter::repeat_n(self.uploads.len(), copies));
        self.uploads.push(upload);
    }

    /// Calls the function with an event that is due, or with two.
    fn begin(&mut self, number: usize) {
        let count = if self.random.one_in(6) { 2 } else { 1 };
        let mut events = Vec::new();
        while events.len() < count && !self.due.is_empty() {
            let index = self.random.below(self.due.len());
            events.push(self.due.remove(index));
        }
        let records: Vec<Value> = events.iter().map(|&index| self.uploads[index].record()).collect();
        let (function, ended, news) =
            (self.functions[number].clone(), self.ended.0.clone(), self.world.gate.news.clone());
        let task = tokio::spawn(async move {
            let is_done = handle(json!({ "Records": records }), &function.dependencies).await.is_ok();
            drop(function);
            ended.send((number, is_done)).unwrap();
            news.notify_one();
        });
        self.running[number] = Some(Running { task, events });
    }
}
