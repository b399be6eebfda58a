# Packages: they stay when a step fails.

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
