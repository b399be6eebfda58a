//! The conversation, over every kind of `sh` that is installed here.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::command::Opening;
use super::open::Start;
use super::*;

type Tested = Result<(), Box<dyn std::error::Error>>;

const DEADLINE: Duration = Duration::from_secs(20);

fn local() -> Target {
    Target { name: "here".into(), method: Method::Local, escalation: Escalation::default() }
}

/// A folder whose `sh` is the given one.
fn with_sh(file: &str) -> std::io::Result<Option<tempfile::TempDir>> {
    let Some(file) =
        ["/bin", "/usr/bin"].map(|folder| PathBuf::from(folder).join(file)).into_iter().find(|f| f.exists())
    else {
        return Ok(None);
    };
    let folder = tempfile::tempdir()?;
    std::os::unix::fs::symlink(file, folder.path().join("sh"))?;
    Ok(Some(folder))
}

/// Opens a shell whose `PATH` begins with `folder`.
async fn open_in(folder: &std::path::Path, run: &RunDir) -> Result<Shell, ConnectError> {
    let opening = Opening::new(&local(), &Identity::Login, "mark".into())?;
    let mut process = opening.process(run, &local())?;
    process.env("PATH", format!("{}:/usr/bin:/bin", folder.display()));
    let start = Start::with(process, &opening, &Identity::Login, false, DEADLINE)?;
    Ok(start.finish(None).await?.0)
}

/// Runs a test with each kind of `sh`.
async fn with_each(test: impl AsyncFn(&str, Shell) -> Tested) -> Tested {
    let run = RunDir::new()?;
    for file in ["dash", "bash", "busybox"] {
        let Some(folder) = with_sh(file)? else { continue };
        let shell = open_in(folder.path(), &run).await.map_err(|error| format!("{file}: {error}"))?;
        test(file, shell).await.map_err(|error| format!("{file}: {error}"))?;
    }
    Ok(())
}

/// Runs a program and returns its status and records.
async fn ask(shell: &mut Shell, program: &str) -> Result<(i32, Vec<String>), Lost> {
    let mut found = Vec::new();
    let status = shell.run(program, &mut |tag, rest| found.push(format!("{tag}={rest}"))).await?;
    Ok((status, found))
}

#[tokio::test]
async fn programs_share_one_shell() -> Tested {
    with_each(async |_, mut shell| {
        assert!(shell.own_session());
        assert_eq!(ask(&mut shell, "x=5; f() { say got \"$x\" \"$1\"; }").await?, (0, vec![]));
        assert_eq!(ask(&mut shell, "f 'a  b'\nfalse").await?, (1, vec!["got=5 a  b".into()]));
        assert_eq!(ask(&mut shell, "").await?, (0, vec![]));
        assert_eq!(ask(&mut shell, "# only a comment").await?, (0, vec![]));
        assert_eq!(ask(&mut shell, "say empty").await?, (0, vec!["empty=".into()]));
        assert_eq!(ask(&mut shell, "cat <<E\nbody\nE").await?, (0, vec![]));
        assert_eq!(shell.noise(), ["body"]);
        assert_eq!(shell.exchanges(), 6);
        shell.close().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn nothing_reads_the_shells_input() -> Tested {
    with_each(async |_, mut shell| {
        assert_eq!(ask(&mut shell, "cat; read line; say read $? \"$line\"").await?.1, ["read=1 "]);
        assert_eq!(ask(&mut shell, "say still here; IFS=:").await?.1, ["still=here"]);
        assert_eq!(ask(&mut shell, "say a b c").await?.1, ["a=b c"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_program_with_a_syntax_error_fails_alone() -> Tested {
    with_each(async |_, mut shell| {
        for broken in ["if then", "say started; }", "x=$(say inner", "("] {
            let (status, records) = ask(&mut shell, broken).await?;
            assert_ne!(status, 0, "{broken}");
            assert_eq!(records, [""; 0], "{broken}");
            assert!(!shell.noise().is_empty(), "{broken}");
        }
        assert_eq!(ask(&mut shell, "say alive").await?, (0, vec!["alive=".into()]));
        // last, because bash does not read quotes well after this one
        assert_eq!(ask(&mut shell, "say started 'open").await?, (2, vec![]));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_truncated_program_never_starts() -> Tested {
    for file in ["dash", "bash", "busybox"] {
        let Some(folder) = with_sh(file)? else { continue };
        let mark = folder.path().join("started");
        let program =
            format!(": > {}\ncat <<'E' >/dev/null\n{}\nE\n", quote(&mark.display().to_string()), "x ".repeat(5000));
        for is_bash in if file == "bash" { vec![false, true] } else { vec![false] } {
            let framed = shell::framed(&program, 1, is_bash);
            let whole = framed.trim_end().len();
            for length in (1..whole).step_by(97).chain(whole - 70..whole) {
                let input = folder.path().join("input");
                std::fs::write(&input, &framed[..length])?;
                let mut command = std::process::Command::new(folder.path().join("sh"));
                command.arg("-s").stdin(std::fs::File::open(&input)?);
                command.output()?;
                assert!(!mark.exists(), "{file} started {length} of {whole} bytes");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn noise_is_told_from_records() -> Tested {
    with_each(async |_, mut shell| {
        let program =
            "echo out; echo err >&2; printf 'no newline'; say a 1; printf 'half' >&2; sh -c 'echo child'; say b 2";
        assert_eq!(ask(&mut shell, program).await?.1, ["a=1", "b=2"]);
        assert_eq!(shell.noise(), ["out", "err", "no newline", "halfchild"]);
        let (_, records) = ask(&mut shell, "env; say done").await?;
        assert_eq!(records, ["done="]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn children_get_back_what_the_shell_catches() -> Tested {
    with_each(async |_, mut shell| {
        // SIGPIPE is bit 12 of the ignored signals
        let program = "while read -r key mask; do [ \"$key\" != SigIgn: ] || say ignored \"$mask\"; done <<E\n$(cat /proc/self/status)\nE";
        let (_, records) = ask(&mut shell, program).await?;
        let mask = records.first().and_then(|record| u64::from_str_radix(record.split_once('=')?.1, 16).ok());
        assert_eq!(mask.map(|mask| mask & (1 << 12)), Some(0));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn much_is_sent_and_read_at_the_same_time() -> Tested {
    with_each(async |file, mut shell| {
        let lines = if file == "bash" { 40_000 } else { 200_000 };
        let body = "some words of a file's body, 'quoted' \\ $HOME\n".repeat(lines);
        let program =
            format!("say begin\ncat <<'END' >&2\n{body}END\ncat <<'END' | wc -c >/dev/null\n{body}END\nfalse");
        let began = Instant::now();
        assert_eq!(ask(&mut shell, &program).await?, (1, vec!["begin=".into()]));
        eprintln!("{file}: {} MB in {:?}", program.len() >> 20, began.elapsed());

        let answer =
            "i=0; x=0123456789; x=$x$x$x$x$x; x=$x$x$x$x; while [ $i -lt 20000 ]; do say n $i $x; i=$((i+1)); done";
        let (status, records) = ask(&mut shell, answer).await?;
        assert_eq!(
            (status, records.len(), records.iter().map(String::len).sum::<usize>() > 4_000_000),
            (0, 20_000, true)
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_line_without_end_is_in_nobodys_way() -> Tested {
    with_each(async |file, mut shell| {
        // more than is taken of a record
        let program = "printf 'it begins '; head -c 80000000 /dev/zero | tr '\\0' x; say a 1; echo after; say b 2";
        let began = Instant::now();
        assert_eq!(ask(&mut shell, program).await?, (0, vec!["a=1".into(), "b=2".into()]));
        eprintln!("{file}: 80 MB in {:?}", began.elapsed());
        assert_eq!(shell.noise(), ["it begins [… the rest of this line is left out]", "after"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn records_that_wait_for_both_sides() -> Tested {
    with_each(async |_, mut shell| {
        // a program larger than a pipe whose answer is larger than a pipe, over and over
        let program = format!(
            "{}\nsay end",
            "say line 'of a hundred characters or so, to fill the pipes in both directions at once'\n".repeat(3000)
        );
        for _ in 0..3 {
            assert_eq!(ask(&mut shell, &program).await?.1.len(), 3001);
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_shell_that_ends_is_lost() -> Tested {
    with_each(async |_, mut shell| {
        let lost = ask(&mut shell, "echo last words >&2; exit 7").await.err();
        let lost = lost.ok_or("not lost")?;
        assert_eq!(
            (lost.reason, lost.to_string().as_str()),
            (LostReason::ShellEnded, "the shell on the host ended: last words")
        );
        assert!(ask(&mut shell, ":").await.is_err());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn half_a_record_is_not_shown() -> Tested {
    with_each(async |_, mut shell| {
        let lost = ask(&mut shell, "echo before; printf 'words %s content =c2VjcmV0' \"$S\"; exit 7").await.err();
        assert_eq!(lost.ok_or("not lost")?.lines, ["before", "words"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_killed_shell_is_lost_though_a_child_holds_its_output() -> Tested {
    with_each(async |_, mut shell| {
        let began = Instant::now();
        let lost = ask(&mut shell, "sleep 30 & kill -9 $$; sleep 30").await.err().ok_or("not lost")?;
        assert_eq!(lost.reason, LostReason::ShellEnded);
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_program_that_was_given_up_leaves_no_usable_shell() -> Tested {
    with_each(async |_, mut shell| {
        let run = ask(&mut shell, "sleep 5; say late");
        assert!(tokio::time::timeout(Duration::from_millis(100), run).await.is_err());
        assert_eq!(ask(&mut shell, ":").await.err().map(|lost| lost.reason), Some(LostReason::GivenUp));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_exit_trap_runs_when_no_further_program_comes() -> Tested {
    with_each(async |file, mut shell| {
        let folder = tempfile::tempdir()?;
        let mark = folder.path().join("undone");
        ask(&mut shell, &format!("trap 'echo undone > {}' EXIT", quote(&mark.display().to_string()))).await?;
        shell.close().await;
        assert!(mark.exists(), "{file}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn closing_takes_no_time() -> Tested {
    let run = RunDir::new()?;
    let shell = Shell::open(&run, &local(), &Identity::Login, DEADLINE).await?;
    let began = Instant::now();
    shell.close().await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    Ok(())
}

/// A process that plays a host: `script` is run by `sh` in place of ssh.
async fn open_played(script: &str, identity: &Identity, deadline: Duration) -> Result<Shell, ConnectError> {
    let target = Target::from_variables("h", |_| None).map_err(|(_, what)| ConnectError::Start(what))?;
    let opening = Opening::new(&target, identity, "mark".into())?;
    let mut process = tokio::process::Command::new("sh");
    process.args(["-c", script]).kill_on_drop(true);
    process
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    Start::with(process, &opening, identity, true, deadline)?.finish(None).await.map(|(shell, _)| shell)
}

#[tokio::test]
async fn a_host_that_hangs_has_a_deadline() -> Tested {
    for script in [
        "sleep 30",
        "echo Welcome; exec sleep 30",
        "echo mark-begin; cat >/dev/null; sleep 30",
        "exec 1>&- 2>&-; sleep 30",
    ] {
        let began = Instant::now();
        let error = open_played(script, &Identity::Login, Duration::from_secs(1)).await.err().ok_or("opened")?;
        assert!(began.elapsed() < Duration::from_secs(3), "{script}: {:?}", began.elapsed());
        eprintln!("{script}: {error}");
    }
    let error = open_played("echo Welcome; exec sleep 30", &Identity::Login, Duration::from_secs(1)).await.err();
    assert_eq!(error.map(|error| error.to_string()).as_deref(), Some("no answer within 1 s: Welcome"));
    Ok(())
}

#[tokio::test]
async fn the_password_follows_the_prompt_and_the_program_the_begin() -> Tested {
    let identity = Identity::Become { user: "root".into(), password: Some(Password::new("pass word'")) };
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("log");
    let sudo = format!(
        "if read -t 1 early; then exit 9; fi 2>/dev/null; printf 'mark-password' >&2; read -r password; \
         printf '%s' \"$password\" > {}; echo mark-begin; exec sh -s own",
        log.display()
    );
    let mut shell = open_played(&sudo, &identity, DEADLINE).await?;
    assert_eq!(std::fs::read_to_string(log)?, "pass word'");
    assert_eq!(ask(&mut shell, "say it works").await?.1, ["it=works"]);

    let again = "printf mark-password >&2; read -r p; echo 'Sorry, try again.' >&2; printf mark-password >&2; sleep 30";
    assert_eq!(open_played(again, &identity, DEADLINE).await.err(), Some(ConnectError::PasswordRefused));
    let without = Identity::Become { user: "root".into(), password: None };
    let needed = "echo 'sudo: a password is required' >&2; exit 1";
    assert_eq!(open_played(needed, &without, DEADLINE).await.err(), Some(ConnectError::PasswordNeeded));
    Ok(())
}

#[tokio::test]
async fn facts_are_found_in_one_exchange() -> Tested {
    with_each(async |file, mut shell| {
        let mut said = VecDeque::new();
        let began = Instant::now();
        let status = shell
            .run(&facts::program(facts::Extras::default()), &mut |tag, rest| {
                said.push_back((tag.to_owned(), rest.to_owned()))
            })
            .await?;
        eprintln!("{file}: {} facts records in {:?}", said.len(), began.elapsed());
        assert_eq!((status, shell.noise()), (0, vec![]), "{file}");
        let found = facts::parse(said.iter().map(|(tag, rest)| (tag.as_str(), rest.as_str())));
        assert!(found.users.iter().any(|user| user == "root"));
        assert!(found.values["ansible_memtotal_mb"].as_u64().is_some_and(|size| size > 100));
        assert!(found.values["ansible_processor_vcpus"].as_u64().is_some_and(|count| count > 0));
        assert!(found.values["ansible_kernel"].is_string());
        assert!(found.values["ansible_user_id"].is_string());
        Ok(())
    })
    .await
}

#[test]
fn conversations_can_move_between_threads() {
    fn sent(_: impl Send) {}
    async fn talk(run: &RunDir, target: &Target) -> Result<i32, Lost> {
        let lost = |_| Lost { reason: LostReason::Connection, lines: vec![] };
        let mut shell = Shell::open(run, target, &Identity::Login, DEADLINE).await.map_err(lost)?;
        let status = shell.run("", &mut |_, _| {}).await?;
        shell.close().await;
        Ok(status)
    }
    if let Ok(run) = RunDir::new() {
        sent(talk(&run, &local()));
    }
}
