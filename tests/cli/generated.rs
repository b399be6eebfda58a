//! What is made from the commands and their options: completions, and manual pages.

use crate::{solti, solti_in};
use std::io::{self, Write as _};
use std::process::{Command, Stdio};

/// What a program says of a text.
fn read_by(program: &[&str], text: &str) -> io::Result<String> {
    let mut child =
        Command::new(program[0]).args(&program[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(text.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    assert!(output.status.success(), "{program:?} does not read it");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn printed(arguments: &[&str]) -> io::Result<String> {
    let all = solti(arguments)?;
    let text = all.strip_prefix("exit 0\n--- out\n").and_then(|rest| rest.strip_suffix("--- err\n"));
    text.map(str::to_owned).ok_or_else(|| io::Error::other(all.clone()))
}

/// bash is asked what it would complete, as it does at a terminal.
#[test]
fn bash_completes_commands_and_options() -> io::Result<()> {
    let script = printed(&["completions", "bash"])?;
    let completed = |words: &str, last: &str| {
        let count = words.split(' ').count();
        let ask = format!(
            "COMP_WORDS=({words} {last}); COMP_CWORD={count}; _solti solti '{last}' ''; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        read_by(&["bash"], &format!("{script}\n{ask}\n"))
    };
    assert_eq!(completed("solti", "a")?, "apply\n");
    assert_eq!(completed("solti", "com")?, "completions\n");
    assert!(completed("solti apply", "--pr")?.contains("--prune\n"));
    assert_eq!(completed("solti role", "s")?, "show\n");
    // what is hidden stays so
    assert!(!completed("solti", "")?.contains("programs"));
    for shell in ["elvish", "fish", "powershell", "zsh"] {
        assert!(printed(&["completions", shell])?.contains("inventory"), "{shell}");
    }
    Ok(())
}

#[test]
fn each_command_has_a_manual_page() -> io::Result<()> {
    let page = printed(&["man"])?;
    for words in ["solti \\- Brings the hosts", "solti\\-apply(1)", "Exit codes:"] {
        assert!(page.contains(words), "expected {words:?} in\n{page}");
    }
    let folder = tempfile::tempdir()?;
    let written = solti_in(folder.path(), &["man", "--dir", "share/man1"])?;
    assert_eq!(written, "exit 0\n--- out\n--- err\n");
    let mut names: Vec<String> = std::fs::read_dir(folder.path().join("share/man1"))?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<_>>()?;
    names.sort();
    for name in ["solti.1", "solti-apply.1", "solti-diff.1", "solti-role-show.1", "solti-man.1"] {
        assert!(names.iter().any(|other| other == name), "{name} is not among {names:?}");
    }
    assert!(!names.iter().any(|name| name.contains("programs")), "{names:?}");
    let apply = std::fs::read_to_string(folder.path().join("share/man1/solti-apply.1"))?;
    assert!(apply.contains("\\-\\-prune") && apply.contains("INVENTORY"), "{apply}");
    std::fs::write(folder.path().join("file"), "")?;
    let refused = solti_in(folder.path(), &["man", "--dir", "file"])?;
    assert!(refused.starts_with("exit 3\n--- out\n--- err\nerror: cannot write to file: "), "{refused}");
    Ok(())
}
