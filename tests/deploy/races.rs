//! Two commands at once: never two operations for one change, never an obsolete change set executed.

use std::path::Path;

use serde_json::Value;
use stack_aws::{Answer, deploy};
use test_support::ScriptedCloud;

use crate::steps::{Recorder, STACK, connect, deploy_options, kind, plan, template};

const ROUNDS: usize = 50;

async fn race(cloud: &ScriptedCloud, first: &Value, second: &Value) -> Vec<String> {
    let aws = connect(cloud, 5).await;
    let run = async |template: &Value| {
        let mut host = Recorder::answering(Answer::Yes);
        let outcome = deploy(&aws, &plan(template), &[], Path::new("."), &deploy_options(), &mut host).await;
        outcome.map_or_else(|error| error.to_string(), |outcome| kind(&outcome))
    };
    let (one, other) = tokio::join!(run(first), run(second));
    vec![one, other]
}

#[tokio::test]
async fn of_two_first_deploys_at_once_the_later_steps_back_or_follows() {
    for _ in 0..ROUNDS {
        let cloud = ScriptedCloud::start().await;
        let outcomes = Box::pin(race(&cloud, &template(), &template())).await;
        assert_eq!(cloud.world(|world| world.executions), 1, "{outcomes:?}");
        let won = outcomes.iter().filter(|outcome| *outcome == "deployed").count();
        assert_eq!(won, 1, "{outcomes:?}");
        let polite = ["deployed", "busy", "change-set-obsolete", "no-changes"];
        assert!(outcomes.iter().all(|outcome| polite.contains(&outcome.as_str())), "{outcomes:?}");
        assert_eq!(cloud.world(|world| world.stack(STACK).unwrap().status.clone()), "CREATE_COMPLETE");
    }
}

#[tokio::test]
async fn of_two_updates_at_once_no_obsolete_change_set_runs() {
    for _ in 0..ROUNDS {
        let cloud = ScriptedCloud::start().await;
        let mut before = template();
        before["Resources"]["Alerts"]["Properties"]["DisplayName"] = "before".into();
        let mut other = template();
        other["Resources"]["Alerts"]["Properties"]["DisplayName"] = "other".into();
        cloud.world(|world| world.add_stack(STACK, "CREATE_COMPLETE", &before));
        let outcomes = Box::pin(race(&cloud, &template(), &other)).await;
        let polite = ["deployed", "busy", "change-set-obsolete", "no-changes"];
        assert!(outcomes.iter().all(|outcome| polite.contains(&outcome.as_str())), "{outcomes:?}");
        let won = outcomes.iter().filter(|outcome| *outcome == "deployed").count();
        assert!(won >= 1, "{outcomes:?}");
        assert_eq!(cloud.world(|world| world.executions) as usize, won, "{outcomes:?}");
        assert_eq!(cloud.world(|world| world.stack(STACK).unwrap().status.clone()), "UPDATE_COMPLETE");
    }
}
