//! The settings of a job over those of its template.

use serde_json::Value;

/// `over` laid over `under`: objects by member, lists by position, anything else as `over` has it.
pub(super) fn lay_over(under: &Value, over: &Value) -> Value {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            let mut all = under.clone();
            for (name, value) in over {
                let value = all.get(name).map_or_else(|| value.clone(), |below| lay_over(below, value));
                all.insert(name.clone(), value);
            }
            Value::Object(all)
        }
        (Value::Array(under), Value::Array(over)) => {
            let longest = under.len().max(over.len());
            (0..longest)
                .map(|index| match (under.get(index), over.get(index)) {
                    (Some(under), Some(over)) => lay_over(under, over),
                    (Some(one), None) | (None, Some(one)) => one.clone(),
                    (None, None) => Value::Null,
                })
                .collect()
        }
        (under, Value::Null) => under.clone(),
        (_, over) => over.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_job_is_laid_over_its_template() {
        let template = json!({"Inputs": [{"Rotate": "AUTO"}], "Groups": [{"To": "a", "Outputs": [1]}], "Kept": 1});
        let job = json!({"Inputs": [{"File": "f"}], "Groups": [{"To": "b"}]});
        assert_eq!(
            lay_over(&template, &job),
            json!({"Inputs": [{"Rotate": "AUTO", "File": "f"}], "Groups": [{"To": "b", "Outputs": [1]}], "Kept": 1})
        );
    }
}
