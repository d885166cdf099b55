//! What the console page shows of HTTP APIs.

use super::ApiGatewayV2;

impl ApiGatewayV2 {
    /// Id and name of every API with the names of its stages.
    pub(crate) fn stages_view(&self) -> Vec<(String, String, Vec<String>)> {
        self.state.read(|apis| {
            let apis = apis.values();
            apis.map(|api| {
                let name = api.members["name"].as_str().unwrap_or(&api.id);
                (api.id.clone(), name.to_owned(), api.stages.keys().cloned().collect())
            })
            .collect()
        })
    }
}
