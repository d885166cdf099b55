//! Pages in headless Chromium, with the real local cloud behind them: the console page, and the profile page of an example.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod console;
mod profile_page;

use serde_json::json;
use test_support::photo::{assert_upright_thumbnail, phone_photo};
use test_support::webdriver::Browser;
use test_support::{RunningCloud, Subscriber, TestProject, eventually, http, tools};

/// The binary under test.
const STACK: &str = env!("CARGO_BIN_EXE_stack");

const UPLOADS: &str = "avatars-page-uploads-000000000000-us-east-1";
const ASSETS: &str = "avatars-page-assets-000000000000-us-east-1";

/// Puts a canvas picture into a `DataTransfer` and drops it on the element that `arguments` name.
const DROP: &str = r#"
    const target = document.querySelector(".drop-field");
    const canvas = Object.assign(document.createElement("canvas"), { width: 900, height: 600 });
    const context = canvas.getContext("2d");
    context.fillStyle = "rebeccapurple";
    context.fillRect(0, 0, 900, 600);
    return new Promise((done) => canvas.toBlob((blob) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([blob], "dropped.jpg", { type: "image/jpeg" }));
        for (const type of ["dragenter", "dragover", "drop"]) {
            target.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }
        done(transfer.files.length);
    }, "image/jpeg"));
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_photo_given_to_the_page_comes_back_as_a_thumbnail() {
    let Some((chromium, driver)) = tools::browser() else { return };
    let project = TestProject::example(STACK, "avatars");
    let cloud = RunningCloud::start(&project);
    let subscriber = Subscriber::start().await;
    let webhook = format!("webhook_url={}", subscriber.url());
    project.succeed(&["deploy", "--local", "-e", "dev", "--suffix", "page", "--yes", "--parameter", &webhook]);
    let browser = Browser::start(&chromium, &driver).await;

    // The overview shows what there is.
    browser.open(&format!("{}/", cloud.url())).await;
    shows(&browser, "avatars-page").await;
    shows(&browser, "avatars-page-uploads").await;
    shows(&browser, "AvatarBase").await;
    let base = browser.run("return [...document.querySelectorAll('dl.outputs a')].map((link) => link.href)[0]").await;
    let base = base.as_str().unwrap().to_owned();

    // A file chosen in the bucket's view is stored, and the function makes a thumbnail of it.
    browser.open(&format!("{}/#/buckets/{UPLOADS}", cloud.url())).await;
    shows(&browser, "No objects").await;
    let photo = project.directory().join("phone.jpg");
    std::fs::write(&photo, phone_photo()).unwrap();
    browser.choose_file("#upload-input", &photo).await;
    shows(&browser, "phone.jpg (").await;
    pictures(&browser, 1).await;

    // So is one that is dropped.
    assert_eq!(browser.run(DROP).await, 1);
    pictures(&browser, 2).await;

    // The thumbnails appear in the other bucket's view without a reload.
    browser.open(&format!("{}/#/buckets/{ASSETS}", cloud.url())).await;
    shows(&browser, "avatars/phone.jpg").await;
    shows(&browser, "avatars/dropped.jpg").await;
    let source = browser.run("return document.querySelector('img.thumb[src*=phone]').src").await;
    assert_upright_thumbnail(&http::get(source.as_str().unwrap()).await.body);
    // The output's link is an address that answers.
    assert_upright_thumbnail(&http::get(&format!("{base}phone.jpg")).await.body);

    // The function's log follows.
    browser.open(&format!("{}/#/functions/avatars-page-process-image", cloud.url())).await;
    shows(&browser, "REPORT RequestId").await;

    // The stack's drawing has what the project declares, leads to it, and knows what the function may do.
    browser.open(&format!("{}/#/stacks/avatars-page", cloud.url())).await;
    eventually("the drawing", async || {
        let nodes =
            browser.run("return [...document.querySelectorAll('a.node')].map((node) => node.dataset.node)").await;
        (nodes == json!(["ProcessImageFunction", "UploadsBucket", "AssetsBucket", "AssetsTopic", "AssetsDistribution"]))
            .then_some(())
    })
    .await;
    let node = "const node = document.querySelector('[data-node=ProcessImageFunction]'); \
                return [node.getAttribute('href'), node.getAttribute('aria-label')]";
    let node = browser.run(node).await;
    assert_eq!(node[0], "#/functions/avatars-page-process-image");
    let label = node[1].as_str().unwrap();
    for part in
        ["create complete", "access → UploadsBucket", "access → AssetsBucket", "ObjectCreated:* ← UploadsBucket"]
    {
        assert!(label.contains(part), "{label}");
    }
    assert_eq!(browser.severe_log().await, [""; 0]);
    // The distribution is linked by an address that browsers resolve.
    browser.open(&format!("{}/", cloud.url())).await;
    let site = eventually("the link to the distribution", async || {
        let site = browser.run("return document.querySelector('a.site')?.href").await;
        site.as_str().map(str::to_owned)
    })
    .await;
    browser.open(&site).await;
    shows(&browser, "Put a photo into the uploads bucket").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keys_of_objects_are_text_and_never_run() {
    let Some((chromium, driver)) = tools::browser() else { return };
    let project = TestProject::empty(STACK);
    let cloud = RunningCloud::start(&project);
    let s3 = cloud.clients().s3;
    let key = "<img src=x onerror=document.title=1>.html";
    s3.create_bucket().bucket("hostile").send().await.unwrap();
    let script = b"<script>document.title = 'ran'</script>".to_vec();
    s3.put_object().bucket("hostile").key(key).content_type("text/html").body(script.into()).send().await.unwrap();

    let browser = Browser::start(&chromium, &driver).await;
    browser.open(&format!("{}/#/buckets/hostile", cloud.url())).await;
    shows(&browser, key).await;
    assert_eq!(browser.run("return document.title").await, "hostile - Local cloud");

    let link = browser.run("return document.querySelector('a.object').href").await;
    let object = http::get(link.as_str().unwrap()).await;
    assert_eq!(object.header("content-disposition"), "attachment");
    assert_eq!(object.header("content-security-policy"), "default-src 'none'; sandbox");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_page_works_by_keyboard_and_names_its_parts() {
    let Some((chromium, driver)) = tools::browser() else { return };
    let project = TestProject::empty(STACK);
    let cloud = RunningCloud::start(&project);
    cloud.clients().s3.create_bucket().bucket("keys").send().await.unwrap();
    let browser = Browser::start(&chromium, &driver).await;
    browser.open(&format!("{}/", cloud.url())).await;
    shows(&browser, "keys").await;

    // The first stop of the Tab key skips to the content.
    browser.press("\u{e004}").await;
    assert_eq!(browser.run("return document.activeElement.textContent").await, "Skip to content");
    // A link opens with Enter, and the content takes the focus, so that a reader hears it.
    browser.run("document.querySelector('#side a[href*=keys]').focus()").await;
    browser.press("\u{e007}").await;
    eventually("the bucket's view", async || {
        (browser.run("return document.querySelector('h1')?.textContent").await == "keys").then_some(())
    })
    .await;
    assert_eq!(browser.run("return document.activeElement.id").await, "content");
    let unnamed = "return [...document.querySelectorAll('input, button, a, nav, [role=region]')].filter((element) => \
                   !(element.textContent.trim() || element.ariaLabel || element.labels?.length)).length";
    assert_eq!(browser.run(unnamed).await, 0);
}

/// Waits until the page shows a text.
async fn shows(browser: &Browser, text: &str) {
    eventually(&format!("the page shows `{text}`"), async || {
        let shown = browser.run("return document.body.innerText").await;
        shown.as_str().is_some_and(|shown| shown.contains(text)).then_some(())
    })
    .await;
}

/// Waits until the open bucket shows a number of pictures that have loaded.
async fn pictures(browser: &Browser, count: u64) {
    eventually(&format!("{count} pictures"), async || {
        let script = "return [...document.querySelectorAll('img.thumb')].filter((img) => img.naturalWidth > 0).length";
        (browser.run(script).await == count).then_some(())
    })
    .await;
}
