//! `influxdb_bucket`: a bucket and how long it keeps points. Buckets are data: what is declared no longer stays.

use super::{
    Api, ORG, RETENTION, TOKEN, URL, WITHIN, bucket_name, expect, id_of, listed, retention, shard_span, shown,
};
use crate::ability::memory::manifest::Item;
use crate::ability::{Operation, Probe, State};
use crate::plan::call::{Asked, Call, Secret, Stop};
use crate::plan::change::{Action, Detail};
use crate::plan::http::Reply;
use crate::resource::{Draft, Planned, Resource, ResourceKind};
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::Diagnostics;
use crate::yaml::Node;
use serde_json::{Value, json};
use std::sync::Arc;
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
#[derive(Debug, Clone)]
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

    /// The bucket as InfluxDB tells it, if there is one.
    fn found(&self, reply: &Reply) -> Result<Option<Value>, String> {
        let all = listed(reply, "buckets", &format!("tell the bucket {}", self.name))?;
        Ok(all.into_iter().next())
    }

    /// How a bucket differs, in words.
    fn differences(&self, bucket: &Value) -> Vec<Detail> {
        let kept = bucket["retentionRules"][0]["everySeconds"].as_u64().unwrap_or(0);
        let mut details: Vec<Detail> =
            Detail::value("retention", Some(&shown(kept)), Some(&shown(self.retention))).into_iter().collect();
        if let Some(description) = &self.description {
            let now = bucket["description"].as_str().unwrap_or_default();
            details.extend(Detail::value("description", Some(now), Some(description)));
        }
        details
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
        probe.http(self.api.bucket(&self.name));
    }

    fn claims(&self) -> Vec<Item> {
        Vec::new()
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        let reply = state.reply(&self.api.bucket(&self.name));
        let new = || vec![Detail::note(format!("keeps points {}", shown(self.retention)))];
        let (action, details) = if let Some(unknown) = self.api.unknown(state, &reply) {
            (Action::Create, new().into_iter().chain(unknown).collect())
        } else if let Some(bucket) = self.found(&reply)? {
            let details = self.differences(&bucket);
            if details.is_empty() {
                return Ok(Planned::default());
            }
            (Action::Update, details)
        } else {
            (Action::Create, new())
        };
        let operations = vec![Operation::Api(Arc::new(self.clone()))];
        Ok(Planned { draft: Some(Draft { action, details, operations }), items: Vec::new() })
    }
}

impl Call for Bucket {
    fn converse(&self, asked: &mut Asked<'_>) -> Result<Vec<Secret>, Stop> {
        let found = self.found(asked.ask(self.api.bucket(&self.name))?)?;
        let description = self.description.clone().unwrap_or_default();
        let Some(bucket) = found else {
            let org = self.api.organization_id(asked.ask(self.api.organization())?)?;
            let body = json!({
                "orgID": org, "name": self.name, "description": description, "retentionRules": self.rules(),
            });
            expect(asked.ask(self.api.post("buckets", &body))?, &[201], &format!("make the bucket {}", self.name))?;
            return Ok(Vec::new());
        };
        if let (false, Some(id)) = (self.differences(&bucket).is_empty(), id_of(&bucket)) {
            let mut body = json!({"retentionRules": self.rules()});
            if self.description.is_some() {
                body["description"] = description.into();
            }
            let request = self.api.request("PATCH", &format!("buckets/{id}"), &[], Some(&body));
            expect(asked.ask(request)?, &[200], &format!("change the bucket {}", self.name))?;
        }
        Ok(Vec::new())
    }

    fn within(&self) -> Duration {
        self.api.within
    }

    fn stays(&self) -> String {
        format!("bucket {} in InfluxDB", self.name)
    }
}
