//! What an InfluxDB 2 keeps behind its API: its first user with organization and bucket, further buckets, and tokens.
//! See <https://docs.influxdata.com/influxdb/v2/api/>.

mod bucket;
mod setup;
mod token;
mod tokens;

use super::arguments::milliseconds;
use crate::ability::State;
use crate::ability::http::{Reply, Request};
use crate::api::{Access, Asked, Auth, Service, Standing, Unfinished};
use crate::plan::change::Detail;
use crate::schema::{Argument, Arguments, Shape};
use crate::source::{Diagnostic, Diagnostics};
use crate::template;
use crate::yaml::{Node, Value as Yaml};
pub use bucket::{BUCKET, Bucket};
use serde::{Deserialize, Serialize};
use serde_json::Value;
pub use setup::{SETUP, Setup};
use std::time::Duration;
pub use tokens::{FormerTokens, TOKENS, Tokens};

/// How long InfluxDB may take until it answers when a resource does not say: the first start makes its database.
const DEFAULT_WITHIN: u64 = 60_000;

const URL: Argument = Argument::new("url", Shape::Text, "InfluxDB's, as its own host sees it").required().unseen();
const ORG: Argument = Argument::new("org", Shape::Text, "the organization").required();
const TOKEN: Argument = Argument::new("token", Shape::Text, "the operator's token").required().unseen();
const RETENTION: Argument = Argument::new(
    "retention",
    Shape::Text,
    "how long points are kept, at least `1h`: `72h`, `30d`, `8w`; without, for ever",
);
const WITHIN: Argument =
    Argument::new("within", Shape::Duration, "how long InfluxDB may take until it answers").default("60s");

/// InfluxDB 2, see <https://docs.influxdata.com/influxdb/v2/api/>.
static INFLUXDB: Service = Service {
    name: "InfluxDB",
    base: "/api/v2",
    created: 201,
    updated: 200,
    deleted: 204,
    message: "/message",
    unknown_caller: "InfluxDB does not take the token; it was set up with another one, which solti needs to be given",
};

/// How it is reached.
#[derive(Clone, Serialize, Deserialize)]
struct Api {
    url: String,
    org: String,
    token: String,
    within: Duration,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // not the token
        write!(f, "{} of {}", self.org, self.url)
    }
}

impl Api {
    /// `url`, `org`, `token` and `within`.
    fn read(fields: &mut Arguments<'_>) -> Option<Self> {
        let url = fields.required("url");
        let url = fields.read(url, |node| {
            let url = node.string()?;
            let known = url.starts_with("http://") || url.starts_with("https://");
            let wrong = || Diagnostic::at(&node.span, "this is no URL").hint("http://127.0.0.1:8086").into();
            if known { Ok(url.trim_end_matches('/').to_owned()) } else { Err(wrong()) }
        });
        let org = fields.required("org");
        let (org, token) = (fields.read(org, organization_name), fields.required_string("token"));
        let within = fields.get("within");
        let within = fields.read(within, milliseconds).unwrap_or(DEFAULT_WITHIN);
        Some(Self { url: url?, org: org?, token: token?, within: Duration::from_millis(within) })
    }

    fn access(&self) -> Access<'_> {
        Access { service: &INFLUXDB, url: &self.url, auth: Auth::Token { scheme: "Token", token: &self.token } }
    }

    /// Whether it can be set up, which is so until it has been; this needs no token.
    fn setup(&self) -> Request {
        self.access().anonymous().get("setup", &[])
    }

    /// What the plan says where it could not be known what is there; none where InfluxDB has said it.
    fn unknown(&self, state: &State, reply: &Reply) -> Option<Option<Detail>> {
        let setup = state.reply(&self.setup());
        if setup.status == 200 && setup.json()["allowed"] == true {
            // nothing is there before that
            return Some(None);
        }
        (is_not_ready(&setup) || is_not_ready(reply)).then(|| Some(Detail::note(UNKNOWN)))
    }

    fn organization(&self) -> Request {
        self.access().get("orgs", &[("org", &self.org)])
    }

    fn bucket(&self, name: &str) -> Request {
        self.access().get("buckets", &[("org", &self.org), ("name", name)])
    }

    /// The organization's id.
    fn organization_id(&self, asked: &mut Asked<'_>) -> Result<String, Unfinished> {
        let all = INFLUXDB.listed(asked.ask(self.organization())?, "orgs", "tell the organization")?;
        let id = all.first().and_then(id_of);
        id.ok_or_else(|| Unfinished::Failed(format!("InfluxDB has no organization {}", self.org)))
    }
}

fn is_not_ready(reply: &Reply) -> bool {
    Standing::of(reply.status) == Standing::Later
}

/// Whether InfluxDB can be set up.
fn may_be_set_up(reply: &Reply) -> Result<bool, String> {
    let allowed = if reply.status == 200 { reply.json()["allowed"].as_bool() } else { None };
    allowed.ok_or_else(|| INFLUXDB.refused(reply, "say whether it is set up"))
}

fn id_of(object: &Value) -> Option<String> {
    object["id"].as_str().map(str::to_owned)
}

/// How long points are kept, in seconds: `30d`, `72h`, `1w`; 0 for ever.
fn retention(node: &Node) -> Result<u64, Diagnostics> {
    let wrong =
        || Diagnostic::at(&node.span, "this is no length of time").hint("write it as 72h, 30d or 8w; 0 keeps all");
    let text = match &node.value {
        Yaml::Integer(0) => return Ok(0),
        _ => node.string()?,
    };
    let seconds = match template::milliseconds(text.trim()).ok_or_else(wrong)? {
        whole if whole % 1000 == 0 => whole / 1000,
        _ => return Err(Diagnostic::at(&node.span, "InfluxDB counts how long points are kept in whole seconds").into()),
    };
    // https://docs.influxdata.com/influxdb/v2/reference/internals/data-retention/
    if seconds > 0 && seconds < 3600 {
        return Err(Diagnostic::at(&node.span, "InfluxDB keeps points for at least 1h").into());
    }
    Ok(seconds)
}

/// The name of a bucket of one's own; InfluxDB keeps those that begin with `_` for itself.
fn bucket_name(node: &Node) -> Result<String, Diagnostics> {
    let name = node.string()?;
    if name.is_empty() || name.starts_with('_') || name.contains('"') {
        let error = Diagnostic::at(&node.span, format!("InfluxDB takes no bucket called `{name}`"));
        return Err(error.hint("its name begins with no `_`, and has no quotation marks").into());
    }
    Ok(name)
}

fn organization_name(node: &Node) -> Result<String, Diagnostics> {
    let name = node.string()?;
    if name.trim().is_empty() {
        return Err(Diagnostic::at(&node.span, "an organization has a name").into());
    }
    Ok(name)
}

/// The span of a bucket's shards that InfluxDB takes by itself, in seconds. It must be said where a retention becomes
/// shorter, see <https://docs.influxdata.com/influxdb/v2/reference/internals/shards/#shard-group-duration>.
fn shard_span(retention: u64) -> u64 {
    const DAY: u64 = 86_400;
    match retention {
        0 => 7 * DAY,
        short if short < 2 * DAY => 3600,
        middle if middle < 180 * DAY => DAY,
        _ => 7 * DAY,
    }
}

/// A retention as people write it.
fn shown(seconds: u64) -> String {
    match seconds {
        0 => "for ever".to_owned(),
        days if days % 86_400 == 0 => format!("{}d", days / 86_400),
        hours if hours % 3600 == 0 => format!("{}h", hours / 3600),
        seconds => format!("{seconds}s"),
    }
}

/// What a plan says where InfluxDB could not be asked.
const UNKNOWN: &str = "as far as it is not there; InfluxDB does not answer yet";
