#!/usr/bin/env bash
# Builds the stand-ins, if their sources have changed, and what hosts get them from:
#
#   target/standins/solti-standins   one static program: `loki`, `alloy`, `influxd`, `telegraf`, `grafana` or `registry` by
#                                    its name or first argument
#   target/standins/apt              a signed repository (suite "stable", component "main", key.asc, fingerprint) with
#                                    packages of all but the last in two versions each, laid out as those of the real ones
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
influxdb_versions=(2.7.11-1 2.7.12-1)
telegraf_versions=(1.38.4-1 1.39.3-1)
grafana_versions=(12.3.1 12.4.10)

mkdir -p "$out"
# Whoever comes second waits here, and then finds everything built.
exec 9>"$out/lock"
flock 9

digest=$(cd "$root" && { find testbed/standins Cargo.toml Cargo.lock -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum; rustc --version; } | sha256sum)
if [ -x "$program" ] && [ "$(cat "$out/digest" 2>/dev/null)" = "$digest" ]; then exit; fi

cd "$root"
# The flag is for this package only; in RUSTFLAGS it would be for procedural macros, too, which cannot be static.
# What is built for a moment's use should be built quickly.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1
cargo rustc --locked --quiet -p solti-standins --release --target-dir "$out/build" -- -C target-feature=+crt-static
cp "$out/build/release/solti-standins" "$program.new"

work=$(mktemp -d /tmp/solti-standins.XXXXXX)
trap 'rm -rf "$work"' EXIT

# package NAME VERSION [PROGRAM]: a package of the files in $work/NAME, with the program, which has the package's name if
# none is given
package() {
  local name=$1 version=$2 tree=$work/$1 binary=${3:-$1}
  mkdir -p "$tree/usr/share/solti-standins"
  if [ "$name" != grafana ]; then install -D -m 755 "$program.new" "$tree/usr/bin/$binary"; fi
  case $name in
  alloy) echo "v$version" ;;
  *) echo "${version%-*}" ;;
  esac >"$tree/usr/share/solti-standins/$binary"
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
# As the real package: what it was linked to at boot stays linked.
if [ "$1" = remove ]; then systemctl stop alloy.service >/dev/null 2>&1 || :; fi
END
  chmod 755 "$tree/DEBIAN/postinst" "$tree/DEBIAN/prerm"
  package alloy "$version"
}

loki() {
  local version=$1 tree=$work/loki
  rm -rf "$tree"
  mkdir -p "$tree/DEBIAN" "$tree/etc/loki" "$tree/etc/systemd/system"
  control loki "$version" >"$tree/DEBIAN/control"
  printf '/etc/loki/config.yml\n' >"$tree/DEBIAN/conffiles"
  sed 's|/loki|/tmp/loki|' "$here/src/registry/local-config.yaml" >"$tree/etc/loki/config.yml"
  # The real package's is there, too, where units of administrators are, and no conffile.
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
# As the real package: the first installation starts the service, an upgrade leaves it alone, and so does a removal.
if [ -z "$2" ] && [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	systemctl unmask loki || true
	systemctl preset loki || true
	systemctl --quiet enable loki || true
	systemctl restart loki || true
fi
END
  chmod 755 "$tree/DEBIAN/postinst"
  package loki "$version"
}

influxdb() {
  local version=$1 tree=$work/influxdb2
  rm -rf "$tree"
  mkdir -p "$tree/DEBIAN" "$tree/etc/logrotate.d" "$tree/usr/lib/influxdb/scripts"
  control influxdb2 "$version" >"$tree/DEBIAN/control"
  echo 'Conflicts: influxdb' >>"$tree/DEBIAN/control"
  printf '/etc/logrotate.d/influxdb\n' >"$tree/DEBIAN/conffiles"
  printf '/var/log/influxdb/influxd.log {\n    weekly\n    missingok\n    copytruncate\n}\n' >"$tree/etc/logrotate.d/influxdb"
  # As in the real package, the service has started when its API answers; hosts need not have curl for it.
  cat >"$tree/usr/lib/influxdb/scripts/influxd-systemd-start.sh" <<'END'
#!/bin/bash
/usr/bin/influxd &
pid=$!
echo "$pid" >/var/lib/influxdb/influxd.pid
address=${INFLUXD_HTTP_BIND_ADDRESS:-$(sed -n 's/^http-bind-address *= *"\(.*\)"/\1/p' "${INFLUXD_CONFIG_PATH:-/dev/null}")}
address=${address:-:8086}
host=${address%:*}
host=${host//[\[\]]/}
until (exec 3<>"/dev/tcp/${host:-localhost}/${address##*:}") 2>/dev/null; do
  kill -0 "$pid" 2>/dev/null || exit 1
  sleep 0.1
done
echo "InfluxDB started"
END
  chmod 755 "$tree/usr/lib/influxdb/scripts/influxd-systemd-start.sh"
  # The installation copies it to where systemd looks.
  cat >"$tree/usr/lib/influxdb/scripts/influxdb.service" <<'END'
[Unit]
Description=Stand-in for InfluxDB
After=network-online.target

[Service]
User=influxdb
Group=influxdb
LimitNOFILE=65536
EnvironmentFile=-/etc/default/influxdb2
ExecStart=/usr/lib/influxdb/scripts/influxd-systemd-start.sh
KillMode=control-group
Restart=on-failure
Type=forking
PIDFile=/var/lib/influxdb/influxd.pid
StateDirectory=influxdb
StateDirectoryMode=0750
LogsDirectory=influxdb
LogsDirectoryMode=0750
UMask=0027
TimeoutStartSec=0

[Install]
WantedBy=multi-user.target
Alias=influxd.service
END
  cat >"$tree/DEBIAN/preinst" <<'END'
#!/bin/sh
set -e
id influxdb >/dev/null 2>&1 || useradd --system -U -M influxdb -s /bin/false -d /var/lib/influxdb
for folder in /var/lib/influxdb /var/log/influxdb; do
	[ -d "$folder" ] || install -d -m 755 -o influxdb -g influxdb "$folder"
done
END
  cat >"$tree/DEBIAN/postinst" <<'END'
#!/bin/sh
set -e
[ "$1" = configure ] || exit 0
chown -R -L influxdb:influxdb /var/lib/influxdb /var/log/influxdb
chmod 755 /var/lib/influxdb /var/log/influxdb
# As with the real package, which has neither the configuration nor the environment: its installation writes them.
[ -s /etc/default/influxdb2 ] || echo INFLUXD_CONFIG_PATH=/etc/influxdb/config.toml >/etc/default/influxdb2
cp -f /usr/lib/influxdb/scripts/influxdb.service /lib/systemd/system/influxdb.service
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
if command -v systemctl >/dev/null; then systemctl --quiet enable influxdb || true; fi
if [ -z "$2" ]; then
	config=/etc/influxdb/config.toml
	mkdir -p /etc/influxdb
	[ ! -s "$config" ] || config=$config.defaults
	printf 'bolt-path = "/var/lib/influxdb/influxd.bolt"\nengine-path = "/var/lib/influxdb/engine"\n' >"$config"
fi
END
  cat >"$tree/DEBIAN/postrm" <<'END'
#!/bin/sh
set -e
# As the real one, which cleans up behind itself on Ubuntu, and on Debian leaves its unit.
if [ ! -f /etc/lsb-release ] || [ "$1" = upgrade ]; then exit 0; fi
rm -f /etc/default/influxdb
if command -v systemctl >/dev/null; then systemctl --quiet disable influxdb || true; fi
rm -f /lib/systemd/system/influxdb.service
END
  chmod 755 "$tree/DEBIAN/preinst" "$tree/DEBIAN/postinst" "$tree/DEBIAN/postrm"
  package influxdb2 "$version" influxd
}

telegraf() {
  local version=$1 tree=$work/telegraf
  rm -rf "$tree"
  mkdir -p "$tree/DEBIAN" "$tree/etc/telegraf/telegraf.d" "$tree/etc/logrotate.d" "$tree/usr/lib/telegraf/scripts"
  control telegraf "$version" >"$tree/DEBIAN/control"
  printf '/etc/telegraf/telegraf.conf.sample\n/etc/logrotate.d/telegraf\n' >"$tree/DEBIAN/conffiles"
  cp "$here/src/registry/telegraf.conf" "$tree/etc/telegraf/telegraf.conf.sample"
  printf '/var/log/telegraf/telegraf.log {\n    rotate 6\n    missingok\n    copytruncate\n}\n' >"$tree/etc/logrotate.d/telegraf"
  cat >"$tree/usr/lib/telegraf/scripts/telegraf.service" <<'END'
[Unit]
Description=Stand-in for Telegraf
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
NotifyAccess=all
EnvironmentFile=-/etc/default/telegraf
User=telegraf
ExecStart=/usr/bin/telegraf -config /etc/telegraf/telegraf.conf -config-directory /etc/telegraf/telegraf.d $TELEGRAF_OPTS
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartForceExitStatus=SIGPIPE
KillMode=mixed
LimitMEMLOCK=8M:8M

[Install]
WantedBy=multi-user.target
END
  cat >"$tree/DEBIAN/preinst" <<'END'
#!/bin/sh
getent group telegraf >/dev/null || groupadd -r telegraf
getent passwd telegraf >/dev/null || useradd -r -M telegraf -s /bin/false -d /etc/telegraf -g telegraf
END
  cat >"$tree/DEBIAN/postinst" <<'END'
#!/bin/sh
[ -f /etc/default/telegraf ] || touch /etc/default/telegraf
# As with the real package, the configuration is the installation's, not dpkg's.
[ -f /etc/telegraf/telegraf.conf ] || cp /etc/telegraf/telegraf.conf.sample /etc/telegraf/telegraf.conf
install -d -m 755 -o telegraf -g telegraf /var/log/telegraf
[ -d /var/lib/telegraf ] || install -d -m 770 -o root -g telegraf /var/lib/telegraf
# As the real package: the unit is copied, enabled and, after an upgrade, restarted if it runs and a policy does not forbid it.
cp -f /usr/lib/telegraf/scripts/telegraf.service /lib/systemd/system/telegraf.service
if [ -d /run/systemd/system ]; then
	systemctl --quiet enable telegraf || true
	systemctl daemon-reload || true
	deb-systemd-invoke try-restart telegraf.service >/dev/null || true
fi
END
  cat >"$tree/DEBIAN/prerm" <<'END'
#!/bin/sh
[ ! -d /run/systemd/system ] || deb-systemd-invoke stop telegraf.service
END
  cat >"$tree/DEBIAN/postrm" <<'END'
#!/bin/sh
if [ "$1" = remove ] || [ "$1" = purge ]; then
	rm -f /etc/default/telegraf
	systemctl --quiet disable telegraf
	rm -f /lib/systemd/system/telegraf.service
fi
END
  chmod 755 "$tree/DEBIAN/preinst" "$tree/DEBIAN/postinst" "$tree/DEBIAN/prerm" "$tree/DEBIAN/postrm"
  package telegraf "$version"
}

grafana() {
  local version=$1 tree=$work/grafana
  rm -rf "$tree"
  mkdir -p "$tree/DEBIAN" "$tree/etc/"{default,init.d} "$tree/usr/lib/systemd/system" "$tree/usr/sbin" "$tree/usr/share/grafana/"{bin,conf}
  control grafana "$version" >"$tree/DEBIAN/control"
  # As in the real package: its unit is one, too, and outlives it.
  printf '%s\n' /etc/default/grafana-server /etc/init.d/grafana-server /usr/lib/systemd/system/grafana-server.service \
    >"$tree/DEBIAN/conffiles"
  cat >"$tree/etc/init.d/grafana-server" <<'END'
#!/bin/sh
### BEGIN INIT INFO
# Provides:          grafana-server
# Required-Start:    $all
# Required-Stop:     $remote_fs $syslog
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: Stand-in for Grafana
### END INIT INFO
echo "only systemd starts it" >&2
exit 3
END
  chmod 755 "$tree/etc/init.d/grafana-server"
  printf '; The settings are the defaults.\n' >"$tree/usr/share/grafana/conf/sample.ini"
  printf '# nobody is asked\n' >"$tree/usr/share/grafana/conf/ldap.toml"
  printf '# nothing is provisioned\n' >"$tree/usr/share/grafana/conf/sample.yaml"
  cat >"$tree/etc/default/grafana-server" <<'END'
GRAFANA_USER=grafana

GRAFANA_GROUP=grafana

GRAFANA_HOME=/usr/share/grafana

LOG_DIR=/var/log/grafana

DATA_DIR=/var/lib/grafana

MAX_OPEN_FILES=10000

CONF_DIR=/etc/grafana

CONF_FILE=/etc/grafana/grafana.ini

RESTART_ON_UPGRADE=true

PLUGINS_DIR=/var/lib/grafana/plugins

PROVISIONING_CFG_DIR=/etc/grafana/provisioning

# Only used on systemd systems
PID_FILE_DIR=/run/grafana
END
  cat >"$tree/usr/lib/systemd/system/grafana-server.service" <<'END'
[Unit]
Description=Stand-in for Grafana
Wants=network-online.target
After=network-online.target

[Service]
EnvironmentFile=/etc/default/grafana-server
User=grafana
Group=grafana
Type=simple
Restart=on-failure
WorkingDirectory=/usr/share/grafana
RuntimeDirectory=grafana
RuntimeDirectoryMode=0750
ExecStart=/usr/share/grafana/bin/grafana server \
  --config=${CONF_FILE} \
  --pidfile=${PID_FILE_DIR}/grafana-server.pid \
  --packaging=deb \
  cfg:default.paths.logs=${LOG_DIR} \
  cfg:default.paths.data=${DATA_DIR} \
  cfg:default.paths.plugins=${PLUGINS_DIR} \
  cfg:default.paths.provisioning=${PROVISIONING_CFG_DIR}
LimitNOFILE=10000
TimeoutStopSec=20
UMask=0027

[Install]
WantedBy=multi-user.target
END
  install -m 755 "$program.new" "$tree/usr/share/grafana/bin/grafana"
  for name in grafana grafana-server; do ln -s ../share/grafana/bin/grafana "$tree/usr/sbin/$name"; done
  cat >"$tree/DEBIAN/postinst" <<'END'
#!/bin/sh
set -e
[ "$1" = configure ] || exit 0
. /etc/default/grafana-server
getent group grafana >/dev/null || groupadd -r grafana
getent passwd grafana >/dev/null || useradd -r -M -d /usr/share/grafana -g grafana -s /bin/false grafana
install -d -m 755 -o grafana -g grafana "$LOG_DIR" "$DATA_DIR"
# As with the real package, what is in /etc/grafana is the installation's, not dpkg's.
conf=/usr/share/grafana/conf
mkdir -p "$CONF_DIR"
if [ ! -f "$CONF_FILE" ]; then
	cp $conf/sample.ini "$CONF_FILE"
	cp $conf/ldap.toml "$CONF_DIR/ldap.toml"
fi
if [ ! -d "$PROVISIONING_CFG_DIR" ]; then
	for kind in dashboards datasources; do
		mkdir -p "$PROVISIONING_CFG_DIR/$kind"
		cp $conf/sample.yaml "$PROVISIONING_CFG_DIR/$kind/sample.yaml"
	done
fi
for kind in plugins access-control alerting; do
	if [ ! -d "$PROVISIONING_CFG_DIR/$kind" ]; then
		mkdir -p "$PROVISIONING_CFG_DIR/$kind"
		cp $conf/sample.yaml "$PROVISIONING_CFG_DIR/$kind/sample.yaml"
	fi
done
chown -R root:grafana /etc/grafana/*
chmod 755 /etc/grafana
find /etc/grafana -type d -exec chmod 755 {} +
find /etc/grafana -type f -exec chmod 640 {} +
# As the real package: an installation starts nothing.
if [ -n "$2" ] && [ "$RESTART_ON_UPGRADE" = true ] && [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	systemctl restart grafana-server || true
fi
END
  cat >"$tree/DEBIAN/prerm" <<'END'
#!/bin/sh
set -e
if [ "$1" = remove ]; then
	systemctl stop grafana-server || true
	systemctl disable grafana-server || true
fi
END
  chmod 755 "$tree/DEBIAN/postinst" "$tree/DEBIAN/prerm"
  package grafana "$version"
}

architecture=$(dpkg --print-architecture)
mkdir -p "$work/apt/pool" "$work/apt/dists/stable/main/binary-$architecture"
for version in "${alloy_versions[@]}"; do alloy "$version"; done
for version in "${loki_versions[@]}"; do loki "$version"; done
for version in "${influxdb_versions[@]}"; do influxdb "$version"; done
for version in "${telegraf_versions[@]}"; do telegraf "$version"; done
for version in "${grafana_versions[@]}"; do grafana "$version"; done
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
