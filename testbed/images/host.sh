#!/usr/bin/env bash
# Names the container image that throwaway hosts of a suite are made from, and builds it when it is not there.
#
#   host.sh SUITE      trixie (systemd 257, podman 5 with quadlet) or bookworm (systemd 252, podman 4.3 without)
#   host.sh --remove   remove all images that solti has built, for projects too
#
# Such a host boots as a real one does: systemd as PID 1, sshd, sudo, podman, curl; no Python. It has
#   /srv/apt           all the packages that tests install, and what they depend on, as a trusted local
#                      repository: its only source, with the lists already read
#   /srv/signed        a signed repository (suite "signed", component "main") with solti-hello 1.0 and 1.1,
#                      not among the sources; its public key is /srv/signed/key.asc
#   ops, opspw, plain  users: sudo without a password; sudo with the password "correct horse"; no sudo
#
# The name ends in SUITE and a digest of this script and rootfs/, so an image is never older than its recipe. What was
# built last is also called localhost/solti/debian13 or debian12.
# SOLTI_DEBIAN_MIRROR says where Debian's packages come from, when not from where this machine has its own.
# Needs what setup.sh installs.
set -euo pipefail

script=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/host.sh
here=${script%/*}

packages=systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,openssh-server,sudo
packages+=,podman,crun,netavark,aardvark-dns,uidmap,fuse-overlayfs,slirp4netns,nftables,iptables
packages+=,iproute2,procps,curl,ca-certificates
# What podman uses by default in each suite; bookworm's crun 1.8 cannot lower the limits of a nested container.
declare -A runs_on=([trixie]=passt [bookworm]=runc)
declare -A platform=([trixie]=debian13 [bookworm]=debian12)
installable=(prometheus prometheus-node-exporter tree hello)

# The mirror that this machine itself uses, if it is a Debian one; else mmdebstrap's own choice.
mirror() {
  local id
  id=$(sed -n 's/^ID=//p' /etc/os-release)
  [ "$id" = debian ] || return 0
  awk '$1 == "URIs:" { print $2; exit }' /etc/apt/sources.list.d/debian.sources 2>/dev/null ||
    awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^http/) { print $i; exit } }' /etc/apt/sources.list
}

# The signed repository, with a key that nobody keeps: signed_repository DIR
signed_repository() {
  local dir=$1 version tree home
  mkdir -p "$dir/pool" "$dir/dists/signed/main/binary-all"
  for version in 1.0 1.1; do
    tree=$work/solti-hello-$version
    mkdir -p "$tree/DEBIAN" "$tree/etc" "$tree/usr/bin"
    printf '%s\n' 'Package: solti-hello' "Version: $version" 'Architecture: all' 'Section: misc' 'Priority: optional' \
      'Maintainer: solti <solti@localhost>' 'Description: says which version of it is installed' >"$tree/DEBIAN/control"
    printf '/etc/solti-hello.conf\n' >"$tree/DEBIAN/conffiles"
    printf 'greeting = hello from %s\n' "$version" >"$tree/etc/solti-hello.conf"
    printf '#!/bin/sh\necho "solti-hello %s"\n' "$version" >"$tree/usr/bin/solti-hello"
    chmod 755 "$tree/usr/bin/solti-hello"
    dpkg-deb --root-owner-group -b "$tree" "$dir/pool/solti-hello_${version}_all.deb" >/dev/null
  done
  (
    cd "$dir"
    # apt reads the architecture's own index; packages for all architectures stand in it too.
    binary=dists/signed/main/binary-$(dpkg --print-architecture)
    mkdir -p "$binary"
    apt-ftparchive packages pool | tee "$binary/Packages" >dists/signed/main/binary-all/Packages
    apt-ftparchive -o APT::FTPArchive::Release::Origin=solti-test -o APT::FTPArchive::Release::Suite=signed \
      -o APT::FTPArchive::Release::Codename=signed -o APT::FTPArchive::Release::Components=main \
      -o APT::FTPArchive::Release::Architectures="all $(dpkg --print-architecture)" \
      release dists/signed >"$work/Release"
    mv "$work/Release" dists/signed/Release
  )
  # gpg-agent's socket needs a short path: not below the work folder, which may have a long one.
  home=$(mktemp -d /tmp/solti-gpg.XXXXXX)
  gpg() { command gpg --homedir "$home" --batch --quiet --no-tty --pinentry-mode loopback --passphrase '' "$@"; }
  gpg --quick-generate-key 'solti test repository <solti@localhost>' ed25519 sign never
  gpg --armor --export >"$dir/key.asc"
  gpg --armor --detach-sign -o "$dir/dists/signed/Release.gpg" "$dir/dists/signed/Release"
  gpg --clearsign -o "$dir/dists/signed/InRelease" "$dir/dists/signed/Release"
  gpgconf --homedir "$home" --kill all
  rm -rf "$home"
}

# Called by mmdebstrap when the packages are installed: customize ROOT
customize() {
  local root=$1 user
  # Fetched by this machine's apt into the new root's terms: what is installed there is not fetched again.
  mkdir -p "$root/srv/apt/partial"
  APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get install -qq -y --download-only --no-install-recommends \
    -o Dir::Cache::Archives="$root/srv/apt/" -o APT::Sandbox::User=root "${installable[@]}"
  rm -rf "$root/srv/apt/partial" "$root/srv/apt/lock"
  (
    cd "$root/srv/apt"
    apt-ftparchive packages . >Packages
    apt-ftparchive -o APT::FTPArchive::Release::Origin=solti-test release . >../Release
    mv ../Release .
  )

  tar -C "$work/rootfs" -c --owner 0 --group 0 --mode 'u+rw,go+rX,go-w' . | tar -C "$root" -x --no-overwrite-dir
  mkdir -p "$root/etc/containers/systemd"
  if [ "$suite" = bookworm ]; then
    printf '[engine]\nruntime = "runc"\n' >>"$root/etc/containers/containers.conf.d/nested.conf"
  fi

  for user in ops opspw plain; do chroot "$root" useradd -m -s /bin/bash "$user"; done
  echo 'opspw:correct horse' | chroot "$root" chpasswd

  # Nothing that wakes up by itself may hold apt's lock or slow a test down.
  chroot "$root" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
    e2scrub_all.timer fstrim.timer man-db.timer systemd-modules-load.service systemd-journald-audit.socket
  rm -f "$root"/etc/ssh/ssh_host_*
  : >"$root/etc/machine-id"

  # From here on the host's only source is its own folder.
  rm -f "$root/etc/apt/sources.list"
  rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin
  chroot "$root" apt-get update -qq
}

build() {
  local image=$1 log=$work/log uri
  cp -r "$here/rootfs" "$work/rootfs"
  signed_repository "$work/rootfs/srv/signed"

  uri=${SOLTI_DEBIAN_MIRROR:-$(mirror)}
  mmdebstrap --mode=root --variant=minbase --include="$packages,${runs_on[$suite]}" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --skip=cleanup/apt/lists \
    --customize-hook="$(printf '%q ' "$script" --customize "$suite" "$work")\"\$1\"" \
    "$suite" "$work/host.tar" ${uri:+"deb $uri $suite main"} >"$log" 2>&1 ||
    {
      tail -n 30 "$log" >&2
      echo "$image could not be built: the lines above say why" >&2
      exit 1
    }
  engine import --change 'CMD ["/usr/local/sbin/boot"]' --change "LABEL solti-image=$image" "$work/host.tar" "$image" >"$log" 2>&1 ||
    {
      cat "$log" >&2
      exit 1
    }
  name "$image" "localhost/solti/${platform[$suite]}"
}

case ${1:-} in
trixie | bookworm | --remove) ;;
--customize)
  suite=$2 work=$3
  customize "$4"
  exit
  ;;
*)
  sed -n '2,5s/^# \{0,1\}//p' "$script" >&2
  exit 2
  ;;
esac
# shellcheck source=driver.sh
. "$here/driver.sh"

if [ "$1" = --remove ]; then
  # Names first that are beside others; what containers are made from stays.
  engine images --format '{{.Repository}}:{{.Tag}}' | sed -nE '/^localhost\/solti(\/|-host:|-build:)/p' | LC_ALL=C sort -r |
    while read -r old; do engine rmi "$old" >/dev/null 2>&1 || true; done
  exit
fi
suite=$1
digest=$(tar -C "$here" -c --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode='u+rw,go+rX,go-w' host.sh rootfs | sha256sum)
image=localhost/solti-host:$suite-${digest:0:12}
if ! claim "$image"; then
  if [ "$(id -u)" != 0 ]; then
    as_root+=(env "SOLTI_TEST_DRIVER=$driver")
    for name in SOLTI_DEBIAN_MIRROR DOCKER_HOST; do
      if [ -n "${!name:-}" ]; then as_root+=("$name=${!name}"); fi
    done
    exec "${as_root[@]}" "$script" "$suite"
  fi
  # Whoever comes second waits here, and then finds the image built.
  exec 9>"/run/solti-host-$suite.lock"
  flock 9
  if ! claim "$image"; then
    echo "building $image, once: about a minute" >&2
    work=$(mktemp -d /var/tmp/solti-host.XXXXXX)
    trap 'rm -rf "$work"' EXIT
    build "$image" 9>&-
    claim "$image"
  fi
fi
echo "$image"
