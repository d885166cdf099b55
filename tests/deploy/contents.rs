//! Bucket contents: only what differs travels, only what is ours is deleted.

use std::path::Path;

use stack_aws::{Answer, ContentsChanges, Outcome, deploy};
use stack_plan::Plan;
use stack_plan::plan::{Action, ContentHeaders, Contents};
use test_support::scripted_cloudformation::Object;
use test_support::{Fault, ScriptedCloud};

use crate::steps::{Recorder, connect, deploy_options, plan, template};

const BUCKET: &str = "avatars-alice-site";

fn plan_with_contents(cache_control: Option<&str>) -> Plan {
    let mut plan = plan(&template());
    plan.contents.push(Contents {
        bucket: "site".to_owned(),
        bucket_name: BUCKET.to_owned(),
        source: "site".to_owned(),
        prefix: String::new(),
        cache_control: cache_control.map(str::to_owned),
        files: Vec::new(),
        delete_removed: true,
    });
    // Any physical id serves: the scripted cloud only notes it.
    plan.actions.push(Action::Invalidate { logical_id: "Alerts".to_owned(), paths: vec!["/*".to_owned()] });
    plan
}

async fn changes(cloud: &ScriptedCloud, plan: &Plan, directory: &Path) -> ContentsChanges {
    let aws = connect(cloud, 5).await;
    let mut host = Recorder::answering(Answer::Yes);
    match deploy(&aws, plan, &[], directory, &deploy_options(), &mut host).await.unwrap() {
        Outcome::Deployed { contents, .. } | Outcome::NoChanges { contents, .. } => contents,
        other => panic!("{other:?}"),
    }
}

fn changed(uploaded: u64, unchanged: u64, deleted: u64) -> ContentsChanges {
    ContentsChanges { uploaded, unchanged, deleted }
}

#[tokio::test]
async fn files_become_objects_and_only_differences_travel() {
    let cloud = ScriptedCloud::start().await;
    let directory = tempfile::tempdir().unwrap();
    let site = directory.path().join("site");
    std::fs::create_dir_all(site.join("css")).unwrap();
    std::fs::write(site.join("index.html"), "<h1>hello</h1>").unwrap();
    std::fs::write(site.join("css/a b.css"), "h1{}").unwrap();
    std::fs::write(site.join("old.txt"), "old").unwrap();

    let plan = plan_with_contents(None);
    assert_eq!(changes(&cloud, &plan, directory.path()).await, changed(3, 0, 0));
    let index = cloud.world(|world| world.buckets[BUCKET].objects["index.html"].clone());
    assert_eq!(index.bytes, b"<h1>hello</h1>");
    assert_eq!(index.headers["content-type"], "text/html; charset=utf-8");
    assert_eq!(cloud.world(|world| world.buckets[BUCKET].objects["css/a b.css"].bytes.clone()), b"h1{}");
    assert_eq!(cloud.world(|world| world.invalidations.clone()), ["avatars-alice-Alerts"]);

    // Nothing changed: four calls, none of which changes anything, and no invalidation.
    let _ = cloud.take_calls();
    assert_eq!(changes(&cloud, &plan, directory.path()).await, changed(0, 3, 0));
    assert_eq!(cloud.take_calls(), ["DescribeStacks", "GetTemplate", "ListObjectsV2", "HeadObject"]);
    assert_eq!(cloud.world(|world| world.invalidations.len()), 1);

    // One file changes, one goes, and a function's object stays.
    std::fs::write(site.join("index.html"), "<h1>bye</h1>").unwrap();
    std::fs::remove_file(site.join("old.txt")).unwrap();
    cloud.world(|world| {
        world.buckets.get_mut(BUCKET).unwrap().objects.insert("thumbnails/1.jpg".to_owned(), Object::default());
    });
    assert_eq!(changes(&cloud, &plan, directory.path()).await, changed(1, 1, 1));
    let keys = cloud.world(|world| world.buckets[BUCKET].objects.keys().cloned().collect::<Vec<_>>());
    assert_eq!(keys, ["css/a b.css", "index.html", "thumbnails/1.jpg"]);
}

#[tokio::test]
async fn another_cache_control_writes_the_objects_again() {
    let cloud = ScriptedCloud::start().await;
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(directory.path().join("site")).unwrap();
    std::fs::write(directory.path().join("site/index.html"), "x").unwrap();
    std::fs::write(directory.path().join("site/logo.svg"), "y").unwrap();
    changes(&cloud, &plan_with_contents(None), directory.path()).await;
    let plan = plan_with_contents(Some("max-age=60"));
    assert_eq!(changes(&cloud, &plan, directory.path()).await, changed(2, 0, 0));
    let object = cloud.world(|world| world.buckets[BUCKET].objects["index.html"].clone());
    assert_eq!(object.headers["cache-control"], "max-age=60");
    assert_eq!(changes(&cloud, &plan, directory.path()).await, changed(0, 2, 0));
}

fn site(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join("site").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

fn rule(pattern: &str, cache_control: &str) -> ContentHeaders {
    ContentHeaders {
        pattern: pattern.to_owned(),
        cache_control: Some(cache_control.to_owned()),
        content_type: Some("text/x-page".to_owned()),
    }
}

fn header(cloud: &ScriptedCloud, key: &str, name: &str) -> Option<String> {
    cloud.world(|world| world.buckets[BUCKET].objects[key].headers.get(name).cloned())
}

#[tokio::test]
async fn single_files_have_headers_of_their_own_and_a_rule_that_changes_reaches_every_object() {
    let cloud = ScriptedCloud::start().await;
    let directory = site(&[("a.html", "a"), ("b.html", "b"), ("z.css", "z")]);
    let mut plan = plan_with_contents(Some("max-age=60"));
    plan.contents[0].files = vec![rule("a.html", "no-cache")];
    assert_eq!(changes(&cloud, &plan, directory.path()).await, changed(3, 0, 0));
    assert_eq!(header(&cloud, "a.html", "cache-control").as_deref(), Some("no-cache"));
    assert_eq!(header(&cloud, "a.html", "content-type").as_deref(), Some("text/x-page"));
    assert_eq!(header(&cloud, "b.html", "cache-control").as_deref(), Some("max-age=60"));
    cloud.take_calls().clear();
    assert_eq!(changes(&cloud, &plan, directory.path()).await, changed(0, 3, 0));
    assert_eq!(cloud.take_calls(), ["DescribeStacks", "GetTemplate", "ListObjectsV2", "HeadObject"]);

    // The last object keeps its headers; the first two do not.
    plan.contents[0].files = vec![rule("b.html", "no-cache")];
    assert_eq!(changes(&cloud, &plan, directory.path()).await, changed(3, 0, 0));
    assert_eq!(header(&cloud, "a.html", "cache-control").as_deref(), Some("max-age=60"));
    assert_eq!(header(&cloud, "b.html", "cache-control").as_deref(), Some("no-cache"));
}

#[tokio::test]
async fn new_rules_reach_every_object_wherever_a_run_stopped() {
    for stops_at in 1.. {
        let cloud = ScriptedCloud::start().await;
        let directory = site(&[("a.html", "a"), ("b.html", "b"), ("m.css", "m")]);
        let mut plan = plan_with_contents(None);
        changes(&cloud, &plan, directory.path()).await;
        // Behind the last object that is there comes a new one, which must not answer for the others.
        std::fs::write(directory.path().join("site/z.html"), "z").unwrap();
        plan.contents[0].files = vec![rule("*.html", "no-cache")];
        cloud.take_calls().clear();
        cloud.fault(stops_at, Fault::CutBefore);
        let mut host = Recorder::answering(Answer::Yes);
        let aws = connect(&cloud, 1).await;
        if deploy(&aws, &plan, &[], directory.path(), &deploy_options(), &mut host).await.is_ok() {
            assert!(stops_at > 4, "no call was struck");
            break;
        }
        changes(&cloud, &plan, directory.path()).await;
        for key in ["a.html", "b.html", "z.html"] {
            assert_eq!(header(&cloud, key, "cache-control").as_deref(), Some("no-cache"), "{key}, call {stops_at}");
        }
    }
}

#[tokio::test]
async fn what_files_leave_behind_stays_where_it_is_asked_to() {
    let cloud = ScriptedCloud::start().await;
    let directory = site(&[("a.html", "a"), ("old/b.html", "b")]);
    std::fs::create_dir_all(directory.path().join("docs")).unwrap();
    std::fs::write(directory.path().join("docs/c.html"), "c").unwrap();
    let mut plan = plan_with_contents(None);
    let mut docs = plan.contents[0].clone();
    docs.source = "docs".to_owned();
    docs.prefix = "docs".to_owned();
    docs.delete_removed = false;
    plan.contents.push(docs);
    assert_eq!(changes(&cloud, &plan, directory.path()).await, changed(3, 0, 0));
    std::fs::remove_file(directory.path().join("docs/c.html")).unwrap();
    std::fs::remove_file(directory.path().join("site/old/b.html")).unwrap();
    assert_eq!(changes(&cloud, &plan, directory.path()).await, changed(0, 1, 1));
    let keys = cloud.world(|world| world.buckets[BUCKET].objects.keys().cloned().collect::<Vec<_>>());
    assert_eq!(keys, ["a.html", "docs/c.html"]);
}

#[tokio::test]
async fn a_distribution_is_told_by_the_next_run_wherever_one_stopped() {
    for stops_at in 1.. {
        let cloud = ScriptedCloud::start().await;
        let directory = site(&[("a.html", "a"), ("b.html", "b")]);
        let plan = plan_with_contents(None);
        changes(&cloud, &plan, directory.path()).await;
        std::fs::write(directory.path().join("site/a.html"), "other").unwrap();
        cloud.world(|world| world.invalidations.clear());
        cloud.take_calls().clear();
        cloud.fault(stops_at, Fault::CutBefore);
        let mut host = Recorder::answering(Answer::Yes);
        let aws = connect(&cloud, 1).await;
        if deploy(&aws, &plan, &[], directory.path(), &deploy_options(), &mut host).await.is_ok() {
            assert!(stops_at > 6, "no call was struck");
            break;
        }
        changes(&cloud, &plan, directory.path()).await;
        let told = cloud.world(|world| world.invalidations.len());
        assert!(told > 0, "stopped at call {stops_at}");
        // It is known now.
        assert_eq!(changes(&cloud, &plan, directory.path()).await, changed(0, 2, 0));
        assert_eq!(cloud.world(|world| world.invalidations.len()), told, "stopped at call {stops_at}");
    }
}
