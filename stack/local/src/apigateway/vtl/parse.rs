//! Templates: text, references and directives.

use super::expression::Scanner;
use super::{Node, Reference, Step};

/// A template that is none: where (a byte) and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TemplateFault {
    pub(crate) at: usize,
    pub(crate) message: String,
}

/// Depth of nested directives and expressions.
pub(super) const DEPTH: usize = 64;

/// Reads a template.
pub(crate) fn parse(text: &str) -> Result<Vec<Node>, TemplateFault> {
    let mut scanner = Scanner::new(text);
    let (nodes, end) = block(&mut scanner, 0)?;
    match end {
        Stop::Text => Ok(nodes),
        _ => Err(scanner.fault("`#end`, `#else` or `#elseif` without a directive that it ends")),
    }
}

/// What a block ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Text,
    End,
    Else,
    ElseIf,
}

fn block(scanner: &mut Scanner<'_>, depth: usize) -> Result<(Vec<Node>, Stop), TemplateFault> {
    if depth > DEPTH {
        return Err(scanner.fault("the template nests too deeply"));
    }
    let mut nodes = Vec::new();
    let mut text = String::new();
    let end = loop {
        let rest = scanner.rest();
        let Some(next) = rest.find(['$', '#', '\\']) else {
            text.push_str(rest);
            scanner.advance(rest.len());
            break Stop::Text;
        };
        text.push_str(&rest[..next]);
        scanner.advance(next);
        let rest = scanner.rest();
        if let Some(escaped) = rest.strip_prefix('\\') {
            // An escaped sign stands for itself.
            let sign = escaped.chars().next().filter(|sign| matches!(sign, '$' | '#'));
            text.push(sign.unwrap_or('\\'));
            scanner.advance(1 + usize::from(sign.is_some()));
        } else if rest.starts_with('$') {
            if let Some(reference) = reference(scanner)? {
                flush(&mut nodes, &mut text);
                nodes.push(Node::Reference(reference));
            } else {
                text.push('$');
                scanner.advance(1);
            }
        } else if let Some(comment) = rest.strip_prefix("##") {
            scanner.advance(2 + comment.find('\n').map_or(comment.len(), |end| end + 1));
        } else if let Some(comment) = rest.strip_prefix("#*") {
            let end = comment.find("*#").ok_or_else(|| scanner.fault("a comment has no end"))?;
            scanner.advance(end + 4);
        } else if let Some((name, length)) = directive_name(rest) {
            if matches!(name, "macro" | "parse" | "include" | "evaluate" | "define" | "stop" | "break") {
                return Err(scanner.fault(&format!("the directive `#{name}` is not served")));
            }
            flush(&mut nodes, &mut text);
            scanner.advance(length);
            match name {
                "end" => {
                    scanner.skip_line_end();
                    break Stop::End;
                }
                "else" => {
                    scanner.skip_line_end();
                    break Stop::Else;
                }
                "elseif" => break Stop::ElseIf,
                _ => nodes.push(directive(scanner, name, depth)?),
            }
        } else {
            text.push('#');
            scanner.advance(1);
        }
    };
    flush(&mut nodes, &mut text);
    Ok((nodes, end))
}

fn flush(nodes: &mut Vec<Node>, text: &mut String) {
    if !text.is_empty() {
        nodes.push(Node::Text(std::mem::take(text)));
    }
}

/// The directive that begins here, and how long its name is with its sign (and braces).
fn directive_name(rest: &str) -> Option<(&'static str, usize)> {
    const NAMES: [&str; 13] = [
        "set", "if", "elseif", "else", "end", "foreach", "macro", "parse", "include", "evaluate", "define", "stop",
        "break",
    ];
    let inner = rest.strip_prefix('#')?;
    let braced = inner.starts_with('{');
    let inner = inner.strip_prefix('{').unwrap_or(inner);
    let length = inner.bytes().take_while(u8::is_ascii_alphabetic).count();
    let name = NAMES.into_iter().find(|name| *name == &inner[..length])?;
    if braced && !inner[length..].starts_with('}') {
        return None;
    }
    Some((name, 1 + length + if braced { 2 } else { 0 }))
}

fn directive(scanner: &mut Scanner<'_>, name: &str, depth: usize) -> Result<Node, TemplateFault> {
    scanner.skip_space();
    scanner.expect('(')?;
    match name {
        "set" => {
            scanner.skip_space();
            let target = reference(scanner)?.ok_or_else(|| scanner.fault("`#set` needs a reference"))?;
            scanner.skip_space();
            scanner.expect('=')?;
            let value = scanner.expression(depth)?;
            scanner.skip_space();
            scanner.expect(')')?;
            scanner.skip_line_end();
            Ok(Node::Set { target, value })
        }
        "foreach" => {
            scanner.skip_space();
            let item = reference(scanner)?.ok_or_else(|| scanner.fault("`#foreach` needs a reference"))?;
            scanner.skip_space();
            if !scanner.take("in") {
                return Err(scanner.fault("`#foreach` needs `in`"));
            }
            let list = scanner.expression(depth)?;
            scanner.skip_space();
            scanner.expect(')')?;
            scanner.skip_line_end();
            let (body, end) = block(scanner, depth + 1)?;
            if end != Stop::End {
                return Err(scanner.fault("`#foreach` has no `#end`"));
            }
            Ok(Node::ForEach { name: item.name, list, body })
        }
        _ => conditional(scanner, depth),
    }
}

/// The rest of `#if(`.
fn conditional(scanner: &mut Scanner<'_>, depth: usize) -> Result<Node, TemplateFault> {
    let mut branches = Vec::new();
    loop {
        let condition = scanner.expression(depth)?;
        scanner.skip_space();
        scanner.expect(')')?;
        scanner.skip_line_end();
        let (body, end) = block(scanner, depth + 1)?;
        branches.push((condition, body));
        match end {
            Stop::ElseIf => {
                scanner.skip_space();
                scanner.expect('(')?;
            }
            Stop::Else => {
                let (otherwise, end) = block(scanner, depth + 1)?;
                if end != Stop::End {
                    return Err(scanner.fault("`#else` has no `#end`"));
                }
                return Ok(Node::If { branches, otherwise });
            }
            Stop::End => return Ok(Node::If { branches, otherwise: Vec::new() }),
            Stop::Text => return Err(scanner.fault("`#if` has no `#end`")),
        }
    }
}

/// The reference that begins here; `None` when the dollar sign is just text.
pub(super) fn reference(scanner: &mut Scanner<'_>) -> Result<Option<Reference>, TemplateFault> {
    let start = scanner.at();
    let rest = scanner.rest();
    let Some(inner) = rest.strip_prefix('$') else { return Ok(None) };
    let is_quiet = inner.starts_with('!');
    let inner = inner.strip_prefix('!').unwrap_or(inner);
    let is_braced = inner.starts_with('{');
    let inner = inner.strip_prefix('{').unwrap_or(inner);
    let name = identifier(inner);
    if name.is_empty() {
        return Ok(None);
    }
    scanner.advance(rest.len() - inner.len() + name.len());
    scanner.nesting += 1;
    if scanner.nesting > DEPTH {
        return Err(scanner.fault("references nest too deeply"));
    }
    let steps = steps(scanner)?;
    scanner.nesting -= 1;
    if is_braced {
        scanner.expect('}')?;
    }
    let source = scanner.since(start).to_owned();
    Ok(Some(Reference { name: name.to_owned(), steps, is_quiet, source }))
}

fn steps(scanner: &mut Scanner<'_>) -> Result<Vec<Step>, TemplateFault> {
    let mut steps = Vec::new();
    loop {
        let rest = scanner.rest();
        if let Some(after) = rest.strip_prefix('.') {
            let name = identifier(after);
            if name.is_empty() {
                return Ok(steps);
            }
            scanner.advance(1 + name.len());
            if scanner.rest().starts_with('(') {
                scanner.advance(1);
                steps.push(Step::Method(name.to_owned(), scanner.list(')', 0)?));
            } else {
                steps.push(Step::Property(name.to_owned()));
            }
        } else if rest.starts_with('[') {
            scanner.advance(1);
            let index = scanner.expression(0)?;
            scanner.skip_space();
            scanner.expect(']')?;
            steps.push(Step::Index(index));
        } else {
            return Ok(steps);
        }
    }
}

fn identifier(text: &str) -> &str {
    let begins = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let length = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte)).count();
    if begins { &text[..length] } else { "" }
}
