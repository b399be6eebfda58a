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
      # shellcheck disable=SC2086 # two words, or none; of a name with a backslash it says a backslash first
      [ -f "./$N" ] && [ ! -h "./$N" ] && sum=$($patience sha256sum -- "./$N") && sum=${sum#\\} && [ "${sum%% *}" = "$3" ]
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
    ln -- "../$N" was 2>/dev/null || { cp -a -- "../$N" held && flush held && mv -T -- held was; } 2>"$T/out" \
      || { failed 1 "cp -a $2" "cannot keep a copy of $2" "$2"; exit 1; }
  )
}

secure() { # secure {NUMBER PATH}...: what was made and what was kept is on the disk, and so is the way to it
  number=
  for path do
    # each second one is a path
    shift
    if [ -z "$number" ]; then number=$path; continue; fi
    folder=${path%/*} mine=${path%/*}/.solti-$number
    case $known_ours in
    *"
${folder:-/}
"*) set -- "$@" "$mine/new" "$mine/was" "$mine" "$folder/" ;;
    *) ( into "$number" "$path" && flush_all ./new ./was . .. ) || return 1 ;;
    esac
    number=
  done
  flush_all "$@" && noted
}

keep_original() { # keep_original NUMBER PATH NAME
  mkdir -p "$V/original" && chmod 700 "$V/original" || { failed 1 '' "cannot write to $V" "$V"; return 1; }
  if { [ -e "$2" ] || [ -h "$2" ]; } && [ ! -e "$V/original/$3" ]; then
    beside_others "$1" "$2" && note erase "$V/original/$3" && (
      enter "$2" || exit 1
      what=./$N
      if [ "$ours" != yes ] && [ ! -h "./$N" ]; then
        hold "$1" || { failed 1 '' "$2 is left alone: others than root can exchange it"; exit 1; }
        what=$held
      fi
      run "cp -a $2" cp -a -- "$what" "$V/original/$3" && flush "$V/original/$3" "$V/original" && { [ "$what" != ./held ] || rm -f ./held; }
    )
  fi
}

# --- making ---

parents() { # parents FOLDER: makes it and what leads to it, with the usual permissions
  [ -z "$1" ] || [ -d "$1" ] || { parents "${1%/*}" && if ( look "$1" && [ "$ours" = yes ] ); then
    note empty "$1" && ( enter "$1" && run "mkdir $1" mkdir -- "./$N" && made "./$N" "$1" )
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

# --- trying ---

# A copy of a folder in which the new files are: for programs that try them. Where a link leads out of it, there is a folder in
# the copy: what is live stays as it is. A program that does what its configuration says gets `ours` to try: what nobody else can
# have written, and what is declared.
view() { # view NUMBER FOLDER all|ours {NAME NUMBER}...: `-` for files that go, `=SHA256` for others that are declared; $D is where the copy is, beside $P
  number=$1 whole=$2 P=$2 extent=$3; shift 3
  # where the folder is mounted, what it is in may be read-only
  [ -w "${whole%/*}/" ] || P=$whole/.
  D=${P%/*}/.solti-$number/view
  rm -f -- "$T/without" "$T/taken"
  beside "$number" "$P" && (
    into "$number" "$P" && mkdir -m 700 view && copy . || { failed 1 "cp -a $whole" "cannot stage a copy of $whole"; exit 1; }
    while [ $# -gt 0 ]; do
      into_view "$1" || { failed 1 '' "cannot stage $whole/$1"; exit 1; }
      case $2 in
      =*) if [ "$extent" = ours ]; then as_declared "$1" "${2#=}"; fi ;;
      *) rm -f -- "view/$1" || { failed 1 '' "cannot stage $whole/$1"; exit 1; } ;;
      esac
      case $2 in
      [!=-]*)
        ( umask 077; ( into "$2" "$whole/$1" && cat new ) >"view/$1" ) 2>"$T/out" || { failed 1 '' "cannot write $whole/$1"; exit 1; }
        read -r mode owner group <<NEW
$( into "$2" "$whole/$1" && stat -c '%a %u %g' new)
NEW
        set_owned "view/$1" "$mode" "$owner" "$group" && printf '%s\n' "./$1" >>"$T/taken" || exit 1
        ;;
      esac
      shift 2
    done
  )
}
copy() { # copy NAME: what is in that folder of the one that is copied comes into the copy
  case $extent in
  all) copy_all "../$N/$1" "view/$1" ;;
  ours) copy_ours "$whole/$1" "$D/$1" "$1" ;;
  esac
}
copy_all() { # copy_all FOLDER TO: what cannot be linked is copied
  for f in "$1"/* "$1"/.[!.]*; do
    case $f in */.solti-*) continue ;; esac
    [ -e "$f" ] || [ -h "$f" ] || continue
    # whoever owns it could hold up who reads it
    timeout 60 cp -al -- "$f" "$2/" 2>/dev/null \
      || { rm -rf -- "$2/${f##*/}"; timeout 60 cp -a -- "$f" "$2/" 2>"$T/out"; } || return 1
  done
}
# As long as nobody else can change what is in it, nor lead elsewhere on the way there: of folders of others, what is declared is
# all that is taken.
copy_ours() ( # copy_ours FOLDER TO NAME
  tool find || { echo 'the host has no find' >"$T/out"; exit 1; }
  look "$1/." || { echo "$why" >"$T/out"; exit 1; }
  if [ "$way$ours" != oursyes ]; then
    timeout 10 find . ! -type d ! -path '*/.solti-*' 2>/dev/null | head -n 1000 | left_out "$3"
    exit
  fi
  # the group of who applies as himself is his, as a rule; root's may have others in it
  but=; if [ "$uid" != 0 ]; then but="! -group $(id -g)"; fi
  theirs="( ! -user 0 ! -user $uid -o ! -type l ( -perm -2 -o -perm -20 $but ) )"
  # shellcheck disable=SC2086 # they are words
  {
    find . -maxdepth 1 ! -type d ! -name '.solti-*' $theirs | left_out "$3"
    find . -maxdepth 1 ! -type d ! -name '.solti-*' ! $theirs -exec sh -c '
      cp -al -- "$@" "$0/" 2>/dev/null && exit
      for f do cp -al -- "$f" "$0/" 2>/dev/null || { rm -f -- "$0/$f"; cp -a -- "$f" "$0/"; } || exit; done' "$2" {} + 2>"$T/out" || exit 1
  }
  for f in ./* ./.[!.]*; do
    f=${f#./}
    case $f in .solti-*) continue ;; esac
    if [ -h "./$f" ]; then
      # root's own link may lead to what is not, and a folder may have anything in it
      if [ -h "$2/$f" ] && ! ours_behind "$1/$f"; then rm -f -- "$2/$f" && printf '%s\n' "./$f" | left_out "$3" || exit 1; fi
    elif [ -d "./$f" ]; then mkdir -- "$2/$f" && copy_ours "$1/$f" "$2/$f" "$3/$f" || exit 1
    fi
  done
)
ours_behind() ( # ours_behind LINK: it leads to a file, and nobody else can change that, nor lead elsewhere on the way
  path=$1 steps=40
  while :; do
    look "$path" && [ "$way$ours" = oursyes ] && steps=$((steps - 1)) && [ $steps -gt 0 ] || exit 1
    [ -h "./$N" ] || break
    target=$(readlink -- "./$N") || exit 1
    case $target in /*) path=$target ;; *) path=${PWD%/}/$target ;; esac
  done
  [ -f "./$N" ] && read -r owner mode <<IT
$(stat -c '%u %f' -- "./$N")
IT
  trusted "$owner" && [ $((0x$mode & 022)) -eq 0 ]
)
left_out() { while IFS= read -r f; do printf '%s\n' "$1${f#.}"; done >>"$T/without"; } # left_out FOLDER <NAMES

as_declared() { # as_declared NAME SHA256: what was left out for whose it is, is taken if it holds what it should
  if [ -e "view/$1" ] || [ -h "view/$1" ]; then return; fi
  # a pipe would be waited for
  timeout 10 cp -pP -- "../$N/$1" held 2>/dev/null && [ -f held ] && [ ! -h held ] && sum=$(timeout 10 sha256sum <held) && [ "${sum%% *}" = "$2" ] \
    && mv -fT -- held "view/$1" && printf '%s\n' "./$1" >>"$T/taken"
  rm -rf held
}

into_view() { # into_view NAME: the folders that lead to it in the copy are folders
  way=view rest=$1
  while :; do
    case $rest in */*) way=$way/${rest%%/*} rest=${rest#*/} ;; *) return 0 ;; esac
    if [ -h "$way" ] || { [ ! -d "$way" ] && [ -d "../$N/${way#view/}" ]; }; then
      rm -f -- "$way" && mkdir -- "$way" && copy "./${way#view/}" || return 1
    elif [ ! -d "$way" ]; then mkdir -- "$way" || return 1
    fi
  done
}

# What others than root can exchange is tried by whom it belongs to: some programs do what their configuration says when they
# are to try it.
tester_of() { # tester_of PATH: $tester is who tries what was made beside it, `-` is who carries out the step
  tester=$(
    enter "$1" || exit 1
    # a link to a folder is tried in that
    if [ -h "./$N" ] && [ -d "./$N" ] && nobody_leads; then enter "$1/." || exit 1; fi
    if nobody_leads; then echo -
    # what somebody has in such a folder is his to exchange
    elif [ "$way$take" = ourssticky ]; then
      stat -c '%u %U' -- "./$N" 2>/dev/null || { failed 1 '' "$1 is left alone: it was exchanged meanwhile"; exit 1; }
    else stat -c '%u %U' .
    fi
  ) || { printf '%s\n' "$tester"; return 1; } # what has failed was said in there
  case $tester in
  -) ;;
  # who has no name here may be anybody: users have ranges of numbers of their own, for their containers
  "0 "* | "$uid "* | *' UNKNOWN') failed 1 '' "$1 is left alone: others than root can exchange it, and root tries nothing that they could"; return 1 ;;
  *) tester=${tester#* } ;;
  esac
}
nobody_leads() {
  case $way-$ours-$take in
  ours-yes-*) ;;
  ours--sticky) owner=$(stat -c %u -- "./$N" 2>/dev/null) || return 0; trusted "$owner" ;;
  *) return 1 ;;
  esac
}

# try COMMAND...: with what was made reachable among its arguments
try() { try_as "${tester:--}" "$@"; }

try_as() { # try_as USER COMMAND...: who tries it could stop it for good
  limit='timeout -k 5 600'
  by "$@" >"$T/out" 2>&1 </dev/null 8>&-
  status=$? limit=
  shift
  [ $status -eq 0 ] || refused $status "$@"
}

refused() { # refused STATUS COMMAND...
  status=$1; shift
  names=$(if [ -e "$T/taken" ]; then grep -vxFf "$T/taken" "$T/without"; else cat "$T/without"; fi 2>/dev/null | sort -u | sed 's|^\./||')
  more=$(printf '%s\n' "$names" | tail -n +4 | wc -l)
  names=$(printf '%s\n' "$names" | head -n 3 | paste -sd ' ')
  if [ "$more" -gt 0 ]; then names="$names and $more more"; fi
  failed $status "$*" "the new configuration was refused${names:+; it was tried without what others than root can change: $names}"
  return 1
}

reachable() { # reachable NUMBER PATH new|view: for a program that is run by somebody else
  [ "$3" = view ] || rm -f -- "$T/without" "$T/taken"
  tester_of "$2" || return 1
  case $tester-$3 in
  --view) ;;
  *-view) ( into "$1" "$2" && chmod 711 . && chown -- "$tester" view ) ;;
  *) ( into "$1" "$2" && chmod 711 . ) ;;
  esac
}

validate() { # validate NUMBER PATH WHAT COMMAND...: the command sees what is staged (`new` or `view`) in the path's place
  tool unshare || { failed 127 '' 'the host has no unshare, which is needed to validate before the swap'; return 1; }
  number=$1 whole=$2 what=$3 place=$PWD; shift 3
  [ "$what" = view ] || rm -f -- "$T/without" "$T/taken"
  # nothing can be mounted on what is not there, nor on a link that it replaces: a copy of its folder that has it is mounted on the folder
  missing=
  if [ ! -e "$whole" ] || { [ "$what" = new ] && [ -h "$whole" ]; }; then missing=yes; fi
  tester_of "$whole" || return 1
  # in a folder in which all may make files only what is root's stays where it is
  if [ "$tester$missing" = - ] && ! ( enter "$whole" && { [ "$take" != sticky ] || trusted "$(stat -c %u -- "./$N" 2>/dev/null)"; } ); then
    failed 1 '' "$whole is left alone: it was exchanged meanwhile"; return 1
  fi
  [ "$tester" = - ] || home_of "$tester" || home=/
  # where it is to be seen, whatever becomes of the way to it meanwhile
  mounted_on=$(
    case $missing-$what in
    yes-*) enter "$whole" && pwd -P ;;
    -view) enter "$whole/." && pwd -P ;;
    *) enter "$whole" && folder=$(pwd -P) && printf '%s\n' "${folder%/}/$N" ;;
    esac
  ) || { printf '%s\n' "$mounted_on"; return 1; }
  (
    into "$number" "$whole" || exit 125
    if [ -n "$missing" ]; then mkdir -m 700 view || exit 125; fi
    if [ "$tester" = - ]; then limit=; else limit='timeout -k 5 600'; fi
    exec $limit unshare -m sh -c '
      mount --make-rprivate / 2>/dev/null
      missing=$1 staged=$2 target=$3 here=$4 tester=$5 home=$6 mounted_on=$7; shift 7
      if [ -n "$missing" ]; then
        for f in ../* ../.[!.]*; do
          case $f in */.solti-*) continue ;; esac
          # what somebody could exchange is not mounted
          if [ -d "$f" ] && [ ! -h "$f" ]; then mkdir "view/${f##*/}" && { [ "$tester" != - ] || mount --rbind "$f" "view/${f##*/}"; }
          elif [ -e "$f" ] || [ -h "$f" ]; then ln -- "$f" view/ 2>/dev/null || { [ "$tester" = - ] && timeout 60 cp -a -- "$f" view/; }; fi || exit 125
        done
        rm -f -- "view/${target##*/}" && cp -al -- "$staged" "view/${target##*/}" || exit 125
        staged=view target=..
      fi
      if [ "$tester" != - ]; then
        if [ "$staged" = view ]; then chown "$tester" view || exit 125; fi
        here=/
        set -- runuser -u "$tester" -- env HOME="$home" USER="$tester" LOGNAME="$tester" "$@"
      fi
      before=" "
      while read -r id _; do before="$before$id "; done </proc/self/mountinfo
      mount --rbind "$staged" "$target" || exit 125
      # a link that was put there since leads elsewhere
      found=
      while read -r id _ _ _ point _; do
        case $before in *" $id "*) continue ;; esac
        [ "$(printf %b "$point")" != "$mounted_on" ] || found=yes
      done </proc/self/mountinfo
      [ -n "$found" ] || exit 125
      cd "$here" && exec "$@"' sh "$missing" "$what" "../$N" "$place" "$tester" "${home:-/}" "$mounted_on" "$@" >"$T/out" 2>&1 </dev/null 8>&-
  )
  status=$?
  case $status in
  0) ;;
  125) failed $status "$*" 'the new configuration could not be tried'; return 1 ;;
  *) refused $status "$@" ;;
  esac
}

generate() { # generate system|user STAGED NAME...: what podman's generator says of the quadlets named must be nothing
  flag=; if [ "$1" = user ]; then flag=--user; fi
  dir=$2; shift 2
  # shellcheck disable=SC2086 # no flag, no word
  {
    QUADLET_UNIT_DIRS=$dir timeout 60 /usr/lib/systemd/system-generators/podman-system-generator $flag --dryrun
    [ $? -ne 124 ] || echo "]: it has not ended within 60 s: $1" >&2
  } 2>&1 >/dev/null </dev/null 8>&- |
    while IFS= read -r line; do
      # it looks at what others have put there too
      case $line in *'Loading source unit file '*) continue ;; esac
      for name in "$@"; do case $line in *"$name"*) printf '%s\n' "${line#*]: }"; break ;; esac; done
    done >"$T/out"
  [ ! -s "$T/out" ] || { failed 1 'podman-system-generator --dryrun' "podman does not accept the quadlet"; return 1; }
}

# --- the way back ---

# Nobody may listen any more: what is said is said by the shell itself, which a broken pipe does not end, and not by a subshell.
undo() { # undo VERB J NUMBER: of $whole; 1 where it could not
  words=
  case $1 in
  erase)
    if [ ! -e "$whole" ] && [ ! -h "$whole" ]; then return 0; fi
    if ( look "$whole" && rm -f -- "./$N" ); then case $whole in "$V"/*) ;; *) words="back removed $whole" ;; esac
    else exchanged "$3" || return 1
    fi
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
  [ "$(stat -c '%f %u %g %s %Y' was)" = "$(stat -c '%f %u %g %s %Y' "../$N")" ] || return 1
  if [ -h was ]; then [ "$(readlink was)" = "$(readlink "../$N")" ]
  else [ "$(sha256sum <was)" = "$(sha256sum <"../$N")" ]; fi
}
as_it_was() { # as_it_was J NUMBER
  read -r mode owner group same <"$T/$1.was" && { [ "$(stat -c '%a %u %g' -- "$whole")" = "$mode $owner $group" ] \
    || ( how=; owned "$2" "$whole" "$mode" "$owner" "$group" "$same" ) >/dev/null; }
}
