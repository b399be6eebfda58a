//! Whatever a template says, it is an answer or an error at a place in it.

use super::{Layer, Rank, RenderError, Scope, Value};
use crate::source::{SourceFile, Span};
use crate::yaml::{self, Node};
use proptest::prelude::*;

fn scope() -> Scope {
    let values = [("x", Value::from(1)), ("l", Value::from(vec![1, 2])), ("s", Value::from("é"))];
    Scope::new(vec![Layer::values(Rank::Play, values.map(|(name, value)| (name.to_owned(), value)))])
}

/// Pieces that mean something to the engine, in any order.
fn piece() -> impl Strategy<Value = &'static str> {
    const FIRST: &str = r#"{{ }} {% %} {# #} { } " ' \ x l s missing é 1 | default( regex_replace("#;
    const SECOND: &str = r#"combine( to_nice_yaml int(base=16 is version( ) , [ ] if else endif for in raw endraw set = - + ~ not omit lookup( . hostvars =="#;
    let words = FIRST.split(' ').chain(SECOND.split(' '));
    prop::sample::select(words.chain(["\n", " "]).collect::<Vec<_>>())
}

/// Every place of every error is in its text.
fn check<T>(result: Result<T, RenderError>) {
    if let Err(RenderError::Invalid(errors)) = result {
        for error in errors.iter() {
            for (span, _) in error.primary.iter().chain(&error.secondary) {
                assert!(span.file.text().get(span.start..span.end).is_some(), "{error:?}");
            }
        }
        let _ = errors.to_string();
    }
}

proptest! {
    #[test]
    fn is_answered(pieces in prop::collection::vec(piece(), 0..24), spaced: bool) {
        let text = pieces.join(if spaced { " " } else { "" });
        let quoted = serde_json::Value::String(text.clone()).to_string();
        let node = yaml::parse(&SourceFile::named("a.yml", format!("key: {quoted}\n")))
            .ok()
            .and_then(|node| node.get("key").cloned())
            .unwrap_or_else(|| {
                let file = SourceFile::named("plain", text.as_str());
                Node::text(text.as_str(), Span::new(&file, 0, text.len()))
            });
        let scope = scope();
        check(scope.render(&node));
        check(scope.evaluate(&node));
        check(scope.values(&node));
        check(scope.render_template(&SourceFile::named("a.j2", text)));
    }
}
