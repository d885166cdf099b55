//! Request validators: parameters that must be there, bodies that fit models.

use serde_json::Value;

use super::data_plane::Method;
use super::response::Fault;
use super::{Table, schema};
use crate::execute_api::call::Call;

/// Refuses a request that the validator of its method does not take.
pub(super) fn validate(call: &Call, method: &Method, models: &Table) -> Result<(), Fault> {
    let Some(validator) = &method.validator else { return Ok(()) };
    if validator["validateRequestParameters"] == true {
        parameters(call, method)?;
    }
    if validator["validateRequestBody"] == true {
        body(call, method, models)?;
    }
    Ok(())
}

fn parameters(call: &Call, method: &Method) -> Result<(), Fault> {
    let declared = method.members["requestParameters"].as_object().into_iter().flatten();
    let missing: Vec<&str> = declared
        .filter(|(_, required)| **required == true)
        .filter_map(|(name, _)| name.strip_prefix("method.request.")?.split_once('.'))
        .filter(|(kind, name)| {
            let value = match *kind {
                "header" | "multivalueheader" => call.header(name),
                "querystring" | "multivaluequerystring" => call.query_value(name),
                _ => method.parameters.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone()),
            };
            value.is_none_or(|value| value.is_empty())
        })
        .map(|(_, name)| name)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("Missing required request parameters: [{}]", missing.join(", "));
    Err(Fault::new("BAD_REQUEST_PARAMETERS", "BadRequestException", message))
}

fn body(call: &Call, method: &Method, models: &Table) -> Result<(), Fault> {
    let kind = call.header("content-type").unwrap_or_else(|| "application/json".to_owned());
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let declared = method.members["requestModels"].as_object();
    let model = declared.and_then(|models| models.get(&kind).or_else(|| models.get("$default")));
    let Some(schema) = model.and_then(|name| models.get(name.as_str()?)).and_then(|model| model["schema"].as_str())
    else {
        return Ok(());
    };
    let invalid =
        |why: String| Fault::new("BAD_REQUEST_BODY", "BadRequestException", "Invalid request body").because(why);
    let schema: Value = serde_json::from_str(schema).unwrap_or_default();
    let text: &[u8] = if call.body.is_empty() { b"{}" } else { &call.body };
    let value: Value = serde_json::from_slice(text).map_err(|error| invalid(error.to_string()))?;
    let faults = schema::faults(&schema, &value, models);
    if faults.is_empty() { Ok(()) } else { Err(invalid(format!("[{}]", faults.join(", ")))) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::execute_api::call::tests::call;

    fn method() -> Method {
        Method {
            members: json!({
                "requestParameters": {"method.request.querystring.q": true, "method.request.header.h": true, "method.request.path.id": true, "method.request.querystring.o": false},
                "requestModels": {"application/json": "Pet"},
            }),
            validator: Some(json!({"validateRequestParameters": true, "validateRequestBody": true})),
            parameters: vec![("id".to_owned(), "7".to_owned())],
            ..Method::default()
        }
    }

    #[test]
    fn parameters_that_are_missing_are_named() {
        let fault = validate(&call("/pets/7", &[]), &method(), &Table::new()).unwrap_err();
        assert_eq!(fault.message.as_deref(), Some("Missing required request parameters: [q, h]"));
        assert_eq!(validate(&call("/pets/7?q=1", &[("h", "1")]), &method(), &Table::new()), Ok(()));
    }

    #[test]
    fn a_body_must_fit_its_model() {
        let models = Table::from([("Pet".to_owned(), json!({"schema": r#"{"required": ["name"]}"#}))]);
        let mut request = call("/pets/7?q=1", &[("h", "1")]);
        request.body = r#"{"name": "Rex"}"#.into();
        assert_eq!(validate(&request, &method(), &models), Ok(()));
        for body in ["{}", "", "{"] {
            request.body = body.into();
            let fault = validate(&request, &method(), &models).unwrap_err();
            assert_eq!((fault.kind, fault.message.as_deref()), ("BAD_REQUEST_BODY", Some("Invalid request body")));
        }
    }
}
