# Paths, on which a folder may belong to somebody else: whoever that is gains nothing by what is done there.
#
# What is done to a path is done by its name alone, in the folder that it is in, to which the shell goes first (`enter`): from
# then on it does not matter what becomes of the way there. What is new is made in a folder of our own beside it (`beside`),
# in which nobody else can write, and comes to its place by rename; what is replaced goes there, and comes back by rename.
#
# $N is the name, $ours says whether nobody else can change what is in the folder, $way whether nobody can lead elsewhere on the
# way there, $why what is wrong with it. Whoever enters does so in a subshell: the step itself stays where it is.

# folders that nobody but us can change, nor the way to them, as long as we do not
forget() { known_ours='
'; }
forget
trusted() { [ "$1" = 0 ] || [ "$1" = "$uid" ]; }

others() { # others OWNER MODE: $take is whether others can take away what is in such a folder: no, sticky (not what is ours), yes
  if ! trusted "$1"; then take=yes
  # the bits of the group are those of all who are named in a list of access rights
  elif [ $(($2 & 022)) -eq 0 ]; then take=no
  elif [ $(($2 & 01000)) -ne 0 ]; then take=sticky
  else take=yes
  fi
}

taken() { # taken OWNER: whether others than we can put something else in the place of what has this owner, in a folder of which $take is known
  case $take in no) return 1 ;; sticky) ! trusted "$1" ;; esac
}

goto() { # goto FOLDER
  case $known_ours in *"
$1
"*) cd -P -- "$1" 2>/dev/null || { why="there is no folder $1"; return 1; }; ours=yes way=ours; return ;;
  esac
  set -- "$1" /
  rest=${1#/} path=
  while [ -n "$rest" ]; do
    path=$path/${rest%%/*}
    case $rest in */*) rest=${rest#*/} ;; *) rest= ;; esac
    set -- "$@" "$path"
  done
  goal=$1; shift
  # most ways lead through folders of root alone: one look at all of them
  take=no seen=0 way=
  while read -r owner mode; do
    mode=$((0x$mode)); seen=$((seen + 1))
    if [ $((mode & 0170000)) -ne $((0040000)) ] || taken "$owner"; then seen=-1; break; fi
    others "$owner" "$mode"
  done <<WAY
$(stat -c '%u %f' -- "$@" 2>/dev/null)
WAY
  if [ "$seen" -ne $# ]; then walk "$goal" || return 1
  else cd -P -- "$goal" 2>/dev/null || { why="there is no folder $goal"; return 1; }; way=ours
  fi
  ours=; if [ "$take" = no ]; then ours=yes; fi
}

# One folder after the other, so that none can be exchanged for another on the way. A link counts where nobody else can have put
# it there, or where what it leads to belongs to whoever has.
walk() { # walk FOLDER
  cd / || return 1
  left=${1#/} links=40 leader=
  while :; do
    { read -r here owner mode; read -r there its_owner its_mode its_name; } <<STEP
$(stat -c '%d:%i %u %f' . 2>/dev/null; name=${left%%/*}; stat -c '%d:%i %u %f %U' -- "./${name:-.}" 2>/dev/null)
STEP
    mode=$((0x$mode)); others "$owner" "$mode"
    if [ -z "$left" ]; then break; fi
    name=${left%%/*}
    case $left in */*) left=${left#*/} ;; *) left= ;; esac
    case $name in '' | .) continue ;; ..) cd -P .. || return 1; continue ;; esac
    if [ -z "$there" ]; then why="there is no folder ${PWD%/}/$name"; return 1; fi
    case $((0x$its_mode & 0170000)) in
    $((0120000)))
      links=$((links - 1))
      if [ $links -lt 0 ]; then why="too many links lead to $1"; return 1; fi
      if taken "$its_owner"; then
        if [ "$owner" != "$its_owner" ] || [ $((mode & 022)) -ne 0 ] || [ "${leader:-$owner}" != "$owner" ]; then
          why="${PWD%/}/$name is a link that others than root can change"; return 1
        fi
        leader=$owner who=$its_name
      fi
      target=$(readlink -- "./$name") || { why="${PWD%/}/$name was exchanged meanwhile"; return 1; }
      case $target in /*) cd / || return 1 ;; esac
      left=$target${left:+/$left}; left=${left#/}
      ;;
    $((0040000)))
      cd -P -- "./$name" 2>/dev/null || { why="cannot enter ${PWD%/}/$name"; return 1; }
      if taken "$its_owner" && [ "$(stat -c '%d:%i' ..)" != "$here" ]; then why="$name on the way to $1 was exchanged meanwhile"; return 1; fi
      ;;
    *) why="${PWD%/}/$name is no folder"; return 1 ;;
    esac
  done
  if [ -n "$leader" ] && [ "$leader" != "$owner" ]; then
    why="a link of $who leads to $PWD, which is somebody else's"; return 1
  fi
}

look() { # look PATH: goes to the folder that it is in
  N=${1##*/} goal=${1%/*}; goto "${goal:-/}"
}
enter() { look "$1" || { failed 1 '' "$1 is left alone: $why"; return 1; }; }

# --- a folder of our own ---

beside() { # beside NUMBER PATH: makes one in the folder that PATH is in; its name cannot be guessed
  [ ! -e "$T/$1.own" ] || return 0
  parents "${2%/*}" || return 1
  printf '%s %s\n' "$1" "$2" >>"$T/staged" && entry own "$2" "$1" || { failed 1 '' "cannot write to $T" "$T"; return 1; }
  (
    enter "$2" || exit 1
    here=$(stat -c '%d:%i' .)
    mkdir -m 700 -- "./.solti-$1" 2>"$T/out" || { failed 1 "mkdir ${2%/*}/.solti-$1" "cannot write to $PWD" "$2"; exit 1; }
    # it may have been exchanged for another one: ours has nothing in it
    cd -P -- "./.solti-$1" && case "$(stat -c '%u %f %d:%i' . ..)" in
    "$uid 41c0 "*" $here" | "$uid 45c0 "*" $here") [ "$ours" = yes ] || [ -z "$(ls -A)" ] ;;
    *) false ;;
    esac || { failed 1 '' "cannot stage beside $2: what is there was exchanged meanwhile"; exit 1; }
    mine=$(stat -c '%d:%i %u' .) && printf '%s %s\n' "$mine" "${way:-theirs}" >"$T/$1.own" || exit 1
    [ "$way" != ours ] || exit 3
  )
  case $? in
  0) ;;
  3) goal=${2%/*}; known_ours="$known_ours${goal:-/}
" ;;
  *) return 1 ;;
  esac
}

own() { # own NUMBER: goes from the folder that was entered to ours in it
  # a number may be given again to another folder, but not its owner by others
  cd -P -- "./.solti-$1" 2>/dev/null && { [ "$way" = ours ] || { read -r id owner _ <"$T/$1.own" && [ "$(stat -c '%d:%i %u' .)" = "$id $owner" ]; }; } \
    || { why="the folder .solti-$1 beside it is gone"; return 1; }
  ours=yes
}

into() { # into NUMBER PATH: goes to the folder made beside PATH, which is ../$N then
  enter "$2" || return 1
  own "$1" || { failed 1 '' "$2 is left alone: $why"; return 1; }
}

clear() { # clear NUMBER PATH [NAME]: removes it with what was made in it, and with NAME
  (
    look "$2" && own "$1" || exit 0
    rm -rf -- ./new ./held ./view ${3+"./$3"} && cd .. && rmdir -- "./.solti-$1"
  ) 2>/dev/null
}

# --- owner, group and mode ---

set_owned() { # set_owned NAME MODE OWNER GROUP, of what nobody else can exchange; `-` leaves what is there
  if [ "$3$4" != -- ]; then
    who=$3; [ "$who" = - ] && who=; [ "$4" = - ] || who=$who:$4
    $how chown -h -- "$who" "$1" || return 1
  fi
  [ "$2" = - ] || $how chmod -- "$2" "$1"
}
# the way back writes nothing, not even what a command says
how=logged

# Where others could exchange it, it must be who was said to have it, or the very same file, or else what was made there, or belong
# to its folder's owner: what is root's there is not given away.
owned() { # owned NUMBER PATH MODE OWNER GROUP [UID | DEVICE:INODE]
  forget
  (
    enter "$2" || exit 1
    if [ "$ours" = yes ] || [ "$N" = . ]; then set_owned "./$N" "$3" "$4" "$5"; exit; fi
    case ${6:--} in
    -) of=%d:%i; was_made "$2" || of=%u is=$(stat -c %u .) ;;
    *:*) of=%d:%i is=$6 ;;
    *) of=%u is=$6 ;;
    esac
    hold "$1" && [ "$(stat -c "$of" "$held")" = "$is" ] || { failed 1 '' "$2 is left alone: others than root can exchange it"; exit 1; }
    set_owned "$held" "$3" "$4" "$5"
    done=$?
    rm -f ./held
    exit $done
  )
}

# Who holds has made the folder beside it before.
hold() { # hold NUMBER: $held is what is there, in a place where only we can exchange it
  if [ -d "./$N" ] && [ ! -h "./$N" ]; then
    here=$(stat -c '%d:%i' .)
    cd -P -- "./$N" && [ "$(stat -c '%d:%i' ..)" = "$here" ] && held=.
  else
    # a second name for it; what has names elsewhere too may be anybody's
    own "$1" && rm -f held && ln -- "../$N" held && held=./held && [ ! -h held ] \
      && [ "$(stat -c '%d:%i %h' "../$N")" = "$(stat -c '%d:%i' held) 2" ]
  fi 2>/dev/null
}
