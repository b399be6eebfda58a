//! `influxdb_setup`: the first user, with an organization, a bucket, and the token that may do everything.

use super::{Api, INFLUXDB, UNKNOWN, bucket_name, is_not_ready, may_be_set_up, retention};
use crate::api::{Asked, Object, Unfinished};
use crate::plan::call::Secret;
use crate::plan::change::{Action, Detail};
use crate::plan::http::Reply;
use crate::plan::manifest::Item;
use crate::plan::operation::Operation;
use crate::plan::probe::Probe;
use crate::plan::state::State;
use crate::resource::{Draft, Planned, Resource};
use crate::source::Diagnostics;
use crate::yaml::{Fields, Node};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

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
    /// `influxdb_setup: {url, org, token, user, password, bucket, retention, within}`
    ///
    /// # Errors
    /// What is wrong with the arguments.
    pub fn parse(node: &Node) -> Result<Self, Diagnostics> {
        let mut fields = Fields::new(node, "influxdb_setup")?;
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
