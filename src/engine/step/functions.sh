# The host's side of a step: what it replaces it notes first, so that all of it can be put back.
#
# $V is solti's state here, $T the open transaction: `undo` (verb and number, in order), N.path and N.was for each
# number, `services` (unit, state, start at boot, invocation, what was done), `staged` and `trash` (paths that are not needed
# afterwards, and not needed when all went well), `room` (for its end), `out` (last output).

T= W= J=0 at=0 late=60 holds=
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
tool() { command -v "$1" >/dev/null 2>&1; }
b64() { printf '%s' "$1" | base64 | tr -d '\n'; }
# what is written must be on the disk before it counts
flush() { sync -- "$@" 2>/dev/null || sync; }

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

# --- the journal's entries ---

keep() { # keep PATH...: what is there, or that nothing is, can be put back by renaming alone
  for path do
    shift
    keep_one "$path" || { failed 1 "cp -a $path" "cannot keep a copy of $path" "$path"; return 1; }
    # the old file may be younger than what is on the disk
    if [ -f "$path" ] && [ ! -h "$path" ]; then set -- "$@" "$path"; fi
    if [ -d "${path%/*}/" ]; then set -- "$@" "${path%/*}/"; fi
    set -- "$@" "$T/$J.path"
  done
  flush "$@" && noted
}
keep_one() { # keep_one PATH: beside it, on its filesystem
  if [ ! -e "$1" ] && [ ! -h "$1" ]; then entry erase "$1"; return; fi
  entry restore "$1" && old=${1%/*}/.solti-back-${T##*/}-$J && printf '%s\n' "$old" "$old.part" >>"$T/trash" || return 1
  # a second name for it takes no room, and it comes back as the very same; half a copy must not pass for one
  ln -- "$1" "$old" 2>/dev/null || { cp -a -- "$1" "$old.part" 2>"$T/out" && flush "$old.part" && mv -T -- "$old.part" "$old"; }
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

# the package's own start would come before its configuration, and policy-rc.d is the only way to say no
quiet() {
  F=/usr/sbin/.solti-quiet
  keep /usr/sbin/policy-rc.d && printf '%s\n' "$F" >>"$T/staged" && printf '#!/bin/sh\nexit 101\n' >"$F" && chmod 755 "$F" \
    && swap "$F" /usr/sbin/policy-rc.d
}
loud() {
  old=/usr/sbin/.solti-back-${T##*/}-$P
  if [ -e "$old" ] || [ -h "$old" ]; then mv -fT -- "$old" /usr/sbin/policy-rc.d; else rm -f /usr/sbin/policy-rc.d; fi
}

apt() {
  # a version that is pinned may be an older one
  logged apt-get -q -y --allow-downgrades -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

install() { # install REFRESH RECOMMENDS PACKAGE...
  refresh=$1; extra=--no-install-recommends; if [ "$2" = yes ]; then extra=--install-recommends; fi
  shift 2
  if [ "$refresh" = yes ]; then apt update || return 1; fi
  quiet && P=$J || return 1
  # lists that are too old name packages that are gone: only then they are read anew
  if { [ "$refresh" = no ] && ! apt-get -q -y --allow-downgrades --print-uris install "$extra" "$@" >/dev/null 2>&1; } then apt update || { loud; return 1; }; fi
  apt install "$extra" "$@"; result=$?
  loud
  [ $result -eq 0 ] || return 1
  stays "package $*"
  for name in "$@"; do name=${name%%=*}; dpkg-query -W -f="$S installed $name \${Version}\n" "$name"; done
}

uninstall() { quiet && P=$J && { apt remove "$@"; result=$?; loud; [ $result -eq 0 ]; } && stays "removed package $*"; }

account() {
  # userdel has taken the group along that has the user's name
  if [ "$1" = groupdel ] && ! grep -q "^$2:" /etc/group; then return 0; fi
  # whoever is at work cannot be removed: services that run without a login end with the user
  if [ "$1" = userdel ] && [ -e "/var/lib/systemd/linger/$2" ]; then
    logged loginctl disable-linger "$2" && logged systemctl stop "user@$(id -u -- "$2").service" || return 1
  fi
  logged "$@" && stays "$*"
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
  by "$2" podman "$1" exists "$3" 2>/dev/null || return 0
  force=; if [ "$1" = container ]; then force=-f; fi
  # shellcheck disable=SC2086 # no flag, no word
  by "$2" podman "$1" rm $force -- "$3" >"$T/out" 2>&1 </dev/null 8>&-
  status=$?
  [ $status -eq 0 ] || { failed $status "podman $1 rm $3" ''; return 1; }
  stays "removed $1 $3"
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
  printf '%s\n' "$D" >>"$T/staged" && mkdir -m 700 -- "$D" 2>"$T/out" || { failed 1 "mkdir $D" "cannot stage beside $2" "$2"; return 1; }
  # links cost nothing; what cannot be linked is copied
  ( cd "$2" && for f in * .[!.]*; do
    case $f in .solti-*) continue ;; esac
    if [ -e "$f" ] || [ -h "$f" ]; then cp -al -- "$f" "$D/" 2>/dev/null || cp -a -- "$f" "$D/" 2>"$T/out" || exit 1; fi
  done ) || { failed 1 "cp -a $2" "cannot stage a copy of $2" "$2"; return 1; }
}

stage_file() { # stage_file NUMBER PATH: $F is where its new content goes
  F=${2%/*}/.solti-$1
  parents "${2%/*}" && printf '%s\n' "$F" >>"$T/staged" && ( umask 077; : >"$F" ) 2>"$T/out" || { failed 1 '' "cannot write to ${2%/*}" "$2"; return 1; }
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
    printf '%s\n' "$D" >>"$T/staged" && mkdir -m 700 -- "$D" || { failed 1 "mkdir $D" "cannot stage beside $2" "$2"; return 1; }
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
  mv -fT -- "$1" "$2" 2>"$T/out" || { failed 1 "mv $1 $2" "cannot write $2" "$2"; return 1; }
  label "$2"
}

attributes() { # attributes PATH MODE OWNER GROUP
  as_it_is "$1" && entry attributes "$1" && noted && owned "$@" && label "$1"
}
as_it_is() { stat -c '%a %u %g' -- "$1" >"$T/$((J + 1)).was"; } # as_it_is PATH: of the next entry

link() { # link NUMBER PATH TARGET
  keep "$2" && F=${2%/*}/.solti-$1 && printf '%s\n' "$F" >>"$T/staged" && logged ln -s -- "$3" "$F" && swap "$F" "$2"
}

discard() { # discard NUMBER PATH
  if [ -d "$2" ] && [ ! -h "$2" ]; then
    aside "$2" && logged mv -T -- "$2" "$F"
  elif [ -e "$2" ] || [ -h "$2" ]; then
    keep "$2" && logged rm -f -- "$2"
  fi
}

aside() { # aside FOLDER: it is about to become $F
  F=${1%/*}/.solti-gone-${T##*/}-$((J + 1))
  printf '%s\n' "$F" >>"$T/trash" && printf '%s\n' "$F" >"$T/$((J + 1)).was" && note moved "$1"
}

discard_empty() { # discard_empty PATH
  [ -d "$1" ] || return 0
  # what was taken out of it lies ready in it
  if is_empty "$1" && aside "$1" && mv -T -- "$1" "$F" 2>/dev/null; then
    is_empty "$F" || mv -T -- "$F" "$1" || return 1
  fi
  [ ! -d "$1" ] || say kept "$1"
}
is_empty() { [ -z "$(ls -A -- "$1" | grep -v '^[.]solti-')" ]; } # is_empty FOLDER: but for what is ours

keep_original() { # keep_original PATH NAME
  mkdir -p "$V/original" && chmod 700 "$V/original" || return 1
  if { [ -e "$1" ] || [ -h "$1" ]; } && [ ! -e "$V/original/$2" ]; then
    note erase "$V/original/$2" && logged cp -a -- "$1" "$V/original/$2" && flush "$V/original/$2" "$V/original"
  fi
}

restore_original() { # restore_original NUMBER PATH NAME
  [ -e "$V/original/$3" ] || [ -h "$V/original/$3" ] || { discard "$1" "$2"; return; }
  keep "$2" && F=${2%/*}/.solti-$1 && printf '%s\n' "$F" >>"$T/staged" && logged cp -a -- "$V/original/$3" "$F" && flush "$F" && swap "$F" "$2" \
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
  printf '%s\n' "${1:--}" >>"$T/reload" && reread_now "${1:--}" logged
}
reread_now() { # reread_now USER [logged]
  # shellcheck disable=SC2086 # no word, nothing
  case $1 in
  -) $2 systemctl daemon-reload ;;
  *) id=$(id -u -- "$1") && { [ ! -S "/run/user/$id/bus" ] || $2 as_user "$1" systemctl --user daemon-reload; } ;;
  esac
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

# --- the way back of each entry ---

undo() { # undo VERB NUMBER: for $whole; 1 where it could not
  case $1 in
  erase)
    if [ ! -e "$whole" ] && [ ! -h "$whole" ]; then return 0; fi
    rm -f -- "$whole" || return 1
    case $whole in "$V"/*) ;; *) say back "removed $whole" ;; esac
    ;;
  empty)
    rmdir -- "$whole" || [ ! -d "$whole" ] || { [ -n "$(ls -A -- "$whole")" ] && say stays "$whole, which is not empty"; }
    ;;
  restore) old=${whole%/*}/.solti-back-${T##*/}-$2; rm -rf -- "$old.part"; restore ;;
  moved) IFS= read -r old <"$T/$2.was"; restore ;;
  attributes) [ ! -e "$whole" ] || as_it_was "$2" ;;
  esac 2>/dev/null
}

restore() { # by renaming alone: $old becomes $whole again
  # it was noted, and then nothing was done; or it has been put back
  if [ ! -e "$old" ] && [ ! -h "$old" ]; then return 0; fi
  if same; then rm -f -- "$old"; return; fi
  if [ -d "$old" ] || [ -d "$whole" ]; then
    # it may have been made again meanwhile
    if [ -e "$whole" ] || [ -h "$whole" ]; then mv -T -- "$whole" "$old.part" || return 1; fi
  fi
  mv -fT -- "$old" "$whole" || return 1
  say back "$whole"
  rm -rf -- "$old.part"
}
same() { # nothing tells $old and $whole apart
  if [ -d "$old" ] && [ ! -h "$old" ]; then return 1; fi
  [ "$(stat -c '%f %u %g %s %Y' -- "$old")" = "$(stat -c '%f %u %g %s %Y' -- "$whole")" ] || return 1
  if [ -h "$old" ]; then [ "$(readlink -- "$old")" = "$(readlink -- "$whole")" ]
  else [ "$(sha256sum <"$old")" = "$(sha256sum <"$whole")" ]; fi
}
as_it_was() { # as_it_was NUMBER
  read -r mode uid gid <"$T/$1.was" && { [ "$(stat -c '%a %u %g' -- "$whole")" = "$mode $uid $gid" ] \
    || { chown "$uid:$gid" -- "$whole" && chmod "$mode" -- "$whole"; }; }
}

lock() { # lock WHO
  tool flock || { say refused 'flock is missing on the host (package util-linux)'; return 1; }
  ( : >>"$L" ) 2>/dev/null || { say refused "cannot write $L"; return 1; }
  exec 8<>"$L"
  if ! flock -n 8; then IFS= read -r who <"$L"; say locked "${who:-unknown}"; return 1; fi
  printf '%s\n%s\n' "$1" "$$" >"$L"
  holds=yes
}
