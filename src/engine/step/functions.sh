# The host's side of a step: what it replaces it notes first, so that all of it can be put back.
#
# $V is solti's state here, $T the open transaction: `undo` (verb, number, and which folder of our own it is about, in order),
# N.path and N.was for each number, `services` (unit, state, start at boot, invocation, what was done), `staged` (our folders, and
# what they are beside), `lasting` (a file for each thing that stays once it is made: kind, name, entry), `trash` (paths that are
# not needed when all went well), `room` (for its end), `out` (last output).

T= W= J=0 at=0 late=60 holds= began=0
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
tool() { command -v "$1" >/dev/null 2>&1; }
b64() { printf '%s' "$1" | base64 | tr -d '\n'; }
# what nobody can guess
random() { od -An -N8 -tx1 /dev/urandom | tr -d ' \n'; }
# what is written must be on the disk before it counts
flush() { sync -- "$@" 2>/dev/null || sync; }
flush_all() { # flush_all PATH...: those of them that are files or folders, not what links lead to
  for f do
    shift
    if [ ! -h "$f" ] && { [ -f "$f" ] || [ -d "$f" ]; }; then set -- "$@" "$f"; fi
  done
  [ $# -eq 0 ] || flush "$@"
}

# Whatever ends this shell while a transaction is open also ends the transaction.
trap 'put_back; unwatch' EXIT
trap 'exit 143' TERM HUP INT

# Puts back by itself, and lets go of the lock, when the controller has been silent for too long: it may be gone without the
# connection saying so.
watch() {
  [ -n "$holds" ] || return 0
  unwatch
  watched=
  birth $$; born=$birth
  # KILL: a child that has just been forked still has the shell's own handlers, in which any other signal is lost
  ( stop= s=; trap 'stop=yes; [ -z "$s" ] || kill -KILL "$s"' TERM; trap - EXIT HUP INT
    # only what is open is to be kept from others until it is put back
    [ -n "$T" ] || exec 8>&-
    kill -USR1 $$
    sleep "$late" 8>&- & s=$!
    # the wish to stop may have come before there was anything to kill
    [ -z "$stop" ] || kill -KILL "$s"
    wait "$s"; [ -z "$stop" ] || exit 0
    trap '' TERM; birth $$; [ "$birth" != "$born" ] || kill -KILL $$
    put_back ) </dev/null >/dev/null 2>&1 &
  W=$!
  # a signal that comes before its trap is lost
  while [ -z "$watched" ] && kill -0 "$W" 2>/dev/null; do :; done
}
trap 'watched=yes' USR1
unwatch() { if [ -n "$W" ]; then kill "$W" 2>/dev/null; wait "$W" 2>/dev/null; W=; fi; }
birth() { # birth PID: when it began, as its number may be another's by now
  birth=
  { read -r birth <"/proc/$1/stat"; } 2>/dev/null || return 0
  # shellcheck disable=SC2086 # words
  set -- ${birth##*) }
  birth=${20}
}

# --- packages and accounts: these stay when a step fails ---

# A package's own start would come before its configuration, and policy-rc.d is the only way to say no. Ours is a link into the
# transaction: it writes through no link that is there, and without the transaction it says nothing.
policy=/usr/sbin/policy-rc.d
quiet() { # quiet [ACTION]: packages start and stop nothing, but for that action; $P is the folder and $E the entry of what was there
  P=$(random)
  printf '#!/bin/sh\nfor word do case $word in "%s") exit 0 ;; esac; done\nexit 101\n' "${1:-none}" >"$T/quiet" && chmod 755 "$T/quiet" \
    || { failed 1 '' "cannot write to $T" "$T"; return 1; }
  keep "$P" "$policy" && E=$J && beside "$P" "$policy" && ( into "$P" "$policy" && logged ln -s -- "$T/quiet" new ) \
    && secure "$P" "$policy" && swap "$P" "$policy"
}
loud() { # what was there comes back; what a package has put there meanwhile stays
  (
    into "$P" "$policy" || exit 1
    if [ "$(readlink -- "$policy")" != "$T/quiet" ] && { [ -e "$policy" ] || [ -h "$policy" ]; }; then logged rm -f was
    elif [ -e was ] || [ -h was ]; then run "mv $policy" mv -fT -- was "../$N"
    else run "rm $policy" rm -f -- "../$N"
    fi
    # a failure later on has nothing to put back
  ) && : >"$T/$E.path"
}

apt() { # apt ARGUMENT...: what it says is in $T/out; names are names, not patterns
  waits=120
  while :; do
    apt-get -q -y -o APT::Cmd::Pattern-Only=true -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 \
      -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" >"$T/out" 2>&1 </dev/null 8>&-
    status=$?
    # it waits for dpkg's lock by itself, but not for those of its lists and of what it fetches
    case $(tail -n 3 "$T/out") in
    *'Could not get lock '*/dpkg/*) return $status ;;
    *'Could not get lock '*) if [ $waits -eq 0 ]; then return $status; fi ;;
    *) return $status ;;
    esac
    waits=$((waits - 1)); sleep 1
  done
}
must_apt() { apt "$@" || { failed $status "apt-get $*" ''; return 1; }; }

# as dpkg knows them, one a line
versions() { dpkg-query -W -f='${Package} ${db:Status-Abbrev} ${Version}\n' -- "$@" 2>/dev/null; }

install() { # install REFRESH RECOMMENDS PACKAGE...
  refresh=$1; extra=--no-install-recommends; if [ "$2" = yes ]; then extra=--install-recommends; fi
  shift 2
  # a version that is asked for may be an older one
  case $* in *=*) extra="$extra --allow-downgrades" ;; esac
  if [ "$refresh" = yes ]; then must_apt update || return 1; fi
  fetch "$@" || return 1
  apart=$(sed -n '/^The following packages will be REMOVED:/,/^[^ ]/s/^  *//p' "$T/out" | tr '\n' ' ')
  [ -z "$apart" ] || { failed 1 "apt-get install $*" "apt would remove ${apart% } for that, so nothing was installed; what may go must be removed by hand first"; return 1; }
  names=; for name in "$@"; do names="$names ${name%%=*}"; done
  # shellcheck disable=SC2086 # names of packages have no blanks
  before=$(versions $names)
  quiet || return 1
  # shellcheck disable=SC2086 # one flag or two
  must_apt --no-remove $extra install "$@"; result=$?
  loud || result=1
  # shellcheck disable=SC2086
  now=$(versions $names)
  [ "$now" = "$before" ] || stays "package $*"
  [ $result -eq 0 ] || return 1
  for name in $names; do
    found=$(dpkg-query -W -f='${db:Status-Abbrev}:${Version}\n' -- "$name" 2>/dev/null)
    case $found in
    ?i*) found=${found#*:}; say installed "$name ${found%%"
"*}" ;;
    *) failed 1 "apt-get install $*" "apt has installed another package for $name, which is only a name for several; declare one of those"; return 1 ;;
    esac
  done
}

fetch() { # fetch PACKAGE...: in $extra
  # shellcheck disable=SC2086 # one flag or two
  apt --download-only $extra install "$@" && return
  # lists that are too old name packages that are gone: only then they are read anew
  if [ "$refresh" = yes ]; then
    stale=; if grep -q "' was not found\$" "$T/out"; then stale='the package lists, now read anew, have no such version; solti diff says what they have'; fi
    failed $status "apt-get install $*" "$stale"; return 1
  fi
  # shellcheck disable=SC2086
  must_apt update && must_apt --download-only $extra install "$@"
}

uninstall() { # uninstall GOING PACKAGE...: nothing else goes but what is going anyway
  going=" $1 "; shift
  must_apt --simulate remove "$@" || return 1
  apart=$(while read -r word name _; do
    case $word-$going in (Remv-*" $name "* | Remv-*" $name:"*) ;; (Remv-*) printf '%s ' "$name" ;; esac
  done <"$T/out")
  [ -z "$apart" ] || { failed 1 "apt-get remove $*" "${apart% } would go too, so nothing was removed; what is still needed must be declared, and what is not must be removed by hand first"; return 1; }
  quiet stop || return 1
  must_apt remove "$@"; result=$?
  loud && [ $result -eq 0 ] && stays "removed package $*"
}

account() {
  # userdel has taken the group along that has the user's name
  if [ "$1" = groupdel ] && ! cut -d : -f 1 /etc/group | grep -qxF -e "$2"; then return 0; fi
  # whoever is at work cannot be removed: services that run without a login end with the user
  if [ "$1" = userdel ] && [ -e "/var/lib/systemd/linger/$2" ]; then
    logged loginctl disable-linger "$2" && logged systemctl stop "user@$(id -u -- "$2").service" || return 1
  fi
  logged "$@" && stays "$*"
}

# --- users' own services, and podman ---

subordinate() { # subordinate FILE USER FLAG: gives the user 65536 ids that nobody has, unless it has some
  next=100000 id=$(id -u -- "$2")
  # whoever has edited it may have left comments, or no line end
  while IFS=: read -r name first count || [ -n "$name" ]; do
    if [ "$name" = "$2" ] || [ "$name" = "$id" ]; then return 0; fi
    decimal "$first" && first=$decimal && decimal "$count" || continue
    if [ $((first + decimal)) -gt $next ]; then next=$((first + decimal)); fi
  done <"$1"
  logged usermod "$3" "$next-$((next + 65535))" "$2"
}
# decimal TEXT: $decimal is the number that a file has there, if it is one; else arithmetic would end the shell, or take
# zeros in front for octal
decimal() {
  decimal=$1
  while :; do case $decimal in 0?*) decimal=${decimal#0} ;; *) break ;; esac; done
  case $decimal in '' | *[!0-9]* | ???????????*) return 1 ;; esac
}

linger() { # linger USER: its services run without a login
  for file in /etc/subuid /etc/subgid; do [ -e "$file" ] || true >"$file" || return 1; done
  subordinate /etc/subuid "$1" --add-subuids && subordinate /etc/subgid "$1" --add-subgids || return 1
  # podman wants a home, which system accounts often lack
  home_of "$1" || { failed 1 "getent passwd $1" "no home of $1 is known"; return 1; }
  [ -d "$home" ] || folder "$(random)" "$home" 0755 "$1" - || return 1
  id=$(id -u -- "$1") && logged loginctl enable-linger "$1" && logged systemctl start "user@$id.service" || return 1
  tenths=100
  until [ -S "/run/user/$id/bus" ]; do
    [ $tenths -gt 0 ] || { failed 1 "systemctl start user@$id.service" "the services of $1 have no bus: is dbus-user-session installed?"; return 1; }
    tenths=$((tenths - 1)); sleep 0.1
  done
  stays "linger of $1"
}

by() { # by USER COMMAND...: `-` is who carries out the step; never one of these functions
  if [ "$1" = - ]; then shift; command "$@"; else as_user "$@"; fi
}

pull() { # pull USER IMAGE: `-` is the system's podman
  say pulling "$2"
  by "$1" podman pull -q -- "$2" >"$T/out" 2>&1 </dev/null 8>&-
  status=$?
  [ $status -eq 0 ] || { failed $status "podman pull $2" 'the image could not be pulled; nothing was stopped'; return 1; }
  say pulled "$1 $2 $(by "$1" podman image inspect --format '{{.Id}} {{.Size}}' -- "$2" 2>/dev/null)"
  say stays "image $2"
}

discard_podman() { # discard_podman container|volume|network USER NAME: it may be gone with its service
  by "$2" podman "$1" exists "$3" >/dev/null 2>&1 || return 0
  force=; if [ "$1" = container ]; then force=-f; fi
  # shellcheck disable=SC2086 # no flag, no word
  by "$2" podman "$1" rm $force -- "$3" >"$T/out" 2>&1 </dev/null 8>&-
  status=$?
  [ $status -eq 0 ] || { failed $status "podman $1 rm $3" ''; return 1; }
  stays "removed $1 $3"
}

# --- services ---

# A unit USER/NAME is in that user's own systemd: ctl UNIT ARGUMENT...
ctl() {
  of_=$1; shift
  case $of_ in
  */*) as_user "${of_%%/*}" systemctl --user "$@" -- "${of_#*/}" ;;
  *) systemctl "$@" -- "$of_" ;;
  esac
}

reread() { # reread [USER]
  printf '%s\n' "${1:--}" >>"$T/reload" && reread_now "${1:--}" logged
}
reread_now() { # reread_now USER [logged]: what has failed, and has no file any more from now on, is forgotten
  ghosts_=$(ghosts "$1")
  # shellcheck disable=SC2086 # no word, nothing
  case $1 in
  -) $2 systemctl daemon-reload ;;
  *) id=$(id -u -- "$1") && { [ ! -S "/run/user/$id/bus" ] || $2 as_user "$1" systemctl --user daemon-reload; } ;;
  esac || return 1
  for ghost_ in $(ghosts "$1"); do
    # what was such before is somebody else's
    case "
$ghosts_
" in *"
$ghost_
"*) ;; *) ctl "$ghost_" reset-failed >/dev/null 2>&1 ;; esac
  done
  return 0
}
ghosts() { # ghosts USER: units that systemd knows only because they have failed
  case $1 in
  -) systemctl list-units --all --full --plain --no-legend --state=failed ;;
  *) as_user "$1" systemctl --user list-units --all --full --plain --no-legend --state=failed ;;
  esac 2>/dev/null | while read -r name load _; do
    case $1-$load in --not-found) echo "$name" ;; *-not-found) echo "$1/$name" ;; esac
  done
}

remember() { did_ "$1" "$2" && { [ "$2" = - ] || flush "$T/services"; }; }
did_() { # did_ UNIT WHAT: its state before anything was touched, and what is done to it; `-` is nothing yet
  while read -r unit active boot start did; do
    if [ "$unit" = "$1" ]; then printf '%s %s %s %s %s\n' "$1" "$active" "$boot" "$start" "$2" >>"$T/services"; return; fi
  done <"$T/services"
  active=inactive boot=none start=none
  while IFS='=' read -r key value; do
    if [ -n "$value" ]; then
      case $key in ActiveState) active=$value ;; UnitFileState) boot=$value ;; InvocationID) start=$value ;; esac
    fi
  done <<WAS
$(ctl "$1" show -p ActiveState -p UnitFileState -p InvocationID 2>/dev/null)
WAS
  printf '%s %s %s %s %s\n' "$1" "$active" "$boot" "$start" "$2" >>"$T/services"
}

enable() { remember "$1" enable && logged ctl "$1" enable && reread_later "$1"; }
disable() { remember "$1" disable && logged ctl "$1" disable && reread_later "$1"; }
reread_later() { case $1 in */*) printf '%s\n' "${1%%/*}" ;; *) echo - ;; esac >>"$T/reload"; }

# Podman 4 that is ended while it starts a container forgets the network that it has made for it, whose rules then lead to nowhere
# until the host boots again. A start is over soon; one that is due after a failure may begin at any moment. What has just begun
# in a container may not listen to signals yet, and would be waited for until it is killed.
let_start() { # let_start UNIT
  left=200 due=20 fresh=0
  while [ "$left" -gt 0 ]; do
    now=$(ctl "$1" show -p ExecStart -p SubState 2>/dev/null)
    case $now in *'/podman '*) ;; *) return ;; esac
    case $now in
    *SubState=start*) fresh=20 ;;
    *SubState=running*) if [ "$fresh" -gt 0 ]; then fresh=$((fresh - 1)); else return; fi ;;
    *SubState=auto-restart*) if [ "$due" -gt 0 ]; then due=$((due - 1)); else return; fi ;;
    *) return ;;
    esac
    left=$((left - 1)); sleep 0.05
  done
}

act() { # act start|stop|restart|reload UNIT
  case $1 in stop | restart) let_start "$2" ;; esac
  # systemd's limit is for services that start anew by themselves: several changes in a short time do not count
  case $1 in start | restart) ctl "$2" reset-failed >/dev/null 2>&1 ;; esac
  case $1-$2 in
  restart-*.socket) reopen "$2" ;;
  # what is to have ended has not failed, however it ends
  stop-*) ctl "$2" stop; acted_=$?; ctl "$2" reset-failed >/dev/null 2>&1; return $acted_ ;;
  *) ctl "$2" "$1" ;;
  esac
}

# systemd opens no socket whose service runs, because that has the former one: it ends before, and runs again afterwards
reopen() { # reopen SOCKET
  ran_=
  for one_ in $(triggered "$1"); do
    if ctl "$one_" is-active -q >/dev/null 2>&1; then ctl "$one_" stop || return 1; ran_="$ran_ $one_"; fi
  done
  ctl "$1" restart || return 1
  for one_ in $ran_; do ctl "$one_" start || return 1; done
}
triggered() { # triggered UNIT: what a socket, a timer or a path starts by itself
  case $1 in */*) scope_=${1%%/*}/ ;; *) scope_= ;; esac
  for one_ in $(ctl "$1" show -p Triggers --value 2>/dev/null); do printf '%s\n' "$scope_$one_"; done
}

service() { # service start|stop|restart|reload UNIT
  remember "$2" "$1" || return 1
  # what it starts is put back with it
  case $2 in *.socket | *.timer | *.path) for one_ in $(triggered "$2"); do remember "$one_" "$1" || return 1; done ;; esac
  act "$1" "$2" >"$T/out" 2>&1 </dev/null 8>&- && return
  status=$?
  words "$2"
  case $2 in */*) scope=" --user -M ${2%%/*}@" ;; *) scope= ;; esac
  failed $status "systemctl$scope $1 ${2#*/}" "${2#*/} did not $1"
  return 1
}

# What a unit has said in the start in hand, as the output of what failed: nothing of the one before, and neither blank lines nor
# podman's own. An error that more lines follow than are shown comes first.
words() { # words UNIT
  ran_=
  while read -r unit_ _ _ start_ _; do if [ "$unit_" = "$1" ]; then ran_=$start_; fi; done 2>/dev/null <"$T/services"
  case $1 in
  # what it says itself, and what the user's systemd says of it
  */*)
    set -- "${1#*/}" "$(id -u -- "${1%%/*}")"
    set -- _SYSTEMD_USER_UNIT="$1" _UID="$2" + USER_UNIT="$1" _UID="$2" ;;
  *) set -- -u "$1" ;;
  esac
  # journalctl leaves out no start, but it begins where one has ended
  from_=$(said -n 1 --show-cursor _SYSTEMD_INVOCATION_ID="$ran_" + INVOCATION_ID="$ran_" + USER_INVOCATION_ID="$ran_" | sed -n 's/^-- cursor: //p')
  said_=$(said "${from_:+--after-cursor=}${from_:---since=@$began}" "$@" | sed -e '/^[[:space:]]*$/d' -e '/^[0-9a-f]\{64\}$/d' \
    -e '/^[-0-9]\{10\} [0-9:.]* [-+0-9]* [A-Za-z]* m=[-+0-9.]* [a-z]* [a-z]* /d' | tail -n 200)
  error_=$(printf '%s\n' "$said_" | grep -E 'panic:|[Ff]atal|FATAL|[Ee]rror|ERROR|E!' | tail -n 1)
  said_=$(printf '%s\n' "$said_" | tail -n 15)
  case $said_ in *"$error_"*) ;; *) printf '%s\n' "$error_" ;; esac >>"$T/out"
  [ -z "$said_" ] || printf '%s\n' "$said_" >>"$T/out"
}
said() { journalctl -q --no-pager -o cat "$@" 2>/dev/null; }

# The program that a unit was started for has ended, with what it has said: the failure is its own.
ended() { # ended UNIT MESSAGE
  true >"$T/out"; words "$1"
  shown= status=0
  while IFS= read -r line_; do
    case $line_ in
    ExecMainCode=[23]) status=128 ;;
    ExecMainCode=1) ;;
    ExecMainCode=*) status= ;;
    ExecMainStatus=*) [ -z "$status" ] || status=$((status + ${line_#*=})) ;;
    # all that a container is made of would hide what failed
    'ExecStart='*'argv[]='*/podman\ *) shown=${line_#*argv\[\]=}; line_=${shown#* }; shown="${shown%% *} ${line_%% *} ..." ;;
    'ExecStart='*'argv[]='*) shown=${line_#*argv\[\]=}; shown=${shown%% ; ignore_errors=*} ;;
    esac
  done <<SHOWN
$(ctl "$1" show -p ExecMainCode; ctl "$1" show -p ExecMainStatus; ctl "$1" show -p ExecStart 2>/dev/null)
SHOWN
  # one that runs again says no more how it has ended
  [ -n "$status" ] || shown= status=1
  failed "$status" "$shown" "$2"
}

# While checks wait: nothing comes of a service that has failed, or that systemd starts again and again.
fallen() { # fallen CHANGE:UNIT...
  for unit in "$@"; do
    at=${unit%%:*} unit=${unit#*:}
    now=$(ctl "$unit" show -p ActiveState -p NRestarts 2>/dev/null)
    case $now in
    *ActiveState=failed*) ended "$unit" "${unit#*/} has failed" ;;
    *NRestarts=[3-9]* | *NRestarts=[1-9][0-9]*) ended "$unit" "${unit#*/} ends and is started again, again and again" ;;
    *) continue ;;
    esac
    return
  done
}

show_all() { # show_all UNIT...: what tells that a unit has stayed up
  own_=
  for of_ in "$@"; do case $of_ in
  */*) printf 'Id=%s\n' "$of_"; ctl "$of_" show -p ActiveState -p InvocationID 2>/dev/null ;;
  *) own_="$own_ $of_" ;;
  esac; done
  # shellcheck disable=SC2086 # names of units have no blanks
  [ -z "$own_" ] || systemctl show -p Id -p ActiveState -p InvocationID -- $own_
}

# Of what systemd shows, what stays as it is while a unit is up; `down` for one that is not. SubState is not asked: it says who
# uses the unit just now. A socket listens or runs, a timer waits or has elapsed, a path is waited for or was there, an
# automount waits or runs, and a service reads its configuration anew, or has done all it is there for and stays up.
lasting() {
  while IFS='=' read -r key value; do
    case $key in
    Id) kind=${value##*.} ;;
    ActiveState)
      case $value-$kind in
      active-* | reloading-* | refreshing-*) ;;
      # its first start was over when systemctl was; a disk that something waits for is called so, too
      activating-service) echo down ;;
      activating-*) ;;
      *) echo down ;;
      esac ;;
    # another one for each start; units that nobody starts have none
    InvocationID) printf '%s\n' "$value" ;;
    esac
  done
}

settle() { # settle TENTHS CHANGE:UNIT...: they must stay up, without having started again, for that long
  tenths=$1; shift
  of=
  for unit in "$@"; do shift; of="$of $unit"; set -- "$@" "${unit#*:}"; done
  first=
  while :; do
    now=$(show_all "$@" | lasting)
    case $now in *down*) first=down ;; esac
    if [ "$first" = down ] || { [ -n "$first" ] && [ "$first" != "$now" ]; }; then
      for unit in "$@"; do
        ! ctl "$unit" is-active -q >/dev/null 2>&1 || [ $# -eq 1 ] || continue
        for change in $of; do if [ "${change#*:}" = "$unit" ]; then at=${change%%:*}; fi; done
        ended "$unit" "${unit#*/} did not stay up after it was started"; return 1
      done
      true >"$T/out"; words "$1"; failed 1 '' 'a service did not stay up after it was started'; return 1
    fi
    first=$now
    [ "$tenths" -gt 0 ] || return 0
    tenths=$((tenths - 2)); sleep 0.2
  done
}

lock() { # lock WHO TOGETHER
  tool flock || { say refused 'flock is missing on the host (package util-linux)'; return 1; }
  # whoever could open it could hold it
  ( umask 077; { [ -d "${L%/*}" ] || mkdir -p -- "${L%/*}"; } && : >>"$L" ) 2>/dev/null || { say refused "cannot write $L"; return 1; }
  exec 8<>"$L"
  if ! flock -n 8; then
    { IFS= read -r who && read -r _ && read -r together; } <"$L"
    # this run's own shell of another identity has it
    if [ "$together" = "$2" ]; then exec 8>&-; return 0; fi
    say locked "${who:-unknown}"; return 1
  fi
  printf '%s\n%s\n%s\n' "$1" "$$" "$2" >"$L"
  holds=yes
}
