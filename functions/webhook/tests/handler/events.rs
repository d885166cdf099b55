//! Events of every service: answered or refused, never more.

use function_testing::lambda_events;
use lambda_runtime::Diagnostic;
use webhook::handle;

use crate::world::World;

#[tokio::test]
async fn http_requests_are_refused_with_4xx_and_other_events_with_an_error() {
    let Some(events) = lambda_events() else { return };
    assert_eq!(events.len(), 211);
    let world = World::new().await;
    let mut answered = 0;
    for (name, event) in events {
        match handle(event, &world.dependencies).await {
            Ok(answer) => {
                answered += 1;
                assert!((400..500).contains(&answer.status_code), "{name}: {answer:?}");
            }
            Err(error) => assert_eq!(Diagnostic::from(error).error_type, "unsupported-event", "{name}"),
        }
    }
    assert!(answered >= 10, "{answered} HTTP requests are among the events");
    assert_eq!(world.server.requests(), [] as [&str; 0]);
}
