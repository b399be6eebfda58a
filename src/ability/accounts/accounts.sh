# Users and groups, which stay when a step fails, and what users need for services of their own.

account() {
  # userdel has taken the group along that has the user's name
  if [ "$1" = groupdel ] && ! cut -d : -f 1 /etc/group | grep -qxF -e "$2"; then return 0; fi
  # whoever is at work cannot be removed: services that run without a login end with the user
  if [ "$1" = userdel ] && [ -e "/var/lib/systemd/linger/$2" ]; then
    logged loginctl disable-linger "$2" && logged systemctl stop "user@$(id -u -- "$2").service" || return 1
  fi
  logged "$@" && stays "$*"
}

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
