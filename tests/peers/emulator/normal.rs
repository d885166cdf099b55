//! What two answers to the same event may differ in.

/// What comes before the id of a request to a service, where a function tells how that failed.
const REQUEST: &str = ", request ";

/// The answer without the ids of requests: every request has another one, whoever makes it.
pub(super) fn normal(answer: &str) -> String {
    let mut parts = answer.split(REQUEST);
    let mut normal = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_of_id = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        normal.extend([REQUEST, "ID", part.trim_start_matches(is_of_id)]);
    }
    normal
}

#[test]
fn ids_of_requests_are_no_difference() {
    let told = |id: &str| format!("GetObject failed: AccessDenied (HTTP 403, request {id}): no");
    assert_eq!(normal(&told("76C07956E8AF4F60")), told("ID"));
    assert_eq!(normal(&told("F47-2400")), normal(&told("A")));
    assert_ne!(normal("HTTP 403"), normal("HTTP 404"));
}
