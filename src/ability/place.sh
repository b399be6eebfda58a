while read -r key _ uid _; do case $key in Uid:) break ;; esac; done </proc/self/status
if [ "$uid" = 0 ]; then V=/var/lib/solti; L=/run/solti/lock; else V=$HOME/.local/state/solti; L=$V/lock; fi
home_of() { # home_of USER: $home becomes its home, as the list of users has it; a directory may list it by another name
  home=$(if command -v getent >/dev/null; then getent passwd "$1"
    else while IFS= read -r line; do case $line in "$1":*) printf '%s\n' "$line" ;; esac; done </etc/passwd; fi |
    { IFS=: read -r _ _ _ _ _ home _ && printf '%s\n' "$home"; })
  [ -n "$home" ]
}
# What is run as somebody is his to stop, and what it says is his to keep open.
limit='timeout -k 5 600'
heard() { timeout 70 cat; }
briefly() { ( limit='timeout -k 5 60'; "$@" ); } # briefly COMMAND...: of somebody's, which does nothing and only answers
asked() { briefly as_user "$@" | heard; } # asked USER COMMAND...
as_user() { # as_user USER COMMAND...: in the scope of a user who need not be logged in
  who=$1; shift
  id=$(id -u -- "$who") && home_of "$who" || return 1
  set -- env HOME="$home" USER="$who" LOGNAME="$who" XDG_RUNTIME_DIR="/run/user/$id" \
    DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$id/bus" "$@"
  # who has the lock open keeps it
  if [ "$id" = "$uid" ]; then "$@" 8>&-; else ( cd / && $limit runuser -u "$who" -- "$@" 8>&- ); fi
}
