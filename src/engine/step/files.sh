# Files, folders and links: made beside their places, kept, swapped, and put back.

expect() { # expect PATH absent | file SHA256 | directory | link TARGET
  (
    if ! look "$1"; then
      case $2-$why in
      absent-'there is no folder'*) exit 0 ;;
      *-'there is no folder'*) exit 1 ;;
      *) failed 1 '' "$1 is left alone: $why"; exit 2 ;;
      esac
    fi
    case $2 in
    absent) [ ! -e "./$N" ] && [ ! -h "./$N" ] ;;
    file)
      # what others can exchange may be a pipe by now, which has no end
      patience=; if [ "$ours" != yes ]; then patience='timeout 60'; fi
      # shellcheck disable=SC2086 # two words, or none
      [ -f "./$N" ] && [ ! -h "./$N" ] && sum=$($patience sha256sum -- "./$N") && [ "${sum%% *}" = "$3" ]
      ;;
    directory) [ -d "./$N" ] && [ ! -h "./$N" ] ;;
    link) [ -h "./$N" ] && [ "$(readlink -- "./$N")" = "$3" ] ;;
    esac
  )
  case $? in
  0) ;;
  2) return 1 ;;
  *) failed 1 '' "$1 has changed since the plan was made; nothing was done. Run solti diff again"; return 1 ;;
  esac
}

label() { # label PATH: the security context that its place gives it
  if [ -e /sys/fs/selinux/enforce ] && tool restorecon; then ( look "$1" && restorecon -F -- "./$N" ) 2>/dev/null; fi
}

# --- keeping ---

keep() { # keep NUMBER PATH: what is there, or that nothing is, can be put back
  if [ -e "$2" ] || [ -h "$2" ]; then
    beside "$1" "$2" || return 1
    # a second name for it takes no room, and it comes back as the very same
    (
      into "$1" "$2" || exit 1
      ln -- "../$N" was 2>/dev/null || cp -a -- "../$N" was 2>"$T/out" \
        || { failed 1 "cp -a $2" "cannot keep a copy of $2"; exit 1; }
    ) && kept "$1" "$2"
  else
    note erase "$2" || { failed 1 '' "cannot write to $T"; return 1; }
  fi
}
kept() { # kept NUMBER PATH: what was there is, or is about to be, in the folder beside it
  J=$((J + 1))
  printf '%s\n' "$2" >"$T/$J.path" && flush "$T/$J.path" && printf 'restore %s %s\n' "$J" "$1" >>"$T/undo" \
    || { failed 1 '' "cannot write to $T"; return 1; }
}

keep_original() { # keep_original NUMBER PATH NAME
  mkdir -p "$V/original" && chmod 700 "$V/original" || return 1
  if { [ -e "$2" ] || [ -h "$2" ]; } && [ ! -e "$V/original/$3" ]; then
    note erase "$V/original/$3" && (
      enter "$2" || exit 1
      what=./$N
      if [ "$ours" != yes ] && [ ! -h "./$N" ]; then
        hold "$1" "$2" || { failed 1 '' "$2 is left alone: others than root can exchange it"; exit 1; }
        what=$held
      fi
      run "cp -a $2" cp -a -- "$what" "$V/original/$3" && flush "$V/original/$3"
    )
  fi
}

# --- making ---

parents() { # parents FOLDER: makes it and what leads to it, with the usual permissions
  [ -z "$1" ] || [ -d "$1" ] || { parents "${1%/*}" && note empty "$1" && ( enter "$1" && run "mkdir $1" mkdir -- "./$N" ); }
}

folder() { # folder NUMBER PATH MODE OWNER GROUP: makes it, and its missing parents
  if [ -d "$2" ]; then owned "$@"
  else
    beside "$1" "$2" && note empty "$2" && (
      into "$1" "$2" && run "mkdir $2" mkdir -- new && set_owned new "$3" "$4" "$5" && run "mkdir $2" mv -T -- new "../$N"
    )
  fi && label "$2"
}

attributes() { # attributes NUMBER PATH MODE OWNER GROUP UID
  J=$((J + 1))
  printf '%s\n' "$2" >"$T/$J.path" && ( enter "$2" && stat -c '%a %u %g' -- "./$N" >"$T/$J.was" ) \
    && printf 'attributes %s %s\n' "$J" "$1" >>"$T/undo" && owned "$@" && label "$2"
}

fill() { # fill NUMBER PATH MODE OWNER GROUP: the new content, from standard input, with its attributes
  (
    into "$1" "$2" || exit 1
    { ( umask 077 && cat >new ); } 2>"$T/out" || { failed 1 '' "cannot write $2"; exit 1; }
    set_owned new "$3" "$4" "$5"
  )
}

secure() { # secure {NUMBER PATH}...: what was made and what was kept is on the disk, and so is the way to it
  while [ $# -gt 0 ]; do
    (
      into "$1" "$2" || exit 1
      # a link has no content
      set -- . ..
      for f in new was; do if [ -f "$f" ] && [ ! -h "$f" ]; then set -- "$@" "./$f"; fi; done
      flush "$@"
    ) || return 1
    shift 2
  done
  flush "$T" "$T/undo"
}

swap() { # swap NUMBER PATH: what was made beside it takes its place
  (
    into "$1" "$2" || exit 1
    if [ -d "../$N" ] && [ ! -h "../$N" ]; then failed 1 '' "$2 is a directory"; exit 1; fi
    mv -fT -- new "../$N" 2>"$T/out" || { failed 1 "mv $2" "cannot write $2"; exit 1; }
  ) && label "$2"
}

link() { # link NUMBER PATH TARGET
  keep "$1" "$2" && beside "$1" "$2" && ( into "$1" "$2" && run "ln -s $3 $2" ln -s -- "$3" new ) && swap "$1" "$2"
}

# --- taking away ---

discard() { # discard NUMBER PATH
  if [ -e "$2" ] || [ -h "$2" ]; then
    beside "$1" "$2" && kept "$1" "$2" && flush "$T" "$T/undo" \
      && ( into "$1" "$2" && run "mv $2 ${2%/*}/.solti-$1/was" mv -T -- "../$N" was )
  fi
}

discard_empty() { # discard_empty PATH
  [ -d "$1" ] || return 0
  J=$((J + 1))
  printf '%s\n' "$1" >"$T/$J.path" && (
    enter "$1" && stat -c '%a %u %g' -- "./$N" >"$T/$J.was" && printf 'folder %s\n' "$J" >>"$T/undo" \
      && { rmdir -- "./$N" 2>/dev/null || say kept "$1"; }
  )
}

restore_original() { # restore_original NUMBER PATH NAME
  [ -e "$V/original/$3" ] || [ -h "$V/original/$3" ] || { discard "$1" "$2"; return; }
  keep "$1" "$2" && beside "$1" "$2" && ( into "$1" "$2" && run "cp -a $2" cp -a -- "$V/original/$3" new ) && swap "$1" "$2" \
    && printf '%s\n' "$V/original/$3" >>"$T/trash"
}

# --- trying ---

# A copy of a folder in which the new files are: for programs that try them. Where a link leads out of it, there is a folder in
# the copy: what is live stays as it is.
view() { # view NUMBER FOLDER {NAME NUMBER}...: `-` for files that go; $D is where the copy is, beside $P
  number=$1 whole=$2 P=$2; shift 2
  # links cost nothing, and need the same filesystem
  if [ "$(stat -L -c %d -- "$whole")" != "$(stat -c %d -- "${whole%/*}/")" ]; then P=$whole/.; fi
  D=${P%/*}/.solti-$number/view
  beside "$number" "$P" && (
    into "$number" "$P" && mkdir -m 700 view && copy "../$N" view || { failed 1 "cp -a $whole" "cannot stage a copy of $whole"; exit 1; }
    while [ $# -gt 0 ]; do
      into_view "$1" && rm -f -- "view/$1" || { failed 1 '' "cannot stage $whole/$1"; exit 1; }
      if [ "$2" != - ]; then
        ( umask 077; ( into "$2" "$whole/$1" && cat new ) >"view/$1" ) 2>"$T/out" || { failed 1 '' "cannot write $whole/$1"; exit 1; }
        read -r mode owner group <<NEW
$( into "$2" "$whole/$1" && stat -c '%a %u %g' new)
NEW
        set_owned "view/$1" "$mode" "$owner" "$group" || exit 1
      fi
      shift 2
    done
  )
}
copy() { # copy FOLDER TO: all that is in it; what cannot be linked is copied
  for f in "$1"/* "$1"/.[!.]*; do
    case $f in */.solti-*) continue ;; esac
    if [ -e "$f" ] || [ -h "$f" ]; then cp -al -- "$f" "$2/" 2>/dev/null || cp -a -- "$f" "$2/" 2>"$T/out" || return 1; fi
  done
}
into_view() { # into_view NAME: the folders that lead to it in the copy are folders
  way=view rest=$1
  while :; do
    case $rest in */*) way=$way/${rest%%/*} rest=${rest#*/} ;; *) return 0 ;; esac
    if [ -h "$way" ]; then
      linked=$N/${way#view/}
      rm -f -- "$way" && mkdir -m 700 -- "$way" && copy "../$linked" "$way" || return 1
    elif [ ! -d "$way" ]; then mkdir -- "$way" || return 1
    fi
  done
}

try() { try_as - "$@"; } # try COMMAND...: with the staged file or folder among its arguments

try_as() { # try_as USER COMMAND...
  by "$@" >"$T/out" 2>&1 </dev/null 8>&-
  status=$?
  shift
  [ $status -eq 0 ] || { failed $status "$*" 'the new configuration was refused'; return 1; }
}

validate() { # validate NUMBER PATH WHAT COMMAND...: the command sees what is staged (`new` or `view`) in the path's place
  tool unshare || { failed 127 '' 'the host has no unshare, which is needed to validate before the swap'; return 1; }
  number=$1 whole=$2 what=$3 place=$PWD; shift 3
  # nothing can be mounted on what is not there: a copy of its folder that has it is mounted on the folder
  missing=; [ -e "$whole" ] || missing=yes
  ( into "$number" "$whole" ) || return 1
  (
    into "$number" "$whole" || exit 125
    if [ -n "$missing" ]; then mkdir -m 700 view || exit 125; fi
    exec unshare -m sh -c '
      mount --make-rprivate / 2>/dev/null
      missing=$1 staged=$2 target=$3 here=$4; shift 4
      if [ -n "$missing" ]; then
        for f in ../* ../.[!.]*; do
          case $f in */.solti-*) continue ;; esac
          if [ -d "$f" ] && [ ! -h "$f" ]; then mkdir "view/${f##*/}" && mount --rbind "$f" "view/${f##*/}"
          elif [ -e "$f" ] || [ -h "$f" ]; then cp -al -- "$f" view/ 2>/dev/null || cp -a -- "$f" view/; fi || exit 125
        done
        cp -al -- "$staged" "view/${target##*/}" || exit 125
        staged=view target=..
      fi
      mount --bind "$staged" "$target" || exit 125
      cd "$here" && exec "$@"' sh "$missing" "$what" "../$N" "$place" "$@" >"$T/out" 2>&1 </dev/null 8>&-
  )
  status=$?
  case $status in
  0) ;;
  125) failed $status "$*" 'the new configuration could not be tried'; return 1 ;;
  *) failed $status "$*" 'the new configuration was refused'; return 1 ;;
  esac
}

generate() { # generate system|user STAGED NAME...: what podman's generator says of the quadlets named must be nothing
  flag=; if [ "$1" = user ]; then flag=--user; fi
  dir=$2; shift 2
  # shellcheck disable=SC2086 # no flag, no word
  QUADLET_UNIT_DIRS=$dir /usr/lib/systemd/system-generators/podman-system-generator $flag --dryrun 2>&1 >/dev/null </dev/null 8>&- |
    while IFS= read -r line; do
      # it looks at what others have put there too
      case $line in *'Loading source unit file '*) continue ;; esac
      for name in "$@"; do case $line in *"$name"*) printf '%s\n' "${line#*]: }"; break ;; esac; done
    done >"$T/out"
  [ ! -s "$T/out" ] || { failed 1 'podman-system-generator --dryrun' "podman does not accept the quadlet"; return 1; }
}

# --- the way back ---

untouched() { # untouched: what is there is what was kept
  [ "$(stat -c '%d:%i' "../$N" 2>/dev/null)" = "$(stat -c '%d:%i' was)" ]
}

undo() { # undo VERB J NUMBER: carries out one entry of the journal backwards; 1 where it could not
  verb=$1 entry=$2 number=$3
  IFS= read -r whole <"$T/$entry.path" || return 0
  case $verb in
  erase) (
    if [ ! -e "$whole" ] && [ ! -h "$whole" ]; then exit 0; fi
    look "$whole" && rm -f -- "./$N" || exit 1
    case $whole in "$V"/*) ;; *) say back "removed $whole" ;; esac
  ) ;;
  empty) ( ! look "$whole" || rmdir -- "./$N" 2>/dev/null || [ ! -d "./$N" ] || say stays "$whole, which is not empty" ) ;;
  restore) (
    look "$whole" && own "$number" || exit 1
    # it was noted, and then nothing happened
    [ -e was ] || [ -h was ] || exit 0
    if untouched; then rm -f was; exit; fi
    mv -fT -- was "../$N" && label "$whole" && say back "$whole"
  ) ;;
  own) clear "$number" "$whole" || [ ! -e "${whole%/*}/.solti-$number" ] ;;
  folder) ( look "$whole" && { [ -d "./$N" ] || mkdir -- "./$N"; } ) && was_owned ;;
  attributes) was_owned ;;
  esac 2>/dev/null
}
was_owned() { read -r mode owner group <"$T/$entry.was" && owned "${number:--}" "$whole" "$mode" "$owner" "$group" >/dev/null; }
