//! The options that say which hosts and what a run is about; the same for every command that reads an inventory.

use clap::Args;
use solti::engine::request::Selection;
use std::path::PathBuf;

/// Hosts that are worked on at once, if nothing is said.
const FORKS: usize = 20;

#[derive(Debug, Clone, Args)]
pub struct Inventories {
    /// A file, a folder with an inventory.yml, or "host1,host2,"
    #[arg(value_name = "INVENTORY")]
    pub inventory: String,
    /// One more inventory, layered over the ones before
    #[arg(short = 'i', long = "inventory", value_name = "INVENTORY", help_heading = "Selection")]
    pub more: Vec<String>,
}

impl Inventories {
    /// All of them, lowest precedence first.
    pub fn all(&self) -> Vec<String> {
        std::iter::once(&self.inventory).chain(&self.more).cloned().collect()
    }
}

#[derive(Debug, Clone, Args)]
pub struct Inputs {
    #[command(flatten)]
    pub inventories: Inventories,
    /// A playbook; again for more [default: playbooks/site.yml]
    #[arg(short, long, value_name = "FILE", help_heading = "Selection")]
    pub playbook: Vec<PathBuf>,
    /// Set a variable, or all of a file's; wins over everything
    #[arg(short, long, value_name = "K=V|@FILE", help_heading = "Selection")]
    pub extra_vars: Vec<String>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Selection")]
pub struct Choice {
    /// Only hosts that match this pattern
    #[arg(short, long, value_name = "PATTERN")]
    pub limit: Option<String>,
    /// Only what has one of these tags
    #[arg(short, long, value_name = "TAG,...", value_delimiter = ',')]
    pub tags: Vec<String>,
    /// Not what has one of these tags
    #[arg(long, value_name = "TAG,...", value_delimiter = ',')]
    pub skip_tags: Vec<String>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// Log in as this user, unless the inventory says otherwise
    #[arg(short, long, value_name = "USER")]
    pub user: Option<String>,
    /// Log in with this key
    #[arg(long, value_name = "FILE")]
    pub private_key: Option<PathBuf>,
    /// Become root for everything
    #[arg(short, long)]
    pub r#become: bool,
    /// Ask for the password that sudo wants
    #[arg(short = 'K', long, conflicts_with = "become_password_file")]
    pub ask_become_pass: bool,
    /// Read the password that sudo wants from a file
    #[arg(long, value_name = "FILE")]
    pub become_password_file: Option<PathBuf>,
    /// Hosts that are worked on at once
    #[arg(short, long, value_name = "N", default_value_t = FORKS, value_parser = at_least_one)]
    pub forks: usize,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least one host must be worked on".to_owned()),
        Ok(forks) => Ok(forks),
        Err(_) => Err("a whole number is expected".to_owned()),
    }
}

impl Inputs {
    /// What a run without choices is about.
    pub fn selection(&self) -> Selection {
        Selection {
            inventories: self.inventories.all(),
            playbooks: self.playbook.clone(),
            extra_vars: self.extra_vars.clone(),
            forks: FORKS,
            ..Selection::default()
        }
    }
}

impl Choice {
    /// Narrows a selection.
    pub fn narrow(&self, selection: Selection) -> Selection {
        Selection { limit: self.limit.clone(), tags: self.tags.clone(), skip_tags: self.skip_tags.clone(), ..selection }
    }
}

impl Connection {
    /// Adds how hosts are reached.
    pub fn add(&self, selection: Selection) -> Selection {
        Selection {
            user: self.user.clone(),
            private_key: self.private_key.clone(),
            r#become: self.r#become,
            forks: self.forks,
            ..selection
        }
    }
}
