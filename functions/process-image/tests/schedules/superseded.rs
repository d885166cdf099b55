//! The order of requests that only the comment in a picture tells apart.

use function_testing::Verdict;
use process_image::handle;
use serde_json::json;

use crate::oracle::{Content, Upload, check};
use crate::world::World;

/// Of three uploads the last has the bytes of the first. The event of the second has read its photo, found the picture of the
/// first, and is about to write over it; meanwhile that of the third is written, which looks the same as the first.
#[tokio::test]
async fn a_picture_that_came_back_is_not_taken_for_the_one_before() {
    let world = World::default();
    let contents = [Content::Photo(0), Content::Photo(1), Content::Photo(0)];
    let mut uploads: Vec<Upload> =
        contents.into_iter().enumerate().map(|(place, content)| Upload::new(0, place, content)).collect();
    let event = |upload: &Upload| json!({ "Records": [upload.record()] });
    let put = |upload: &Upload| world.storage.put(&upload.path(), upload.content.bytes());
    let (late, other) = (world.environment(0), world.environment(1));
    put(&uploads[0]);
    assert_eq!(handle(event(&uploads[0]), &other).await.unwrap().written, ["avatars/a.jpg"]);

    put(&uploads[1]);
    world.gate.close(true);
    let second = event(&uploads[1]);
    let second = tokio::spawn(async move { handle(second, &late).await });
    let mut writes = 0;
    loop {
        // The first attempt is for a picture that is not there yet.
        writes += usize::from(world.gate.request(0).await == "PUT /assets/avatars/a.jpg");
        if writes == 2 {
            break;
        }
        world.gate.decide(0, Verdict::Serve);
    }
    world.gate.close(false);
    put(&uploads[2]);
    handle(event(&uploads[2]), &other).await.unwrap();
    world.gate.decide(0, Verdict::Serve);
    let outcome = second.await.unwrap().unwrap();

    assert_eq!((outcome.written.len(), outcome.skipped[0].code), (0, "overtaken"));
    uploads[0].stands = false;
    uploads[1].stands = false;
    check(0, &uploads, &world.storage.objects());
}
