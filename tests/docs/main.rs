//! The pages of `docs/` are in step with the program: their examples go through the real readers, and what their tables
//! list is what the code knows.
//!
//! `SOLTI_UPDATE_DOCS=1 cargo test --test docs` writes the generated tables anew.

mod globals;
mod json;
mod kinds;
mod rooms;
mod schemas;

use solti::engine::request::Selection;
use solti::engine::{self, render};
use solti::host::variables::{CONNECTION_VARIABLES, Standing};
use solti::playbook::{PLAY_KEYWORDS, ROLE_KEYWORDS, Treatment};
use solti::role::OptionType;
use solti::scenario::{self, Collection, Step};
use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page(name: &str) -> Result<String> {
    Ok(fs::read_to_string(root().join("docs").join(name))?)
}

fn pages() -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(root().join("docs"))?.collect::<std::io::Result<Vec<_>>>()?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.sort();
    Ok(paths)
}

/// The code blocks of a page: what stands behind the opening fence, and the text.
fn blocks(text: &str) -> Vec<(&str, String)> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let body = lines.by_ref().take_while(|line| !line.starts_with("```"));
            blocks.push((info, body.map(|line| format!("{line}\n")).collect()));
        }
    }
    blocks
}

/// Every file that an example names as its source, so that there is one.
fn sources(text: &str) -> Vec<String> {
    let mut sources = Vec::new();
    for key in ["template: ", "src: "] {
        for (at, _) in text.match_indices(key) {
            let name: String = text[at + key.len()..].chars().take_while(|c| !", }\n".contains(*c)).collect();
            if !name.starts_with(['{', '/']) {
                sources.push(name);
            }
        }
    }
    sources
}

/// Reads a project with one host, up to the programs that would be sent to it.
fn read(files: &[(&str, String)]) -> Result {
    let folder = tempfile::tempdir()?;
    let write = |path: &str, text: &str| -> Result {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().ok_or("no folder")?)?;
        Ok(fs::write(path, text)?)
    };
    let loki = "summary: x\noptions: { loki_retention: { type: duration } }\nsteps: []\n";
    write("roles/loki/role.yml", loki)?;
    let groups = "web: { hosts: { host: } }, router: , clients: { hosts: { monitor11.example.com: } }";
    write("inventory.yml", &format!("all: {{ children: {{ {groups} }} }}\n"))?;
    for (path, text) in files {
        write(path, text)?;
        for source in sources(text) {
            for folder in ["playbooks/templates", "playbooks/files", "roles/loki/templates", "roles/loki/files"] {
                write(&format!("{folder}/{source}"), "text\n")?;
            }
        }
    }
    let inventory = folder.path().join("inventory.yml").display().to_string();
    let project = engine::load(&Selection { inventories: vec![inventory], forks: 1, ..Selection::default() })?;
    let host = project.inventory.hosts().next().ok_or("no host")?.name.clone();
    render::programs(&project, &host)?;
    Ok(())
}

/// Reads the scenarios of a project with these files, as far as it goes without hosts.
fn scenarios(files: &[(&str, &str)]) -> Result {
    let folder = tempfile::tempdir()?;
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().ok_or("no folder")?)?;
        fs::write(path, text)?;
    }
    for scenario in Collection::open(folder.path().to_owned())?.read(&[])? {
        scenario::check(folder.path(), &scenario)?;
    }
    Ok(())
}

#[test]
fn every_example_is_read() -> Result {
    let mut count = 0;
    for path in pages()? {
        for (info, text) in blocks(&fs::read_to_string(&path)?) {
            let indented: String = text.lines().map(|line| format!("      {line}\n")).collect();
            let play = |text: String| ("playbooks/site.yml", text);
            let whole = "- { hosts: all, roles: [loki] }\n".to_owned();
            let steps = |what: &str| format!("summary: x\nsteps:\n  - name: s\n    {what}:\n{indented}");
            let files = match info.strip_prefix("yaml ") {
                Some("play") => vec![play(text.clone())],
                Some("role") => vec![play(whole), ("roles/loki/role.yml", text.clone())],
                Some("resources") => vec![play(whole), ("roles/loki/role.yml", steps("resources"))],
                Some("checks") => vec![play(whole), ("roles/loki/role.yml", steps("checks"))],
                Some("inventory") => vec![play(whole), ("inventory.yml", text.clone())],
                Some("scenario") => {
                    scenarios(&[("molecule-tests/example/scenario.yml", &text)])
                        .map_err(|error| format!("{}:\n{text}\n{error}", path.display()))?;
                    count += 1;
                    continue;
                }
                Some("platforms") => {
                    let names = text.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name);
                    let names: Vec<&str> = names.filter(|name| !name.starts_with(' ')).collect();
                    let scenario = format!("role: node_exporter\nplatforms: [{}]\n", names.join(", "));
                    let files = [
                        ("molecule-tests/platforms.yml", text.as_str()),
                        ("molecule-tests/example/scenario.yml", &scenario),
                        // what the examples refer to
                        ("molecule-tests/files/ca.pem", ""),
                        ("molecule-tests/images/own/Containerfile", ""),
                        ("inventories/lab", "all: { hosts: { host: } }\n"),
                    ];
                    scenarios(&files).map_err(|error| format!("{}:\n{text}\n{error}", path.display()))?;
                    count += 1;
                    continue;
                }
                _ if info.starts_with("yaml") => return Err(format!("{}: what is `{info}`?", path.display()).into()),
                _ => continue,
            };
            read(&files).map_err(|error| format!("{}:\n{text}\n{error}", path.display()))?;
            count += 1;
        }
    }
    assert!(count > 15, "{count}");
    Ok(())
}

/// The section of a page that begins with this heading, up to the next one of its depth or above.
fn section<'p>(page: &'p str, heading: &str) -> Result<&'p str> {
    let start = page.find(&format!("\n{heading}\n")).ok_or_else(|| format!("no section `{heading}`"))? + 1;
    let depth = heading.chars().take_while(|c| *c == '#').count();
    let rest = &page[start + heading.len()..];
    let ends = (1..=depth).filter_map(|depth| rest.find(&format!("\n{} ", "#".repeat(depth))));
    Ok(&rest[..ends.min().unwrap_or(rest.len())])
}

/// What stands in backquotes in the first column of a section's first table.
fn listed(section: &str) -> BTreeSet<String> {
    let rows = section.lines().skip_while(|line| !line.starts_with("| ")).take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

fn set(names: impl IntoIterator<Item = &'static str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

/// The keys that an error lists as known.
fn known(files: &[(&str, &str)]) -> Result<BTreeSet<String>> {
    let error = scenarios(files).err().ok_or("an unknown key is no error")?.to_string();
    let line = error.lines().find_map(|line| line.split_once("known here: ")).ok_or_else(|| error.clone())?.1;
    Ok(line.split(", ").map(str::to_owned).collect())
}

#[test]
fn all_keys_of_scenarios_and_platforms_are_described() -> Result {
    let page = page("scenarios.md")?;
    let scenario = ("molecule-tests/x/scenario.yml", "role: node_exporter\nplatforms: [debian13]\nxyz: 1\n");
    assert_eq!(listed(section(&page, "## `scenario.yml`")?), known(&[scenario])?);
    let schema = scenario::schema();
    let declared = schema["properties"].as_object().ok_or("no keys")?.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(declared, known(&[scenario])?);
    let platforms = ("molecule-tests/platforms.yml", "own: { image: debian13, xyz: 1 }\n");
    assert_eq!(listed(section(&page, "## Platforms")?), known(&[scenario, platforms])?);
    assert_eq!(listed(section(&page, "## Steps")?), set(Step::ALL.map(Step::name)));
    Ok(())
}

#[test]
fn all_types_of_options_are_described() -> Result {
    let page = page("roles.md")?;
    let options = section(&page, "## Options")?;
    let types = options.split_once("| type | value |").ok_or("no table of types")?.1;
    assert_eq!(listed(types), set(OptionType::ALL.map(OptionType::name)));
    Ok(())
}

#[test]
fn all_last_words_of_names_are_listed() -> Result {
    let page = page("security.md")?;
    let section = section(&page, "### Names that are about a secret")?;
    let (_, list) = section.split_once("\n\n`").ok_or("no list")?;
    let listed: BTreeSet<&str> = list.split(['`', ',', '.', '\n', ' ']).filter(|word| !word.is_empty()).collect();
    assert_eq!(listed, solti::secret::ABOUT.iter().copied().collect());
    Ok(())
}

#[test]
fn all_dependencies_are_explained() -> Result {
    let manifest: toml::Table = fs::read_to_string(root().join("Cargo.toml"))?.parse()?;
    let page = page("dependencies.md")?;
    let table = |text: &str| -> Vec<String> {
        let rows = text.lines().skip_while(|line| !line.starts_with("| ---")).skip(1);
        let rows = rows.take_while(|line| line.starts_with('|'));
        rows.filter_map(|row| Some(row.split('|').nth(1)?.trim().to_owned())).collect()
    };
    let (ours, tests) = page.split_once("For tests alone:").ok_or("no part for tests")?;
    for (part, key) in [(ours, "dependencies"), (tests, "dev-dependencies")] {
        let crates = manifest[key].as_table().ok_or("no table")?.keys().cloned().collect::<Vec<_>>();
        assert_eq!(table(part), crates, "{key}");
    }
    Ok(())
}

/// A table of keywords, by what becomes of them.
fn keywords(table: &[(&str, Treatment)]) -> Result<String> {
    let mut text = String::from("\n| keyword | | |\n| --- | --- | --- |\n");
    for (keyword, treatment) in table {
        match treatment {
            Treatment::Accepted(_, means) => writeln!(text, "| `{keyword}` | accepted | {means} |")?,
            Treatment::Ignored(why) => writeln!(text, "| `{keyword}` | ignored with a note | {why} |")?,
            Treatment::Unbuilt => writeln!(text, "| `{keyword}` | an error | not built yet |")?,
            Treatment::Instead(what) => writeln!(text, "| `{keyword}` | an error | {what} |")?,
        }
    }
    text.push('\n');
    Ok(text)
}

/// The table of connection variables, by what becomes of them.
fn connection_variables() -> Result<String> {
    let mut text = String::from("\n| variable | | |\n| --- | --- | --- |\n");
    for (names, standing) in CONNECTION_VARIABLES {
        let names = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let (word, what) = match standing {
            Standing::Honoured(means) => ("accepted", means),
            Standing::Ignored(why) => ("ignored with a note", why),
            Standing::Silent(why) => ("ignored", why),
            Standing::Refused(instead) => ("an error", instead),
        };
        writeln!(text, "| {names} | {word} | {what} |")?;
    }
    text.push('\n');
    Ok(text)
}

/// Compares the tables of a page with those of the program, by the marks around them; or writes them.
fn generated(name: &str, tables: &[(String, String)]) -> Result {
    let mut page = page(name)?;
    let before = page.clone();
    for (what, table) in tables {
        let opening = format!("<!-- generated: {what} -->\n");
        let start = page.find(&opening).ok_or_else(|| format!("no place for the {what}"))? + opening.len();
        let end = start + page[start..].find("<!-- end -->").ok_or("no end of the table")?;
        page.replace_range(start..end, table);
    }
    if std::env::var_os("SOLTI_UPDATE_DOCS").is_some() {
        fs::write(root().join("docs").join(name), &page)?;
    } else {
        assert!(page == before, "docs/{name} has other tables; SOLTI_UPDATE_DOCS=1 cargo test --test docs updates it");
    }
    Ok(())
}

#[test]
fn the_tables_of_keywords_and_variables_are_those_of_the_program() -> Result {
    let tables = [
        ("connection variables", connection_variables()?),
        ("play keywords", keywords(PLAY_KEYWORDS)?),
        ("role keywords", keywords(ROLE_KEYWORDS)?),
    ];
    generated("inventory-and-plays.md", &tables.map(|(what, table)| (what.to_owned(), table)))
}

/// What stands behind `solti` where a page shows a command.
fn commands(text: &str) -> BTreeSet<String> {
    let lines: String = blocks(text).into_iter().map(|(_, block)| format!("\n{block}")).collect();
    let written = [("`solti ", text), ("$ solti ", text), ("\nsolti ", &lines)];
    let shown = written.into_iter().flat_map(|(start, text)| text.split(start).skip(1));
    let word = |rest: &str| rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect::<String>();
    shown.map(word).filter(|word| !word.is_empty() && !word.starts_with('-')).collect()
}

fn code_in(folder: &Path, found: &mut Vec<PathBuf>) -> Result {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            code_in(&path, found)?;
        } else if path.extension().is_some_and(|name| name == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

#[test]
fn every_command_that_a_page_or_a_message_names_is_there() -> Result {
    let mut texts = vec![root().join("README.md")];
    texts.extend(pages()?);
    code_in(&root().join("src"), &mut texts)?;
    let mut all = BTreeSet::new();
    for path in texts {
        for command in commands(&fs::read_to_string(&path)?) {
            let solti = Path::new(env!("CARGO_BIN_EXE_solti"));
            let help = std::process::Command::new(solti).args([&command, "--help"]).output()?;
            assert!(help.status.success(), "{}: there is no `solti {command}`", path.display());
            all.insert(command);
        }
    }
    assert!(all.contains("diff") && all.contains("role"), "{all:?}");
    Ok(())
}

/// The pages that are elsewhere than in `docs/`.
fn other_pages() -> [PathBuf; 3] {
    ["README.md", "CONTRIBUTING.md", "testbed/README.md"].map(|page| root().join(page))
}

#[test]
fn paths_that_contributors_are_told_are_there() -> Result {
    let page = fs::read_to_string(root().join("CONTRIBUTING.md"))?;
    let top: Vec<String> =
        (fs::read_dir(root())?.flatten()).map(|entry| entry.file_name().display().to_string()).collect();
    let named = page.split('`').skip(1).step_by(2).filter(|name| {
        let (first, _) = name.split_once('/').unwrap_or_default();
        // a name in capitals stands for one of the reader's own
        top.iter().any(|entry| entry == first) && !name.contains("NAME")
    });
    let named: Vec<&str> = named.collect();
    assert!(named.len() > 10, "{named:?}");
    for name in named {
        assert!(root().join(name).exists(), "CONTRIBUTING.md names {name}, which is not there");
    }
    Ok(())
}

#[test]
fn links_between_pages_lead_somewhere() -> Result {
    for path in pages()?.into_iter().chain(other_pages()) {
        let text = fs::read_to_string(&path)?;
        for (at, _) in text.match_indices("](") {
            let link: String = text[at + 2..].chars().take_while(|c| *c != ')').collect();
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            if file.contains("://") {
                continue;
            }
            let folder = path.parent().ok_or("no folder")?;
            let target = if file.is_empty() { path.clone() } else { folder.join(file) };
            if target.is_dir() {
                continue;
            }
            let there = fs::read_to_string(&target).map_err(|error| format!("{}: {link}: {error}", path.display()))?;
            let plain = |c: char| c.is_alphanumeric() || c == ' ' || c == '-';
            let anchors = there.lines().filter(|line| line.starts_with('#')).map(|line| {
                let heading: String = line.trim_start_matches('#').trim().chars().filter(|c| plain(*c)).collect();
                heading.to_lowercase().replace(' ', "-")
            });
            assert!(anchor.is_empty() || anchors.into_iter().any(|has| has == anchor), "{}: {link}", path.display());
        }
    }
    Ok(())
}
