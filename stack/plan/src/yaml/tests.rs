use std::fmt::Write as _;

use super::*;

fn place(span: Span) -> (usize, usize) {
    (span.line, span.column)
}

fn resolved(text: &str) -> String {
    let node = parse(text).unwrap();
    format!("{:?}", node.as_scalar().unwrap().resolve())
}

#[test]
fn every_node_knows_its_bytes_line_and_column() {
    let text = "a: one\nb:\n  - \"two\"\n  - {c: d}\n";
    let root = parse(text).unwrap();
    let a = root.get("a").unwrap();
    assert_eq!((place(a.span), &text[a.span.start..a.span.end]), ((1, 4), "one"));
    let items = root.get("b").unwrap().as_sequence().unwrap();
    assert_eq!((place(items[0].span), &text[items[0].span.start..items[0].span.end]), ((3, 5), "\"two\""));
    assert_eq!((place(items[1].span), &text[items[1].span.start..items[1].span.end]), ((4, 5), "{c: d}"));
    let key = root.as_mapping().unwrap()[1].key_span;
    assert_eq!((place(key), &text[key.start..key.end]), ((2, 1), "b"));
}

#[test]
fn bytes_are_bytes_with_a_byte_order_mark_wide_characters_and_carriage_returns() {
    for prefix in ["", "\u{feff}", "# ünï — 🦀\n", "# x\r\nx: [é,\r\n 🦀]\r\n"] {
        let text = format!("{prefix}name: \"grün🦀\"\r\nnext: plain\r\n");
        let root = parse(&text).unwrap();
        let name = root.get("name").unwrap();
        assert_eq!(&text[name.span.start..name.span.end], "\"grün🦀\"", "{text:?}");
        let next = root.get("next").unwrap();
        assert_eq!(&text[next.span.start..next.span.end], "plain", "{text:?}");
        assert_eq!(next.span.column, 7);
    }
}

#[test]
fn scalars_follow_yaml_1_2() {
    for (text, expected) in [
        ("no", "String(\"no\")"),
        ("on", "String(\"on\")"),
        ("010", "Integer(10)"),
        ("0o10", "Integer(8)"),
        ("0xff", "Integer(255)"),
        ("1_000", "String(\"1_000\")"),
        ("2012-10-17", "String(\"2012-10-17\")"),
        ("12:30:45", "String(\"12:30:45\")"),
        ("1e3", "Float(1000.0)"),
        ("-.5", "Float(-0.5)"),
        (".", "String(\".\")"),
        (".inf", "String(\".inf\")"),
        ("1e999", "String(\"1e999\")"),
        ("99999999999999999999", "Float(1e20)"),
        ("~", "Null"),
        ("\"true\"", "String(\"true\")"),
        ("true", "Boolean(true)"),
        ("!!str 12", "String(\"12\")"),
        ("! 12", "String(\"12\")"),
        ("'12'", "String(\"12\")"),
        ("|\n  12\n", "String(\"12\\n\")"),
    ] {
        assert_eq!(resolved(text), expected, "{text}");
    }
}

#[test]
fn an_empty_text_is_null() {
    for text in ["", "\n", "# nothing\n", "---\n"] {
        assert!(parse(text).unwrap().is_null(), "{text:?}");
    }
}

#[test]
fn local_tags_stay_on_their_nodes() {
    let root = parse("a: !Ref X\nb: !GetAtt {c: d}\nc: !Sub\n  - t\n  - !Ref Y\n").unwrap();
    assert_eq!(root.get("a").unwrap().tag.as_deref(), Some("!Ref"));
    assert_eq!(root.get("b").unwrap().tag.as_deref(), Some("!GetAtt"));
    let sub = root.get("c").unwrap();
    assert_eq!(sub.tag.as_deref(), Some("!Sub"));
    assert_eq!(sub.as_sequence().unwrap()[1].tag.as_deref(), Some("!Ref"));
}

#[test]
fn repeated_keys_are_listed_or_refused() {
    let text = "a: 1\nb: {c: 1, c: 2}\na: 3\n";
    let document = parse_document(text).unwrap();
    let found: Vec<_> = document.duplicates.iter().map(|d| (d.key.as_str(), d.span.line, d.first.line)).collect();
    assert_eq!(found, [("c", 2, 2), ("a", 3, 1)]);
    assert_eq!(document.root.get("a").unwrap().as_scalar().unwrap().text, "1");
    assert!(matches!(parse(text), Err(YamlError::DuplicateKey { key, .. }) if key == "c"));
}

#[test]
fn anchors_are_expanded_within_bounds() {
    let root = parse("a: &x {k: v}\nb: *x\n").unwrap();
    assert_eq!(root.get("a").unwrap().value, root.get("b").unwrap().value);

    let mut bomb = String::from("l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let previous = level - 1;
        let aliases = vec![format!("*l{previous}"); 10].join(", ");
        writeln!(bomb, "l{level}: &l{level} [{aliases}]").unwrap();
    }
    assert!(matches!(parse(&bomb), Err(YamlError::TooManyNodes { .. })));
    assert!(matches!(parse("a: &a [*a]"), Err(YamlError::AliasInsideItself { .. })));
    assert!(matches!(parse("a: *nowhere"), Err(YamlError::Syntax { .. })));
}

#[test]
fn depth_and_size_are_bounded() {
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    assert!(matches!(parse(&deep), Err(YamlError::TooDeep { .. })));
    let very_deep = "[".repeat(1_000_000);
    assert!(parse(&very_deep).is_err());
    let mut climbing = String::from("a0: &a0 [x]\n");
    for level in 1..80 {
        writeln!(climbing, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
    }
    assert!(matches!(parse(&climbing), Err(YamlError::TooDeep { .. })));
    let large = " ".repeat(MAX_BYTES + 1);
    assert_eq!(parse(&large), Err(YamlError::TooLarge { bytes: MAX_BYTES + 1 }));
}

#[test]
fn faults_of_the_text_have_a_place() {
    let error = parse("a: 1\nb: [1, 2\nc: }\n").unwrap_err();
    assert!(matches!(error, YamlError::Syntax { .. }), "{error:?}");
    assert_eq!(error.span().line, 3);
    let error = parse("a: 1\nb: x\u{0}y\n").unwrap_err();
    assert!(matches!(error, YamlError::ForbiddenCharacter { character: '\0', .. }));
    assert_eq!(place(error.span()), (2, 5));
    let error = parse("a: 1\n---\nb: 2\n").unwrap_err();
    assert!(matches!(error, YamlError::SeveralDocuments { .. }), "{error:?}");
    assert!(matches!(parse("? [a]\n: b\n"), Err(YamlError::KeyNotScalar { .. })));
}
