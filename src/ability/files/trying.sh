# Trying what is new before it is live: by the program that will read it, or by who owns the folder that it is in.

# --- a copy of a folder with what is new in it ---

# A copy of a folder in which the new files are: for programs that try them. Where a link leads out of it, there is a folder in
# the copy: what is live stays as it is. In it is what nobody else can have written, and what is declared: some programs do what
# their configuration says, and what root copies for somebody it must not read for him.
view() { # view NUMBER FOLDER {NAME NUMBER}...: `-` for files that go, `=SHA256` for others that are declared; $D is where the copy is, beside $P
  number=$1 whole=$2 P=$2; shift 2
  # where the folder is mounted, what it is in may be read-only
  [ -w "${whole%/*}/" ] || P=$whole/.
  D=${P%/*}/.solti-$number/view
  rm -f -- "$T/without" "$T/taken" "$T/gone"
  beside "$number" "$P" && (
    into "$number" "$P" && mkdir -m 700 view && copy "$whole" "$D" . || { failed 1 "cp -a $whole" "cannot stage a copy of $whole"; exit 1; }
    while [ $# -gt 0 ]; do
      into_view "$1" || { failed 1 '' "cannot stage $whole/$1"; exit 1; }
      case $2 in
      =*) as_declared "$1" "${2#=}" ;;
      *)
        if [ "$2" = - ]; then printf '%s\n' "$1" >>"$T/gone"; fi
        rm -f -- "view/$1" || { failed 1 '' "cannot stage $whole/$1"; exit 1; }
        ;;
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
# As long as nobody else can change what is in it, nor lead elsewhere on the way there: of folders of others, what is declared is
# all that is taken.
copy() ( # copy FOLDER TO NAME
  tool find || { echo 'the host has no find' >"$T/out"; exit 1; }
  look "$1/." || { echo "$why" >"$T/out"; exit 1; }
  if [ "$way$ours" != oursyes ]; then
    timeout 10 find . ! -type d ! -path '*/.solti-*' -print0 2>/dev/null | head -c 65536 | left_out "$3"
    exit
  fi
  # the group of who applies as himself is his, as a rule; root's may have others in it
  but=; if [ "$uid" != 0 ]; then but="! -group $(id -g)"; fi
  theirs="( ! -user 0 ! -user $uid -o ! -type l ( -perm -2 -o -perm -20 $but ) )"
  # shellcheck disable=SC2086 # they are words
  {
    find . -maxdepth 1 ! -type d ! -name '.solti-*' $theirs -print0 | left_out "$3"
    find . -maxdepth 1 ! -type d ! -name '.solti-*' ! $theirs -exec sh -c '
      cp -al -- "$@" "$0/" 2>/dev/null && exit
      for f do cp -al -- "$f" "$0/" 2>/dev/null || { rm -f -- "$0/$f"; cp -a -- "$f" "$0/"; } || exit; done' "$2" {} + 2>"$T/out" || exit 1
  }
  for f in ./* ./.[!.]*; do
    f=${f#./}
    case $f in .solti-*) continue ;; esac
    if [ -h "./$f" ]; then
      # root's own link may lead to what is not, and a folder may have anything in it
      if [ -h "$2/$f" ] && ! ours_behind "$1/$f"; then rm -f -- "$2/$f" && printf '%s\0' "./$f" | left_out "$3" || exit 1; fi
    elif [ -d "./$f" ]; then mkdir -- "$2/$f" && copy "$1/$f" "$2/$f" "$3/$f" || exit 1
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
# Names have a line each, whatever is in them.
left_out() { tr '\n\000' '?\n' | while IFS= read -r f; do printf '%s\n' "$1${f#.}"; done >>"$T/without"; } # left_out FOLDER <NAMES

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
      rm -f -- "$way" && mkdir -- "$way" && copy "$whole/${way#view/}" "$D/${way#view/}" "./${way#view/}" || return 1
    elif [ ! -d "$way" ]; then mkdir -- "$way" || return 1
    fi
  done
}

# --- by whom ---

# What others than root can exchange is tried by whom it belongs to: some programs do what their configuration says when they
# are to try it. One look says both who tries it and how: at another one it may have been exchanged.
tester_of() { # tester_of PATH new|view: $tester tries what was made beside it, `-` is who carries out the step; $missing is whether nothing can be mounted on PATH
  found=$(
    enter "$1" || exit 1
    at_hand
    # a link to a folder is tried in that
    if [ "$kind" = link ] && [ -d "./$N" ] && nobody_leads; then enter "$1/." && at_hand || exit 1; fi
    missing=no
    case $kind-$2 in none-* | link-new) missing=yes ;; esac
    if nobody_leads; then echo "$missing -"
    # what somebody has in such a folder is his to exchange
    elif [ "$way$take" = ourssticky ]; then echo "$missing $owner $name"
    else echo "$missing $(stat -c '%u %U' .)"
    fi
  ) || { printf '%s\n' "$found"; return 1; } # what has failed was said in there
  missing=${found%% *} tester=${found#* }
  case $tester in
  -) ;;
  # who has no name here may be anybody: users have ranges of numbers of their own, for their containers
  '' | ' '* | "0 "* | "$uid "* | *' UNKNOWN') failed 1 '' "$1 is left alone: others than root can exchange it, and root tries nothing that they could"; return 1 ;;
  *) tester=${tester#* } ;;
  esac
}
at_hand() { # what ./$N is: $kind, $owner and the $name of that
  kind=none
  read -r mode owner name <<IT
$(stat -c '%f %u %U' -- "./$N" 2>/dev/null)
IT
  case $((0x${mode:-0} & 0170000)) in
  0) ;;
  $((0120000))) kind=link ;;
  *) kind=other ;;
  esac
}
nobody_leads() { # in a folder in which all may make files, only what is ours stays where it is
  case $way-$ours-$take in
  ours-yes-*) ;;
  ours--sticky) [ "$kind" = none ] || trusted "$owner" ;;
  *) return 1 ;;
  esac
}

# try COMMAND...: with what was made reachable among its arguments
try() { try_as "${tester:--}" "$@"; }

try_as() { # try_as USER COMMAND...: who tries it could stop it for good
  by "$@" >"$T/out" 2>&1 </dev/null 8>&-
  status=$?
  [ "$1" = - ] || detach
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
  tester_of "$2" "$3" || return 1
  case $tester-$3 in
  --view) ;;
  # folders have no second names, which could be root's; the one that leads to all is the last
  *-view) ( into "$1" "$2" && chmod 711 . && find view -depth -type d -exec chown -h -- "$tester" {} + ) ;;
  *) ( into "$1" "$2" && chmod 711 . ) ;;
  esac
}

validate() { # validate NUMBER PATH WHAT COMMAND...: the command sees what is staged (`new` or `view`) in the path's place
  tool unshare || { failed 127 '' 'the host has no unshare, which is needed to validate before the swap'; return 1; }
  number=$1 whole=$2 what=$3 place=$PWD; shift 3
  [ "$what" = view ] || rm -f -- "$T/without" "$T/taken"
  tester_of "$whole" "$what" || return 1
  [ "$tester" = - ] || home_of "$tester" || home=/
  # nothing can be mounted on what is not there, nor on a link that it replaces: a copy of its folder that has it is mounted on
  # the folder. Where it is to be seen, whatever becomes of the way to it meanwhile
  mounted_on=$(
    case $missing-$what in
    yes-*) enter "$whole" && pwd -P ;;
    no-view) enter "$whole/." && pwd -P ;;
    *) enter "$whole" && folder=$(pwd -P) && printf '%s\n' "${folder%/}/$N" ;;
    esac
  ) || { printf '%s\n' "$mounted_on"; return 1; }
  (
    into "$number" "$whole" || exit 125
    if [ "$missing" = yes ]; then mkdir -m 700 view || exit 125; fi
    if [ "$tester" = - ]; then limit=; fi
    exec $limit unshare -m sh -c '
      mount --make-rprivate / 2>/dev/null
      missing=$1 staged=$2 target=$3 here=$4 tester=$5 home=$6 mounted_on=$7; shift 7
      if [ "$missing" = yes ]; then
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
  [ "$tester" = - ] || detach
  case $status in
  0) ;;
  125) failed $status "$*" 'the new configuration could not be tried'; return 1 ;;
  *) refused $status "$@" ;;
  esac
}

# It reads what links lead to: those of a user are followed by the user, who also adds what else he has there.
generate() { # generate system|user STAGED NAME...: what podman's generator says of the quadlets named must be nothing
  flag=; if [ "$1" = user ]; then flag=--user; fi
  dir=$2; shift 2
  gone=; if [ -e "$T/gone" ]; then gone=$(cat "$T/gone"); fi
  {
    briefly by "$tester" timeout -k 5 60 sh -c '
      if [ "$1" != - ]; then
        cp -an -- "$3/." "$2/" 2>/dev/null
        printf "%s\n" "$5" | while IFS= read -r name; do [ -z "$name" ] || rm -f -- "$2/$name"; done
      fi
      QUADLET_UNIT_DIRS=$2 exec /usr/lib/systemd/system-generators/podman-system-generator $4 --dryrun' \
      sh "$tester" "$dir" "$whole" "$flag" "$gone"
    [ $? -le 1 ] || echo "]: it has not come to an end: $1" >&2
  } 2>&1 >/dev/null </dev/null 8>&- | heard |
    while IFS= read -r line; do
      # it looks at what others have put there too
      case $line in *'Loading source unit file '*) continue ;; esac
      for name in "$@"; do case $line in *"$name"*) printf '%s\n' "${line#*]: }"; break ;; esac; done
    done >"$T/out"
  [ ! -s "$T/out" ] || { failed 1 'podman-system-generator --dryrun' "podman does not accept the quadlet"; return 1; }
}
