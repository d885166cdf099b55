//! Rendering a template for a request.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Expression, Node, Operator, Reference, Step, json_path, methods};

/// Turns of all loops together.
const TURNS: usize = 100_000;

/// Bytes of a result.
const LENGTH: usize = 10 * 1024 * 1024;

/// What a template can look at.
pub(crate) struct Input<'a> {
    /// Body of the request, or of the backend's answer.
    pub(crate) body: &'a str,
    /// `{"path": {...}, "querystring": {...}, "header": {...}}`.
    pub(crate) parameters: &'a Value,
    pub(crate) context: &'a Value,
    pub(crate) stage_variables: &'a Value,
}

/// The text that a template makes, and the `$context` that it left behind (`#set($context.responseOverride.status = 404)`).
pub(crate) fn render(nodes: &[Node], input: &Input<'_>) -> (String, Value) {
    let mut scope = Scope { input, variables: BTreeMap::new(), context: input.context.clone(), turns: 0 };
    let mut text = String::new();
    scope.nodes(nodes, &mut text);
    (text, scope.context)
}

struct Scope<'a> {
    input: &'a Input<'a>,
    variables: BTreeMap<String, Value>,
    context: Value,
    turns: usize,
}

impl Scope<'_> {
    fn nodes(&mut self, nodes: &[Node], text: &mut String) {
        for node in nodes {
            if text.len() > LENGTH {
                return;
            }
            match node {
                Node::Text(part) => text.push_str(part),
                Node::Reference(reference) => match self.reference(reference) {
                    Some(Value::Null) if reference.is_quiet || self.is_built_in(&reference.name) => {}
                    Some(Value::Null) | None if !reference.is_quiet && !self.is_built_in(&reference.name) => {
                        text.push_str(&reference.source);
                    }
                    Some(value) => text.push_str(&display(&value)),
                    None => {}
                },
                Node::Set { target, value } => {
                    let value = self.expression(value);
                    self.set(target, value);
                }
                Node::If { branches, otherwise } => {
                    let chosen = branches.iter().find(|(condition, _)| is_true(&self.expression(condition)));
                    self.nodes(chosen.map_or(otherwise, |(_, body)| body), text);
                }
                Node::ForEach { name, list, body } => self.for_each(name, list, body, text),
            }
        }
    }

    fn for_each(&mut self, name: &str, list: &Expression, body: &[Node], text: &mut String) {
        let items = match self.expression(list) {
            Value::Array(items) => items,
            Value::Object(members) => members.into_iter().map(|(_, value)| value).collect(),
            _ => Vec::new(),
        };
        let outer = (self.variables.get(name).cloned(), self.variables.get("foreach").cloned());
        let count = items.len();
        for (at, item) in items.into_iter().enumerate() {
            self.turns += 1;
            if self.turns > TURNS {
                break;
            }
            self.variables.insert(name.to_owned(), item);
            let state = json!({"index": at, "count": at + 1, "hasNext": at + 1 < count, "first": at == 0, "last": at + 1 == count});
            self.variables.insert("foreach".to_owned(), state);
            self.variables.insert("velocityCount".to_owned(), json!(at + 1));
            self.nodes(body, text);
        }
        for (name, value) in [(name, outer.0), ("foreach", outer.1)] {
            match value {
                Some(value) => drop(self.variables.insert(name.to_owned(), value)),
                None => drop(self.variables.remove(name)),
            }
        }
    }

    fn is_built_in(&self, name: &str) -> bool {
        !self.variables.contains_key(name) && matches!(name, "input" | "context" | "stageVariables" | "util")
    }

    /// Assigns to a variable, or to a member of one.
    fn set(&mut self, target: &Reference, value: Value) {
        let mut keys = Vec::new();
        for step in &target.steps {
            match step {
                Step::Property(name) => keys.push(json!(name)),
                Step::Index(index) => keys.push(self.expression(index)),
                Step::Method(..) => return,
            }
        }
        let mut place = if self.is_built_in(&target.name) {
            if target.name != "context" {
                return;
            }
            &mut self.context
        } else {
            self.variables.entry(target.name.clone()).or_default()
        };
        for key in keys {
            place = match (place, &key) {
                (Value::Array(items), Value::Number(index)) => {
                    let index = index.as_u64().and_then(|index| usize::try_from(index).ok());
                    let Some(item) = index.and_then(|index| items.get_mut(index)) else { return };
                    item
                }
                (place, key) => {
                    if !place.is_object() {
                        *place = json!({});
                    }
                    let Some(members) = place.as_object_mut() else { return };
                    members.entry(display(key)).or_insert(Value::Null)
                }
            };
        }
        *place = value;
    }

    fn reference(&mut self, reference: &Reference) -> Option<Value> {
        let (mut value, steps) = match reference.name.as_str() {
            name if self.variables.contains_key(name) => (self.variables.get(name)?.clone(), &reference.steps[..]),
            "context" => (self.context.clone(), &reference.steps[..]),
            "stageVariables" => (self.input.stage_variables.clone(), &reference.steps[..]),
            name @ ("input" | "util") => {
                let (first, rest) = reference.steps.split_first()?;
                let value = match (name, first) {
                    ("input", Step::Property(property)) if property == "body" => json!(self.input.body),
                    ("input", Step::Method(method, arguments)) => {
                        let arguments: Vec<Value> = arguments.iter().map(|one| self.expression(one)).collect();
                        self.of_input(method, &arguments)?
                    }
                    ("util", Step::Method(method, arguments)) => {
                        let arguments: Vec<Value> = arguments.iter().map(|one| self.expression(one)).collect();
                        methods::of_util(method, &arguments)?
                    }
                    _ => return None,
                };
                (value, rest)
            }
            _ => return None,
        };
        for step in steps {
            value = match step {
                Step::Property(name) => value.get(name)?.clone(),
                Step::Index(index) => match self.expression(index) {
                    Value::Number(index) => value.get(usize::try_from(index.as_u64()?).ok()?)?.clone(),
                    key => value.get(display(&key))?.clone(),
                },
                Step::Method(name, arguments)
                    if matches!(name.as_str(), "put" | "add") && self.variables.contains_key(&reference.name) =>
                {
                    let arguments: Vec<Value> = arguments.iter().map(|one| self.expression(one)).collect();
                    return self.mutate(reference, name, &arguments);
                }
                Step::Method(name, arguments) => {
                    let arguments: Vec<Value> = arguments.iter().map(|one| self.expression(one)).collect();
                    methods::of_value(&value, name, &arguments)?
                }
            };
        }
        Some(value)
    }

    /// `$map.put(key, value)` and `$list.add(value)` of a variable itself.
    fn mutate(&mut self, reference: &Reference, method: &str, arguments: &[Value]) -> Option<Value> {
        let [Step::Method(..)] = reference.steps.as_slice() else { return None };
        match (self.variables.get_mut(&reference.name)?, method, arguments) {
            (Value::Object(members), "put", [key, value]) => {
                Some(members.insert(display(key), value.clone()).unwrap_or_else(|| json!("")))
            }
            (Value::Array(items), "add", [value]) => {
                items.push(value.clone());
                Some(json!(true))
            }
            _ => None,
        }
    }

    fn of_input(&self, method: &str, arguments: &[Value]) -> Option<Value> {
        let first = arguments.first().map(display);
        let body = || serde_json::from_str(self.input.body).unwrap_or_else(|_| json!(self.input.body));
        Some(match (method, first) {
            ("path", Some(path)) => json_path::at(&body(), &path).unwrap_or_default(),
            ("json", Some(path)) => {
                json!(json_path::at(&body(), &path).map_or_else(|| "\"\"".to_owned(), |value| value.to_string()))
            }
            ("params", None) => self.input.parameters.clone(),
            ("params", Some(name)) => {
                let kinds = ["path", "querystring", "header"];
                let found = kinds.iter().find_map(|kind| match kind {
                    &"header" => header(&self.input.parameters["header"], &name),
                    kind => self.input.parameters[*kind].get(&name),
                });
                match self.input.parameters.get(&name).filter(|_| kinds.contains(&name.as_str())) {
                    Some(all) if found.is_none() => all.clone(),
                    _ => found.cloned().unwrap_or_else(|| json!("")),
                }
            }
            _ => return None,
        })
    }

    fn expression(&mut self, expression: &Expression) -> Value {
        match expression {
            Expression::Literal(value) => value.clone(),
            Expression::Interpolated(nodes) => {
                let mut text = String::new();
                self.nodes(nodes, &mut text);
                json!(text)
            }
            Expression::List(items) => Value::Array(items.iter().map(|item| self.expression(item)).collect()),
            Expression::Range(first, last) => {
                let (first, last) = (self.expression(first).as_i64(), self.expression(last).as_i64());
                let (first, last) = (first.unwrap_or(0), last.unwrap_or(-1));
                Value::Array((first..=last).take(TURNS).map(Value::from).collect())
            }
            Expression::Map(entries) => {
                let mut map = Map::new();
                for (key, value) in entries {
                    let key = display(&self.expression(key));
                    map.insert(key, self.expression(value));
                }
                Value::Object(map)
            }
            Expression::Reference(reference) => self.reference(reference).unwrap_or_default(),
            Expression::Not(inner) => json!(!is_true(&self.expression(inner))),
            Expression::Binary(left, operator, right) => self.binary(left, *operator, right),
        }
    }

    fn binary(&mut self, left: &Expression, operator: Operator, right: &Expression) -> Value {
        let left = self.expression(left);
        match operator {
            Operator::Or => return json!(is_true(&left) || is_true(&self.expression(right))),
            Operator::And => return json!(is_true(&left) && is_true(&self.expression(right))),
            _ => {}
        }
        let right = self.expression(right);
        let order = match (left.as_f64(), right.as_f64()) {
            (Some(left), Some(right)) => left.partial_cmp(&right),
            _ => Some(display(&left).cmp(&display(&right))),
        };
        match operator {
            Operator::Equal => json!(order == Some(Ordering::Equal) && left.is_null() == right.is_null()),
            Operator::NotEqual => json!(order != Some(Ordering::Equal) || left.is_null() != right.is_null()),
            Operator::Less => json!(order == Some(Ordering::Less)),
            Operator::LessOrEqual => json!(order.is_some_and(Ordering::is_le)),
            Operator::Greater => json!(order == Some(Ordering::Greater)),
            Operator::GreaterOrEqual => json!(order.is_some_and(Ordering::is_ge)),
            _ => arithmetic(&left, operator, &right),
        }
    }
}

fn header<'a>(headers: &'a Value, name: &str) -> Option<&'a Value> {
    headers.as_object()?.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn arithmetic(left: &Value, operator: Operator, right: &Value) -> Value {
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64()) {
        let result = match operator {
            Operator::Add => left.checked_add(right),
            Operator::Subtract => left.checked_sub(right),
            Operator::Multiply => left.checked_mul(right),
            Operator::Divide => left.checked_div(right),
            _ => left.checked_rem(right),
        };
        return result.map_or(Value::Null, Value::from);
    }
    match (left.as_f64(), right.as_f64(), operator) {
        (Some(left), Some(right), Operator::Add) => json!(left + right),
        (Some(left), Some(right), Operator::Subtract) => json!(left - right),
        (Some(left), Some(right), Operator::Multiply) => json!(left * right),
        (Some(left), Some(right), Operator::Divide) => json!(left / right),
        (Some(left), Some(right), _) => json!(left % right),
        (_, _, Operator::Add) => json!(format!("{}{}", display(left), display(right))),
        _ => Value::Null,
    }
}

/// Whether a value counts as true: everything but `false`, nothing, and what is empty or zero.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// A value as templates write it: text as it is, lists and maps as Java does.
pub(crate) fn display(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(display).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members: Vec<String> = members.iter().map(|(key, value)| format!("{key}={}", display(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn rendered(template: &str) -> String {
        let parameters = json!({"path": {"id": "7"}, "querystring": {"q": "a b"}, "header": {"X-One": "1"}});
        let context = json!({"requestId": "r-1", "error": {"messageString": "\"no\"", "responseType": "THROTTLED"}});
        let input = Input {
            body: r#"{"name": "Rex", "tags": ["a", "b"], "owner": {"id": 5}, "quote": "it's \"x\""}"#,
            parameters: &parameters,
            context: &context,
            stage_variables: &json!({"alias": "live"}),
        };
        render(&parse(template).unwrap(), &input).0
    }

    #[test]
    fn templates_are_rendered() {
        for (template, expected) in [
            (r#"{"statusCode": 204}"#, r#"{"statusCode": 204}"#),
            (
                "$input.json('$.owner') $input.json('$') ",
                r#"{"id":5} {"name":"Rex","tags":["a","b"],"owner":{"id":5},"quote":"it's \"x\""} "#,
            ),
            ("$input.path('$.name')/$input.path('$.owner')/$input.path('$').tags[1]", "Rex/{id=5}/b"),
            ("$input.params('id') $input.params('q') $input.params('x-one') <$input.params('none')>", "7 a b 1 <>"),
            ("$input.params().querystring.get('q')", "a b"),
            ("${context.requestId}x$context.none $stageVariables.alias", "r-1x live"),
            (
                r#"{"error":{"code":"$context.error.responseType","message":$context.error.messageString}}"#,
                r#"{"error":{"code":"THROTTLED","message":"no"}}"#,
            ),
            ("$util.escapeJavaScript($input.path('$.quote'))", r#"it\'s \"x\""#),
            ("$util.urlEncode('a b&c~') $util.urlDecode('a+b%26')", "a+b%26c%7E a b&"),
            ("$util.base64Encode('ab') $util.base64Decode('YWI=')", "YWI= ab"),
            (r#"$util.parseJson('{"a": {"b": 3}}').a.b"#, "3"),
            ("#set($x = 5)\n#if($x > 3 && $x != 4)\nbig\n#elseif($x == 1)\none\n#else\nsmall\n#end\nend", "big\nend"),
            ("#foreach($t in $input.path('$.tags'))$foreach.index:$t#if($foreach.hasNext), #end#end", "0:a, 1:b"),
            ("#foreach($i in [1..3])$i#end #set($m = {'a': 1, 'b': [2]})$m.a$m.b[0]$m.keySet()", "123 12[a, b]"),
            ("#set($n = 7 / 2 + 1 * 2)$n #set($s = \"v-${n}\")$s '$s'", "5 v-5 'v-5'"),
            ("$undefined $!undefined ${none.x} $5 # \\$x a#b", "$undefined  ${none.x} $5 # $x a#b"),
            ("## comment\nx#* block *#y", "xy"),
            ("#set($m = {})$m.put('k', 'v')#set($l = [])#set($ignored = $l.add(1))$m.k$l.size()", "v1"),
            ("#if(!$input.path('$.none'))none#{else}some#end", "none"),
            ("$input.path('$.name').toUpperCase().substring(0, 2).replaceAll('E', 'x')", "Rx"),
        ] {
            assert_eq!(rendered(template), expected, "{template}");
        }
    }

    #[test]
    fn a_template_may_override_the_answer() {
        let input = Input { body: "", parameters: &json!({}), context: &json!({}), stage_variables: &json!({}) };
        let nodes = parse("#set($context.responseOverride.status = 404)#set($context.responseOverride.header.X = 'y')")
            .unwrap();
        assert_eq!(render(&nodes, &input).1, json!({"responseOverride": {"status": 404, "header": {"X": "y"}}}));
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for template in ["#if($x)", "#end", "#foreach($x in)", "#set($x = )", "#if($x", "#parse('x')", "$x.y('", "#* x"]
        {
            assert!(parse(template).is_err(), "{template}");
        }
        assert!(parse(&"#if(true)".repeat(500)).is_err());
        assert!(parse(&format!("#set($x = {})", "(".repeat(5000))).is_err());
        assert!(parse(&format!("#set($x = {})", "!".repeat(5000))).is_err());
        assert!(parse(&"$x.y(".repeat(5000)).is_err());
    }
}
