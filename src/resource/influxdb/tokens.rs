//! `influxdb_tokens`: the tokens of an organization, each with what it may read and write. The host keeps them, so that
//! others can have them. They are told apart from what people made by their description, `solti: NAME`; such that are
//! declared no longer are revoked.

use super::token::{Given, MARK, ONE, Token, secret_name};
use super::{Api, INFLUXDB, ORG, TOKEN, URL, WITHIN, id_of};
use crate::ability::call::{Call, Secret};
use crate::ability::commands::listing_key;
use crate::ability::files::{Attributes, FileOperation, PathState, sha256};
use crate::ability::http::Request;
use crate::ability::memory::manifest::{Before, Item, ItemKind};
use crate::ability::{Operation, Probe, State};
use crate::api::{Asked, Object, Unfinished};
use crate::plan::change::{Action, Detail};
use crate::resource::arguments::plain_name;
use crate::resource::content::{self, compare_attributes};
use crate::resource::{Draft, Files, Planned, Resource, ResourceKind, kept};
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::{Diagnostic, Diagnostics};
use crate::template::RenderError;
use crate::yaml::Node;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

/// What InfluxDB is asked to do before anything else.
const TELL: &str = "tell its tokens";
/// What a file with a token has, whoever writes it.
const SECRET: Attributes = Attributes { owner: None, group: None, mode: Some(0o600) };

/// `influxdb_tokens`.
pub static TOKENS: ResourceKind = ResourceKind::new(
    Schema::new(
        "influxdb_tokens",
        &[
            URL,
            ORG.identity(),
            TOKEN,
            Argument::new(
                "tokens",
                Shape::List(&Shape::Mapping(&ONE)),
                "a list of mappings: `name`, and the buckets to `read` and to `write`",
            )
            .required()
            .lasts(),
            WITHIN,
        ],
    ),
    "The tokens that an organization of an InfluxDB 2 gives out, each for some buckets.",
    |arguments, _, files| Ok(Box::new(Tokens::parse(arguments, files)?)),
)
.claims(|arguments, files| {
    let folder = files.secrets_folder()?;
    let Some(tokens) = arguments.get("tokens") else { return Ok(Vec::new()) };
    let names = tokens.sequence()?.iter().filter_map(|token| token.get("name")).map(|name| plain_name(name, "a token"));
    let item = |name: String| Item {
        kind: ItemKind::File,
        name: kept::path(&folder, &secret_name(&name)),
        before: Before::Nothing,
    };
    names.map(|name| Ok(item(name?))).collect()
});

/// All tokens that solti gives out of an organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Tokens {
    api: Api,
    tokens: Vec<Token>,
    folder: String,
    /// Those that have to be asked for or made anew; known once it is planned.
    needed: Vec<String>,
    /// Whether tokens that are declared no longer, or not like this, stay: who is left out of the run may use them.
    spares: bool,
}

/// How tokens differ from what they should be.
#[derive(Default)]
struct Difference {
    /// In words.
    details: Vec<Detail>,
    /// The tokens that have to be made or asked for.
    needed: Vec<String>,
    /// Files that go.
    stale: Vec<String>,
}

impl Tokens {
    /// Reads [`TOKENS`].
    ///
    /// # Errors
    /// What is wrong with the arguments; or it is not known yet where the host keeps secrets.
    pub fn parse(node: &Node, files: &dyn Files) -> Result<Self, RenderError> {
        let mut fields = Arguments::new(node, &TOKENS.schema)?;
        let api = Api::read(&mut fields);
        let tokens = fields.required("tokens");
        let tokens = fields.read(tokens, |node| {
            let mut errors = Diagnostics::new();
            let tokens: Vec<Token> =
                node.sequence()?.iter().filter_map(|token| errors.collect(Token::read(token))).collect();
            for (at, token) in tokens.iter().enumerate() {
                if tokens[..at].iter().any(|other| other.name == token.name) {
                    errors.push(Diagnostic::at(&node.span, format!("the token `{}` is there twice", token.name)));
                }
            }
            errors.or(tokens)
        });
        let (api, tokens) = fields.finish_with(api.zip(tokens))?;
        Ok(Self { api, tokens, folder: files.secrets_folder()?, needed: Vec::new(), spares: false })
    }

    fn authorizations(&self) -> Request {
        self.api.access().get("authorizations", &[("org", &self.api.org)])
    }

    fn path(&self, token: &Token) -> String {
        kept::path(&self.folder, &token.secret())
    }

    /// Whether the host keeps this very token.
    fn is_kept(&self, token: &Token, given: &Given<'_>, state: &State) -> bool {
        match state.files.at(&self.path(token)) {
            // more than the end of a line
            PathState::File { size, .. } if given.token.is_empty() => *size > 1,
            PathState::File { sha256: kept, .. } => {
                kept.as_deref() == Some(sha256(format!("{}\n", given.token).as_bytes()).as_str())
            }
            _ => false,
        }
    }

    /// What differs.
    fn compare(&self, state: &State) -> Result<Difference, String> {
        let reply = state.reply(&self.authorizations());
        let Difference { mut details, mut needed, mut stale } = Difference::default();
        if let Some(unknown) = self.api.unknown(state, &reply) {
            for token in &self.tokens {
                // a new InfluxDB knows nothing of what the host has kept of a former one
                if unknown.is_none() || *state.files.at(&self.path(token)) == PathState::Absent {
                    details.extend(Detail::value(&token.name, None, Some(&token.shown())));
                    needed.push(token.name.clone());
                }
            }
            if !needed.is_empty() {
                details.extend(unknown);
            }
            return Ok(Difference { details, needed, stale });
        }
        let found = INFLUXDB.listed(&reply, "authorizations", TELL)?;
        let given = Given::all(&found);
        for token in &self.tokens {
            match Given::of(&given, token) {
                Some(given) if self.is_kept(token, given, state) => continue,
                Some(_) => details.push(Detail::note(format!("{}: kept on the host", token.name))),
                None => {
                    let old = given.iter().find(|given| given.name == token.name).map(|given| {
                        let permissions = given.permissions.clone().unwrap_or_default();
                        Token { name: token.name.clone(), permissions }.shown()
                    });
                    // the same words mean that it was switched off
                    let old = old.map(|old| if old == token.shown() { format!("{old} (inactive)") } else { old });
                    details.extend(Detail::value(&token.name, old.as_deref(), Some(&token.shown())));
                }
            }
            needed.push(token.name.clone());
        }
        for given in self.revoked(&given) {
            match self.tokens.iter().find(|token| token.name == given.name) {
                Some(token) if state.run.partial && needed.contains(&token.name) => {
                    let why = "the former one is revoked by a run of all hosts and roles";
                    details.push(Detail::note(format!("{}: {why}", token.name)));
                }
                _ if state.run.partial => {}
                None => {
                    details.extend(Detail::value(given.name, Some("given out"), Some("revoked")));
                    stale.extend(self.left_behind(given, state));
                }
                // where a new one is to be made, that says it
                Some(token) if !needed.contains(&token.name) => {
                    details.push(Detail::note(format!("{}: a former token of that name is revoked", token.name)));
                }
                Some(_) => {}
            }
        }
        Ok(Difference { details, needed, stale })
    }

    /// Those that are no tokens, or no longer.
    fn revoked<'g, 'v>(&self, given: &'g [Given<'v>]) -> Vec<&'g Given<'v>> {
        let wanted: Vec<&str> = self.tokens.iter().filter_map(|token| Some(Given::of(given, token)?.id)).collect();
        given.iter().filter(|given| !wanted.contains(&given.id)).collect()
    }

    /// The file of a token that nobody can use any more, where the manifest does not know that it is solti's.
    fn left_behind(&self, given: &Given<'_>, state: &State) -> Option<String> {
        let name = secret_name(given.name);
        let path = kept::path(&self.folder, &name);
        let there = state.commands.get(&listing_key(&self.folder))?.output.lines().any(|other| other == name);
        (there && !state.files.paths.contains_key(&path)).then_some(path)
    }

    fn secret(&self, token: &Token, value: String) -> Secret {
        Secret { name: token.secret(), value, path: self.path(token) }
    }

    /// Makes a token, which InfluxDB tells only now.
    fn make(&self, token: &Token, asked: &mut Asked<'_>) -> Result<String, Unfinished> {
        let org = self.api.organization_id(asked)?;
        let mut permissions = Vec::new();
        for permission in &token.permissions {
            let what = format!("tell the bucket {}", permission.bucket);
            let found = INFLUXDB.listed(asked.ask(self.api.bucket(&permission.bucket))?, "buckets", &what)?;
            let id = found.first().and_then(id_of).ok_or_else(|| {
                Unfinished::Failed(format!(
                    "the token {} is for the bucket {}, which is not there",
                    token.name, permission.bucket
                ))
            })?;
            let resource = json!({"type": "buckets", "id": id, "orgID": org});
            permissions.push(json!({"action": permission.action, "resource": resource}));
        }
        let body = json!({"orgID": org, "description": format!("{MARK}{}", token.name), "permissions": permissions});
        let what = format!("make the token {}", token.name);
        let made = self.api.access().create(asked, "authorizations", &body, &what)?;
        let text = made["token"].as_str().filter(|text| !text.is_empty());
        text.map(str::to_owned)
            .ok_or_else(|| Unfinished::Failed("InfluxDB made a token and did not tell it".to_owned()))
    }
}

impl Resource for Tokens {
    fn name(&self) -> String {
        self.api.org.clone()
    }

    fn alone(&self) -> Option<String> {
        Some(format!("the tokens of the organization {} at {}", self.api.org, self.api.url))
    }

    fn ask(&self, probe: &mut Probe) {
        probe.http(self.api.setup());
        probe.http(self.authorizations());
        kept::ask_folder(&self.folder, probe);
        probe.commands.listing(&self.folder);
        self.tokens.iter().for_each(|token| probe.files.digest(&self.path(token)));
    }

    fn claims(&self) -> Vec<Item> {
        let files = self.tokens.iter().map(|token| self.path(token));
        files.map(|path| Item { kind: ItemKind::File, name: path, before: Before::Nothing }).collect()
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        let Difference { mut details, needed, stale } = self.compare(state)?;
        let talks = !details.is_empty();
        let (mut operations, open) = kept::close_folder(&self.folder, state);
        details.extend(open);
        for token in &self.tokens {
            let path = self.path(token);
            if let PathState::File { meta, .. } = state.files.at(&path)
                && let (differs, _) = compare_attributes(&SECRET, meta)
                && !differs.is_empty()
            {
                details.push(Detail::note(format!("{}: others can read it on the host", token.name)));
                operations.extend([
                    content::expect(state, &path),
                    Operation::Files(FileOperation::SetAttributes { path, attributes: SECRET, uid: None }),
                ]);
            }
        }
        // in that folder everything is solti's, also where the manifest was lost
        let items = self.claims();
        if details.is_empty() {
            return Ok(Planned { draft: None, items });
        }
        let new = self.tokens.iter().all(|token| *state.files.at(&self.path(token)) == PathState::Absent);
        operations.extend(kept::make_folder(&self.folder, state));
        operations.extend(stale.into_iter().map(|path| Operation::Files(FileOperation::Remove { path })));
        if talks {
            operations.push(Operation::Api(Self { needed, spares: state.run.partial, ..self.clone() }.call()));
        }
        let action = if new { Action::Create } else { Action::Update };
        Ok(Planned { draft: Some(Draft { action, details, operations }), items })
    }
}

impl Object for Tokens {
    const KIND: &'static str = "influxdb_tokens";

    fn converse(&self, asked: &mut Asked<'_>) -> Result<Vec<Secret>, Unfinished> {
        let found = INFLUXDB.listed(asked.ask(self.authorizations())?, "authorizations", TELL)?;
        let given = Given::all(&found);
        let mut secrets = Vec::new();
        for token in &self.tokens {
            match Given::of(&given, token).filter(|given| !given.token.is_empty()) {
                Some(given) => secrets.push(self.secret(token, given.token.to_owned())),
                // of a token that the host keeps already, a hash is enough
                None if Given::of(&given, token).is_some() && !self.needed.contains(&token.name) => {}
                None => secrets.push(self.secret(token, self.make(token, asked)?)),
            }
        }
        Ok(secrets)
    }

    fn afterwards(&self) -> Option<Call> {
        (!self.spares).then(|| FormerTokens(self.clone()).call())
    }

    fn makes(&self) -> Vec<String> {
        self.tokens.iter().filter(|token| self.needed.contains(&token.name)).map(Token::secret).collect()
    }

    fn within(&self) -> Duration {
        self.api.within
    }

    fn stays(&self) -> String {
        "tokens in InfluxDB".to_owned()
    }
}

/// The tokens that are declared no longer, or have been made anew: they are revoked.
#[derive(Debug, Serialize, Deserialize)]
pub struct FormerTokens(Tokens);

impl Object for FormerTokens {
    const KIND: &'static str = "influxdb_former_tokens";

    fn converse(&self, asked: &mut Asked<'_>) -> Result<Vec<Secret>, Unfinished> {
        let Self(tokens) = self;
        let found = INFLUXDB.listed(asked.ask(tokens.authorizations())?, "authorizations", TELL)?;
        for given in tokens.revoked(&Given::all(&found)) {
            let what = format!("revoke the token {}", given.name);
            tokens.api.access().delete(asked, &format!("authorizations/{}", given.id), &what)?;
        }
        Ok(Vec::new())
    }

    fn within(&self) -> Duration {
        self.0.within()
    }

    fn stays(&self) -> String {
        self.0.stays()
    }
}
