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
heard() { timeout 70 head -c 1048576; }
# Of somebody's, which does nothing and only answers. Whoever lets root wait again and again is waited for shorter and shorter.
briefly() ( # briefly COMMAND...
  waited=0; if [ -n "$T" ] && [ -e "$T/waited" ]; then read -r waited <"$T/waited"; fi
  read -r begun _ </proc/uptime
  seconds=$((300 - waited)); if [ $seconds -gt 60 ]; then seconds=60; elif [ $seconds -lt 1 ]; then seconds=1; fi
  limit="timeout -k 5 $seconds"
  "$@"
  status=$?
  read -r now _ </proc/uptime
  waited=$((waited + ${now%.*} - ${begun%.*}))
  if [ -n "$T" ] && [ $waited -gt 0 ]; then echo $waited >"$T/waited"; fi
  exit $status
)
asked() { briefly as_user "$@" | heard; } # asked USER COMMAND...
answers() { # answers TAG BEFORE USER COMMAND...: says each of its lines; what has not come to an end is no answer
  tag_=$1 before_=$2 user_=$3; shift 2
  { briefly as_user "$@" 2>/dev/null; printf '\nended %s\n' $?; } | heard | {
    line_= later_=
    while IFS= read -r next_; do
      [ -z "$later_" ] || say "$tag_" "$before_$line_"
      line_=$next_ later_=yes
    done
    case $line_ in
    'ended 124' | 'ended 137') ;;
    'ended '*) exit ;;
    esac
    case $tag_ in unit) say refused "the systemd of $user_ does not answer" ;; *) say refused "the podman of $user_ does not answer" ;; esac
  }
}
as_user() { # as_user USER COMMAND...: in the scope of a user who need not be logged in
  who=$1; shift
  id=$(id -u -- "$who") && home_of "$who" || return 1
  set -- env HOME="$home" USER="$who" LOGNAME="$who" XDG_RUNTIME_DIR="/run/user/$id" \
    DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$id/bus" "$@"
  # who has the lock open keeps it
  if [ "$id" = "$uid" ]; then "$@" 8>&-; else ( cd / && $limit runuser -u "$who" -- "$@" 8>&- ); fi
}
