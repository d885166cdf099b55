//! Ids of sign-ins (`origin_jti`), which all tokens of one sign-in share.

use super::tokens::milliseconds;

/// A new id. It holds when the sign-in was to the millisecond, as `iat` says no more than the second.
pub(super) fn new_origin() -> String {
    let random = uuid::Uuid::new_v4().into_bytes();
    let mut tail = [0; 10];
    tail.copy_from_slice(&random[6..]);
    let millis = u64::try_from(milliseconds()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid().to_string()
}

/// When the sign-in with this id was, in milliseconds since 1970; nothing for an id that does not tell.
pub(super) fn time_of(origin: &str) -> Option<i64> {
    let (seconds, nanos) = uuid::Uuid::parse_str(origin).ok()?.get_timestamp()?.to_unix();
    Some(i64::try_from(seconds).ok()? * 1000 + i64::from(nanos / 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_its_time() {
        let before = milliseconds();
        let (one, other) = (new_origin(), new_origin());
        assert_ne!(one, other);
        let time = time_of(&one).unwrap();
        assert!((before..=milliseconds()).contains(&time), "{time}");
        assert_eq!(time_of("7b1f3c1e-4d5a-4a6e-9c43-0123456789ab"), None);
        assert_eq!(time_of("none"), None);
    }
}
