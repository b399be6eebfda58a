//! What operators look into, which the engine lets be undefined within.
//!
//! In `x in [prod, 'test']` the engine compares `x` with an undefined item like with any other, in `ports[name]` it looks for
//! an undefined key, and finds none. So a filter that looks is put behind such literals and keys before a text is compiled.

use super::literals::{self, Prepared};

/// The filter that is put behind operands.
pub(super) const FILTER: &str = "_defined";
const MARK: &str = "|_defined";

/// Words after which no operand has ended.
const KEYWORDS: &[&str] = &[
    "and", "call", "do", "elif", "else", "extends", "filter", "for", "if", "import", "in", "include", "is", "not",
    "or", "set", "with",
];

impl<'t> Prepared<'t> {
    /// With what an operator looks into marked, in a text with `{{ }}` and `{% %}`.
    pub fn marked(self) -> Self {
        let mut marks = Vec::new();
        for range in literals::code(&self.text) {
            let start = range.start;
            marks.extend(operands(&self.text[range]).into_iter().map(|at| start + at));
        }
        self.with(&marks, MARK)
    }

    /// The same of an expression.
    pub fn expression(text: &'t str) -> Self {
        Self::unchanged(text).with(&operands(text), MARK)
    }
}

/// What an open bracket began.
struct Open {
    what: What,
    /// Whether there is a name in it.
    named: bool,
    /// Whether there is a colon in it, not counting what is in further brackets.
    colon: bool,
    /// Whether an operator before it looks into it.
    operand: bool,
}

#[derive(PartialEq, Clone, Copy)]
enum What {
    Key,
    Literal,
    Group,
    Call,
}

/// Where literals and keys end that an operator looks into.
fn operands(code: &str) -> Vec<usize> {
    let mut marks = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    // the place after an operand, and after one that an operator may look into
    let (mut ended, mut literal): (Option<usize>, Option<usize>) = (None, None);
    // whether the last token was such an operator, and the last words
    let (mut operator, mut words) = (false, ["", ""]);
    let mut header = code.trim_start_matches(['{', '%', '-', '+']).trim_start().starts_with("for ");
    let mut at = 0;
    while let Some(first) = code[at..].chars().next() {
        let rest = &code[at..];
        let length = match first {
            '"' | '\'' => literals::quoted(rest),
            _ if first.is_alphanumeric() || first == '_' => {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            _ => first.len_utf8(),
        };
        let token = &rest[..length];
        let after = at + length;
        at = after;
        if first.is_whitespace() {
            continue;
        }
        let is_comparison = match first {
            '=' => rest.starts_with("==") || operator,
            '!' | '<' | '>' | '~' => true,
            'i' if token == "in" && header => {
                header = false;
                false
            }
            'i' => token == "in" && words[1] != "is" && words != ["is", "not"],
            _ => false,
        };
        if is_comparison {
            marks.extend(literal);
        }
        // whether a bracket belongs to what is before it
        let continues = ended.is_some();
        ended = None;
        // `[a] not in b`
        literal = literal.filter(|_| token == "not");
        match first {
            '[' | '{' | '(' => {
                let what = match first {
                    '[' if continues => What::Key,
                    '(' if continues => What::Call,
                    '(' => What::Group,
                    _ => What::Literal,
                };
                open.push(Open { what, named: false, colon: false, operand: operator });
            }
            ']' | '}' | ')' => {
                ended = Some(after);
                let Some(closed) = open.pop() else { continue };
                if let Some(around) = open.last_mut() {
                    around.named |= closed.named;
                }
                let followed = code[after..].trim_start().starts_with(['|', '.', '[']);
                match closed.what {
                    What::Key if closed.named && !closed.colon => marks.push(after - 1),
                    _ if !closed.named || followed => {}
                    What::Literal | What::Group => {
                        if closed.operand {
                            marks.push(after)
                        } else {
                            literal = Some(after)
                        }
                    }
                    _ => {}
                }
            }
            ':' => {
                if let Some(around) = open.last_mut() {
                    around.colon = true;
                }
            }
            '"' | '\'' => ended = Some(after),
            _ if first.is_alphanumeric() || first == '_' => {
                words = [words[1], token];
                let constant =
                    first.is_ascii_digit() || matches!(token, "true" | "false" | "none" | "True" | "False" | "None");
                if !KEYWORDS.contains(&token) {
                    ended = Some(after);
                    if let Some(around) = open.last_mut() {
                        around.named |= !constant;
                    }
                }
            }
            _ => {}
        }
        operator = is_comparison;
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked() {
        let same = [
            "{{ [a, b] }}{% for x in [a, b] %}{{ x }}{% endfor %}",
            "{{ x in ['a', 1, true] }}{{ x in l }}{{ x in f(a) }}{{ x in (1, 2) }}",
            "{{ l[0] }}{{ d['a'] }}{{ l[a:] }}{{ l[:b] }}{{ f(a, b) == 1 }}{{ x | default([a]) }}",
            "{{ x in [a, b] | select('defined') }}{{ ([a] + [b]) | length }}{{ x is in [a] }}{{ x is not in [a] }}",
            "x in [a] {# x in [a] #} {% raw %}{{ x in [a] }}{% endraw %} {{ 'x in [a]' }}",
            "{% set x = [a] %}{% if x and [a] %}{% endif %}{{ 'x' if [a] else [b] }}",
        ];
        for text in same {
            assert_eq!(Prepared::unchanged(text).marked().text, text);
        }
        let marked = |text: &str| {
            let prepared = Prepared::unchanged(text);
            prepared.marked().text.replace(MARK, "◂")
        };
        assert_eq!(marked("{{ x in [a, 'b'] }}"), "{{ x in [a, 'b']◂ }}");
        assert_eq!(marked("{% if x not in [a] or y %}"), "{% if x not in [a]◂ or y %}");
        assert_eq!(marked("{% for x in y if x in [a] %}"), "{% for x in y if x in [a]◂ %}");
        assert_eq!(marked("{{ [a] == [1] }}{{ [1]!={'a': a} }}"), "{{ [a]◂ == [1] }}{{ [1]!={'a': a}◂ }}");
        assert_eq!(marked("{{ 'a' ~ [b] ~ c }}{{ [b] ~ 'a' }}"), "{{ 'a' ~ [b]◂ ~ c }}{{ [b]◂ ~ 'a' }}");
        assert_eq!(marked("{{ x in (a, b) }}{{ x >= [a] }}"), "{{ x in (a, b)◂ }}{{ x >= [a]◂ }}");
        assert_eq!(marked("{{ x in ([a] + b) }}{{ (a) == x }}"), "{{ x in ([a] + b)◂ }}{{ (a)◂ == x }}");
        assert_eq!(marked("{{ d[a] }}{{ d[a.b][c | lower] }}"), "{{ d[a◂] }}{{ d[a.b◂][c | lower◂] }}");
        assert_eq!(marked("{{ f([a] == b, d[c]) }}"), "{{ f([a]◂ == b, d[c◂]) }}");
        assert_eq!(Prepared::expression("x in [a]").text, "x in [a]|_defined");
    }

    #[test]
    fn places_stay() {
        let prepared = Prepared::unchanged("{{ d[a] + é }}").marked();
        let at = prepared.text.find('é').unwrap_or_default();
        assert_eq!(prepared.original(at..at + 2), 10..12);
    }
}
