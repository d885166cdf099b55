//! The function's configuration: which user pool, which of its clients, which kind of token.

use fetch::Address;
use wiring::{Environment, IncompleteEnvironment};

/// Variables of the SDKs that say what answers for Cognito instead of AWS: the pool's keys are there as well.
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_ENDPOINT_URL"];

/// Path of a pool's keys below its issuer.
const KEYS: &str = "/.well-known/jwks.json";

/// Kind of token of a user pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenUse {
    /// An access token, which names its client in `client_id`.
    Access,
    /// An ID token, which names its client in `aud`.
    Id,
}

/// What the environment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What `iss` must be: follows from `USER_POOL_ID`.
    pub issuer: String,
    /// Clients whose tokens are accepted (`CLIENT_ID`, separated by commas).
    pub clients: Vec<String>,
    /// Kind of token that is accepted (`TOKEN_USE`, default `access`).
    pub token_use: TokenUse,
    /// Where the pool's keys are (`JWKS_URI`, default: below what answers for Cognito, else below the issuer).
    pub key_set: Address,
}

impl Settings {
    /// Reads the variables that `variable` returns by name.
    ///
    /// # Errors
    ///
    /// [`IncompleteEnvironment`] with every variable that is missing or wrong.
    pub fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, IncompleteEnvironment> {
        let mut environment = Environment::new(variable);
        let pool = environment.required("USER_POOL_ID", "the Cognito user pool whose tokens are accepted");
        let issuer = issuer(&pool);
        if issuer.is_none() && !pool.is_empty() {
            environment.fault(format!("USER_POOL_ID is `{pool}`, and must look like `eu-central-1_AbCdEfGhI`"));
        }
        let clients = environment.required_list("CLIENT_ID", "the app clients whose tokens are accepted");
        let token_use = match environment.optional("TOKEN_USE").as_deref() {
            None | Some("access") => TokenUse::Access,
            Some("id") => TokenUse::Id,
            Some(other) => {
                environment.fault(format!("TOKEN_USE is `{other}`, and must be `access` or `id`"));
                TokenUse::Access
            }
        };
        let endpoint = ENDPOINTS.iter().find_map(|name| Some((*name, environment.optional(name)?)));
        let location = match (environment.optional("JWKS_URI"), endpoint, &issuer) {
            (Some(location), _, _) => Some(("JWKS_URI", location)),
            (None, Some((name, endpoint)), Some(_)) => {
                Some((name, format!("{}/{pool}{KEYS}", endpoint.trim_end_matches('/'))))
            }
            (None, None, Some(issuer)) => Some(("JWKS_URI", format!("{issuer}{KEYS}"))),
            (None, _, None) => None,
        };
        let key_set = location.and_then(|(name, location)| environment.check(name, Address::parse(&location)));
        let made = issuer.zip(key_set).map(|(issuer, key_set)| Self { issuer, clients, token_use, key_set });
        environment.finish(made)
    }
}

/// The issuer that a user pool names in its tokens. `None` when the text is no id of a pool: `<region>_<letters and digits>`.
fn issuer(pool: &str) -> Option<String> {
    let (region, name) = pool.split_once('_')?;
    let of_region = |other: char| other.is_ascii_lowercase() || other.is_ascii_digit() || other == '-';
    let plausible = region.contains('-')
        && region.chars().all(of_region)
        && !name.is_empty()
        && name.chars().all(|other| other.is_ascii_alphanumeric());
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    plausible.then(|| format!("https://cognito-idp.{region}.{domain}/{pool}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, IncompleteEnvironment> {
        Settings::read(&|name| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn issuer_and_keys_follow_from_the_pool() {
        let settings = read(&[("USER_POOL_ID", "us-east-1_AbCd"), ("CLIENT_ID", "one, two")]).unwrap();
        assert_eq!(settings.issuer, "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCd");
        assert_eq!(settings.key_set.to_string(), format!("{}/.well-known/jwks.json", settings.issuer));
        assert_eq!((settings.clients.len(), settings.token_use), (2, TokenUse::Access));
        let settings = read(&[("USER_POOL_ID", "cn-north-1_Ab"), ("CLIENT_ID", "one"), ("TOKEN_USE", "id")]).unwrap();
        assert_eq!(settings.issuer, "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_Ab");
        assert_eq!(settings.token_use, TokenUse::Id);
    }

    #[test]
    fn keys_of_a_local_pool_may_come_from_this_machine() {
        let with = |uri| read(&[("USER_POOL_ID", "us-east-1_AbCd"), ("CLIENT_ID", "one"), ("JWKS_URI", uri)]);
        let uri = "http://127.0.0.1:4566/us-east-1_AbCd/.well-known/jwks.json";
        assert_eq!(with(uri).unwrap().key_set.to_string(), uri);
        assert!(with("http://example.com/jwks.json").is_err());
    }

    #[test]
    fn what_answers_for_cognito_has_the_keys_as_well() {
        let pool = [("USER_POOL_ID", "us-east-1_AbCd"), ("CLIENT_ID", "one")];
        let with = |more: &[(&str, &str)]| read(&[&pool[..], more].concat());
        let settings = with(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:4566/")]).unwrap();
        assert_eq!(settings.key_set.to_string(), "http://127.0.0.1:4566/us-east-1_AbCd/.well-known/jwks.json");
        assert_eq!(settings.issuer, "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCd");
        let own = ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://127.0.0.1:9");
        let settings = with(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"), own]).unwrap();
        assert_eq!(settings.key_set.to_string(), "http://127.0.0.1:9/us-east-1_AbCd/.well-known/jwks.json");
        let named = ("JWKS_URI", "https://keys.example/k");
        let settings = with(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"), named]).unwrap();
        assert_eq!(settings.key_set.to_string(), "https://keys.example/k");
        let fault = with(&[("AWS_ENDPOINT_URL", "http://example.com")]).unwrap_err().to_string();
        assert!(fault.contains("AWS_ENDPOINT_URL is `http://example.com/us-east-1_AbCd/"), "{fault}");
    }

    #[test]
    fn every_fault_is_told() {
        assert_eq!(
            read(&[]).unwrap_err().to_string(),
            "the function's environment is incomplete: \
             USER_POOL_ID is missing (the Cognito user pool whose tokens are accepted); \
             CLIENT_ID is missing (the app clients whose tokens are accepted)"
        );
        let wrong = [("USER_POOL_ID", "x"), ("CLIENT_ID", ","), ("TOKEN_USE", "refresh"), ("JWKS_URI", "http://b/c")];
        assert_eq!(
            read(&wrong).unwrap_err().to_string(),
            "the function's environment is incomplete: \
             USER_POOL_ID is `x`, and must look like `eu-central-1_AbCdEfGhI`; \
             CLIENT_ID is missing (the app clients whose tokens are accepted); \
             TOKEN_USE is `refresh`, and must be `access` or `id`; \
             JWKS_URI is `http://b/c`, and must begin with https:// (plain http:// is for this machine only)"
        );
        for pool in
            ["us-east-1", "_AbCd", "us-east-1_", "useast1_Ab", "us-east-1_Ab/..", "us-EAST-1_Ab", "evil.example/-_A"]
        {
            assert!(read(&[("USER_POOL_ID", pool), ("CLIENT_ID", "one")]).is_err(), "{pool}");
        }
    }
}
