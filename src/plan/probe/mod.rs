//! The probe: one program that asks a host for the state of every resource at once. `reader` takes in what it answers.
//!
//! It is made of shell builtins and as few processes as the questions allow: one `stat` and one `sha256sum` for all
//! paths, one `readlink` for all links, one `systemctl show` for all units, one `dpkg-query` for all packages.

pub(super) mod paths;

use super::http::Request;
use super::manifest::ManifestError;
use super::operation::PodmanThing;
use super::scope;
use crate::host::{quote, quote_words};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The functions that find out who and where we are; shared by all programs.
pub const PLACE: &str = r#"
while read -r key _ uid _; do case $key in Uid:) break ;; esac; done </proc/self/status
if [ "$uid" = 0 ]; then V=/var/lib/solti; L=/run/solti/lock; else V=$HOME/.local/state/solti; L=$V/lock; fi
home_of() { # home_of USER: $home becomes its home, as the list of users has it; a directory may list it by another name
  home=$(if command -v getent >/dev/null; then getent passwd "$1"
    else while IFS= read -r line; do case $line in "$1":*) printf '%s\n' "$line" ;; esac; done </etc/passwd; fi |
    { IFS=: read -r _ _ _ _ _ home _ && printf '%s\n' "$home"; })
  [ -n "$home" ]
}
as_user() { # as_user USER COMMAND...: in the scope of a user who need not be logged in; under $limit, if there is one
  who=$1; shift
  id=$(id -u -- "$who") && home_of "$who" || return 1
  set -- env HOME="$home" USER="$who" LOGNAME="$who" XDG_RUNTIME_DIR="/run/user/$id" \
    DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$id/bus" "$@"
  # who has the lock open keeps it
  if [ "$id" = "$uid" ]; then "$@" 8>&-; else ( cd / && $limit runuser -u "$who" -- "$@" 8>&- ); fi
}
"#;

/// Says what a command answered: `answer KEY STATUS TEXT`. What is one plain line is said as it is, because to encode
/// it takes three processes.
const ANSWER: &str = r#"
answer() { case $3 in
'') say answer "$1" "$2" = ;;
*[!0-9A-Za-z\ ./:_@%+,-]*) say answer "$1" "$2" "=$(printf '%s' "$3" | head -c 65536 | base64 | tr -d '\n')" ;;
*) say answer "$1" "$2" "+$3" ;;
esac; }
"#;

/// Says what apt has of packages: `offers PACKAGE...`. Its lists may only name one, and dpkg's own list is none of them.
const OFFERS: &str = r#"
offers() { apt-cache -o APT::Cmd::Pattern-Only=true policy "$@" 2>/dev/null | { seen=' '
while read -r word rest; do case $word in
  Candidate:) seen="$seen$name "; say candidate "$name $rest" ;;
  Installed: | Version | Package) ;;
  *:) name=${word%:} version= ;;
  *)
    case $word in '***') word=${rest%% *} rest=${rest#* } ;; esac
    case ${rest%% *} in
    *[!0-9-]*) case $rest in /var/lib/dpkg/status) ;; *) [ -z "$version" ] || say offer "$name $version"; version= ;; esac ;;
    *) version=$word ;;
    esac ;;
esac; done
for name do case $seen in *" $name "* | *" ${name%:*} "*) ;; *) say unlisted "$name" ;; esac; done; }; }
"#;

/// What is wanted of a path beside its kind and attributes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Content {
    /// Nothing.
    No,
    /// Its digest.
    Digest,
    /// Its digest, and its content where the digest is not this one.
    Unless(String),
    /// Its digest and its content.
    Always,
}

/// When apt is asked which versions of a package it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Offers {
    /// Never.
    No,
    /// Where the package is not installed.
    IfMissing,
    /// Always.
    Always,
}

/// A read-only command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The folder that it runs in.
    pub chdir: Option<String>,
    /// Added to its environment.
    pub environment: Vec<(String, String)>,
    /// What it reads; nothing, if that is not said.
    pub stdin: Option<String>,
    /// The user that it runs as, if not the one of the connection.
    pub user: Option<String>,
}

/// All that is to be asked of one host under one identity.
#[derive(Debug, Clone, Default)]
pub struct Probe {
    paths: BTreeMap<String, Content>,
    links: BTreeSet<String>,
    users: BTreeSet<String>,
    user_numbers: BTreeSet<u32>,
    groups: bool,
    packages: BTreeMap<String, Offers>,
    units: BTreeSet<String>,
    questions: BTreeMap<String, Question>,
    listings: BTreeSet<String>,
    tools: BTreeSet<String>,
    podman: BTreeMap<Option<String>, BTreeSet<PodmanThing>>,
    requests: BTreeMap<String, Request>,
}

/// What makes a host's answers unusable.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// Its manifest cannot be read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Another run is under way there.
    #[error("locked by another run: {0}")]
    Locked(String),
    /// The host lacks something that the probe or a step needs.
    #[error("{0}")]
    Lacking(String),
    /// What was not answered must not be taken for what is not there.
    #[error("the host's shell gave up in the middle of the questions about its state")]
    Incomplete,
}

impl Probe {
    /// Asks what is at a path.
    pub fn path(&mut self, path: &str) {
        self.paths.entry(path.to_owned()).or_insert(Content::No);
    }

    /// Asks for the digest of a file.
    pub fn digest(&mut self, path: &str) {
        self.ask(path, Content::Digest);
    }

    /// Asks for a file's content, unless its digest is `sha256` already.
    pub fn content_unless(&mut self, path: &str, sha256: &str) {
        self.ask(path, Content::Unless(sha256.to_owned()));
    }

    /// Asks for a file's content, whatever it is.
    pub fn content(&mut self, path: &str) {
        self.ask(path, Content::Always);
    }

    fn ask(&mut self, path: &str, content: Content) {
        let asked = self.paths.entry(path.to_owned()).or_insert(Content::No);
        if content > *asked {
            *asked = content;
        }
    }

    /// Asks what a symbolic link points to.
    pub fn link(&mut self, path: &str) {
        self.path(path);
        self.links.insert(path.to_owned());
    }

    /// Asks what is in a folder; the names are kept as the answer to [`listing_key`].
    pub fn listing(&mut self, folder: &str) {
        self.listings.insert(folder.to_owned());
    }

    /// Asks for a user, and for all groups.
    pub fn user(&mut self, name: &str) {
        self.users.insert(name.to_owned());
        self.groups = true;
    }

    /// Asks who has a user's number.
    pub fn user_number(&mut self, uid: u32) {
        self.user_numbers.insert(uid);
    }

    /// Asks for all groups.
    pub fn groups(&mut self) {
        self.groups = true;
    }

    /// Asks which version of a package is installed, and perhaps what apt has of it.
    pub fn package(&mut self, name: &str, offers: Offers) {
        let asked = self.packages.entry(name.to_owned()).or_insert(offers);
        *asked = offers.max(*asked);
    }

    /// Asks podman for its version and the images that are there, and for a user whether podman has what it needs.
    pub fn podman(&mut self, user: Option<&str>) {
        self.podman.entry(user.map(str::to_owned)).or_default();
    }

    /// Asks podman for its volumes or networks.
    pub fn podman_thing(&mut self, user: Option<&str>, what: PodmanThing) {
        self.podman.entry(user.map(str::to_owned)).or_default().insert(what);
    }

    /// Asks systemd for a unit, by its name and scope.
    pub fn unit(&mut self, unit: &str) {
        self.units.insert(unit.to_owned());
    }

    /// Asks a read-only command; its answer is kept under `key`.
    pub fn question(&mut self, key: &str, question: Question) {
        self.questions.insert(key.to_owned(), question);
    }

    /// Asks a service of the host; its answer is what the state's [`reply`](super::state::State::reply) gives.
    pub fn http(&mut self, request: Request) {
        self.requests.insert(request.key(), request);
    }

    /// The requests, in the order of their answers.
    pub fn requests(&self) -> impl Iterator<Item = &Request> {
        self.requests.values()
    }

    /// Asks whether a tool is there.
    pub fn tool(&mut self, name: &str) {
        self.tools.insert(name.to_owned());
    }

    /// The program for a host's shell. It changes nothing.
    pub fn program(&self) -> String {
        let mut program = String::from(PLACE);
        program.push_str(
            r#"if [ -r "$V/manifest.json" ]; then IFS= read -r line <"$V/manifest.json"; say manifest "$line"; fi
for entry in "$V"/made/*/*; do
  [ ! -e "$entry" ] || { IFS= read -r line && read -r line && IFS= read -r line && say made "$line"; } <"$entry"
done
for journal in "$V"/journal/*/ "$V"/stuck-*/; do
  [ -d "$journal" ] || continue
  case $journal in "$V"/stuck-*) say leftover "${journal%/}"; continue ;; esac
  # asking for the lock would keep others from it; its holder has it open
  { IFS= read -r holder && read -r pid; } 2>/dev/null <"$L"
  case $(ls -l "/proc/$pid/fd" 2>/dev/null) in *" $L"*) ;; *) holder= ;; esac
  if [ ! -e "${journal}undo" ]; then say leftover "${journal%/}"
  elif [ -n "$holder" ]; then say busy "$holder"
  elif [ -e "${journal}manifest" ]; then say unfinished "$journal"
  else say interrupted "$journal"
  fi
done
"#,
        );
        self.write_paths(&mut program);
        self.write_accounts(&mut program);
        self.write_packages(&mut program);
        self.write_units(&mut program);
        self.write_podman(&mut program);
        self.write_questions(&mut program);
        for tool in &self.tools {
            let _ = writeln!(program, "command -v {0} >/dev/null 2>&1 || say lacks {0}", quote(tool));
        }
        if !self.requests.is_empty() {
            program.push_str(&super::http::program(&self.requests().collect::<Vec<_>>()));
        }
        program.push_str("say probed\n");
        program
    }

    fn write_questions(&self, program: &mut String) {
        if self.questions.is_empty() && self.listings.is_empty() {
            return;
        }
        program.push_str(ANSWER);
        for (key, question) in &self.questions {
            let command = command_line(
                &question.command,
                question.chdir.as_deref(),
                &question.environment,
                question.user.as_deref(),
            );
            let key = quote(&STANDARD.encode(key));
            let asked = match &question.stdin {
                // printf is the shell's own: what it prints is in no process list
                Some(stdin) => format!("printf '%s' {} | {{ {command}; }}", quote(stdin)),
                None => format!("{command} </dev/null"),
            };
            // the space keeps a command in parentheses from being read as arithmetic
            let _ = writeln!(program, "reply=$( {asked} 2>/dev/null); answer {key} $? \"$reply\"");
        }
        for folder in &self.listings {
            let (key, folder) = (quote(&STANDARD.encode(listing_key(folder))), quote(folder));
            let _ = writeln!(
                program,
                "if [ -d {folder} ]; then reply=$(ls -A -- {folder} 2>/dev/null); answer {key} $? \"$reply\"; fi"
            );
        }
    }

    fn write_accounts(&self, program: &mut String) {
        if !self.users.is_empty() {
            let numbers = self.user_numbers.iter().map(u32::to_string).collect::<Vec<_>>();
            let keys = self.users.iter().chain(&numbers);
            let by_name = self.users.iter().map(|name| format!("{}:*", quote(name)));
            let entries = by_name.chain(numbers.iter().map(|uid| format!("*:*:{uid}:*:*:*:*"))).collect::<Vec<_>>();
            let _ = writeln!(
                program,
                "if command -v getent >/dev/null; then getent passwd {}; else cat /etc/passwd; fi | while IFS= read -r line; do case $line in {}) \
                 say user \"$line\" ;; esac; done",
                quote_words(keys),
                entries.join("|")
            );
        }
        if self.groups {
            program.push_str(
                "if command -v getent >/dev/null; then getent group; else cat /etc/group; fi | while IFS= read -r line; do say group \"$line\"; done\n",
            );
        }
    }

    fn write_packages(&self, program: &mut String) {
        if self.packages.is_empty() {
            return;
        }
        let which = |wanted: Offers| {
            quote_words(self.packages.iter().filter(|(_, offers)| **offers == wanted).map(|(name, _)| name))
        };
        // dpkg itself is of the host's own architecture; it keeps in `updates` what it has not done yet
        let _ = writeln!(
            program,
            r#"if command -v dpkg-query >/dev/null; then
found=$(dpkg-query -W -f='${{db:Status-Abbrev}} ${{Version}} ${{Package}} ${{Architecture}}\n' dpkg {} 2>/dev/null)
printf '%s\n' "$found" | while IFS= read -r line; do say package "$line"; done
for update in /var/lib/dpkg/updates/[0-9]*; do [ ! -e "$update" ] || say dpkg; break; done"#,
            quote_words(self.packages.keys())
        );
        let (always, if_missing) = (which(Offers::Always), which(Offers::IfMissing));
        if !(always.is_empty() && if_missing.is_empty()) {
            let _ = writeln!(
                program,
                r#"{OFFERS}printf '%s\n' "$found" | {{ have=' '
while read -r status _ name architecture; do case $status in ?i*) have="$have$name $name:$architecture " ;; esac; done
set -- {always}
for name in {if_missing}; do case $have in *" $name "*) ;; *) set -- "$@" "$name" ;; esac; done
[ $# -eq 0 ] || offers "$@"; }}"#
            );
        }
        program.push_str("else say lacks dpkg-query; fi\n");
    }

    fn write_units(&self, program: &mut String) {
        const SHOW: &str = "show -p \
            Id,Names,LoadState,ActiveState,UnitFileState,NeedDaemonReload,CanReload,ActiveEnterTimestamp,FragmentPath";
        const SAY: &str = "2>/dev/null | while IFS= read -r line; do say unit \"$line\"; done; say unit";
        if self.units.is_empty() {
            return;
        }
        let mut scopes: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
        // asked for one, systemctl says nothing of those that follow
        for unit in self.units.iter().filter(|unit| !scope::is_template(unit)) {
            let (user, name) = scope::split(unit);
            scopes.entry(user).or_default().push(name);
        }
        program.push_str("if command -v systemctl >/dev/null; then\n");
        for (user, units) in scopes {
            let units = quote_words(units);
            // without a bus there is no manager that could be asked: nothing runs in that scope
            let _ = match user {
                None => writeln!(program, "TZ=UTC systemctl {SHOW} -- {units} {SAY}"),
                Some(user) => writeln!(
                    program,
                    "if id=$(id -u -- {user} 2>/dev/null) && [ -S \"/run/user/$id/bus\" ]; then say scope {user}; \
                     as_user {user} env TZ=UTC systemctl --user {SHOW} -- {units} {SAY}; fi",
                    user = quote(user)
                ),
            };
        }
        program.push_str("else say lacks systemctl; fi\n");
    }

    fn write_podman(&self, program: &mut String) {
        if self.podman.is_empty() {
            return;
        }
        // where this run is to install it, the version on offer says what it will be able to do
        let _ = writeln!(
            program,
            "{OFFERS}if command -v podman >/dev/null; then say podman \"$(podman --version)\"; else offers podman; fi"
        );
        for (user, things) in &self.podman {
            let user_word = user.as_deref().map_or("-".to_owned(), quote);
            let mut lists = vec![(
                "image",
                "image ls --no-trunc --format '{{.ID}} {{.Repository}} {{.Tag}} {{.Digest}}'".to_owned(),
            )];
            for what in things {
                lists.push((what.word(), format!("{} ls --format '{{{{.Name}}}}'", what.word())));
            }
            match user {
                None => {
                    program.push_str("if command -v podman >/dev/null; then who=-\n");
                    for (word, list) in lists {
                        let _ = writeln!(program, "podman {list} 2>/dev/null | {}", each(word));
                    }
                }
                Some(_) => {
                    let _ = writeln!(
                        program,
                        "id=$(id -u -- {user_word} 2>/dev/null)
own=; for file in /etc/subuid /etc/subgid; do while IFS=: read -r name rest || [ -n \"$name\" ]; do \
                         case $name in {user_word} | ${{id:-{user_word}}}) own=$own+; break ;; esac; done <\"$file\"; done 2>/dev/null
[ \"$own\" != ++ ] || say subordinate {user_word}
if command -v podman >/dev/null && [ -S \"/run/user/$id/bus\" ]; then who={user_word}"
                    );
                    for (word, list) in lists {
                        let _ = writeln!(program, "as_user {user_word} podman {list} 2>/dev/null | {}", each(word));
                    }
                }
            }
            program.push_str("fi\n");
        }
    }
}

/// Says each line of what is of this kind in the scope of `$who`. The word by which our lines are known stays in the shell: the
/// arguments of programs can be read by everybody.
fn each(word: &str) -> String {
    format!("while IFS= read -r line; do say {word} \"$who $line\"; done")
}

/// The key of a folder's listing among the answers.
pub fn listing_key(folder: &str) -> String {
    format!("listing {folder}")
}

/// A command as one line of shell that runs it in its folder, with its environment, as its user. It is never one of the
/// functions that the shell has been given, which have names like `install`.
pub fn command_line(
    command: &[String],
    chdir: Option<&str>,
    environment: &[(String, String)],
    user: Option<&str>,
) -> String {
    // assignments, not env(1): its arguments would show the values to every user of the host
    let mut words: Vec<String> = environment.iter().map(|(name, value)| format!("{name}={}", quote(value))).collect();
    match user {
        Some(user) => words.push(format!("runuser -u {} --", quote(user))),
        None => words.push("command".to_owned()),
    }
    words.push(quote_words(command));
    // who has the lock open keeps it
    words.push("8>&-".to_owned());
    let line = words.join(" ");
    match chdir {
        Some(folder) => format!("(cd {} && {line})", quote(folder)),
        None => line,
    }
}
