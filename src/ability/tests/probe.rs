//! The program that asks.

use crate::ability::commands::Question;
use crate::ability::files::{WAY, questions};
use crate::ability::packages::Offers;
use crate::ability::{PLACE, Probe};
use insta::assert_snapshot;

/// The program, with the functions that are scripts of their own left out.
fn program(probe: &Probe) -> String {
    probe.program().replace(PLACE, "[place]\n").replace(WAY, "[way]\n").replace(questions::FUNCTIONS, "[paths]\n")
}

#[test]
fn a_typical_set_of_questions() {
    let mut probe = Probe::default();
    probe.files.path("/etc/app");
    probe.files.digest("/etc/app");
    probe.files.path("/etc/app/a b");
    probe.files.content_unless("/etc/app/it's", "abc");
    probe.files.digest("/etc/app/it's");
    probe.files.link("/etc/link");
    probe.commands.listing("/srv/app");
    probe.accounts.user("app");
    probe.packages.ask("app", Offers::Always);
    probe.packages.ask("more", Offers::IfMissing);
    probe.units.ask("app.service");
    probe.tool("apt-get");
    let question = Question {
        command: vec!["install".into(), "a b".into()],
        chdir: Some("/srv".into()),
        environment: vec![("TOKEN".into(), "x y".into())],
        stdin: Some("it's\n".into()),
        user: None,
    };
    probe.commands.ask("one", question.clone());
    probe.commands.ask("two", Question { user: Some("app".into()), chdir: None, stdin: None, ..question });
    assert_snapshot!(program(&probe), @r#"
    [place]
    manifest=; if [ -r "$V/manifest.json" ]; then IFS= read -r manifest <"$V/manifest.json"; say manifest "$manifest"; fi
    remembers() { # remembers WORDS...: the manifest has all of them
      for words do case $manifest in *"$words"*) ;; *) return 1 ;; esac; done
    }
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
    [way]
    [paths]
    paths //etc //etc/app /etc/app '/etc/app/a b' '/etc/app/it'\''s' /etc/link
    (set -- /etc/app '/etc/app/it'\''s'; (digests theirs "$@"); digests ours "$@") | while IFS= read -r line; do case $line in 'sha256sum: '*) say unseen "$line"; continue ;; esac; sum=${line%% *} path=/${line#*/}; case $sum in \\*) sum=${sum#?}; path=$(printf '%b' "$path") ;; esac; say sum "$sum $path"; case "$sum $path" in *' /etc/app') ;; 'abc /etc/app/it'\''s') ;; *) say content "=$(content "$path" 262144) $path" ;; esac; done
    links 1 /etc/link
    if command -v getent >/dev/null; then getent passwd app; else cat /etc/passwd; fi | while IFS= read -r line; do case $line in app:*) say user "$line" ;; esac; done
    if command -v getent >/dev/null; then getent group; else cat /etc/group; fi | while IFS= read -r line; do say group "$line"; done
    if command -v dpkg-query >/dev/null; then
    found=$(dpkg-query -W -f='${db:Status-Abbrev} ${Version} ${Package} ${Architecture}\n' dpkg app more 2>/dev/null)
    printf '%s\n' "$found" | while IFS= read -r line; do say package "$line"; done
    for update in /var/lib/dpkg/updates/[0-9]*; do [ ! -e "$update" ] || say dpkg; break; done
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
    printf '%s\n' "$found" | { have=' '
    while read -r status _ name architecture; do case $status in ?i*) have="$have$name $name:$architecture " ;; esac; done
    set -- app
    for name in more; do case $have in *" $name "*) ;; *) set -- "$@" "$name" ;; esac; done
    [ $# -eq 0 ] || offers "$@"; }
    else say lacks dpkg-query; fi
    if command -v systemctl >/dev/null; then
    TZ=UTC systemctl show -p Id,Names,LoadState,ActiveState,UnitFileState,NeedDaemonReload,CanReload,ActiveEnterTimestamp,FragmentPath -- app.service 2>/dev/null | while IFS= read -r line; do say unit "$line"; done; say unit
    else say lacks systemctl; fi
    answer() { case $3 in
    '') say answer "$1" "$2" = ;;
    *[!0-9A-Za-z\ ./:_@%+,-]*) say answer "$1" "$2" "=$(printf '%s' "$3" | head -c 65536 | base64 | tr -d '\n')" ;;
    *) say answer "$1" "$2" "+$3" ;;
    esac; }
    reply=$( printf '%s' 'it'\''s
    ' | { (cd /srv && TOKEN='x y' command install 'a b' 8>&-); } 2>/dev/null); answer b25l $? "$reply"
    reply=$( TOKEN='x y' runuser -u app -- install 'a b' 8>&- </dev/null 2>/dev/null); answer dHdv $? "$reply"
    if [ -d /srv/app ]; then reply=$(ls -A -- /srv/app 2>/dev/null); answer 'bGlzdGluZyAvc3J2L2FwcA==' $? "$reply"; fi
    command -v apt-get >/dev/null 2>&1 || say lacks apt-get
    say probed
    "#);
}

#[test]
fn nothing_to_ask() {
    assert_snapshot!(program(&Probe::default()), @r#"
    [place]
    manifest=; if [ -r "$V/manifest.json" ]; then IFS= read -r manifest <"$V/manifest.json"; say manifest "$manifest"; fi
    remembers() { # remembers WORDS...: the manifest has all of them
      for words do case $manifest in *"$words"*) ;; *) return 1 ;; esac; done
    }
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
    say probed
    "#);
}
