//! The examples of the pages of operations and delivery plan as they stand.

use super::*;

const PAGES: [(&str, &str); 10] = [
    (
        include_str!("../../../../docs/constructs/bucket.md"),
        "parameters: { web_origin: 'https://example.com' }\nfunctions: { process-image: {} }\n",
    ),
    (
        include_str!("../../../../docs/constructs/topic.md"),
        "parameters: { mail: ops@example.com, company_topic: '' }\nfunctions: { index: {} }\n",
    ),
    (include_str!("../../../../docs/constructs/alarm.md"), "functions: { thumbnail: {} }\ntopics: { alerts: {} }\n"),
    (
        include_str!("../../../../docs/constructs/event_rule.md"),
        "functions: { transcode-status: {} }\nbuckets: { b: {} }\ntranscoders: { web: { input: bucket.b, output: bucket.b/out/ } }\n",
    ),
    (include_str!("../../../../docs/constructs/schedule.md"), "functions: { clean: {} }\n"),
    (include_str!("../../../../docs/constructs/transcoder.md"), "buckets: { uploads: {}, videos: {} }\n"),
    (include_str!("../../../../docs/constructs/role.md"), "parameters: { provider: reuse }\nbuckets: { images: {} }\n"),
    (include_str!("../../../../docs/constructs/repository.md"), ""),
    (include_str!("../../../../docs/constructs/pipeline.md"), "repositories: { web: {} }\n"),
    (
        include_str!("../../../../docs/constructs/service.md"),
        "parameters: { image_tag: v1 }\nrepositories: { web: {} }\nbuckets: { videos: {} }\n",
    ),
];

#[test]
fn the_examples_of_the_pages_plan() {
    for (page, around) in PAGES {
        let example = page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
        plan_text(&format!("stack: s\nregion: us-east-1\n{around}{example}"), &context());
    }
}
