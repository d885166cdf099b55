//! Random schedules: photos and files that are no photos are uploaded under a few names, replaced and deleted. Their events come
//! doubled, in any order, alone or together, several at a time. Each request to S3 waits until the schedule lets it go; it may be
//! refused, its answer may be lost, the function may be killed meanwhile.

use std::collections::VecDeque;
use std::sync::Arc;

use function_testing::{Random, Verdict};
use process_image::{Dependencies, handle};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::oracle::{Content, NAMES, Upload, check};
use crate::world::World;

/// Schedules that are tried; each begins with another number. `SCHEDULE=7` tries the seventh alone.
const SCHEDULES: u64 = 1000;

/// Environments of the function: so many events are in work at once.
const ENVIRONMENTS: usize = 3;

/// Refused requests, lost answers and killed functions, at most, in one schedule; some have fewer.
const MOST_FAULTS: usize = 4;

/// What happens to a name.
#[derive(Debug, Clone, Copy)]
enum Step {
    Upload(Content),
    Delete,
}

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
    functions: Vec<Arc<Dependencies>>,
    running: [Option<Running>; ENVIRONMENTS],
    ended: (UnboundedSender<Ended>, UnboundedReceiver<Ended>),
    /// What is still to happen, by name.
    scripts: [VecDeque<Step>; NAMES.len()],
    uploads: Vec<Upload>,
    /// Uploads whose events are still to be delivered, some of them twice.
    due: Vec<usize>,
    faults_left: usize,
    requests: u64,
}

#[tokio::test]
async fn every_schedule_ends_as_the_oracle_says() {
    let first = std::env::var("SCHEDULE").map(|number| number.parse().unwrap());
    let (first, count) = first.map_or((1, SCHEDULES), |first: u64| (first, 1));
    let mut requests = 0;
    for number in first..first + count {
        let world = World::default();
        world.gate.close(true);
        requests += Schedule::new(number, &world).run().await;
    }
    assert!(count == 1 || requests > count * 10, "{requests} requests for {count} schedules");
}

impl<'a> Schedule<'a> {
    fn new(number: u64, world: &'a World) -> Self {
        let mut random = Random::seeded(number);
        let faults_left = random.below(MOST_FAULTS + 1);
        let scripts = std::array::from_fn(|_| {
            let steps = 0..random.below(4);
            let step = |random: &mut Random| match random.below(5) {
                4 => Step::Delete,
                content => Step::Upload(Content::of(content)),
            };
            steps.map(|_| step(&mut random)).collect()
        });
        Self {
            number,
            random,
            world,
            functions: (0..ENVIRONMENTS).map(|number| world.environment(number)).collect(),
            running: Default::default(),
            ended: unbounded_channel(),
            scripts,
            uploads: Vec::new(),
            due: Vec::new(),
            faults_left,
            requests: 0,
        }
    }

    async fn run(mut self) -> u64 {
        loop {
            self.settle().await;
            let waiting: Vec<usize> =
                self.world.gate.waiting().into_iter().filter(|&number| self.running[number].is_some()).collect();
            if !waiting.is_empty() && !self.random.one_in(5) {
                self.decide(&waiting).await;
            } else if self.random.one_in(2) {
                self.step();
            } else if let Some(free) = self.running.iter().position(Option::is_none).filter(|_| !self.due.is_empty()) {
                self.begin(free);
            } else if self.running.iter().all(Option::is_none) && self.scripts.iter().all(VecDeque::is_empty) {
                break;
            }
        }
        check(self.number, &self.uploads, &self.world.storage.objects());
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
        let fault = self.random.below(30);
        if fault > 2 || self.faults_left == 0 {
            return self.world.gate.decide(number, Verdict::Serve);
        }
        self.faults_left -= 1;
        match fault {
            0 => self.world.gate.decide(number, Verdict::Refuse),
            1 => self.world.gate.decide(number, Verdict::LoseAnswer),
            _ => self.kill(number).await,
        }
    }

    /// Ends an environment in the midst of its work; another one takes its place.
    async fn kill(&mut self, number: usize) {
        let running = self.running[number].take().unwrap();
        running.task.abort();
        // What it was about to send is not sent.
        let _aborted = running.task.await;
        self.world.gate.decide(number, Verdict::Refuse);
        self.functions[number] = self.world.environment(number);
        self.due.extend(running.events);
    }

    /// The next upload or deletion of a name.
    fn step(&mut self) {
        let name = self.random.below(NAMES.len());
        let Some(step) = self.scripts[name].pop_front() else { return };
        self.uploads.iter_mut().filter(|upload| upload.name == name).for_each(|upload| upload.stands = false);
        let Step::Upload(content) = step else {
            return self.world.storage.remove(&format!("/uploads/{}", NAMES[name]));
        };
        let upload = Upload::new(name, self.uploads.len(), content);
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
            (Arc::clone(&self.functions[number]), self.ended.0.clone(), self.world.gate.news.clone());
        let task = tokio::spawn(async move {
            let is_done = handle(json!({ "Records": records }), &function).await.is_ok();
            ended.send((number, is_done)).unwrap();
            news.notify_one();
        });
        self.running[number] = Some(Running { task, events });
    }
}
