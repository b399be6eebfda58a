# The host's side of a step: what it replaces it notes first, so that all of it can be put back.
#
# $V is solti's state here, $T the open transaction: `undo` (verb and number, in order), N.path and N.was for each
# number, `services` (unit, state, start at boot, invocation, what was done), `staged` and `trash` (paths), `out` (last
# output).

T= W= J=0 at=0 late=60
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
tool() { command -v "$1" >/dev/null 2>&1; }
b64() { printf '%s' "$1" | base64 | tr -d '\n'; }
# what is written must be on the disk before it counts
flush() { sync -- "$@" 2>/dev/null || sync; }

begin() { # begin NAME UNIT...: the units are those that the transaction will touch; without $T no step does anything
  J=0; T=$V/journal/$1; shift
  mkdir -p "$V/journal" && chmod 700 "$V" "$V/journal" && mkdir -m 700 "$T" || { T=; failed 1 '' "cannot write to $V"; return 1; }
  true >"$T/undo" && true >"$T/services" && true >"$T/staged" && true >"$T/trash" && as_they_run "$@" \
    || { failed 1 '' "cannot write to $T"; rm -rf -- "$T"; T=; return 1; }
  # whatever ends this shell while the transaction is open also ends the transaction
  trap 'put_back' EXIT
  trap 'exit 143' TERM HUP INT
}
ready() { [ -n "$T" ] && rm -f -- "$T/out"; }
as_they_run() { for unit in "$@"; do remember "$unit" - || return 1; done; }

# Puts back by itself when the controller has been silent for too long: it may be gone without the connection saying so.
watch() {
  # KILL: a child that has just been forked still has the shell's own handlers, in which any other signal is lost
  ( stop= s=; trap 'stop=yes; [ -z "$s" ] || kill -KILL "$s"' TERM; trap - EXIT HUP INT
    true >"$T/watched"
    sleep "$late" 8>&- & s=$!
    # the wish to stop may have come before there was anything to kill
    [ -z "$stop" ] || kill -KILL "$s"
    wait "$s"; [ -z "$stop" ] || exit 0
    trap '' TERM; kill -KILL $$; put_back ) </dev/null >/dev/null 2>&1 &
  W=$!
  # a signal that comes before its trap is lost
  while [ ! -e "$T/watched" ] && kill -0 "$W" 2>/dev/null; do :; done
}
unwatch() { if [ -n "$W" ]; then kill "$W" 2>/dev/null; wait "$W" 2>/dev/null; rm -f "$T/watched"; W=; fi; }

failed() { # failed STATUS COMMAND MESSAGE
  output=; if [ -n "$T" ] && [ -e "$T/out" ]; then output=$(tail -n 20 "$T/out"); fi
  say failed "$at" "$1" "=$(b64 "$2")" "=$(b64 "$3")" "=$(b64 "$output")"
}

logged() { # logged COMMAND...: its output is shown only when it fails
  "$@" >"$T/out" 2>&1 </dev/null 8>&-
  status=$?
  [ $status -eq 0 ] || { failed $status "$*" ''; return 1; }
}

# --- the journal ---

note() { # note VERB PATH
  J=$((J + 1))
  printf '%s\n' "$2" >"$T/$J.path" && printf '%s %s\n' "$1" "$J" >>"$T/undo"
}

keep() { # keep PATH: what is there, or that nothing is, can be put back
  if [ -e "$1" ] || [ -h "$1" ]; then
    J=$((J + 1))
    stat -c '%i %a %u %g' -- "$1" >"$T/$J.stat" && cp -a -- "$1" "$T/$J.was" 2>"$T/out" && printf '%s\n' "$1" >"$T/$J.path" && flush "$T/$J.path" && printf 'restore %s\n' "$J" >>"$T/undo"
  else
    note erase "$1"
  fi || { failed 1 "cp -a $1" "cannot keep a copy of $1"; return 1; }
}

label() { if [ -e /sys/fs/selinux/enforce ] && tool restorecon; then restorecon -F -- "$1" 2>/dev/null; fi; }

owned() { # owned PATH MODE OWNER GROUP: `-` leaves what is there
  if [ "$3$4" != -- ]; then
    who=$3; [ "$who" = - ] && who=; [ "$4" = - ] || who=$who:$4
    logged chown -h -- "$who" "$1" || return 1
  fi
  [ "$2" = - ] || logged chmod -- "$2" "$1"
}

expect() { # expect PATH absent | file SHA256 | directory | link TARGET
  case $2 in
  absent) [ ! -e "$1" ] && [ ! -h "$1" ] ;;
  file) [ -f "$1" ] && [ ! -h "$1" ] && sum=$(sha256sum -- "$1") && [ "${sum%% *}" = "$3" ] ;;
  directory) [ -d "$1" ] && [ ! -h "$1" ] ;;
  link) [ -h "$1" ] && [ "$(readlink -- "$1")" = "$3" ] ;;
  esac || { failed 1 '' "$1 has changed since the plan was made; nothing was done. Run solti diff again"; return 1; }
}

# --- packages and accounts: these stay when a step fails ---

# A package's own start would come before its configuration, and policy-rc.d is the only way to say no. Ours is a link into the
# transaction: it writes through no link that is there, and without the transaction it says nothing.
policy=/usr/sbin/policy-rc.d
quiet() { # quiet [ACTION]: packages start and stop nothing, but for that action; $P is the entry of what was there
  aside=${policy%/*}/.solti-was-${T##*/}-$((J + 1)) F=${policy%/*}/.solti-quiet-${T##*/}
  {
    printf '#!/bin/sh\nfor word do case $word in "%s") exit 0 ;; esac; done\nexit 101\n' "${1:-none}" >"$T/quiet" && chmod 755 "$T/quiet" \
      && printf '%s\n' "$F" >>"$T/staged" && if [ -e "$policy" ] || [ -h "$policy" ]; then
        printf '%s\n' "$aside" >"$T/$((J + 1)).was" && note moved "$policy"
      else
        note erase "$policy"
      fi
  } || { failed 1 '' "cannot write to $T"; return 1; }
  P=$J
  # with a second name it comes back as the very same
  if [ -e "$policy" ] || [ -h "$policy" ]; then ln -- "$policy" "$aside" 2>/dev/null || logged mv -T -- "$policy" "$aside" || return 1; fi
  logged ln -s -- "$T/quiet" "$F" && swap "$F" "$policy"
}
loud() { # what was there comes back; what a package has put there meanwhile stays
  if [ "$(readlink -- "$policy")" != "$T/quiet" ] && { [ -e "$policy" ] || [ -h "$policy" ]; }; then logged rm -f -- "$aside"
  elif [ -e "$aside" ] || [ -h "$aside" ]; then logged mv -fT -- "$aside" "$policy"
  else logged rm -f -- "$policy"
  # a failure later on has nothing to put back
  fi && : >"$T/$P.path"
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
  [ "$now" = "$before" ] || say stays "package $*"
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
  loud && [ $result -eq 0 ] && say stays "removed package $*"
}

account() {
  # userdel has taken the group along that has the user's name
  if [ "$1" = groupdel ] && ! grep -q "^$2:" /etc/group; then return 0; fi
  # whoever is at work cannot be removed: services that run without a login end with the user
  if [ "$1" = userdel ] && [ -e "/var/lib/systemd/linger/$2" ]; then
    logged loginctl disable-linger "$2" && logged systemctl stop "user@$(id -u -- "$2").service" || return 1
  fi
  logged "$@" && say stays "$*"
}

# --- users' own services, and podman ---

subordinate() { # subordinate FILE USER FLAG: gives the user 65536 ids that nobody has, unless it has some
  next=100000
  while IFS=: read -r name first count; do
    if [ "$name" = "$2" ]; then return 0; fi
    if [ $((first + count)) -gt $next ]; then next=$((first + count)); fi
  done <"$1"
  logged usermod "$3" "$next-$((next + 65535))" "$2"
}

linger() { # linger USER: its services run without a login
  for file in /etc/subuid /etc/subgid; do [ -e "$file" ] || true >"$file" || return 1; done
  subordinate /etc/subuid "$1" --add-subuids && subordinate /etc/subgid "$1" --add-subgids || return 1
  # podman wants a home, which system accounts often lack
  eval "home=~$1"
  [ -d "$home" ] || folder "$home" 0755 "$1" - || return 1
  id=$(id -u -- "$1") && logged loginctl enable-linger "$1" && logged systemctl start "user@$id.service" || return 1
  tenths=100
  until [ -S "/run/user/$id/bus" ]; do
    [ $tenths -gt 0 ] || { failed 1 "systemctl start user@$id.service" "the services of $1 have no bus: is dbus-user-session installed?"; return 1; }
    tenths=$((tenths - 1)); sleep 0.1
  done
  say stays "linger of $1"
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
  by "$2" podman "$1" exists "$3" 2>/dev/null || return 0
  force=; if [ "$1" = container ]; then force=-f; fi
  # shellcheck disable=SC2086 # no flag, no word
  by "$2" podman "$1" rm $force -- "$3" >"$T/out" 2>&1 </dev/null 8>&-
  status=$?
  [ $status -eq 0 ] || { failed $status "podman $1 rm $3" ''; return 1; }
  say stays "removed $1 $3"
}

# --- files ---

folder() { # folder PATH MODE OWNER GROUP: makes it, and its missing parents
  if [ ! -d "$1" ]; then
    parents "${1%/*}" || return 1
    note empty "$1" && logged mkdir -- "$1" || return 1
  fi
  owned "$@" && label "$1"
}
parents() {
  [ -z "$1" ] || [ -d "$1" ] || { parents "${1%/*}" && note empty "$1" && logged mkdir -- "$1"; }
}

stage_folder() { # stage_folder NUMBER FOLDER: $D becomes a copy of it, on its filesystem, in which the set is made
  D=${2%/*}/.solti-$1
  if [ "$(stat -L -c %d -- "$2")" != "$(stat -c %d -- "${2%/*}/")" ]; then D=$2/.solti-$1; fi
  printf '%s\n' "$D" >>"$T/staged" && mkdir -m 700 -- "$D" 2>"$T/out" || { failed 1 "mkdir $D" "cannot stage beside $2"; return 1; }
  # links cost nothing; what cannot be linked is copied
  ( cd "$2" && for f in * .[!.]*; do
    case $f in .solti-*) continue ;; esac
    if [ -e "$f" ] || [ -h "$f" ]; then cp -al -- "$f" "$D/" 2>/dev/null || cp -a -- "$f" "$D/" 2>"$T/out" || exit 1; fi
  done ) || { failed 1 "cp -a $2" "cannot stage a copy of $2"; return 1; }
}

stage_file() { # stage_file NUMBER PATH: $F is where its new content goes
  F=${2%/*}/.solti-$1
  parents "${2%/*}" && printf '%s\n' "$F" >>"$T/staged" && ( umask 077; : >"$F" ) 2>"$T/out" || { failed 1 '' "cannot write to ${2%/*}"; return 1; }
}

try() { try_as - "$@"; } # try COMMAND...: with the staged file or folder among its arguments

try_as() { # try_as USER COMMAND...
  by "$@" >"$T/out" 2>&1 </dev/null 8>&-
  status=$?
  shift
  [ $status -eq 0 ] || { failed $status "$*" 'the new configuration was refused'; return 1; }
}

validate() { # validate STAGED TARGET COMMAND...: the command sees what is staged in the target's place
  tool unshare || { failed 127 '' 'the host has no unshare, which is needed to validate before the swap'; return 1; }
  D=
  if [ ! -e "$2" ]; then
    # nothing can be mounted on a file that is not there: a copy of its folder that has it is mounted on the folder
    D=$1.d
    printf '%s\n' "$D" >>"$T/staged" && mkdir -m 700 -- "$D" || { failed 1 "mkdir $D" "cannot stage beside $2"; return 1; }
  fi
  unshare -m sh -c '
    mount --make-rprivate / 2>/dev/null
    copy=$1 staged=$2 target=$3; shift 3
    if [ -n "$copy" ]; then
      folder=${target%/*}
      for f in "$folder"/* "$folder"/.[!.]*; do
        case $f in */.solti-*) continue ;; esac
        if [ -d "$f" ] && [ ! -h "$f" ]; then mkdir "$copy/${f##*/}" && mount --rbind "$f" "$copy/${f##*/}"
        elif [ -e "$f" ] || [ -h "$f" ]; then cp -al -- "$f" "$copy/" 2>/dev/null || cp -a -- "$f" "$copy/"; fi || exit 125
      done
      cp -al -- "$staged" "$copy/${target##*/}" || exit 125
      staged=$copy target=$folder
    fi
    mount --bind "$staged" "$target" || exit 125
    exec "$@"' sh "$D" "$@" >"$T/out" 2>&1 </dev/null 8>&-
  status=$?
  shift 2
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

swap() { # swap STAGED TARGET
  if [ -d "$2" ] && [ ! -h "$2" ]; then failed 1 '' "$2 is a directory"; return 1; fi
  mv -fT -- "$1" "$2" 2>"$T/out" || { failed 1 "mv $1 $2" "cannot write $2"; return 1; }
  label "$2"
}

attributes() { # attributes PATH MODE OWNER GROUP
  J=$((J + 1))
  printf '%s\n' "$1" >"$T/$J.path" && stat -c '%a %u %g' -- "$1" >"$T/$J.was" && printf 'attributes %s\n' "$J" >>"$T/undo" && owned "$@" && label "$1"
}

link() { # link NUMBER PATH TARGET
  keep "$2" && F=${2%/*}/.solti-$1 && printf '%s\n' "$F" >>"$T/staged" && logged ln -s -- "$3" "$F" && swap "$F" "$2"
}

discard() { # discard NUMBER PATH
  if [ -d "$2" ] && [ ! -h "$2" ]; then
    J=$((J + 1)); F=${2%/*}/.solti-$1
    printf '%s\n' "$2" >"$T/$J.path" && printf '%s\n' "$F" >"$T/$J.was" && printf 'moved %s\n' "$J" >>"$T/undo" \
      && logged mv -T -- "$2" "$F" && printf '%s\n' "$F" >>"$T/trash"
  elif [ -e "$2" ] || [ -h "$2" ]; then
    keep "$2" && logged rm -f -- "$2"
  fi
}

discard_empty() { # discard_empty PATH
  [ -d "$1" ] || return 0
  J=$((J + 1))
  printf '%s\n' "$1" >"$T/$J.path" && stat -c '%a %u %g' -- "$1" >"$T/$J.was" && printf 'folder %s\n' "$J" >>"$T/undo"
  rmdir -- "$1" 2>/dev/null || say kept "$1"
}

keep_original() { # keep_original PATH NAME
  mkdir -p "$V/original" && chmod 700 "$V/original" || return 1
  if { [ -e "$1" ] || [ -h "$1" ]; } && [ ! -e "$V/original/$2" ]; then
    note erase "$V/original/$2" && logged cp -a -- "$1" "$V/original/$2" && flush "$V/original/$2"
  fi
}

restore_original() { # restore_original NUMBER PATH NAME
  [ -e "$V/original/$3" ] || [ -h "$V/original/$3" ] || { discard "$1" "$2"; return; }
  keep "$2" && F=${2%/*}/.solti-$1 && printf '%s\n' "$F" >>"$T/staged" && logged cp -a -- "$V/original/$3" "$F" && swap "$F" "$2" \
    && printf '%s\n' "$V/original/$3" >>"$T/trash"
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
  printf '%s\n' "${1:--}" >>"$T/reload" && reread_now "${1:--}"
}
reread_now() {
  case $1 in
  -) logged systemctl daemon-reload ;;
  *) id=$(id -u -- "$1") && { [ ! -S "/run/user/$id/bus" ] || logged as_user "$1" systemctl --user daemon-reload; } ;;
  esac
}

remember() { # remember UNIT WHAT: its state before anything was touched, and what is done to it; `-` is nothing yet
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
  ctl "$2" "$1"
}

service() { # service start|stop|restart|reload UNIT
  remember "$2" "$1" || return 1
  act "$1" "$2" >"$T/out" 2>&1 </dev/null 8>&- && return
  status=$?
  words "$2"
  case $2 in */*) scope=" --user -M ${2%%/*}@" ;; *) scope= ;; esac
  failed $status "systemctl$scope $1 ${2#*/}" "${2#*/} did not $1"
  return 1
}

# the last lines of a unit's journal, as the output of what failed
words() {
  case $1 in
  */*) journalctl -q --no-pager -o cat -n 15 _SYSTEMD_USER_UNIT="${1#*/}" _UID="$(id -u -- "${1%%/*}")" ;;
  *) journalctl -q --no-pager -o cat -n 15 -u "$1" ;;
  esac >>"$T/out" 2>/dev/null
}

show_all() { # show_all UNIT...: what tells that a unit has stayed up
  own_=
  for of_ in "$@"; do case $of_ in
  */*) printf 'Id=%s\n' "$of_"; ctl "$of_" show -p ActiveState -p SubState -p InvocationID ;;
  *) own_="$own_ $of_" ;;
  esac; done
  # shellcheck disable=SC2086 # names of units have no blanks
  [ -z "$own_" ] || systemctl show -p Id -p ActiveState -p SubState -p InvocationID -- $own_
}

settle() { # settle TENTHS CHANGE:UNIT...: they must stay up, without having started again, for that long
  tenths=$1; shift
  of=
  for unit in "$@"; do shift; of="$of $unit"; set -- "$@" "${unit#*:}"; done
  first=
  while :; do
    now=$(show_all "$@")
    while IFS= read -r line; do
      case $line in
      ActiveState=failed | ActiveState=inactive | SubState=auto-restart*) first=down ;;
      esac
    done <<UNITS
$now
UNITS
    if [ "$first" = down ] || { [ -n "$first" ] && [ "$first" != "$now" ]; }; then
      true >"$T/out"; for unit in "$@"; do
        if ! ctl "$unit" is-active -q || [ $# -eq 1 ]; then words "$unit"; else continue; fi
        for change in $of; do if [ "${change#*:}" = "$unit" ]; then at=${change%%:*}; fi; done
        failed 1 "systemctl show $unit" "${unit#*/} did not stay up after it was started"; return 1
      done
      words "$1"; failed 1 "systemctl show $*" 'a service did not stay up after it was started'; return 1
    fi
    first=$now
    [ "$tenths" -gt 0 ] || return 0
    tenths=$((tenths - 2)); sleep 0.2
  done
}

# --- the end: one way or the other ---

untouched() { # untouched NUMBER PATH: it is what was kept; where nothing could be written there is nothing to put back
  [ "$(stat -c '%i %a %u %g' -- "$2" 2>/dev/null)" = "$(cat "$T/$1.stat")" ] || return 1
  if [ -h "$2" ]; then [ "$(readlink -- "$2")" = "$(readlink -- "$T/$1.was")" ]
  else [ "$(sha256sum <"$2")" = "$(sha256sum <"$T/$1.was")" ]; fi
}

restore() { # restore NUMBER PATH: by rename, as it was written
  old=${2%/*}/.solti-back-$1
  rm -rf -- "$old"; cp -a -- "$T/$1.was" "$old" && mv -fT -- "$old" "$2"
}

put_back() {
  [ -n "$T" ] && [ -d "$T" ] || return 0
  trap '' TERM HUP INT
  unwatch
  if [ -e "$T/manifest" ]; then finish; return; fi
  say back begins
  stuck=
  # what did not run before stops while its files are still there
  while read -r unit active boot start did; do
    [ "$did" != - ] || continue
    case $active in active | activating | reloading | deactivating) ;; *) act stop "$unit"; ctl "$unit" reset-failed ;; esac
    case $boot in disabled | none) ctl "$unit" disable ;; esac
  done <"$T/services" >/dev/null 2>&1
  while IFS= read -r path; do rm -rf -- "$path"; done <"$T/staged"
  sed '1!G;h;$!d' "$T/undo" >"$T/odnu"
  while read -r verb number; do
    IFS= read -r path <"$T/$number.path" || continue
    case $verb in
    erase) if [ -e "$path" ] || [ -h "$path" ]; then rm -f -- "$path" && case $path in "$V"/*) ;; *) say back "removed $path" ;; esac; fi ;;
    empty) rmdir -- "$path" 2>/dev/null || [ ! -d "$path" ] || say stays "$path, which is not empty" ;;
    restore) if untouched "$number" "$path"; then :; elif restore "$number" "$path"; then label "$path"; say back "$path"; else say stuck "$path"; stuck=yes; fi ;;
    moved) IFS= read -r old <"$T/$number.was"; [ ! -e "$old" ] || { mv -T -- "$old" "$path" && say back "$path"; } || { say stuck "$path"; stuck=yes; } ;;
    folder | attributes)
      if [ "$verb" = folder ]; then mkdir -p -- "$path"; fi
      read -r mode uid gid <"$T/$number.was" && chown "$uid:$gid" -- "$path" && chmod "$mode" -- "$path" || { say stuck "$path"; stuck=yes; } ;;
    esac 2>/dev/null
  done <"$T/odnu"
  if [ -e "$T/reload" ] && tool systemctl; then sort -u "$T/reload" | while read -r user; do reread_now "$user"; done >/dev/null; fi
  # what ran runs again, with what it had: what was not started since, not even by a reboot, still does
  seen=' '
  while read -r unit active boot start did; do
    case $did-$boot in disable-enabled*) ctl "$unit" enable ;; esac >/dev/null 2>&1
    case $active in active | activating | reloading) ;; *) continue ;; esac
    case $seen in *" $unit "*) continue ;; esac
    if [ "$(ctl "$unit" show -p InvocationID -p ActiveState | sort)" != "ActiveState=active
InvocationID=$start" ]; then
      act restart "$unit"
    elif [ "$did" = reload ]; then
      ctl "$unit" reload-or-restart
    else
      continue
    fi >/dev/null 2>&1
    seen="$seen$unit "
    if ctl "$unit" is-active -q; then say back "${unit#*/} is running as before"; else say stuck "${unit#*/} does not run"; stuck=yes; fi
  done <"$T/services"
  if [ -n "$stuck" ]; then mv -T -- "$T" "$V/stuck-${T##*/}"; say stuck "the journal is kept in $V/stuck-${T##*/}"; else rm -rf -- "$T"; fi
  T=
  trap - EXIT TERM HUP INT
  say back ends
}

commit() { # commit MANIFEST: from the rename on, the step is done, whatever happens
  printf '%s\n' "$1" >"$T/manifest.new" && flush "$T/manifest.new" && mv -f -- "$T/manifest.new" "$T/manifest" && flush "$T" \
    || { failed 1 '' "cannot write to $V"; return 1; }
  finish
}

finish() {
  cp -- "$T/manifest" "$V/manifest.json.new" && flush "$V/manifest.json.new" && mv -f -- "$V/manifest.json.new" "$V/manifest.json" || return 1
  for list in staged trash; do while IFS= read -r path; do rm -rf -- "$path"; done <"$T/$list"; done
  rm -rf -- "$T"
  T=
  trap - EXIT TERM HUP INT
}

# what an earlier run left open when its host or its shell was killed
recover() {
  for T in "$V"/journal/*/; do
    T=${T%/}
    if [ -d "$T" ]; then say recovered "${T##*/}"; put_back; fi
  done
  T=
}

lock() { # lock WHO
  tool flock || { say refused 'flock is missing on the host (package util-linux)'; return 1; }
  ( : >>"$L" ) 2>/dev/null || { say refused "cannot write $L"; return 1; }
  exec 8<>"$L"
  if ! flock -n 8; then IFS= read -r who <"$L"; say locked "${who:-unknown}"; return 1; fi
  printf '%s\n%s\n' "$1" "$$" >"$L"
}
