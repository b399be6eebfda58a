//! Rendering: texts, whole templates, conditions, loops.

use super::context::{Context, Failure, SELF};
use super::convert::to_node;
use super::environment::environment;
use super::errors::{Included, Place};
use super::gaps::is_complete;
use super::kinds::words;
use super::literals::Prepared;
use super::{RenderError, Scope, Value};
use crate::source::{Diagnostic, SourceFile};
use crate::yaml::{self, Node};
use minijinja::value::ValueKind;
use std::sync::{Arc, Mutex, PoisonError};

impl Scope {
    fn context(&self) -> Arc<Context> {
        Context::new(self.clone(), None)
    }

    /// A node with every text in it rendered; a lone `{{ x }}` keeps its type, and places stay. Where `omit` stands
    /// in a list or mapping, the item is left out.
    ///
    /// # Errors
    /// Everything that is wrong in it, or that it needs facts.
    pub fn render(&self, node: &Node) -> Result<Node, RenderError> {
        match self.context().node(node)? {
            Some(node) => Ok(node),
            None => Ok(Node::new(yaml::Value::Null, node.span.clone())),
        }
    }

    /// The value of a variable, with its place if it was written down; nothing if it is not defined.
    ///
    /// # Errors
    /// What is wrong with it, or that it needs facts.
    pub fn variable(&self, name: &str) -> Result<Option<Value>, RenderError> {
        Ok(self.lookup(name, None)?)
    }

    /// A template file rendered.
    ///
    /// # Errors
    /// The first thing that is wrong in it, or that it needs facts.
    pub fn render_template(&self, source: &Arc<SourceFile>) -> Result<String, RenderError> {
        let context = self.context();
        let loaded: Arc<Mutex<Included>> = Arc::default();
        let mut environment = environment().clone();
        if let Some(loader) = self.loader() {
            let (loader, loaded) = (Arc::clone(loader), Arc::clone(&loaded));
            environment.set_loader(move |name| {
                let found = loader.load_template(name).map_err(Failure::from)?;
                let Some(found) = found else { return Ok(None) };
                let prepared = Prepared::unchanged(found.text()).marked();
                let text = prepared.text.to_string();
                let place = (Arc::clone(&found), prepared.into_inserted());
                loaded.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), place);
                Ok(Some(text))
            });
        }
        let prepared = Prepared::unchanged(source.text()).marked();
        let result = environment
            .template_from_named_str(source.name(), &prepared.text)
            .and_then(|template| template.render(Value::from_dyn_object(Arc::clone(&context))));
        let inserted = prepared.into_inserted();
        result.map_err(|error| {
            let loaded = loaded.lock().unwrap_or_else(PoisonError::into_inner);
            context.failure(&error, &Place::Files { root: (source, &inserted), loaded: &loaded }).into()
        })
    }

    /// Whether a condition holds: an expression, true or false, or a list of which all must hold.
    ///
    /// # Errors
    /// What is wrong with it, or that it needs facts.
    pub fn evaluate(&self, node: &Node) -> Result<bool, RenderError> {
        match &node.value {
            yaml::Value::Bool(truth) => Ok(*truth),
            yaml::Value::Sequence(conditions) => {
                for condition in conditions {
                    if !self.evaluate(condition)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            yaml::Value::String { text, .. } => {
                if text.contains("{{") || text.contains("{%") {
                    let error = Diagnostic::at(&node.span, "a condition is an expression already");
                    return Err(error.hint("write it without `{{ }}`").into());
                }
                let value = self.context().expression(text, node)?;
                Ok(truth(&value, node)?)
            }
            _ => {
                let message = format!("a condition is an expression, not {}", node.describe());
                Err(Diagnostic::at(&node.span, message).into())
            }
        }
    }

    /// What an expression comes to; nothing if that is undefined.
    ///
    /// # Errors
    /// What is wrong with it, or that it needs facts.
    pub fn expression(&self, node: &Node) -> Result<Option<Value>, RenderError> {
        let value = self.context().evaluated(&node.string()?, node)?;
        Ok(Some(value).filter(|value| !value.is_undefined()))
    }

    /// The items of a `loop`: a list, or a template that comes to one.
    ///
    /// # Errors
    /// What is wrong with it, or that it needs facts.
    pub fn values(&self, node: &Node) -> Result<Vec<Value>, RenderError> {
        let value = self.context().value(node)?;
        match value.kind() {
            ValueKind::Seq | ValueKind::Iterable => {
                let items = value.try_iter().map(|items| items.checked().collect::<Result<Vec<_>, _>>());
                match items {
                    Ok(Ok(items)) => Ok(items),
                    Ok(Err(error)) | Err(error) => Err(self.context().failure(&error, &Place::Whole(node)).into()),
                }
            }
            kind => {
                let error = Diagnostic::at(&node.span, format!("a loop needs a list, not {}", words(kind)));
                let hint = (kind == ValueKind::Map).then(|| "write `x | dict2items`".to_owned());
                Err(error.maybe_hint(hint).into())
            }
        }
    }
}

impl Context {
    /// A text rendered; if it is one expression and nothing else, the value keeps its type.
    pub fn render_text(self: &Arc<Self>, text: &str, node: &Node) -> Result<Value, Failure> {
        if !["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) {
            return Ok(Value::from(text));
        }
        let prepared = Prepared::new(text).marked();
        let text = prepared.text.as_ref();
        let environment = environment();
        let root = || Value::from_dyn_object(Arc::clone(self));
        let mut collection = false;
        if let Some((offset, inner)) = lone_expression(text)
            && let Ok(expression) = environment.compile_expression_owned(inner)
        {
            let value = expression.eval(root());
            let value = value.map_err(|error| self.failure(&error, &Place::Node(node, offset, &prepared)))?;
            if is_complete(&value) {
                return Ok(value);
            }
            collection = !value.is_undefined();
            // rendered as a template, it says what is undefined; `x if false` is just empty
        }
        let rendered = environment.template_from_named_str("", text).and_then(|template| template.render(root()));
        rendered.map(Value::from).map_err(|error| match self.failure(&error, &Place::Node(node, 0, &prepared)) {
            // as with one that is written down
            Failure::Undefined(errors) if collection => Failure::Invalid(errors),
            failure => failure,
        })
    }

    /// An expression's value, which may be undefined.
    fn evaluated(self: &Arc<Self>, text: &str, node: &Node) -> Result<Value, Failure> {
        let prepared = Prepared::expression(text);
        let failed = |error: minijinja::Error| self.failure(&error, &Place::Node(node, 0, &prepared));
        let expression = environment().compile_expression_owned(prepared.text.as_ref()).map_err(failed)?;
        expression.eval(Value::from_dyn_object(Arc::clone(self))).map_err(failed)
    }

    /// An expression's value, which is defined to the last.
    pub fn expression(self: &Arc<Self>, text: &str, node: &Node) -> Result<Value, Failure> {
        let value = self.evaluated(text, node)?;
        if is_complete(&value) {
            return Ok(value);
        }
        // rendered as a template, it says what is undefined
        let template = format!("{{{{ ({text}) }}}}");
        let template = environment().template_from_named_str("", &template);
        let rendered = template.and_then(|template| template.render(Value::from_dyn_object(Arc::clone(self))));
        rendered.map_err(|error| self.failure(&error, &Place::Whole(node)))?;
        Err(Diagnostic::at(&node.span, "the condition comes to nothing").hint("an `if` in it needs an `else`").into())
    }

    /// The context of the template that calls a function.
    pub fn of_state(state: &minijinja::State<'_, '_>) -> Option<Arc<Self>> {
        state.lookup(SELF)?.downcast_object::<Self>()
    }
}

/// The inside of `{{ … }}` and where it begins, if there is nothing else. It may still turn out to be two.
fn lone_expression(text: &str) -> Option<(usize, &str)> {
    let inner = text.strip_prefix("{{")?.strip_suffix("}}")?;
    let signed = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    let trimmed = signed.strip_suffix(['-', '+']).unwrap_or(signed);
    Some((2 + inner.len() - signed.len(), trimmed))
}

/// Whether a condition's value means yes. Text that reads as a truth value is no answer: `"false"` would be true.
fn truth(value: &Value, node: &Node) -> Result<bool, Failure> {
    let Some(text) = value.as_str() else { return Ok(value.is_true()) };
    let words = ["true", "false", "yes", "no", "on", "off", "y", "n", "t", "f", "0", "1"];
    if words.contains(&text.to_lowercase().as_str()) {
        let error =
            Diagnostic::at(&node.span, format!("the condition comes to the text `{text}`, not to true or false"));
        return Err(error.hint("convert it: `x | bool`").into());
    }
    Ok(!text.is_empty())
}

/// A value as a node at a place, for those that have only a value.
impl Scope {
    /// A value as a node, all of it at one place.
    ///
    /// # Errors
    /// When it holds something that is no data, such as a function.
    pub fn node(value: &Value, span: &crate::source::Span) -> Result<Node, RenderError> {
        Ok(to_node(value, span)?)
    }
}
