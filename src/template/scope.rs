//! The variables that one host sees in one place.

use super::context::{Context, Failure, HostVars, Link};
use super::convert::to_node;
use super::hosts::Host;
use super::layer::Variable;
use super::rendering::{Cache, Rendering};
use super::{Hosts, Layer, Rank, RenderError, facts};
use crate::secret::{Certainty, NoSecret, SecretName, disguise, told_of_template};
use crate::source::{Diagnostic, SourceFile};
use crate::yaml::Node;
use minijinja::Value;
use std::sync::Arc;

/// Where `{% include %}` and `lookup('file', ..)` find what they name.
pub trait TemplateLoader: Send + Sync + std::fmt::Debug {
    /// The template of that name.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    fn load_template(&self, name: &str) -> Result<Option<Arc<SourceFile>>, Diagnostic>;

    /// The content of the file of that name.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    fn load_file(&self, name: &str) -> Result<Option<Vec<u8>>, Diagnostic>;
}

/// The variables that one host sees in one place, rendered when somebody asks for them; clones are cheap.
#[derive(Clone)]
pub struct Scope(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    hosts: Arc<Hosts>,
    host: Option<String>,
    /// Lowest first.
    layers: Vec<Layer>,
    loader: Option<Arc<dyn TemplateLoader>>,
    cache: Arc<Cache>,
    /// Whether these are the variables that the inventory gives the host, and no others.
    of_inventory: bool,
    /// Who asks.
    rendering: Arc<Rendering>,
    /// Whether every secret is another one here, see [`Scope::twin`].
    twin: bool,
}

impl Scope {
    /// Variables without a host, as for a play's `hosts`.
    pub fn new(layers: Vec<Layer>) -> Self {
        let empty = Inner {
            hosts: Arc::default(),
            host: None,
            layers: Vec::new(),
            loader: None,
            cache: Arc::default(),
            of_inventory: false,
            rendering: Arc::default(),
            twin: false,
        };
        layers.into_iter().fold(Self(Arc::new(empty)), |scope, layer| scope.with_layer(layer))
    }

    pub(super) fn of_host(hosts: Arc<Hosts>, name: &str, host: &Host, rendering: Arc<Rendering>) -> Self {
        let (layers, cache) = (host.layers.clone(), rendering.cache(name));
        let host = Some(name.to_owned());
        Self(Arc::new(Inner { hosts, host, layers, loader: None, cache, of_inventory: true, rendering, twin: false }))
    }

    fn changed(&self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Inner::clone(&self.0);
        // what was rendered may have used what is hidden now
        inner.cache = Arc::default();
        inner.of_inventory = false;
        change(&mut inner);
        Self(Arc::new(inner))
    }

    /// With one more layer, above those of its rank.
    #[must_use]
    pub fn with_layer(&self, layer: Layer) -> Self {
        self.changed(|inner| {
            let at = inner.layers.partition_point(|other| other.rank <= layer.rank);
            inner.layers.insert(at, layer);
        })
    }

    /// With `item`, in a loop.
    #[must_use]
    pub fn with_item(&self, item: Value) -> Self {
        self.with_layer(Layer::values(Rank::Local, [("item".to_owned(), item)]))
    }

    /// With `item`, which was written down as this.
    pub(super) fn with_written_item(&self, item: Value, written: Node) -> Self {
        let variables = Arc::new([("item".to_owned(), Variable::Item(item, written))].into_iter().collect());
        self.with_layer(Layer { rank: Rank::Local, variables })
    }

    /// With a value that solti gives a name: `role_name`, `playbook_dir`.
    #[must_use]
    pub fn with_magic(&self, name: &str, value: impl Into<Value>) -> Self {
        self.with_layer(Layer::values(Rank::Magic, [(name.to_owned(), value.into())]))
    }

    /// Where its templates find what they include.
    #[must_use]
    pub fn with_loader(&self, loader: Arc<dyn TemplateLoader>) -> Self {
        self.changed(|inner| inner.loader = Some(loader))
    }

    /// The same variables with other secrets: what is rendered otherwise here was made of secrets.
    #[must_use]
    pub fn twin(&self) -> Self {
        self.changed(|inner| inner.twin = true)
    }

    pub(super) fn loader(&self) -> Option<&Arc<dyn TemplateLoader>> {
        self.0.loader.as_ref()
    }

    /// The host that sees it.
    pub fn host(&self) -> Option<&str> {
        self.0.host.as_deref()
    }

    /// What another host of the inventory sees before any play.
    pub(super) fn other(&self, host: &str) -> Option<Self> {
        let other = self.0.hosts.scope_in(host, &self.0.rendering)?;
        Some(if self.0.twin { other.twin() } else { other })
    }

    /// The names of all hosts of the inventory.
    pub(super) fn hosts(&self) -> Vec<String> {
        self.0.hosts.hosts.keys().cloned().collect()
    }

    /// Those that an inventory has.
    pub(super) fn explicit_hosts(&self) -> impl Iterator<Item = &str> {
        self.0.hosts.hosts.iter().filter(|(_, host)| !host.implicit).map(|(name, _)| name.as_str())
    }

    /// Whether the host's facts are known.
    pub fn has_facts(&self) -> bool {
        self.host().is_some_and(|host| self.0.hosts.has_facts(host))
    }

    /// The names of the host's facts, as far as they are known.
    pub(super) fn facts(&self) -> Vec<String> {
        let facts = self.host().and_then(|host| self.0.hosts.facts(host)).and_then(|facts| facts.try_iter().ok());
        let names = facts.into_iter().flatten().map(|name| name.to_string());
        names.map(|name| if facts::is_fact(&name) { name } else { format!("ansible_{name}") }).collect()
    }

    /// The home of a user of the host, if there is such a user.
    ///
    /// # Errors
    /// When the host's users are not known yet.
    pub fn home(&self, user: &str) -> Result<Option<String>, RenderError> {
        let facts = self.host().and_then(|host| self.0.hosts.facts(host)).ok_or(RenderError::NeedsFacts)?;
        let homes = facts.get_attr(facts::HOMES).unwrap_or_default();
        Ok(homes.get_attr(user).ok().and_then(|home| home.as_str().map(str::to_owned)))
    }

    /// A secret that a host keeps, or what stands for it; of its own host, if none is named.
    ///
    /// # Errors
    /// When it is certain that it will not be known.
    pub(super) fn secret(&self, host: Option<&str>, name: &str) -> Result<String, NoSecret> {
        let secret = self.0.rendering.look_up(self.0.hosts.secrets(), self.secret_name(host, name))?;
        Ok(if self.0.twin { disguise(&secret) } else { secret })
    }

    /// A secret that the host keeps, generated if there is none.
    ///
    /// # Errors
    /// When there is nothing to make it of.
    pub fn generated(&self, name: &str) -> Result<String, NoSecret> {
        self.0.rendering.generated(self.0.hosts.secrets(), self.secret_name(None, name))
    }

    fn secret_name(&self, host: Option<&str>, name: &str) -> SecretName {
        SecretName { host: host.or(self.host()).unwrap_or_default().to_owned(), name: name.to_owned() }
    }

    /// The folder in which the host keeps secrets.
    ///
    /// # Errors
    /// When the host has not said so yet.
    pub fn secrets_folder(&self) -> Result<String, RenderError> {
        self.host().and_then(|host| self.0.hosts.secrets().folder(host)).ok_or(RenderError::NeedsFacts)
    }

    /// The rank and the text of a variable that was written down somewhere: its highest layer.
    pub fn written(&self, name: &str) -> Option<(Rank, &Node)> {
        self.0.layers.iter().rev().find_map(|layer| match layer.variables.get(name)? {
            Variable::Node(node) => Some((layer.rank, node)),
            Variable::Value(_) | Variable::Item(..) => None,
        })
    }

    /// What the value of a variable is made of, if that was written down.
    pub(super) fn source(&self, name: &str) -> Option<&Node> {
        match self.0.layers.iter().rev().find_map(|layer| layer.variables.get(name))? {
            Variable::Node(node) | Variable::Item(_, node) => Some(node),
            Variable::Value(_) => None,
        }
    }

    /// All names that mean something here, for "did you mean" and for `hostvars`.
    pub fn names(&self) -> Vec<String> {
        let layers = self.0.layers.iter().flat_map(|layer| layer.variables.keys().cloned());
        let magic = MAGIC.iter().filter(|_| self.0.host.is_some()).map(|name| (*name).to_owned());
        let mut names: Vec<String> = layers.chain(magic).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Tells scopes apart whose variables may differ.
    pub(super) fn id(&self) -> usize {
        Arc::as_ptr(&self.0.cache) as usize
    }

    /// The value of a variable, rendered; `chain` says for which others it is needed.
    pub(super) fn lookup(&self, name: &str, chain: Option<&Arc<Link>>) -> Result<Option<Value>, Failure> {
        let mut layers = self.0.layers.iter().rev();
        let found = layers.find_map(|layer| Some((layer.rank, layer.variables.get(name)?)));
        if let Some((Rank::Local | Rank::Magic, Variable::Value(value) | Variable::Item(value, _))) = found {
            return Ok(Some(value.clone()));
        }
        if let Some(value) = self.magic(name, chain)? {
            return Ok(Some(value));
        }
        if found.is_none_or(|(rank, _)| rank.is_below_facts())
            && let Some(value) = self.fact(name)?
        {
            return Ok(Some(value));
        }
        match found {
            None => Ok(None),
            Some((_, Variable::Value(value) | Variable::Item(value, _))) => Ok(Some(value.clone())),
            Some((_, Variable::Node(node))) => self.rendered(name, node, chain).map(Some),
        }
    }

    fn rendered(&self, name: &str, node: &Node, chain: Option<&Arc<Link>>) -> Result<Value, Failure> {
        let host = self.0.host.as_ref().filter(|_| self.0.of_inventory).and_then(|host| self.0.hosts.hosts.get(host));
        let shared = host.map(|host| &host.cache);
        self.0.rendering.once(&self.0.cache, shared, name, || {
            let chain = Link::extend(chain, self, name, &node.span)?;
            let context = Context::new(self.clone(), Some(chain));
            let value = if self.0.twin {
                let mut other = node.clone();
                self.0.hosts.secrets().hidden().exchange(&mut other, &[], Certainty::of_name(name));
                context.value(&other)?
            } else {
                context.value(node)?
            };
            self.told_by_name(name, node, value)
        })
    }

    /// What a template comes to under a name that tells, such as `db_password: "{{ lookup('env', 'PW') }}"`, is a secret from
    /// then on, and another one in the twin.
    fn told_by_name(&self, name: &str, node: &Node, value: Value) -> Result<Value, Failure> {
        let Some(certainty) = told_of_template(name, node) else { return Ok(value) };
        let secrets = self.0.hosts.secrets().hidden();
        if !self.0.twin {
            // what is no data is no secret, and what other hosts have has names of its own
            let of_hosts =
                value.downcast_object_ref::<HostVars>().is_some() || value.downcast_object_ref::<Context>().is_some();
            if !of_hosts && let Ok(rendered) = to_node(&value, &node.span) {
                secrets.note(name, &rendered, &[], certainty);
            }
            return Ok(value);
        }
        if value.as_str().is_none() {
            return Ok(value);
        }
        let mut rendered = to_node(&value, &node.span)?;
        secrets.exchange(&mut rendered, &[], certainty);
        Ok(rendered.as_str().map_or(value, Value::from))
    }

    /// A flat fact, `ansible_os_family`.
    fn fact(&self, name: &str) -> Result<Option<Value>, Failure> {
        let fact = if facts::OWN_FACTS.contains(&name) { Some(name) } else { name.strip_prefix("ansible_") };
        let (Some(fact), Some(host)) = (fact, &self.0.host) else { return Ok(None) };
        match self.0.hosts.facts(host) {
            Some(facts) => Ok(facts.get_attr(fact).ok().filter(|value| !value.is_undefined())),
            None if facts::is_fact(name) => {
                self.0.hosts.ask_for(name);
                self.0.hosts.miss(host);
                Err(Failure::NeedsFacts)
            }
            None => Ok(None),
        }
    }

    /// What is there without anybody having set it.
    fn magic(&self, name: &str, chain: Option<&Arc<Link>>) -> Result<Option<Value>, Failure> {
        let inner = &self.0;
        let Some(host) = &inner.host else { return Ok(None) };
        Ok(Some(match name {
            "inventory_hostname" => Value::from(host.as_str()),
            "inventory_hostname_short" => Value::from(host.split('.').next().unwrap_or(host)),
            "group_names" => Value::from(inner.hosts.groups_of(host)),
            "groups" => Value::from_pairs(
                inner.hosts.groups.iter().map(|(name, hosts)| (name.as_str(), Value::from(hosts.clone()))),
            ),
            "hostvars" => Value::from_object(HostVars::new(self.clone(), chain.cloned())),
            "ansible_facts" => {
                // which of them is not known
                inner.hosts.ask_for(facts::PODMAN_VERSION);
                inner.hosts.facts(host).cloned().ok_or_else(|| {
                    inner.hosts.miss(host);
                    Failure::NeedsFacts
                })?
            }
            _ => return Ok(None),
        }))
    }
}

/// The names that [`Scope::magic`] knows.
const MAGIC: &[&str] =
    &["inventory_hostname", "inventory_hostname_short", "group_names", "groups", "hostvars", "ansible_facts"];

impl std::fmt::Debug for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // never the values: there may be secrets among them
        f.debug_struct("Scope").field("host", &self.0.host).field("layers", &self.0.layers.len()).finish()
    }
}
