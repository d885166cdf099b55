//! What the console page shows of user pools.

use serde_json::Value;

use super::{Cognito, hosted};
use crate::wire::percent_encode;

/// A user pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PoolView {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Names of the clients that have an address to come back to, each with the path of its sign-in page.
    pub(crate) sign_in: Vec<(String, String)>,
}

impl Cognito {
    /// All pools, by id.
    pub(crate) fn pools_view(&self) -> Vec<PoolView> {
        self.pools.read(|pools| {
            let pools = pools.values();
            pools
                .map(|pool| PoolView {
                    id: pool.id.clone(),
                    name: pool.name.clone(),
                    sign_in: pool
                        .clients
                        .values()
                        .filter_map(|client| {
                            let back = percent_encode(client.texts("CallbackURLs").first()?, "");
                            let name = client.settings.get("ClientName").and_then(Value::as_str).unwrap_or(&client.id);
                            let path = format!(
                                "{}{}/login?response_type=code&client_id={}&redirect_uri={back}",
                                hosted::PREFIX,
                                pool.id,
                                client.id
                            );
                            Some((name.to_owned(), path))
                        })
                        .collect(),
                })
                .collect()
        })
    }
}
