//! What the console page shows of REST APIs.

use super::ApiGateway;

impl ApiGateway {
    /// Id and name of every API with the names of its stages.
    pub(crate) fn stages_view(&self) -> Vec<(String, String, Vec<String>)> {
        self.state.read(|state| {
            let apis = state.apis.values();
            apis.map(|api| {
                let name = api.content.members["name"].as_str().unwrap_or(&api.id);
                (api.id.clone(), name.to_owned(), api.stages.keys().cloned().collect())
            })
            .collect()
        })
    }
}
