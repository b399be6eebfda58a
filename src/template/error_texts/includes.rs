//! Templates and files that templates include.

use super::{file, scope};
use crate::source::{Diagnostic, SourceFile};
use crate::template::TemplateLoader;
use insta::assert_snapshot;
use std::sync::Arc;

#[derive(Debug)]
struct Shelf;

impl TemplateLoader for Shelf {
    fn load_template(&self, name: &str) -> Result<Option<Arc<SourceFile>>, Diagnostic> {
        let text = match name {
            "part.j2" => "in part\n{{ missing }}\n",
            "fine.j2" => "fine {{ n }}",
            _ => return Ok(None),
        };
        Ok(Some(SourceFile::named(format!("templates/{name}"), text)))
    }

    fn load_file(&self, name: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
        Ok((name == "key.pub").then(|| b"ssh-ed25519 AAAA\n".to_vec()))
    }
}

#[test]
fn includes() {
    let scope = scope("n: 5\n").with_loader(Arc::new(Shelf));
    assert_snapshot!(file(&scope, "{% include 'fine.j2' %}, {{ lookup('file', 'key.pub') }}!\n"), @"fine 5, ssh-ed25519 AAAA!");
    assert_snapshot!(file(&scope, "one\n{% include 'part.j2' %}\n"), @"
    error: `missing` is undefined
     --> templates/part.j2:2:4
      |
    2 | {{ missing }}
      |    ^^^^^^^
    ");
    assert_snapshot!(file(&scope, "{% include 'none.j2' %}\n"), @"
    error: tried to include non-existing template 'none.j2'
     --> a.conf.j2:1:4
      |
    1 | {% include 'none.j2' %}
      |    ^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(file(&scope, "{{ lookup('file', 'none') }}\n"), @"
    error: no file `none`
     --> a.conf.j2:1:4
      |
    1 | {{ lookup('file', 'none') }}
      |    ^^^^^^^^^^^^^^^^^^^^^^
    ");
}
