//! The order of requests that only the comment in a thumbnail tells apart.

use function_testing::Verdict;
use photo_thumbnail::handle;
use serde_json::json;

use crate::oracle::{Content, Upload, check};
use crate::world::World;

/// The thumbnail of the name that is uploaded.
const PUT: &str = "PUT /website/thumbnails/a.png";

/// Of three uploads the last has the bytes of the first. The event of the second finds the thumbnail of the first, and is about to
/// write over it; meanwhile that of the third is written, with the same picture. Were its bytes the same as well, so would its entity
/// tag be, and the second would take its place.
#[tokio::test]
async fn a_picture_that_came_back_is_not_taken_for_the_one_before() {
    let Some(world) = World::new().await else { return };
    let contents = [Content::Photo(9, 6), Content::Photo(6, 9), Content::Photo(9, 6)];
    let uploads: Vec<Upload> =
        contents.into_iter().enumerate().map(|(place, content)| Upload::new(0, place, content, true)).collect();
    for (upload, content) in uploads.iter().zip(contents) {
        world.storage.put(&upload.path(), content.bytes());
    }
    let event = |upload: &Upload| json!({ "Records": [upload.record()] });
    let (late, other) = (world.environment(0).await, world.environment(1).await);
    late.prepare().await;
    handle(event(&uploads[0]), &other.dependencies).await.unwrap();

    world.gate.close(true);
    let (function, second) = (late.clone(), event(&uploads[1]));
    let second = tokio::spawn(async move { handle(second, &function.dependencies).await });
    let mut writes = 0;
    loop {
        // The first attempt is for a thumbnail that is not there yet.
        writes += usize::from(world.gate.request(0).await == PUT);
        if writes == 2 {
            break;
        }
        world.gate.decide(0, Verdict::Serve);
    }
    world.gate.close(false);
    handle(event(&uploads[2]), &other.dependencies).await.unwrap();
    world.gate.decide(0, Verdict::Serve);
    second.await.unwrap().unwrap();

    check(0, &uploads, true, &world.rows().await, &world.storage.objects());
}
