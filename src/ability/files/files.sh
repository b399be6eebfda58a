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
      # of a name with a backslash it says a backslash first
      [ -f "./$N" ] && [ ! -h "./$N" ] && if [ "$ours" = yes ]; then sum=$(sha256sum -- "./$N"); else sum=$(digest "$N"); fi &&
        sum=${sum#\\} && [ "${sum%% *}" = "$3" ]
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

keep() { # keep NUMBER PATH: what is there, or that nothing is, can be put back by renaming alone, once it is secured
  if [ ! -e "$2" ] && [ ! -h "$2" ]; then entry erase "$2" "$1"; return; fi
  beside "$1" "$2" && entry restore "$2" "$1" && (
    into "$1" "$2" || exit 1
    # a second name for it takes no room, and it comes back as the very same; half a copy must not pass for one
    ln -- "../$N" was 2>/dev/null || { copied "../$N" held && flush held && mv -T -- held was; } 2>"$T/out" \
      || { failed 1 "cp -a $2" "cannot keep a copy of $2" "$2"; exit 1; }
  )
}

secure() { # secure {NUMBER PATH}...: what was made and what was kept is on the disk, and so is the way to it
  number=
  for made do
    # each second one is a path
    shift
    if [ -z "$number" ]; then number=$made; continue; fi
    folder=${made%/*} mine=${made%/*}/.solti-$number
    case $known_ours in
    *"
${folder:-/}
"*) set -- "$@" "$mine/new" "$mine/was" "$mine" "$folder/" ;;
    *) stand "${folder:-/}"; ( into "$number" "$made" && flush_all ./new ./was . .. ) || return 1 ;;
    esac
    number=
  done
  leave
  flush_all "$@" && noted
}

keep_original() { # keep_original NUMBER PATH NAME
  mkdir -p "$V/original" && chmod 700 "$V/original" || { failed 1 '' "cannot write to $V" "$V"; return 1; }
  if { [ -e "$2" ] || [ -h "$2" ]; } && [ ! -e "$V/original/$3" ]; then
    beside_others "$1" "$2" && note erase "$V/original/$3" && (
      enter "$2" || exit 1
      what=./$N patience=
      if [ "$ours" != yes ]; then patience='timeout 60'; fi
      if [ "$ours" != yes ] && [ ! -h "./$N" ]; then
        hold "$1" || { failed 1 '' "$2 is left alone: others than root can exchange it"; exit 1; }
        what=$held
      fi
      run "cp -a $2" copied "$what" "$V/original/$3" && flush "$V/original/$3" "$V/original" && { [ "$what" != ./held ] || rm -f ./held; }
    )
  fi
}

# --- making ---

parents() { # parents FOLDER: makes it and what leads to it, with the usual permissions
  [ -z "$1" ] || [ -d "$1" ] || { parents "${1%/*}" && if ( look "$1" && [ "$ours" = yes ] ); then
    note empty "$1" && ( enter "$1" && run "mkdir $1" mkdir -- "./$N" && made "./$N" "$1" && cd -P -- "./$N" && unlisted "$1" )
  else
    folder "$(random)" "$1" - - -
  fi; }
}

made() { printf '%s %s\n' "$(stat -c '%d:%i' -- "$1")" "$2" >>"$T/made"; } # made NAME PATH: what it is that was made there
was_made() { # was_made PATH: $is is what was made there, if anything was
  is=
  if [ -e "$T/made" ]; then while read -r id path; do if [ "$path" = "$1" ]; then is=$id; fi; done <"$T/made"; fi
  [ -n "$is" ]
}

folder() { # folder NUMBER PATH MODE OWNER GROUP: makes it, and its missing parents
  if [ -d "$2" ]; then owned "$@"
  else
    beside "$1" "$2" && note empty "$2" "$1" && (
      into "$1" "$2" && run "mkdir $2" mkdir -- new && made new "$2" \
        && set_owned new "$3" "$4" "$5" && run "mkdir $2" mv -T -- new "../$N"
    )
  fi && label "$2"
}

attributes() { # attributes NUMBER PATH MODE OWNER GROUP UID
  beside_others "$1" "$2" && ( enter "$2" && stat -c '%a %u %g %d:%i' -- "./$N" >"$T/$((J + 1)).was" ) && entry attributes "$2" "$1" && noted && owned "$@" && label "$2"
}

# What is held goes to a folder of ours, which is made before the entry that needs it on the way back.
beside_others() { ( look "$2" && [ "$ours" = yes ] ) || beside "$1" "$2"; }

fill() { # fill NUMBER PATH MODE OWNER GROUP: the new content, from standard input, with its attributes
  (
    into "$1" "$2" || exit 1
    { ( umask 077 && set -C && cat >new ); } 2>"$T/out" || { failed 1 '' "cannot write $2" "$2"; exit 1; }
    set_owned new "$3" "$4" "$5"
  )
}

swap() { # swap NUMBER PATH: what was made beside it takes its place
  (
    into "$1" "$2" || exit 1
    if [ -d "../$N" ] && [ ! -h "../$N" ]; then failed 1 '' "$2 is a directory"; exit 1; fi
    mv -fT -- new "../$N" 2>"$T/out" || { failed 1 "mv $2" "cannot write $2" "$2"; exit 1; }
  ) && label "$2"
}

link() { # link NUMBER PATH TARGET
  keep "$1" "$2" && beside "$1" "$2" && ( into "$1" "$2" && run "ln -s $3 $2" ln -s -- "$3" new ) && secure "$1" "$2" && swap "$1" "$2"
}

# --- taking away ---

aside() { # aside NUMBER PATH: what is there goes to the folder beside it
  beside "$1" "$2" && entry restore "$2" "$1" && secure "$1" "$2" && ( into "$1" "$2" && run "mv $2 ${2%/*}/.solti-$1" mv -T -- "../$N" was && flush . .. )
}

discard() { # discard NUMBER PATH
  if [ -e "$2" ] || [ -h "$2" ]; then aside "$@"; fi
}

discard_empty() { # discard_empty NUMBER PATH
  # what was taken out of it lies ready in it
  if [ -d "$2" ] && is_empty "$2"; then
    aside "$@" && ( into "$1" "$2" && { is_empty was || mv -T -- was "../$N"; } )
  fi
}
is_empty() { [ -z "$(ls -A -- "$1" | grep -v '^[.]solti-')" ]; } # is_empty FOLDER: but for what is ours

restore_original() { # restore_original NUMBER PATH NAME
  [ -e "$V/original/$3" ] || [ -h "$V/original/$3" ] || { discard "$1" "$2"; return; }
  keep "$1" "$2" && beside "$1" "$2" && ( into "$1" "$2" && run "cp -a $2" cp -a -- "$V/original/$3" new ) && secure "$1" "$2" && swap "$1" "$2" \
    && printf '%s\n' "$V/original/$3" >>"$T/trash"
}

# --- the way back ---

# Nobody may listen any more: what is said is said by the shell itself, which a broken pipe does not end, and not by a subshell.
undo() { # undo VERB J NUMBER: of $whole; 1 where it could not
  words=
  case $1 in
  erase)
    if [ ! -e "$whole" ] && [ ! -h "$whole" ]; then return 0; fi
    case $whole in
    # nobody else can have made the way there
    "$V"/*) rm -rf -- "$whole" || return 1 ;;
    *) if ( look "$whole" && rm -f -- "./$N" ); then words="back removed $whole"; else exchanged "$3" || return 1; fi ;;
    esac
    ;;
  empty)
    if [ ! -d "$whole" ]; then return 0; fi
    if ( look "$whole" && rmdir -- "./$N" ); then :
    elif [ -n "$(ls -A -- "$whole")" ]; then words="stays $whole, which is not empty"
    else exchanged "$3" || return 1
    fi
    ;;
  restore)
    restore "$3"
    case $? in
    0) ;;
    3) label "$whole"; words="back $whole" ;;
    *) exchanged "$3" || return 1 ;;
    esac
    ;;
  attributes) [ ! -e "$whole" ] || as_it_was "$2" "$3" || exchanged "$3" || return 1 ;;
  own) clear "$3" "$whole" ;;
  esac 2>/dev/null
  [ -z "$words" ] || say "${words%% *}" "${words#* }"
  return 0
}

# Whoever has a folder on the way can see to it that nothing can be put back there. That is theirs to bear: the host does not wait
# for them, as it does for a filesystem that cannot be written to.
exchanged() { # exchanged NUMBER: whether it is so with $whole
  read -r _ _ way <"$T/$1.own" && [ "$way" != ours ] || return 1
  case $(room "$whole") in *read-only) return 1 ;; esac
  words="stays $whole, which its folder's owner has exchanged meanwhile"
}

restore() ( # restore NUMBER: by renaming alone; 3 where there was something to put back
  # it was noted, and then nothing was done
  if [ ! -e "$T/$1.own" ]; then exit 0; fi
  look "$whole" || exit 1
  # it has been put back, where nobody else can have taken it away
  own "$1" || { [ "$way$ours" = oursyes ] && [ ! -e "./.solti-$1" ]; exit; }
  if [ ! -e was ] && [ ! -h was ]; then exit 0; fi
  if same; then rm -f was; exit 0; fi
  if [ -d was ] || [ -d "../$N" ]; then
    # it may have been made again meanwhile
    if [ -e "../$N" ] || [ -h "../$N" ]; then mv -T -- "../$N" view || exit 1; fi
  fi
  mv -fT -- was "../$N" || exit 1
  exit 3
)
same() { # nothing tells what is there from what was
  if [ -d was ] && [ ! -h was ]; then return 1; fi
  if [ "$(stat -c '%d:%i' was)" = "$(stat -c '%d:%i' "../$N")" ]; then return 0; fi
  here=$(stat -c '%f %u %g %s %Y' was) && [ "$here" = "$(stat -c '%f %u %g %s %Y' "../$N")" ] || return 1
  if [ -h was ]; then [ "$(readlink was)" = "$(readlink "../$N")" ]
  else here=$(digest was) && there=$(digest "../$N") && [ "$here" = "$there" ]; fi
}
as_it_was() { # as_it_was J NUMBER
  read -r mode owner group same <"$T/$1.was" && { [ "$(stat -c '%a %u %g' -- "$whole")" = "$mode $owner $group" ] \
    || ( how=; owned "$2" "$whole" "$mode" "$owner" "$group" "$same" ) >/dev/null; }
}
