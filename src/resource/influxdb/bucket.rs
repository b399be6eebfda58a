//! `influxdb_bucket`: a bucket and how long it keeps points. Buckets are data: what is declared no longer stays.

use super::{Api, INFLUXDB, ORG, RETENTION, TOKEN, URL, WITHIN, bucket_name, id_of, retention, shard_span, shown};
use crate::ability::call::Secret;
use crate::ability::http::{Reply, Request};
use crate::ability::memory::manifest::Item;
use crate::ability::{Operation, Probe, State};
use crate::api::{Asked, Comparison, Entry, Field, Object, Unfinished};
use crate::plan::change::{Action, Detail};
use crate::resource::{Draft, Planned, Resource, ResourceKind};
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::Diagnostics;
use crate::yaml::Node;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// `influxdb_bucket`.
pub static BUCKET: ResourceKind = ResourceKind::new(
    Schema::new(
        "influxdb_bucket",
        &[
            Argument::new("name", Shape::Text, "the bucket").required().identity(),
            URL,
            ORG,
            TOKEN,
            RETENTION,
            Argument::new("description", Shape::Text, "for people; without, it stays as it is"),
            WITHIN,
        ],
    ),
    "A bucket of an InfluxDB 2, and how long it keeps points. What is declared no longer stays: it is data.",
    |arguments, _, _| Ok(Box::new(Bucket::parse(arguments)?)),
);

/// A bucket as it should be.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Bucket {
    api: Api,
    name: String,
    /// In seconds; 0 for ever.
    retention: u64,
    /// None leaves it as it is.
    description: Option<String>,
}

impl Bucket {
    /// Reads [`BUCKET`].
    ///
    /// # Errors
    /// What is wrong with the arguments.
    pub fn parse(node: &Node) -> Result<Self, Diagnostics> {
        let mut fields = Arguments::new(node, &BUCKET.schema)?;
        let name = fields.required("name");
        let name = fields.read(name, bucket_name);
        let api = Api::read(&mut fields);
        let kept = fields.get("retention");
        let retention = fields.read(kept, retention).unwrap_or(0);
        let description = fields.string("description");
        let read = name.zip(api).map(|(name, api)| Self { api, name, retention, description });
        fields.finish_with(read)
    }

    fn rules(&self) -> Value {
        json!([{
            "type": "expire",
            "everySeconds": self.retention,
            "shardGroupDurationSeconds": shard_span(self.retention),
        }])
    }
}

impl Resource for Bucket {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn ask(&self, probe: &mut Probe) {
        probe.http(self.api.setup());
        probe.http(self.look());
    }

    fn claims(&self) -> Vec<Item> {
        Vec::new()
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        let reply = state.reply(&self.look());
        let new = || vec![Detail::note(format!("keeps points {}", shown(self.retention)))];
        let (action, details) = if let Some(unknown) = self.api.unknown(state, &reply) {
            (Action::Create, new().into_iter().chain(unknown).collect())
        } else {
            match self.compare(&reply)? {
                Comparison::Missing => (Action::Create, new()),
                Comparison::Same => return Ok(Planned::default()),
                Comparison::Differs { details, .. } => (Action::Update, details),
            }
        };
        let operations = vec![Operation::Api(self.call())];
        Ok(Planned { draft: Some(Draft { action, details, operations }), items: Vec::new() })
    }
}

impl Object for Bucket {
    const KIND: &'static str = "influxdb_bucket";

    fn converse(&self, asked: &mut Asked<'_>) -> Result<Vec<Secret>, Unfinished> {
        self.bring_about(asked).map(|()| Vec::new())
    }

    fn within(&self) -> Duration {
        self.api.within
    }

    fn stays(&self) -> String {
        format!("bucket {} in InfluxDB", self.name)
    }
}

impl Entry for Bucket {
    fn look(&self) -> Request {
        self.api.bucket(&self.name)
    }

    fn found(&self, reply: &Reply) -> Result<Option<Value>, String> {
        let all = INFLUXDB.listed(reply, "buckets", &format!("tell the bucket {}", self.name))?;
        Ok(all.into_iter().next())
    }

    fn fields(&self, found: &Value) -> Vec<Field> {
        let kept = found["retentionRules"][0]["everySeconds"].as_u64().unwrap_or(0);
        let description = found["description"].as_str().unwrap_or_default();
        vec![
            Field { name: "retention", now: Some(shown(kept)), declared: Some(shown(self.retention)) },
            Field { name: "description", now: Some(description.to_owned()), declared: self.description.clone() },
        ]
    }

    fn create(&self, asked: &mut Asked<'_>) -> Result<(), Unfinished> {
        let org = self.api.organization_id(asked)?;
        let description = self.description.clone().unwrap_or_default();
        let body = json!({
            "orgID": org, "name": self.name, "description": description, "retentionRules": self.rules(),
        });
        self.api.access().create(asked, "buckets", &body, &format!("make the bucket {}", self.name)).map(drop)
    }

    fn update(&self, found: &Value, asked: &mut Asked<'_>) -> Result<(), Unfinished> {
        let Some(id) = id_of(found) else { return Ok(()) };
        let mut body = json!({"retentionRules": self.rules()});
        if let Some(description) = &self.description {
            body["description"] = description.as_str().into();
        }
        let what = format!("change the bucket {}", self.name);
        self.api.access().update(asked, "PATCH", &format!("buckets/{id}"), &body, &what).map(drop)
    }
}
