//! What a `scenario.yml` may say, and that as JSON Schema.

use crate::scenario::Step;
use crate::schema::json::{Templates, document, mapping};
use crate::schema::{Argument, Schema, Shape};
use crate::{playbook, resource};
use serde_json::Value;

/// `scenario.yml`.
pub(super) static SCENARIO: Schema = Schema::new(
    "a scenario",
    &[
        Argument::new("summary", Shape::Text, "a line on what is tried"),
        Argument::new("role", Shape::Defined("role_use"), "the role that is tried"),
        Argument::new("roles", Shape::List(&Shape::Defined("role_use")), "several roles, in order"),
        Argument::new("playbook", Shape::Text, "a playbook, from the scenario's folder"),
        Argument::new(
            "platforms",
            Shape::Several(&Shape::Either(&[Shape::Text, Shape::Mapping(&PLATFORM)])),
            "what the hosts run: platforms by their names, or declared here",
        )
        .required(),
        Argument::new(
            "matrix",
            Shape::Map(&Shape::Either(&[Shape::List(&Shape::Any), Shape::Map(&Shape::Any)])),
            "options with several values, each combination of which is tried by itself",
        ),
        Argument::new(
            "exclude",
            Shape::List(&Shape::Map(&Shape::Text)),
            "combinations of the matrix that are not tried",
        ),
        Argument::new("hosts", Shape::Map(&Shape::Mapping(&HOST)), "the hosts by their names")
            .default("one, called host"),
        Argument::new("vars", VARS, "variables of all hosts"),
        Argument::new("prepare", PREPARE, "what is done on the hosts first: a text for a shell, or a playbook"),
        Argument::new(
            "checks",
            Shape::Either(&[CHECKS, Shape::Map(&CHECKS)]),
            "what must be answered yes: a list for all hosts, or lists by the hosts that they are for",
        ),
        Argument::new("breaks", Shape::List(&Shape::Mapping(&BREAK)), "what is broken, which checks must notice"),
        Argument::new("expect", Shape::Mapping(&EXPECT), "that it fails, and how"),
        Argument::new("removed", Shape::Mapping(&REMOVED), "what may stay when the roles are removed"),
    ],
)
.exactly_one(&["role", "roles", "playbook"]);

pub(super) const VARS: Shape = Shape::Map(&Shape::Any);
const CHECKS: Shape = Shape::List(&Shape::Defined("check"));
/// What is done on hosts before anything else.
pub(super) const PREPARE: Shape = Shape::Several(&Shape::Either(&[Shape::Text, Shape::Mapping(&PREPARATION)]));

pub(super) static HOST: Schema = Schema::new(
    "a host of a scenario",
    &[
        Argument::new("groups", Shape::Several(&Shape::Text), "the groups that it is in"),
        Argument::new("vars", VARS, "its variables"),
        Argument::new("platform", Shape::Text, "what it runs, if not what the others do"),
    ],
);

pub(super) static PREPARATION: Schema = Schema::new(
    "a preparation",
    &[Argument::new("playbook", Shape::Text, "a playbook, from the scenario's folder").required()],
);

pub(super) static BREAK: Schema = Schema::new(
    "a break",
    &[
        Argument::new("name", Shape::Text, "what it is called; not said: the first line of `run`"),
        Argument::new("on", Shape::Text, "the host that it is about; needed where there are several"),
        Argument::new("run", Shape::Text, "a text for a shell that breaks something").required(),
        Argument::new("heal", Shape::Text, "a text for a shell that mends it"),
        Argument::new("vars", VARS, "variables that break it"),
        Argument::new("fails", Shape::Several(&Shape::Text), "the checks that must notice").required(),
        Argument::new("within", Shape::Duration, "how long they have for that").default("60s"),
    ],
);

/// The steps that are not solti's own.
const MAY_FAIL: [&str; 6] = [
    Step::Prepare.name(),
    Step::Diff.name(),
    Step::Apply.name(),
    Step::Converged.name(),
    Step::Verify.name(),
    Step::Removed.name(),
];

pub(super) static EXPECT: Schema = Schema::new(
    "`expect`",
    &[
        Argument::new("fails", Shape::Text, "text that must be in the error").required(),
        Argument::new("at", Shape::Choice(&MAY_FAIL), "the step that fails").default("apply"),
    ],
);

pub(super) static REMOVED: Schema =
    Schema::new("`removed`", &[Argument::new("except", Shape::Several(&Shape::Path), "paths that may stay")]);

/// What a `scenario.yml` may say.
pub fn schema() -> Value {
    let mut definitions = resource::definitions();
    definitions.retain(|name, _| name.starts_with("check"));
    definitions.insert("role_use".to_owned(), playbook::role_use_schema());
    document("a scenario of solti", mapping(&SCENARIO, Templates::Nowhere), definitions)
}

/// A platform, as a scenario declares it; in `platforms.yml` its name stands before it.
pub(super) static PLATFORM: Schema = Schema::new(
    "a platform",
    &[
        Argument::new("name", Shape::Text, "what it is called").required(),
        Argument::new(
            "image",
            Shape::Text,
            "the image that its hosts boot: a built-in platform's name, or one that podman or docker has or can pull",
        ),
        Argument::new("build", Shape::Text, "a Containerfile, or a folder with one"),
        Argument::new("inventory", Shape::Text, "an inventory whose hosts are there already"),
        Argument::new("args", Shape::Map(&Shape::Text), "arguments of a `build`"),
        Argument::new(
            "disposable",
            Shape::Flag,
            "whether roles and their data may be removed from hosts of an `inventory`",
        )
        .default("false"),
        Argument::new(
            "mounts",
            Shape::Several(&Shape::Text),
            "what its hosts see of this machine, read-only: `HERE:/THERE`",
        ),
        Argument::new("prepare", PREPARE, "what is done on its hosts before anything else"),
        Argument::new("vars", VARS, "variables of its hosts"),
    ],
)
.exactly_one(&["image", "build", "inventory"]);
