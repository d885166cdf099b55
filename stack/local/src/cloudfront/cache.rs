//! The cache of distributions: answers by what they depend on, in bounded memory.

use std::collections::HashMap;
use std::sync::Mutex;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use time::OffsetDateTime;

use super::policy::Ttl;
use crate::iam::resource_policy::glob;
use crate::persist::lock;

/// Bytes that all answers may have together, and one of them.
const TOTAL: usize = 64 * 1024 * 1024;
pub(super) const LARGEST: usize = 8 * 1024 * 1024;

/// What an answer depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) distribution: String,
    /// Decoded, with its leading slash.
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: String,
}

/// An answer that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// Milliseconds since 1970.
    stored: i64,
    ends: i64,
}

impl Kept {
    /// Seconds for which it has been kept.
    pub(super) fn age(&self, now: i64) -> i64 {
        (now - self.stored).max(0) / 1000
    }
}

#[derive(Debug, Default)]
struct Inner {
    /// With when it was asked for last.
    entries: HashMap<Key, (Kept, u64)>,
    size: usize,
    uses: u64,
}

/// The cache.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<Inner>);

impl Cache {
    /// An answer that is still good at `now`, in milliseconds since 1970.
    pub(super) fn get(&self, key: &Key, now: i64) -> Option<Kept> {
        let mut inner = lock(&self.0);
        inner.uses += 1;
        let this = inner.uses;
        let (kept, used) = inner.entries.get_mut(key)?;
        if kept.ends <= now {
            inner.forget(std::slice::from_ref(key));
            return None;
        }
        *used = this;
        Some(kept.clone())
    }

    /// Keeps an answer for `seconds`; those that were not asked for longest make room.
    pub(super) fn put(&self, key: Key, status: StatusCode, headers: HeaderMap, body: Bytes, seconds: i64, now: i64) {
        if seconds <= 0 || body.len() > LARGEST {
            return;
        }
        let mut inner = lock(&self.0);
        inner.uses += 1;
        inner.forget(std::slice::from_ref(&key));
        inner.size += body.len();
        let kept = Kept { status, headers, body, stored: now, ends: now.saturating_add(seconds.saturating_mul(1000)) };
        let uses = inner.uses;
        inner.entries.insert(key, (kept, uses));
        while inner.size > TOTAL {
            let oldest = inner.entries.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { break };
            inner.forget(&[oldest]);
        }
    }

    /// Forgets the answers of a distribution that one of these paths (with `*` for anything) names.
    pub(super) fn invalidate(&self, distribution: &str, paths: &[String]) {
        let mut inner = lock(&self.0);
        let named = |key: &&Key| {
            let whole = if key.query.is_empty() { key.path.clone() } else { format!("{}?{}", key.path, key.query) };
            key.distribution == distribution && paths.iter().any(|path| glob(path, &whole))
        };
        let gone: Vec<Key> = inner.entries.keys().filter(named).cloned().collect();
        inner.forget(&gone);
    }
}

impl Inner {
    fn forget(&mut self, keys: &[Key]) {
        for key in keys {
            if let Some((kept, _)) = self.entries.remove(key) {
                self.size -= kept.body.len();
            }
        }
    }
}

/// For how many seconds an origin's answer is kept, by what it says and what the policy allows.
pub(super) fn lifetime(headers: &HeaderMap, ttl: Ttl, now: i64) -> i64 {
    if ttl.maximum == 0 {
        return 0;
    }
    let control = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let directives: Vec<String> =
        control.flat_map(|line| line.split(',')).map(|directive| directive.trim().to_ascii_lowercase()).collect();
    if directives.iter().any(|directive| matches!(directive.as_str(), "no-store" | "no-cache" | "private")) {
        return ttl.minimum;
    }
    let seconds = |name: &str| {
        directives.iter().find_map(|directive| {
            directive.strip_prefix(name)?.strip_prefix('=')?.trim_matches('"').parse::<i64>().ok()
        })
    };
    let expires = || {
        use time::format_description::well_known::Rfc2822;
        let text = headers.get(header::EXPIRES)?.to_str().ok()?.replace("GMT", "+0000");
        Some(OffsetDateTime::parse(&text, &Rfc2822).map_or(0, |time| time.unix_timestamp() - now / 1000))
    };
    let said = seconds("s-maxage").or_else(|| seconds("max-age")).or_else(expires);
    said.unwrap_or(ttl.default).max(ttl.minimum).min(ttl.maximum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(path: &str, query: &str) -> Key {
        Key { distribution: "E1".to_owned(), path: path.to_owned(), query: query.to_owned(), headers: String::new() }
    }

    fn put(cache: &Cache, key: Key, body: &'static [u8], seconds: i64) {
        cache.put(key, StatusCode::OK, HeaderMap::new(), Bytes::from_static(body), seconds, 1_000_000);
    }

    #[test]
    fn answers_are_kept_until_they_end() {
        let cache = Cache::default();
        put(&cache, key("/a", ""), b"x", 10);
        assert_eq!(cache.get(&key("/a", ""), 1_009_000).unwrap().age(1_009_000), 9);
        assert!(cache.get(&key("/a", "q=1"), 1_000_000).is_none());
        assert!(cache.get(&key("/a", ""), 1_010_000).is_none());
        put(&cache, key("/b", ""), b"x", 0);
        assert!(cache.get(&key("/b", ""), 1_000_000).is_none());
    }

    #[test]
    fn an_invalidation_drops_what_it_names() {
        let cache = Cache::default();
        let all = [("/a/1.jpg", ""), ("/a/2.jpg", "v=1"), ("/b.jpg", "")];
        let left = |paths: &[&str]| {
            for (path, query) in all {
                put(&cache, key(path, query), b"x", 60);
            }
            cache.invalidate("E2", &["/*".to_owned()]);
            cache.invalidate("E1", &paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>());
            all.iter().filter(|(path, query)| cache.get(&key(path, query), 1_000_000).is_some()).count()
        };
        assert_eq!(left(&[]), 3);
        assert_eq!(left(&["/a/1.jpg"]), 2);
        assert_eq!(left(&["/a/2.jpg"]), 3);
        assert_eq!(left(&["/a/2.jpg?v=1"]), 2);
        assert_eq!(left(&["/a/*"]), 1);
        assert_eq!(left(&["/*"]), 0);
    }

    #[test]
    fn memory_is_bounded() {
        let cache = Cache::default();
        let body: Bytes = vec![0; LARGEST].into();
        for number in 0..20 {
            let key = key(&number.to_string(), "");
            cache.put(key, StatusCode::OK, HeaderMap::new(), body.clone(), 60, 0);
        }
        let inner = lock(&cache.0);
        assert_eq!((inner.size, inner.entries.len()), (TOTAL, TOTAL / LARGEST));
        assert!(inner.entries.contains_key(&key("19", "")));
    }

    #[test]
    fn what_the_origin_says_is_held_within_the_policy() {
        let ttl = Ttl { minimum: 10, default: 100, maximum: 1000 };
        let of = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            lifetime(&headers, ttl, 0)
        };
        assert_eq!(lifetime(&HeaderMap::new(), ttl, 0), 100);
        assert_eq!(of("cache-control", "public, max-age=500"), 500);
        assert_eq!(of("cache-control", "max-age=500, s-maxage=5"), 10);
        assert_eq!(of("cache-control", "max-age=5000"), 1000);
        assert_eq!(of("cache-control", "no-cache"), 10);
        assert_eq!(of("expires", "Thu, 01 Jan 1970 00:05:00 GMT"), 300);
        assert_eq!(of("expires", "0"), 10);
        assert_eq!(lifetime(&HeaderMap::new(), Ttl { minimum: 0, default: 0, maximum: 0 }, 0), 0);
    }
}
