# The way to a path, on which a folder may belong to somebody else: whoever that is could lead it elsewhere at any moment.
#
# What is done to a path, and what is read of it, is done by its name alone, in the folder that it is in, to which the shell goes
# first (`look`): from then on it does not matter what becomes of the way there.
#
# $N is the name, $ours says whether nobody else can change what is in the folder, $way whether nobody can lead elsewhere on the
# way there, $why what is wrong with it. Whoever looks does so in a subshell: the rest stays where it is.

# folders that nobody but us can change, nor the way to them, as long as we do not
forget() { known_ours='
'; leave; }

# Where more is done in a folder, the shell itself goes there, once, and those who look for it are there already.
stands= stands_here=
stand() { # stand FOLDER: if it can; who looks for it says why not
  if [ -n "$stands" ] && [ "$stands" = "$1" ]; then return; fi
  leave
  away=$PWD
  if goto "$1"; then stands=$1 stands_ours=$ours stands_way=$way stands_here=$(stat -c '%d:%i' .); else cd -- "$away" || cd /; fi 2>/dev/null
}
leave() { if [ -n "$stands" ]; then stands=; cd -- "$away" || cd /; fi 2>/dev/null; }
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
  if [ -n "$stands" ] && [ "$stands" = "$1" ]; then ours=$stands_ours way=$stands_way; return; fi
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
  left=${1#/} links=40 leader= way=ours came=
  while :; do
    # of one look, too, that the folder which was entered is still in the one before
    name=${left%%/*}
    { read -r here owner mode _; read -r above _; read -r there its_owner its_mode its_name; } <<STEP
$(stat -c '%d:%i %u %f %U' -- . .. "./${name:-.}" 2>/dev/null)
STEP
    if [ -n "$came" ] && [ "$above" != "$came" ]; then why="$entered on the way to $1 was exchanged meanwhile"; return 1; fi
    came=
    mode=$((0x$mode)); others "$owner" "$mode"
    if [ -z "$left" ]; then break; fi
    case $left in */*) left=${left#*/} ;; *) left= ;; esac
    case $name in '' | .) continue ;; ..) cd -P .. || return 1; continue ;; esac
    if [ -z "$there" ]; then why="there is no folder ${PWD%/}/$name"; return 1; fi
    case $((0x$its_mode & 0170000)) in
    $((0120000)))
      links=$((links - 1))
      if [ $links -lt 0 ]; then why="too many links lead to $1"; return 1; fi
      if taken "$its_owner"; then
        way=
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
      if taken "$its_owner"; then way= came=$here entered=$name; fi
      ;;
    *) why="${PWD%/}/$name is no folder"; return 1 ;;
    esac
  done
  if [ -n "$leader" ] && [ "$leader" != "$owner" ]; then
    why="a link of $who leads to $PWD, which is somebody else's"; return 1
  fi
}

# What others could exchange is opened only as what it looks to be: a link of theirs may lead to a pipe or a device.
digest() { # digest NAME: of a file in the current folder; 124 where it took more than a minute, 3 where it is no file any more
  { { timeout 60 dd if="./$1" bs=1048576 iflag=nofollow,nonblock 2>/dev/null; echo $? >&3; } | sha256sum; } 3>&1 | {
    read -r status && read -r sum _ || exit 1
    [ "$status" = 0 ] || exit "$status"
    [ -f "./$1" ] || exit 3
    echo "$sum"
  }
}

look() { # look PATH: goes to the folder that it is in
  N=${1##*/} goal=${1%/*}; goto "${goal:-/}"
}
