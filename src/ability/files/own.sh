# Paths, on which a folder may belong to somebody else: whoever that is gains nothing by what is done there.
#
# The way there is taken as way.sh has it. What is new is made in a folder of our own beside the path (`beside`),
# in which nobody else can write, and comes to its place by rename; what is replaced goes there, and comes back by rename.

enter() { look "$1" || { failed 1 '' "$1 is left alone: $why"; return 1; }; }

# --- a folder of our own ---

beside() { # beside NUMBER PATH: makes one in the folder that PATH is in; its name cannot be guessed
  [ ! -e "$T/$1.own" ] || return 0
  parents "${2%/*}" || return 1
  printf '%s %s\n' "$1" "$2" >>"$T/staged" && entry own "$2" "$1" || { failed 1 '' "cannot write to $T" "$T"; return 1; }
  (
    enter "$2" || exit 1
    here=$stands_here
    [ -n "$stands" ] && [ "$stands" = "${goal:-/}" ] || here=$(stat -c '%d:%i' .)
    mkdir -m 700 -- "./.solti-$1" 2>"$T/out" || { failed 1 "mkdir ${2%/*}/.solti-$1" "cannot write to $PWD" "$2"; exit 1; }
    # it may have been exchanged for another one: ours has nothing in it
    mode= above=
    cd -P -- "./.solti-$1" && { read -r mine owner mode; read -r above _; } <<MINE
$(stat -c '%d:%i %u %f' . ..)
MINE
    case "$owner $mode $above" in
    "$uid 41c0 $here" | "$uid 45c0 $here") [ "$ours" = yes ] || bare ;;
    *) false ;;
    esac || { failed 1 '' "cannot stage beside $2: what is there was exchanged meanwhile"; exit 1; }
    unlisted "$2" || exit 1
    case $way$ours in oursyes) of=ours ;; *) of=theirs ;; esac && printf '%s %s %s\n' "$mine" "$owner" "$of" >"$T/$1.own" || exit 1
    [ "$way$ours" != oursyes ] || exit 3
  )
  case $? in
  0) ;;
  3) goal=${2%/*}; known_ours="$known_ours${goal:-/}
" ;;
  *) return 1 ;;
  esac
}

bare() { # whether nothing at all is in the current folder
  for of in ./* ./.[!.]* ./..?*; do if [ -e "$of" ] || [ -h "$of" ]; then return 1; fi; done
}

# What a folder gives on to what is made in it may be rights of whoever had it before.
unlisted() { # unlisted PATH: the current folder, made for it, is open to those alone whom its mode names
  listed || return 0
  # setfacl is a package of its own, and tar takes over from a folder that it has no list
  mkdir -p "$T/plain" && chmod 700 "$T/plain" && { tar --acls -C "$T/plain" -cf - . | tar --acls -xpf -; } 2>"$T/out"
  ! listed || { failed 1 'tar --acls -xp' "$1 is left alone: what is made there would be open to whom its folder's access list names"; return 1; }
}

listed() { # whether the current folder has an access list
  read -r mode _ <<LISTED
$(ls -ld .)
LISTED
  case $mode in *+) ;; *) return 1 ;; esac
}

own() { # own NUMBER: goes from the folder that was entered to ours in it
  # a number may be given again to another folder, but not its owner by others
  cd -P -- "./.solti-$1" 2>/dev/null && { [ "$way$ours" = oursyes ] || { read -r id owner _ <"$T/$1.own" && [ "$(stat -c '%d:%i %u' .)" = "$id $owner" ]; }; } \
    || { why="the folder .solti-$1 beside it is gone"; return 1; }
  # what others have could go on without end
  patience='timeout 60'; if [ "$way$ours" = oursyes ]; then patience=; fi
  ours=yes
}

into() { # into NUMBER PATH: goes to the folder made beside PATH, which is ../$N then
  enter "$2" || return 1
  own "$1" || { failed 1 '' "$2 is left alone: $why"; return 1; }
}

clear() { # clear NUMBER PATH [NAME [save]]: removes it with what was made in it, and with NAME, which is saved if it can be
  (
    look "$2" && own "$1" || exit 0
    # what has not been replaced is there still
    if [ $# -eq 4 ] && [ ! "./$3" -ef "../$N" ]; then save "./$3" "$1" "$2"; fi
    bare || $patience rm -rf -- ./new ./held ./view ${3:+"./$3"}
    cd .. && rmdir -- "./.solti-$1"
  ) 2>/dev/null
}

# What somebody could exchange is copied as a file or a link: root would go through folders of his by whatever way he makes them.
copied() { # copied FROM TO: with $patience, which what is ours does not need
  case $patience in
  '') cp -a -- "$1" "$2" ;;
  *) as_large "$1" $patience cp -dp -- "$1" "$2" ;;
  esac
}
# A file may grow while it is copied, and what it has in it is not all that it would take.
as_large() { # as_large FILE COMMAND...: which writes no file larger than this one is now
  blocks=; if [ -f "$1" ] && [ ! -h "$1" ]; then blocks=$(($(stat -c %s -- "$1") / 512 + 16)); fi
  shift
  ( trap '' XFSZ; [ -z "$blocks" ] || ulimit -f $blocks; exec "$@" )
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
    hold "$1" && [ "$(stat -c "$of" "$held")" = "$is" ] && { [ "$of" != %u ] || ! trusted "$is" || gives_nothing "$held" "$3" "$4" "$5"; } || { failed 1 '' "$2 is left alone: others than root can exchange it"; exit 1; }
    set_owned "$held" "$3" "$4" "$5"
    done=$?
    rm -f ./held
    exit $done
  )
}

# What is root's there may have been exchanged for something else of root's, which nobody else is to read.
gives_nothing() { # gives_nothing NAME MODE OWNER GROUP: whether that gives nobody a right to it that he has not
  read -r mode owner group its_uid its_gid <<IT
$(stat -c '%a %U %G %u %g' -- "$1")
IT
  case $3 in - | "$owner" | "$its_uid") ;; *) return 1 ;; esac
  case $4 in - | "$group" | "$its_gid") ;; *) return 1 ;; esac
  [ "$2" = - ] || [ $((0$2 & ~0$mode)) -eq 0 ]
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
