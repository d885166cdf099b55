//! Plain HTTP to this machine.

/// True for plain HTTP to this machine.
pub(crate) fn is_on_loopback(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix("[::1]") {
        Some(after) => return after.is_empty() || after.starts_with(':'),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let is_loopback_address = host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    is_loopback_address || host == "localhost" || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::is_on_loopback;

    #[test]
    fn only_this_machine_is_loopback() {
        for url in ["http://localhost:8080/x", "http://127.0.0.1:1", "http://[::1]:9/", "http://hook.localhost/"] {
            assert!(is_on_loopback(url), "{url}");
        }
        for url in [
            "http://example.com",
            "http://localhost.example.com/",
            "http://localhost@example.com/",
            "http://127.0.0.1.example.com",
            "http://[::1].example.com",
            "https://localhost",
            "http://",
        ] {
            assert!(!is_on_loopback(url), "{url}");
        }
    }
}
