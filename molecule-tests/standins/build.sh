#!/usr/bin/env bash
# Builds the stand-ins, if their sources have changed, and what hosts get them from:
#
#   target/standins/solti-standins   one static program: `loki`, `alloy` or `registry` by its name or first argument
#   target/standins/apt              a signed repository (suite "stable", component "main", key.asc, fingerprint) with packages
#                                    alloy and loki in two versions each, laid out as those of the real programs
#
# hosts.sh mounts target/standins at /srv/standins of every host, where a registry serves the program as images.
# Needs cargo, dpkg-deb, apt-ftparchive and gpg.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/target/standins
program=$out/solti-standins
loki_versions=(3.5.0 3.5.7)
alloy_versions=(1.10.0 1.11.3)

mkdir -p "$out"
# Whoever comes second waits here, and then finds everything built.
exec 9>"$out/lock"
flock 9

digest=$(cd "$root" && { find molecule-tests/standins Cargo.toml Cargo.lock -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum; rustc --version; } | sha256sum)
if [ -x "$program" ] && [ "$(cat "$out/digest" 2>/dev/null)" = "$digest" ]; then exit; fi

cd "$root"
# The flag is for this package only; in RUSTFLAGS it would be for procedural macros, too, which cannot be static.
# What is built for a moment's use should be built quickly.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1
cargo rustc --locked --quiet -p solti-standins --release --target-dir "$out/build" -- -C target-feature=+crt-static
cp "$out/build/release/solti-standins" "$program.new"

work=$(mktemp -d /tmp/solti-standins.XXXXXX)
trap 'rm -rf "$work"' EXIT

# package NAME VERSION: a package of the files in $work/NAME
package() {
  local name=$1 version=$2 tree=$work/$1
  mkdir -p "$tree/usr/bin" "$tree/usr/share/solti-standins"
  install -m 755 "$program.new" "$tree/usr/bin/$name"
  case $name in
  alloy) echo "v$version" ;;
  *) echo "$version" ;;
  esac >"$tree/usr/share/solti-standins/$name"
  find "$tree" -type d -exec chmod 755 {} +
  dpkg-deb -Zgzip -z1 --root-owner-group -b "$tree" "$work/apt/pool/${name}_${version}_$architecture.deb" >/dev/null
}

control() { # control NAME VERSION
  printf '%s\n' "Package: $1" "Version: $2" "Architecture: $architecture" 'Section: default' 'Priority: extra' \
    'Maintainer: solti <solti@localhost>' "Description: stand-in for $1, for tests" \
    ' It takes the same configuration as the real program, and does a small part of what that does.'
}

alloy() {
  local version=$1 tree=$work/alloy
  rm -rf "$tree"
  mkdir -p "$tree/DEBIAN" "$tree/etc/alloy" "$tree/etc/default" "$tree/usr/lib/systemd/system"
  control alloy "$version" >"$tree/DEBIAN/control"
  printf '/etc/alloy/config.alloy\n/etc/default/alloy\n' >"$tree/DEBIAN/conffiles"
  printf 'logging {\n\tlevel = "warn"\n}\n' >"$tree/etc/alloy/config.alloy"
  cat >"$tree/etc/default/alloy" <<'END'
# The configuration: a file or a folder.
CONFIG_FILE="/etc/alloy/config.alloy"

# Further arguments of `alloy run`.
CUSTOM_ARGS=""

# Whether an upgrade restarts the service.
RESTART_ON_UPGRADE=true
END
  cat >"$tree/usr/lib/systemd/system/alloy.service" <<'END'
[Unit]
Description=Stand-in for Alloy
Wants=network-online.target
After=network-online.target

[Service]
Restart=always
User=alloy
Environment=HOSTNAME=%H
Environment=ALLOY_DEPLOY_MODE=deb
EnvironmentFile=/etc/default/alloy
WorkingDirectory=/var/lib/alloy
ExecStart=/usr/bin/alloy run $CUSTOM_ARGS --storage.path=/var/lib/alloy/data $CONFIG_FILE
ExecReload=/usr/bin/env kill -HUP $MAINPID
TimeoutStopSec=20s

[Install]
WantedBy=multi-user.target
END
  cat >"$tree/DEBIAN/postinst" <<'END'
#!/bin/sh
set -e
[ "$1" = configure ] || exit 0
getent group alloy >/dev/null || groupadd -r alloy
getent passwd alloy >/dev/null ||
	useradd -r -m -g alloy -d /var/lib/alloy -s /sbin/nologin -c 'alloy user' alloy
for group in adm systemd-journal; do
	if getent group "$group" >/dev/null; then usermod -a -G "$group" alloy; fi
done
install -d -m 770 -o alloy -g alloy /var/lib/alloy /var/lib/alloy/data
chown root:alloy /etc/alloy
chmod 770 /etc/alloy
. /etc/default/alloy
if [ -n "$2" ] && [ "$RESTART_ON_UPGRADE" = true ] && [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	systemctl restart alloy
fi
END
  cat >"$tree/DEBIAN/prerm" <<'END'
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
	systemctl --quiet disable --now alloy || true
fi
END
  chmod 755 "$tree/DEBIAN/postinst" "$tree/DEBIAN/prerm"
  package alloy "$version"
}

loki() {
  local version=$1 tree=$work/loki
  rm -rf "$tree"
  mkdir -p "$tree/DEBIAN" "$tree/etc/loki" "$tree/etc/systemd/system"
  control loki "$version" >"$tree/DEBIAN/control"
  printf '/etc/loki/config.yml\n/etc/systemd/system/loki.service\n' >"$tree/DEBIAN/conffiles"
  sed 's|/loki|/tmp/loki|' "$here/src/registry/local-config.yaml" >"$tree/etc/loki/config.yml"
  cat >"$tree/etc/systemd/system/loki.service" <<'END'
[Unit]
Description=Stand-in for Loki
After=network-online.target
Wants=network-online.target

[Service]
Type=simple
User=loki
ExecStart=/usr/bin/loki -config.file /etc/loki/config.yml
TimeoutSec=120
Restart=on-failure
RestartSec=2

[Install]
WantedBy=multi-user.target
END
  cat >"$tree/DEBIAN/postinst" <<'END'
#!/bin/sh
set -e
[ "$1" = configure ] || exit 0
getent passwd loki >/dev/null || useradd -r -M -d /nonexistent -g nogroup -s /bin/false loki
# As the real package: the first installation starts the service, an upgrade leaves it alone.
if [ -z "$2" ] && [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	systemctl --quiet enable loki || true
	systemctl restart loki || true
fi
END
  cat >"$tree/DEBIAN/prerm" <<'END'
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
	systemctl --quiet disable --now loki || true
fi
END
  chmod 755 "$tree/DEBIAN/postinst" "$tree/DEBIAN/prerm"
  package loki "$version"
}

architecture=$(dpkg --print-architecture)
mkdir -p "$work/apt/pool" "$work/apt/dists/stable/main/binary-$architecture"
for version in "${alloy_versions[@]}"; do alloy "$version"; done
for version in "${loki_versions[@]}"; do loki "$version"; done
(
  cd "$work/apt"
  apt-ftparchive packages pool >"dists/stable/main/binary-$architecture/Packages"
  apt-ftparchive -o APT::FTPArchive::Release::Origin=solti-standins -o APT::FTPArchive::Release::Suite=stable \
    -o APT::FTPArchive::Release::Codename=stable -o APT::FTPArchive::Release::Components=main \
    -o "APT::FTPArchive::Release::Architectures=$architecture" release dists/stable >"$work/Release"
  mv "$work/Release" dists/stable/Release
)

# The key stays from one build to the next, so that hosts that know it go on trusting the repository. gpg-agent's
# socket needs a short path: the key is imported into a home of its own.
export GNUPGHOME=$work/gpg
mkdir -m 700 "$GNUPGHOME"
gpg() { command gpg --batch --quiet --no-tty --pinentry-mode loopback --passphrase '' "$@"; }
if [ -f "$out/key.secret" ]; then
  gpg --import "$out/key.secret"
else
  gpg --quick-generate-key 'solti stand-ins <solti@localhost>' ed25519 sign never
  (umask 077 && gpg --armor --export-secret-keys >"$out/key.secret")
fi
gpg --armor --export >"$work/apt/key.asc"
gpg --with-colons --list-keys | awk -F: '$1 == "fpr" { print $10; exit }' >"$work/apt/fingerprint"
gpg --armor --detach-sign -o "$work/apt/dists/stable/Release.gpg" "$work/apt/dists/stable/Release"
gpg --clearsign -o "$work/apt/dists/stable/InRelease" "$work/apt/dists/stable/Release"
gpgconf --kill all

chmod -R a+rX "$work/apt"
rm -rf "$out/apt"
cp -r "$work/apt" "$out/apt"
mv "$program.new" "$program"
printf '%s\n' "$digest" >"$out/digest"
