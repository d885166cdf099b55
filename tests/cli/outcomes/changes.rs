//! `deploy` and `destroy`.

use test_support::scripted_cloudformation::{Object, World};

use super::{CHANGED, PROJECT, STACK_NAME, assert_outcome, deployed};

const DEPLOY: [&str; 2] = ["deploy", "--yes"];
const DESTROY: [&str; 2] = ["destroy", "--yes"];

fn changed(world: &World, change: impl FnOnce(&mut World)) -> World {
    let mut world = world.clone();
    change(&mut world);
    world
}

fn in_state(world: &World, status: &str) -> World {
    changed(world, |world| status.clone_into(&mut world.stack(STACK_NAME).unwrap().status))
}

fn refused(reason: &str, execution: &str) -> [String; 3] {
    ["FAILED", execution, reason].map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_ends_as_it_says() {
    let (nothing, before) = (World::default(), deployed().await);
    assert_outcome("deploy_created", PROJECT, &nothing, &DEPLOY, 0).await;
    assert_outcome("deploy_updated", CHANGED, &before, &DEPLOY, 0).await;
    assert_outcome("deploy_no_changes", PROJECT, &before, &DEPLOY, 0).await;
    assert_outcome("deploy_hot_swap_of_more_than_code", CHANGED, &before, &["deploy", "--yes", "--hotswap"], 0).await;
    let orphaned = changed(&before, |world| world.cleanup_fails.push("AlertsTopic".to_owned()));
    assert_outcome("deploy_left_over", CHANGED, &orphaned, &DEPLOY, 0).await;
    let without_bucket =
        CHANGED.replace("buckets:\n  files: {}\n", "").replace("outputs:\n  Files: \"{{bucket.files.name}}\"\n", "");
    assert_outcome("deploy_approval_needed", &without_bucket, &before, &DEPLOY, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_taken_back_as_it_says() {
    let before = deployed().await;
    let revert = ["drift", "--revert", "--yes"];
    assert_outcome("drift_revert_in_sync", PROJECT, &before, &revert, 0).await;
    let drifted = changed(&before, |world| {
        let difference = ["NOT_EQUAL", "/DisplayName", "alerts", "other"].map(str::to_owned);
        world.drifts.insert("AlertsTopic".to_owned(), ("MODIFIED".to_owned(), vec![difference]));
    });
    assert_outcome("drift_reverted", PROJECT, &drifted, &revert, 0).await;
    let failing = changed(&drifted, |world| {
        world.failing.insert("AlertsTopic".to_owned(), "no (HandlerErrorCode: AccessDenied)".to_owned());
    });
    assert_outcome("drift_revert_rolled_back", PROJECT, &failing, &revert, 1).await;
    // A bucket that is made again is empty, and that takes more than a yes.
    let gone = changed(&before, |world| {
        world.drifts.insert("FilesBucket".to_owned(), ("MODIFIED".to_owned(), Vec::new()));
        world.details.insert("FilesBucket".to_owned(), ("True".to_owned(), Vec::new()));
    });
    assert_outcome("drift_revert_approval_needed", PROJECT, &gone, &revert, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_environments_are_destroyed_as_it_says() {
    let before = deployed().await;
    let old = ["destroy", "--older-than", "1h", "--yes"];
    assert_outcome("destroy_older", PROJECT, &before, &old, 0).await;
    let protected = changed(&before, |world| world.stack(STACK_NAME).unwrap().protected = true);
    assert_outcome("destroy_older_protected", PROJECT, &protected, &old, 0).await;
    assert_outcome("destroy_older_nothing", PROJECT, &World::default(), &old, 0).await;
    let declared = PROJECT.replace("  dev: { suffix: one, removal: destroy }\n", "  dev: { suffix: two }\n");
    let declared = declared.replace("dev:", "test:");
    assert_outcome(
        "destroy_older_unknown",
        &declared,
        &before,
        &["destroy", "--older-than", "1h", "--yes", "-e", "dev"],
        1,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_that_does_not_begin_says_why() {
    let (nothing, before) = (World::default(), deployed().await);
    assert_outcome("deploy_busy", CHANGED, &in_state(&before, "UPDATE_IN_PROGRESS"), &DEPLOY, 4).await;
    let mut found = changed(&nothing, |world| {
        world.change_set_states.push_back(refused("The validation found something.", "UNAVAILABLE"));
    });
    let finding = ["FilesBucket", "NAME_CONFLICT_VALIDATION", "/Resources/FilesBucket", "the name is taken"];
    found.findings.push(finding.map(str::to_owned));
    assert_outcome("deploy_refused", PROJECT, &found, &DEPLOY, 1).await;
    let overtaken = changed(&before, |world| world.change_set_states.push_back(refused("", "OBSOLETE")));
    assert_outcome("deploy_obsolete", CHANGED, &overtaken, &DEPLOY, 1).await;
    assert_outcome("deploy_stuck", CHANGED, &in_state(&before, "UPDATE_ROLLBACK_FAILED"), &DEPLOY, 1).await;
    assert_outcome("deploy_half_destroyed", CHANGED, &in_state(&before, "DELETE_FAILED"), &DEPLOY, 1).await;
    let foreign = changed(&before, |world| {
        world.stack(STACK_NAME).unwrap().tags.insert("stack:project".to_owned(), "other".to_owned());
    });
    assert_outcome("deploy_of_another_project", CHANGED, &foreign, &DEPLOY, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_that_fails_names_its_cause_and_the_way_out() {
    let (nothing, before) = (World::default(), deployed().await);
    let fail = |world: &mut World, id: &str| {
        world.failing.insert(id.to_owned(), "it exists already (HandlerErrorCode: AlreadyExists)".to_owned());
    };
    let creation = changed(&nothing, |world| fail(world, "FilesBucket"));
    assert_outcome("deploy_creation_rolled_back", PROJECT, &creation, &DEPLOY, 1).await;
    let update = changed(&before, |world| fail(world, "NewsTopic"));
    assert_outcome("deploy_update_rolled_back", CHANGED, &update, &DEPLOY, 1).await;
    let stuck = changed(&update, |world| world.rollback_fails = true);
    assert_outcome("deploy_rollback_failed", CHANGED, &stuck, &DEPLOY, 1).await;
    assert_outcome("deploy_after_failed_creation", PROJECT, &in_state(&before, "ROLLBACK_COMPLETE"), &DEPLOY, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destroy_ends_as_it_says() {
    let (nothing, before) = (World::default(), deployed().await);
    assert_outcome("destroy_destroyed", PROJECT, &before, &DESTROY, 0).await;
    assert_outcome("destroy_absent", PROJECT, &nothing, &DESTROY, 0).await;
    assert_outcome("destroy_busy", PROJECT, &in_state(&before, "UPDATE_IN_PROGRESS"), &DESTROY, 4).await;
    let protected = changed(&before, |world| world.stack(STACK_NAME).unwrap().protected = true);
    let undeletable = changed(&before, |world| {
        world
            .undeletable
            .insert("AlertsTopic".to_owned(), "it is in use (HandlerErrorCode: ResourceConflict)".to_owned());
    });
    assert_outcome("destroy_failed", PROJECT, &undeletable, &DESTROY, 1).await;
    assert_outcome("destroy_protected", PROJECT, &protected, &DESTROY, 1).await;
    assert_outcome("destroy_unprotected", PROJECT, &protected, &["destroy", "--yes", "--unprotect"], 0).await;
    let full = changed(&before, |world| {
        for bucket in world.buckets.values_mut() {
            bucket.objects.insert("a photo.jpg".to_owned(), Object::default());
        }
    });
    assert_outcome("destroy_bucket_not_empty", PROJECT, &full, &DESTROY, 1).await;
    assert_outcome("destroy_emptied", PROJECT, &full, &["destroy", "--yes", "--empty"], 0).await;
    let kept = changed(&before, |world| {
        let stack = world.stack(STACK_NAME).unwrap();
        let mut template: serde_json::Value = serde_json::from_str(&stack.template).unwrap();
        template["Resources"]["FilesBucket"]["DeletionPolicy"] = "Retain".into();
        stack.template = template.to_string();
    });
    assert_outcome("destroy_retained", PROJECT, &kept, &DESTROY, 0).await;
}
