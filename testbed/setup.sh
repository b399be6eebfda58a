#!/usr/bin/env bash
# Installs what this machine lacks, on Debian 12 or Ubuntu 24.04 and later, as root or with sudo.
#
#   setup.sh [hosts|tests]     hosts: what throwaway hosts need (make demo, make bench)
#                              tests: that, and what `make test` needs (the default)
#
# Says what it installs and why; silent and quick when nothing is missing.
set -euo pipefail

want=${1:-tests}
case $want in
hosts | tests) ;;
*)
  sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
  exit 2
  ;;
esac

# package  what it is for
hosts_need='
podman                  runs the throwaway hosts
runc                    starts them where the machine mounts cgroup v1
netavark                gives them a network
aardvark-dns            gives them a network
iptables                gives them a network
iproute2                removes what is left of one
uidmap                  starts containers
mmdebstrap              builds their images from packages
debian-archive-keyring  verifies those packages
apt-utils               indexes the package repositories in the images
gnupg                   signs one of them
openssh-client          logs in to them
curl                    asks the services on them
'
tests_need='
gcc                     links the program
libc6-dev               links the program
strace                  tells in which order things come to the disk
tmux                    runs the program on a terminal
jq                      runs the examples of docs/json.md
'

installed() { # of the packages given, those that are
  dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null | sed -n 's/ installed$//p'
}

need=$hosts_need
[ "$want" = hosts ] || need+=$tests_need
mapfile -t packages < <(awk 'NF { print $1 }' <<<"$need")

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  printf 'setup.sh: this machine has no apt. On Debian 12, Ubuntu 24.04 or later it would install these packages:\n' >&2
  printf '  %s\n' "${packages[*]}" >&2
  exit 1
fi
mapfile -t missing < <(grep -vxF -f <(installed "${packages[@]}") <(printf '%s\n' "${packages[@]}") || true)

if [ ${#missing[@]} -gt 0 ]; then
  sudo=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || {
      printf 'setup.sh: as root, please: apt-get install --no-install-recommends %s\n' "${missing[*]}" >&2
      exit 1
    }
    sudo=(sudo)
  fi
  echo "installing, with apt-get:"
  for package in "${missing[@]}"; do grep "^$package " <<<"$need" | sed 's/^/  /'; done
  log=$(mktemp)
  apt() { "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$log" 2>&1; }
  # Lists of a foreign source that cannot be read right now are no reason to give up: the install says what is missing.
  apt update || true
  apt install --no-install-recommends "${missing[@]}" || {
    tail -n 20 "$log" >&2
    printf 'setup.sh: apt-get could not install them: the lines above, and %s, say why\n' "$log" >&2
    exit 1
  }
  rm -f "$log"
fi

# An installation of Rust that is not on PATH yet is where rustup puts it.
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
if ! command -v cargo >/dev/null; then
  echo 'setup.sh: there is no cargo: install Rust, with https://rustup.rs or the packages rustc and cargo' >&2
  exit 1
fi
if [ "$want" = tests ] && ! command -v cargo-deny >/dev/null; then
  echo "installing cargo-deny, with cargo (checks licences and sources of dependencies): about two minutes"
  log=$(mktemp)
  # It runs for a second at a time: made to be built quickly rather than to run quickly, without its way to
  # fetch advisories, which is not used here.
  CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_DEBUG=0 \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    cargo install --locked --quiet --no-default-features cargo-deny >"$log" 2>&1 </dev/null || {
    tail -n 20 "$log" >&2
    printf 'setup.sh: cargo could not install cargo-deny: the lines above, and %s, say why\n' "$log" >&2
    exit 1
  }
  rm -f "$log"
fi
