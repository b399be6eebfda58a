//! What becomes of every keyword that Ansible knows on a play and on a role in it.

use crate::schema::Shape;
use crate::source::{Diagnostic, Diagnostics, did_you_mean};
use crate::yaml::{Node, Value};

/// What is done with a keyword.
#[derive(Debug, Clone, Copy)]
pub enum Treatment {
    /// It means what it means in Ansible, or what this says.
    Accepted(Shape, &'static str),
    /// It has no effect, for this reason; `-v` says so.
    Ignored(&'static str),
    /// An error: it will mean something, but does not yet.
    Unbuilt,
    /// An error: this is what to write instead.
    Instead(&'static str),
}

use Treatment::{Accepted, Ignored, Instead, Unbuilt};

const TEXTS: Shape = Shape::Several(&Shape::Text);
const VALUES: Shape = Shape::Map(&Shape::Any);
const METHOD: Shape = Shape::Choice(&["sudo", "ansible.builtin.sudo"]);

/// The keywords of a play.
pub const PLAY_KEYWORDS: &[(&str, Treatment)] = &[
    ("name", Accepted(Shape::Text, "what the output calls the play")),
    ("hosts", Accepted(TEXTS, "host patterns; a template may use extra vars")),
    ("become", Accepted(Shape::Flag, "whether to become another user")),
    ("become_user", Accepted(Shape::Text, "which user; root if it is not said")),
    ("become_method", Accepted(METHOD, "`sudo`")),
    ("remote_user", Accepted(Shape::Text, "the user to log in as")),
    ("connection", Accepted(Shape::Text, "`ssh` or `local`")),
    ("vars", Accepted(VALUES, "variables of the play")),
    ("vars_files", Accepted(TEXTS, "files of variables, relative to the playbook; later ones win")),
    ("roles", Accepted(Shape::List(&Shape::Defined("role_use")), "what should be there, in order")),
    (
        "resources",
        Accepted(Shape::List(&Shape::Defined("resource")), "what needs no role, after the roles; solti's own"),
    ),
    ("tags", Accepted(TEXTS, "tags of all in the play")),
    ("any_errors_fatal", Accepted(Shape::Flag, "a failure on one host ends the play for all")),
    ("gather_facts", Ignored("facts come with the connection, in its first exchange")),
    ("gather_subset", Ignored("facts come with the connection, in its first exchange")),
    ("gather_timeout", Ignored("facts come with the connection, in its first exchange")),
    ("strategy", Ignored("hosts do not wait for one another")),
    ("order", Ignored("hosts run side by side")),
    ("collections", Ignored("a collection prefix on a role is accepted and dropped")),
    ("force_handlers", Ignored("there are no handlers that could get lost")),
    ("serial", Unbuilt),
    ("max_fail_percentage", Unbuilt),
    ("throttle", Unbuilt),
    ("timeout", Unbuilt),
    ("environment", Unbuilt),
    ("port", Instead("set `ansible_port` in the inventory")),
    ("become_exe", Instead("set `ansible_become_exe` in the inventory")),
    ("become_flags", Instead("set them in sudoers")),
    ("tasks", Instead("write `resources:`, or a role; imperative tasks do not exist")),
    ("pre_tasks", Instead("write a role and put it first in `roles:`")),
    ("post_tasks", Instead("write `resources:`, which come after the roles, or `checks:` in a role")),
    ("handlers", Instead("a `service` restarts when what it `uses` has changed; there are no handlers")),
    ("vars_prompt", Instead("give the value with `--extra-vars`")),
    ("module_defaults", Instead("say it at each resource")),
    ("check_mode", Instead("run `solti diff`")),
    ("diff", Instead("run `solti diff`")),
    ("ignore_errors", Instead("a step that fails is put back and reported; leave the line out")),
    ("ignore_unreachable", Instead("the other hosts go on anyway, and the exit code is 4; leave the line out")),
    ("no_log", Instead("declare the option as `type: secret`; it is never shown")),
    ("run_once", Instead("write a play for that one host")),
    ("debugger", Instead("`solti render` shows what templates come to")),
    ("fact_path", Instead("put the variables into the inventory")),
    ("when", Instead("choose hosts with `hosts:`, or put `when` on a role")),
    ("delegate_to", Instead("write a play for that host")),
    ("include_vars", Instead("write `vars_files:`")),
    ("import_tasks", Instead("write a role")),
    ("include_tasks", Instead("write a role")),
    ("import_role", Instead("write `roles:`")),
    ("include_role", Instead("write `roles:`")),
];

/// The keywords of a role in a play.
pub const ROLE_KEYWORDS: &[(&str, Treatment)] = &[
    ("role", Accepted(Shape::Text, "the role; a collection prefix is dropped")),
    ("name", Accepted(Shape::Text, "tells two uses of one role apart; without `role`, the role itself")),
    ("vars", Accepted(VALUES, "values for the role's options")),
    ("tags", Accepted(TEXTS, "tags of all in the role")),
    ("when", Accepted(Shape::Condition, "where false, the role leaves the host alone")),
    ("state", Accepted(Shape::Choice(&["present", "absent"]), "`present` or `absent`; solti's own")),
    ("purge", Accepted(TEXTS, "what goes too when the role is absent; solti's own")),
    ("become", Accepted(Shape::Flag, "whether to become another user")),
    ("become_user", Accepted(Shape::Text, "which user")),
    ("become_method", Accepted(METHOD, "`sudo`")),
    ("collections", Ignored("a collection prefix on a role is accepted and dropped")),
    ("public", Ignored("the options of a role are visible to the others of the play")),
    ("allow_duplicates", Ignored("two uses of one role are told apart by `name`")),
    ("any_errors_fatal", Instead("say it at the play")),
    ("environment", Unbuilt),
    ("throttle", Unbuilt),
    ("timeout", Unbuilt),
    ("delegate_to", Instead("write a play for that host")),
    ("delegate_facts", Instead("write a play for that host")),
    ("connection", Instead("say it at the play")),
    ("remote_user", Instead("say it at the play")),
    ("port", Instead("set `ansible_port` in the inventory")),
    ("become_exe", Instead("set `ansible_become_exe` in the inventory")),
    ("become_flags", Instead("set them in sudoers")),
    ("check_mode", Instead("run `solti diff`")),
    ("diff", Instead("run `solti diff`")),
    ("debugger", Instead("`solti render` shows what templates come to")),
    ("ignore_errors", Instead("a step that fails is put back and reported; leave it out")),
    ("ignore_unreachable", Instead("the other hosts go on anyway; leave it out")),
    ("module_defaults", Instead("say it at each resource")),
    ("no_log", Instead("declare the option as `type: secret`; it is never shown")),
    ("run_once", Instead("write a play for that one host")),
    ("tasks_from", Instead("write a role for it")),
    ("vars_from", Instead("write `vars:`, or `vars_files:` at the play")),
    ("defaults_from", Instead("write `vars:`")),
    ("handlers_from", Instead("there are no handlers")),
];

/// What is done with `name`, if it is a keyword.
pub(super) fn treatment(table: &[(&str, Treatment)], name: &str) -> Option<Treatment> {
    table.iter().find(|(keyword, _)| *keyword == name).map(|(_, treatment)| *treatment)
}

/// The mapping with its accepted keys alone; what is done with the others goes to `errors` and `notes`.
pub(super) fn accepted(
    node: &Node,
    what: &str,
    table: &[(&str, Treatment)],
    errors: &mut Diagnostics,
    notes: &mut Vec<Diagnostic>,
) -> Node {
    let Value::Mapping(entries) = &node.value else { return node.clone() };
    let mut kept = Vec::new();
    for entry in entries {
        let key = entry.key.as_str();
        match treatment(table, key) {
            Some(Accepted(..)) => kept.push(entry.clone()),
            Some(Ignored(why)) => {
                notes.push(Diagnostic::at(&entry.key_span, format!("`{key}` has no effect")).label(why));
            }
            Some(Unbuilt) => {
                errors.push(Diagnostic::at(&entry.key_span, format!("`{key}` on {what} is not built yet")));
            }
            Some(Instead(what_then)) => {
                errors.push(Diagnostic::at(&entry.key_span, format!("`{key}` is not for {what}")).hint(what_then));
            }
            None => {
                let names = table.iter().filter(|(_, treatment)| matches!(treatment, Accepted(..)));
                let near = did_you_mean(key, names.map(|(name, _)| *name));
                let near = near.map(|near| format!("did you mean `{near}`?"));
                errors.push(Diagnostic::at(&entry.key_span, format!("unknown key `{key}` in {what}")).maybe_hint(near));
            }
        }
    }
    Node::new(Value::Mapping(kept), node.span.clone())
}

/// `sudo` is the only method.
pub(super) fn check_become_method(node: &Node) -> Result<(), Diagnostics> {
    match node.string()?.as_str() {
        "sudo" | "ansible.builtin.sudo" => Ok(()),
        other => Err(Diagnostic::at(&node.span, format!("becoming a user with `{other}` is not built yet"))
            .hint("leave it out: `sudo` is used")
            .into()),
    }
}
