//! What was acknowledged is still there after the process was killed.

use test_support::{RunningCloud, TestProject};

use crate::STACK;

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledged_object_survives_kill_9() {
    let project = TestProject::empty(STACK);
    let data = project.directory().join("data");
    let cloud = RunningCloud::start_in(&project, &data);
    let s3 = cloud.clients().s3;
    s3.create_bucket().bucket("kept").send().await.unwrap();
    for (key, body) in [("photo.jpg", vec![7_u8; 300_000]), ("gone", Vec::new()), ("a b/ü", b"name".to_vec())] {
        s3.put_object().bucket("kept").key(key).content_type("image/jpeg").body(body.into()).send().await.unwrap();
    }
    s3.delete_object().bucket("kept").key("gone").send().await.unwrap();
    cloud.kill();

    let cloud = RunningCloud::start_in(&project, &data);
    let s3 = cloud.clients().s3;
    let listed = s3.list_objects_v2().bucket("kept").send().await.unwrap();
    let keys: Vec<&str> = listed.contents().iter().filter_map(|object| object.key()).collect();
    assert_eq!(keys, ["a b/ü", "photo.jpg"]);
    let photo = s3.get_object().bucket("kept").key("photo.jpg").send().await.unwrap();
    assert_eq!(photo.content_type(), Some("image/jpeg"));
    assert_eq!(photo.body.collect().await.unwrap().into_bytes(), vec![7_u8; 300_000]);
}
