# Services.

# A unit USER/NAME is in that user's own systemd: ctl UNIT ARGUMENT...
ctl() {
  of_=$1; shift
  case $of_ in
  */*)
    case $1 in
    show) asked "${of_%%/*}" systemctl --user "$@" -- "${of_#*/}" ;;
    is-* | reset-failed) briefly as_user "${of_%%/*}" systemctl --user "$@" -- "${of_#*/}" ;;
    *) as_user "${of_%%/*}" systemctl --user "$@" -- "${of_#*/}" ;;
    esac ;;
  *) systemctl "$@" -- "$of_" ;;
  esac
}
typed() { # typed UNIT ARGUMENT...: what a person would type for it
  of_=$1; shift
  case $of_ in */*) echo "systemctl --user -M ${of_%%/*}@ $* ${of_#*/}" ;; *) echo "systemctl $* $of_" ;; esac
}
logged_ctl() { run "$(typed "$@")" ctl "$@"; }

reread() { # reread [USER]
  printf '%s\n' "${1:--}" >>"$T/reload" && reread_now "${1:--}" run
}
reread_now() { # reread_now USER [run]: what has failed, and has no file any more from now on, is forgotten
  ghosts_=$(ghosts "$1")
  case $1 in
  -) ${2:+run 'systemctl daemon-reload'} systemctl daemon-reload ;;
  *) id=$(id -u -- "$1") && { [ ! -S "/run/user/$id/bus" ] ||
    ${2:+run "systemctl --user -M $1@ daemon-reload"} as_user "$1" systemctl --user daemon-reload; } ;;
  esac || return 1
  gone_=
  for ghost_ in $(ghosts "$1"); do
    # what was such before is somebody else's
    case "
$ghosts_
" in *"
$ghost_
"*) ;; *) gone_="$gone_ $ghost_" ;; esac
  done
  # shellcheck disable=SC2086 # names of units have no blanks
  case $1-$gone_ in
  *-) ;;
  --*) systemctl reset-failed -- $gone_ ;;
  *) briefly as_user "$1" systemctl --user reset-failed -- $gone_ ;;
  esac >/dev/null 2>&1
  return 0
}
ghosts() { # ghosts USER: units that systemd knows only because they have failed
  case $1 in
  -) systemctl list-units --all --full --plain --no-legend --state=failed ;;
  *) asked "$1" systemctl --user list-units --all --full --plain --no-legend --state=failed ;;
  esac 2>/dev/null | while read -r name load _; do case $load-$name in not-found-*[!A-Za-z0-9:_.@\\-]*) ;; not-found-?*) echo "$name" ;; esac; done
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

enable() { remember "$1" enable && logged_ctl "$1" enable && reread_later "$1"; }
disable() { remember "$1" disable && logged_ctl "$1" disable && reread_later "$1"; }
reread_later() { case $1 in */*) printf '%s\n' "${1%%/*}" ;; *) echo - ;; esac >>"$T/reload"; }

# Podman 4 that is ended while it starts a container forgets the network that it has made for it, whose rules then lead to nowhere
# until the host boots again. A start is over soon; one that is due after a failure may begin at any moment. What has just begun
# in a container may not listen to signals yet, and would be waited for until it is killed.
let_start() { # let_start UNIT
  left=200 due=20 fresh=0
  read -r begun_ _ </proc/uptime
  while [ "$left" -gt 0 ]; do
    now=$(ctl "$1" show -p ExecStart -p SubState 2>/dev/null)
    case $now in *'/podman '*) ;; *) return ;; esac
    case $now in
    *SubState=start*) fresh=20 ;;
    *SubState=running*) if [ "$fresh" -gt 0 ]; then fresh=$((fresh - 1)); else return; fi ;;
    *SubState=auto-restart*) if [ "$due" -gt 0 ]; then due=$((due - 1)); else return; fi ;;
    *) return ;;
    esac
    # to ask may take its time, too
    read -r now _ </proc/uptime
    left=$((left - 1)); if [ $((${now%.*} - ${begun_%.*})) -gt 20 ]; then return; fi
    sleep 0.05
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
triggered() { # triggered UNIT: what a socket, a timer or a path starts by itself: few, whatever somebody's systemd says
  case $1 in */*) scope_=${1%%/*}/ ;; *) scope_= ;; esac
  for one_ in $(ctl "$1" show -p Triggers --value 2>/dev/null | head -c 4096); do
    case $one_ in *[!A-Za-z0-9:_.@\\-]*) ;; *) printf '%s\n' "$scope_$one_" ;; esac
  done | head -n 8
}

service() { # service start|stop|restart|reload UNIT
  remember "$2" "$1" || return 1
  # what it starts is put back with it
  case $2 in *.socket | *.timer | *.path) for one_ in $(triggered "$2"); do remember "$one_" "$1" || return 1; done ;; esac
  act "$1" "$2" >"$T/out" 2>&1 </dev/null 8>&-
  status=$?
  case $2 in */*) detach ;; esac
  [ $status -eq 0 ] || did_not "$1" "$2"
}
did_not() { # did_not VERB UNIT: with $status
  words "$2"
  failed $status "$(typed "$2" "$1")" "${2#*/} did not $1"
  return 1
}

# Services of one scope that follow one another are enabled, and started, together, as they are when a host boots: what has to
# wait for what, their units say. Each systemctl that enables something has systemd read all of its files again, too, unless
# that is about to come.
enable_all() { # enable_all now|before_reread CHANGE:UNIT...
  flag_=; if [ "$1" = before_reread ]; then flag_=--no-reload; fi
  shift
  noted_as enable "$@" || return 1
  ctl_all enable "$@" >/dev/null 2>&1 </dev/null 8>&- && { reread_later "${1#*:}"; return; }
  # one by one it turns out which of them it is
  for of_ in "$@"; do at=${of_%%:*}; enable "${of_#*:}" || return 1; done
}
act_all() { # act_all start|restart CHANGE:UNIT...
  verb_=$1 flag_=; shift
  noted_as "$verb_" "$@" || return 1
  if [ "$verb_" = restart ]; then for of_ in "$@"; do let_start "${of_#*:}"; done; fi
  ctl_all reset-failed "$@" >/dev/null 2>&1 </dev/null 8>&-
  ctl_all "$verb_" "$@" >"$T/out" 2>&1 </dev/null 8>&-
  status=$?
  case $1 in */*) detach ;; esac
  [ $status -ne 0 ] || return 0
  # systemctl names those that it is about; where it names none, it is one that does not run
  said_=$(tr '\n' ' ' <"$T/out") one_=
  for each_ in "$@"; do
    name_=${each_#*:}; name_=${name_#*/}
    case " $said_" in *" $name_ "* | *" $name_:"*) one_=$each_; break ;; esac
  done
  [ -n "$one_" ] || for one_ in "$@"; do ctl "${one_#*:}" is-active -q >/dev/null 2>&1 || break; done
  at=${one_%%:*}
  did_not "$verb_" "${one_#*:}"
}
noted_as() { # noted_as WHAT CHANGE:UNIT...: is about to be done to them
  what_=$1; shift
  for each_ in "$@"; do did_ "${each_#*:}" "$what_" || return 1; done
  flush "$T/services"
}
ctl_all() { # ctl_all VERB CHANGE:UNIT...: with $flag_
  scope_=${2#*:} how_=$1; shift
  for each_ in "$@"; do shift; each_=${each_#*:}; set -- "$@" "${each_#*/}"; done
  case $scope_ in
  */*)
    brief_=; if [ "$how_" = reset-failed ]; then brief_=briefly; fi
    $brief_ as_user "${scope_%%/*}" systemctl --user ${flag_:+"$flag_"} "$how_" -- "$@" ;;
  *) systemctl ${flag_:+"$flag_"} "$how_" -- "$@" ;;
  esac
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
  tenths=$1 all_tenths=$1; shift
  of=
  for unit in "$@"; do shift; of="$of $unit"; set -- "$@" "${unit#*:}"; done
  first=
  read -r begun_ _ </proc/uptime
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
    # where asking takes long, they have been up for longer than there were rounds; two looks it takes
    read -r seen_ _ </proc/uptime
    if [ -n "$first" ] && [ $(((${seen_%.*} - ${begun_%.*} - 1) * 10)) -gt "$all_tenths" ]; then return 0; fi
    first=$now
    [ "$tenths" -gt 0 ] || return 0
    tenths=$((tenths - 2)); sleep 0.2
  done
}
