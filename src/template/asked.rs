//! Which variables a template asks for, without rendering it.

use super::environment::environment;
use std::collections::BTreeSet;

/// The variables that a text asks for, without functions; none of one that is no template, or a wrong one.
pub fn asked_for(text: &str) -> BTreeSet<String> {
    let Ok(template) = environment().template_from_str(text) else { return BTreeSet::new() };
    let is_called = |name: &String| text.contains(&format!("{name}("));
    template.undeclared_variables(false).into_iter().filter(|name| !is_called(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::asked_for;

    #[test]
    fn variables_and_no_functions_or_texts() {
        let asked = |text| asked_for(text).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(asked("{{ 'no' if loki_backend == 'package' else org | default('x') }}"), "loki_backend org");
        assert_eq!(
            asked("http://{{ host_address(inventory_hostname, listens=addr) }}:{{ port }}"),
            "addr inventory_hostname port"
        );
        assert_eq!(asked("{{ groups[own_group] | length }}"), "groups own_group");
        assert_eq!(asked("plain {{ wrong"), "");
    }
}
