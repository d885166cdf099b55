//! The page of the example `avatars-profile`, used by somebody new: signs up, uploads a photo, writes a profile, looks it up.

use std::process::Command;

use serde_json::{Value, json};
use test_support::photo::{assert_upright_thumbnail, phone_photo};
use test_support::webdriver::Browser;
use test_support::{Run, RunningCloud, TestProject, eventually, http, tools};

use crate::{STACK, shows};

const DEPLOY: [&str; 7] = ["deploy", "--local", "-e", "dev", "--suffix", "profile", "--yes"];
const MAIL: &str = "alice@example.com";
const PASSWORD: &str = "Correct-horse-12!";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn somebody_signs_up_uploads_a_photo_and_writes_a_profile() {
    let Some((chromium, driver)) = tools::browser() else { return };
    if !database_server_is_there() {
        test_support::skipped("there is no postgres for the database of avatars-profile");
        return;
    }
    let project = TestProject::example(STACK, "avatars-profile");
    let cloud = RunningCloud::start(&project);
    project.succeed(&DEPLOY);
    project.write("site/config.json", output(&project, "PageConfig"));
    project.succeed(&DEPLOY);
    project.succeed(&["migrate", "up", "--local", "-e", "dev", "--suffix", "profile"]);
    let browser = Browser::start(&chromium, &driver).await;
    browser.open(&output(&project, "Page")).await;
    shows(&browser, "E-mail address").await;

    // What the user pool refuses is told in its words.
    send(&browser, "sign-in", &[("username", MAIL), ("password", PASSWORD)]).await;
    shows(&browser, "Incorrect username or password").await;
    browser.run("document.getElementById('sign-up-part').open = true").await;
    send(&browser, "sign-up", &[("username", MAIL), ("password", PASSWORD)]).await;
    shows(&browser, "Confirm the address").await;
    send(&browser, "confirm", &[("code", &code(&cloud).await)]).await;
    shows(&browser, "You have no avatar yet.").await;
    shows(&browser, "You have no profile yet").await;
    assert_eq!(browser.run("return document.activeElement.id").await, "own-title");

    // The photo becomes an avatar, in every size that the page shows.
    let photo = project.directory().join("phone.jpg");
    std::fs::write(&photo, phone_photo()).unwrap();
    browser.choose_file("#photo", &photo).await;
    send(&browser, "upload", &[]).await;
    shows(&browser, "Your avatar is there.").await;
    let sizes = "return [...document.querySelectorAll('#avatars img')].map((image) => image.naturalWidth)";
    eventually("three pictures", async || (browser.run(sizes).await == json!([512, 512, 512])).then_some(())).await;
    assert_eq!(browser.run("return document.getElementById('progress').checkVisibility()").await, false);

    // A blank name is refused by the function, a good one is what others see: as text, whatever it has.
    send(&browser, "profile", &[("display_name", " "), ("handle", "alice"), ("bio", "")]).await;
    shows(&browser, "`display_name` is blank").await;
    let profile = [("display_name", "<b>Alice</b>"), ("handle", "alice"), ("bio", "First line\nsecond line")];
    send(&browser, "profile", &profile).await;
    shows(&browser, "Saved.").await;
    browser.run("document.getElementById('sign-out').click()").await;
    shows(&browser, "You are signed out.").await;
    send(&browser, "look", &[("handle", "alice")]).await;
    shows(&browser, "<b>Alice</b>").await;
    let source = "return document.getElementById('found-avatar').src";
    let source = browser.run(source).await;
    assert_upright_thumbnail(&http::get(source.as_str().unwrap()).await.body);
    send(&browser, "look", &[("handle", "bob")]).await;
    shows(&browser, "Nobody is called bob.").await;

    somebody_invited_chooses_a_password(&project, &cloud, &browser).await;

    let unnamed = "return [...document.querySelectorAll('input, textarea, button, progress')].filter((element) => \
                   !(element.textContent.trim() || element.ariaLabel || element.labels?.length)).length";
    assert_eq!(browser.run(unnamed).await, 0);
    // Answers with a status of 4xx are in the log of the browser as well; nothing else may be.
    let log = browser.severe_log().await;
    assert!(log.iter().all(|line| line.contains("Failed to load resource")), "{log:?}");
}

/// Whom an administrator made signs in with the password that was given, and chooses another one before anything else.
async fn somebody_invited_chooses_a_password(project: &TestProject, cloud: &RunningCloud, browser: &Browser) {
    let Some(aws) = tools::python_program("aws") else { return };
    let config: Value = serde_json::from_str(&output(project, "PageConfig")).unwrap();
    let (mail, given) = ("carol@example.com", "Given-by-0thers!");
    let invited = Run::of(
        Command::new(aws)
            .args(["cognito-idp", "admin-create-user", "--message-action", "SUPPRESS", "--username", mail])
            .args(["--user-pool-id", config["user_pool_id"].as_str().unwrap(), "--temporary-password", given])
            .arg("--user-attributes")
            .args([&format!("Name=email,Value={mail}"), "Name=email_verified,Value=true"])
            .env("AWS_ENDPOINT_URL", cloud.url())
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_CONFIG_FILE", "/dev/null"),
    );
    assert_eq!(invited.code, Some(0), "{invited:?}");
    send(browser, "sign-in", &[("username", mail), ("password", given)]).await;
    shows(browser, "Choose a password").await;
    assert_eq!(browser.run("return document.activeElement.id").await, "new-password-title");
    // What does not suit the pool is told in its words, and may be tried again.
    send(browser, "new-password", &[("password", "too-simple")]).await;
    shows(browser, "Password did not conform with policy").await;
    send(browser, "new-password", &[("password", PASSWORD)]).await;
    shows(browser, "You have no avatar yet.").await;
    browser.run("document.getElementById('sign-out').click()").await;
    shows(browser, "You are signed out.").await;
    send(browser, "sign-in", &[("username", mail), ("password", PASSWORD)]).await;
    shows(browser, "You have no avatar yet.").await;
}

/// Fills fields of a form and sends it, with what browsers check themselves.
async fn send(browser: &Browser, form: &str, fields: &[(&str, &str)]) {
    let fields: Value = fields.iter().map(|(name, value)| json!([name, value])).collect();
    let script = format!(
        "const form = document.getElementById('{form}');
         for (const [name, value] of {fields}) form.elements[name].value = value;
         form.requestSubmit();"
    );
    browser.run(&script).await;
}

/// The code in the only mail.
async fn code(cloud: &RunningCloud) -> String {
    let mailbox = format!("{}/_stack/mailbox.json", cloud.url());
    eventually("the mail with the code", async || {
        let mails = http::get(&mailbox).await.json();
        let text = mails["mails"][0]["body"].as_str()?.to_owned();
        text.split(|letter: char| !letter.is_ascii_digit()).find(|number| number.len() == 6).map(str::to_owned)
    })
    .await
}

fn output(project: &TestProject, name: &str) -> String {
    let arguments = ["outputs", "--local", "-e", "dev", "--suffix", "profile", name];
    project.succeed(&arguments).stdout.trim().to_owned()
}

/// Whether PostgreSQL's programs are on the path, where the local cloud looks for them first.
fn database_server_is_there() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join("postgres").is_file())
}
