//! `influxdb_setup`: the first user, with an organization, a bucket, and the token that may do everything.

use super::{
    Api, INFLUXDB, ORG, RETENTION, TOKEN, UNKNOWN, URL, WITHIN, bucket_name, is_not_ready, may_be_set_up, retention,
};
use crate::ability::call::Secret;
use crate::ability::http::Reply;
use crate::ability::memory::manifest::Item;
use crate::ability::{Operation, Probe, State};
use crate::api::{Asked, Object, Unfinished};
use crate::plan::change::{Action, Detail};
use crate::resource::{Draft, Planned, Resource, ResourceKind};
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::Diagnostics;
use crate::yaml::Node;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// `influxdb_setup`.
pub static SETUP: ResourceKind = ResourceKind::new(
    Schema::new(
        "influxdb_setup",
        &[
            URL,
            ORG.identity(),
            TOKEN.meaning("the operator's token: at the setup it is given to InfluxDB, later it is what solti shows"),
            Argument::new("user", Shape::Text, "the first user, used at the setup alone").required(),
            Argument::new("password", Shape::Text, "the first user's, used at the setup alone").required().unseen(),
            Argument::new("bucket", Shape::Text, "the first bucket").required(),
            RETENTION.meaning("how long the first bucket keeps points: `72h`, `30d`, `8w`; without, for ever"),
            WITHIN,
        ],
    ),
    "The first user of an InfluxDB 2, with an organization, a bucket, and the token that may do everything.",
    |arguments, _, _| Ok(Box::new(Setup::parse(arguments)?)),
);

/// What an InfluxDB without users is set up with.
#[derive(Clone, Serialize, Deserialize)]
pub struct Setup {
    api: Api,
    user: String,
    password: String,
    bucket: String,
    retention: u64,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "setup of {:?}", self.api)
    }
}

impl Setup {
    /// Reads [`SETUP`].
    ///
    /// # Errors
    /// What is wrong with the arguments.
    pub fn parse(node: &Node) -> Result<Self, Diagnostics> {
        let mut fields = Arguments::new(node, &SETUP.schema)?;
        let api = Api::read(&mut fields);
        let (user, password) = (fields.required_string("user"), fields.required_string("password"));
        let bucket = fields.required("bucket");
        let bucket = fields.read(bucket, bucket_name);
        let kept = fields.get("retention");
        let retention = fields.read(kept, retention).unwrap_or(0);
        let read = (|| Some(Self { api: api?, user: user?, password: password?, bucket: bucket?, retention }))();
        fields.finish_with(read)
    }

    fn organizations(&self, reply: &Reply) -> Result<Vec<Value>, String> {
        INFLUXDB.listed(reply, "orgs", "tell its organizations")
    }
}

impl Resource for Setup {
    fn name(&self) -> String {
        self.api.org.clone()
    }

    fn ask(&self, probe: &mut Probe) {
        probe.http(self.api.setup());
        probe.http(self.api.organization());
    }

    fn claims(&self) -> Vec<Item> {
        Vec::new()
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        let whole =
            || vec![Detail::note(format!("organization {}, user {}, bucket {}", self.api.org, self.user, self.bucket))];
        let setup = state.reply(&self.api.setup());
        let details = if is_not_ready(&setup) {
            let mut details = whole();
            details.push(Detail::note(UNKNOWN));
            details
        } else if may_be_set_up(&setup)? {
            whole()
        } else if self.organizations(&state.reply(&self.api.organization()))?.is_empty() {
            vec![Detail::note(format!("organization {}", self.api.org))]
        } else {
            return Ok(Planned::default());
        };
        let operations = vec![Operation::Api(self.call())];
        Ok(Planned { draft: Some(Draft { action: Action::Create, details, operations }), items: Vec::new() })
    }
}

impl Object for Setup {
    const KIND: &'static str = "influxdb_setup";

    fn converse(&self, asked: &mut Asked<'_>) -> Result<Vec<Secret>, Unfinished> {
        if may_be_set_up(asked.ask(self.api.setup())?)? {
            let body = json!({
                "username": self.user,
                "password": self.password,
                "org": self.api.org,
                "bucket": self.bucket,
                "retentionPeriodSeconds": self.retention,
                "token": self.api.token,
            });
            // there is no token yet that could be taken
            self.api.access().anonymous().create(asked, "setup", &body, "be set up")?;
            return Ok(Vec::new());
        }
        if self.organizations(asked.ask(self.api.organization())?)?.is_empty() {
            let what = format!("make the organization {}", self.api.org);
            self.api.access().create(asked, "orgs", &json!({"name": self.api.org}), &what)?;
        }
        Ok(Vec::new())
    }

    fn within(&self) -> Duration {
        self.api.within
    }

    fn stays(&self) -> String {
        format!("organization {} in InfluxDB", self.api.org)
    }
}
