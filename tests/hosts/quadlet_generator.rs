//! The services that quadlets become are those that podman's own generator writes.

use crate::support::{Host, Hosts, Suite};
use solti::quadlet::{Named, Version, to_service};
use std::collections::BTreeMap;

/// Where the quadlets are on the host.
const FOLDER: &str = "/srv/quadlets";

/// Each kind, and each way in which a key becomes something. The generator writes options that take one text each, those
/// that are lists and those that are yes or no in another order every time, so no quadlet has two of one of these.
const QUADLETS: &[(&str, &str)] = &[
    (
        "loki.container",
        r#"# What collects the logs.
[Unit]
Description=Loki
After=local-fs.target

[Container]
Image=loki.image
ContainerName=loki
# All of it in one process.
Exec=-config.file=/etc/loki/loki.yaml \
  -target=all "two words" 'a "b"' tab\there
Volume=loki.volume:/loki
Volume=/etc/loki:/etc/loki:ro
Volume=./rules:/rules
Volume=cache:/cache
Volume=/anonymous
Network=front.network:alias=loki
Network=back.network
PublishPort=127.0.0.1:3100:3100
Environment=B=2 "A=one word" C=
EnvironmentFile=loki.env
EnvironmentFile=/etc/loki/env
Secret=token,type=env,target=TOKEN
User=10001
Group=10001
ReadOnly=yes
NoNewPrivileges=true

[Service]
Restart=always
TimeoutStartSec=900

[Install]
WantedBy=multi-user.target default.target
RequiredBy=logs.target
Alias=logs.service in/a/folder/logs.service
"#,
    ),
    (
        "loki.image",
        r#"[Image]
Image=docker.io/grafana/loki:3.5.0
TLSVerify=no
Arch=arm64
PodmanArgs=--quiet
"#,
    ),
    (
        "loki.volume",
        r#"[Volume]
VolumeName=loki
Label=app=loki "what=the data"
Device=/srv/loki
Type=xfs
Options=noatime
User=10001
Group=10001
Copy=no
"#,
    ),
    (
        "copy.volume",
        r#"[Volume]
Driver=image
Image=loki.image
GlobalArgs=--log-level debug
"#,
    ),
    (
        "plain.volume",
        r#"[Unit]
Description=Nothing special

[Volume]
"#,
    ),
    (
        "front.network",
        r#"[Network]
Subnet=10.89.0.0/24
Gateway=10.89.0.1
IPRange=10.89.0.128/25
Subnet=10.90.0.0/24
Options=mtu=1400
Label=b= a=1
Internal=yes
Driver=bridge
DNS=10.0.0.1
DNS=10.0.0.2
"#,
    ),
    (
        "back.network",
        r#"[Network]
NetworkName=back
ServiceName=behind
IPv6=no
"#,
    ),
    (
        "once.container",
        r#"[Container]
Image=docker.io/library/alpine:3
Exec=true
Pull=never

[Service]
Type=oneshot
RemainAfterExit=yes
KillMode=control-group
SyslogIdentifier=once
"#,
    ),
    (
        "joined.container",
        r#"[Container]
Image=localhost/joined
Network=loki.container
Notify=healthy
HealthCmd=curl -f localhost
HealthInterval=1m
HealthOnFailure=kill
Entrypoint=["a", "b c"]
"#,
    ),
    (
        "mounts.container",
        r#"[Container]
Image=localhost/mounts
Mount=type=bind,src=./a,dst=/a,ro
Mount=type=volume,source=loki.volume,destination=/b
Mount=type=tmpfs,tmpfs-size=1M,destination=/c
Mount=type=image,source=loki.image,destination=/d
Mount=type=glob,src=/srv/*,dst=/e
Mount="type=bind,\"src=/f,g\",dst=/f"
Tmpfs=/t
VolatileTmp=yes
"#,
    ),
    (
        "secure.container",
        r#"[Container]
Rootfs=/srv/root
DropCapability=ALL
AddCapability=CAP_NET_ADMIN NET_RAW
Sysctl=net.a=1 net.b=2
AddDevice=/dev/fuse:rw
SeccompProfile=/etc/seccomp.json
SecurityLabelType=spc_t
SecurityLabelLevel=s0:c1
SecurityLabelFileType=usr_t
SecurityLabelNested=yes
Mask=/proc/a
Unmask=ALL
Ulimit=nofile=1:2
Ulimit=nproc=3
RunInit=no
StopTimeout=30
"#,
    ),
    (
        "users.container",
        r#"[Container]
Image=localhost/users
UserNS=keep-id:uid=200
UIDMap=0:1:2
UIDMap=3:4:5
GIDMap=0:1:2
SubUIDMap=a
SubGIDMap=b
Notify=yes
SecurityLabelDisable=yes
"#,
    ),
    (
        "remap.container",
        r#"[Container]
Image=localhost/remap
RemapUsers=auto
RemapUid=0:10000:10
RemapGid=0:10000:10
RemapUidSize=20
ReadOnly=no
"#,
    ),
    (
        "logging.container",
        r#"[Container]
Image=localhost/logging
LogDriver=journald
LogOpt=tag=a labels=b
CgroupsMode=no-conmon
AutoUpdate=registry
Label=c=d
Annotation=e=f
ExposeHostPort=80
ExposeHostPort=90-95/udp
PodmanArgs=--cpus 2 "--add-host=a b"
ContainersConfModule=/etc/m.conf
GlobalArgs=--log-level info
AddHost=a:1.2.3.4

[Quadlet]
DefaultDependencies=no
"#,
    ),
    (
        "many@.container",
        r#"[Container]
Image=localhost/many:%i
Volume=%h/many:/many
EnvironmentFile=%h/many.env
HostName=%i
Volume=
Volume=/srv/%i:/srv

[Install]
DefaultInstance=one
WantedBy=multi-user.target
"#,
    ),
    (
        "few@.container",
        r#"[Container]
Image=localhost/few

[Install]
WantedBy=multi-user.target
Alias=alone@.service
"#,
    ),
];

#[test]
fn quadlets_become_what_podmans_generator_makes_of_them() {
    let hosts = Hosts::one(Suite::Trixie);
    let host = hosts.host("host");
    let podman: Version = host.read("podman --version").parse().unwrap();
    for (name, text) in QUADLETS {
        host.write_file(&format!("{FOLDER}/{name}"), text);
    }
    let set: Vec<_> =
        QUADLETS.iter().map(|(name, text)| Named::parse(&format!("{FOLDER}/{name}"), text).unwrap()).collect();
    for rootless in [false, true] {
        let theirs = generated(host, rootless);
        let mut ours = BTreeMap::new();
        let mut links = Vec::new();
        for quadlet in &set {
            let service = to_service(quadlet, &set, podman, rootless).unwrap();
            links.extend(service.links.into_iter().map(|link| format!("{} -> {}", link.path, link.target)));
            ours.insert(service.file_name, service.text);
        }
        for (name, text) in &ours {
            assert_eq!(Some(text), theirs.get(name), "{name}, rootless: {rootless}");
        }
        assert_eq!(ours.len(), theirs.len());
        links.sort();
        assert_eq!(links.join("\n"), host.read("find /srv/made -type l -printf '%P -> %l\\n' | LC_ALL=C sort"));
    }
}

/// The services that podman's generator makes by their names, without the note that it made them.
fn generated(host: &Host, rootless: bool) -> BTreeMap<String, String> {
    let user = if rootless { "--user" } else { "" };
    let generator = "/usr/lib/systemd/system-generators/podman-system-generator";
    host.read(&format!(
        "rm -rf /srv/made && mkdir /srv/made && QUADLET_UNIT_DIRS={FOLDER} {generator} {user} /srv/made /srv/made /srv/made"
    ));
    let names = host.read("cd /srv/made && find . -maxdepth 1 -type f -printf '%P\\n'");
    let service = |name: &str| {
        let text = host.read_file(&format!("/srv/made/{name}"));
        let note = format!("# Automatically generated by {generator}\n# \n");
        (name.to_owned(), text.strip_prefix(&note).unwrap_or(&text).to_owned())
    };
    names.lines().map(service).collect()
}

/// An image with a shell in it, made of the host itself.
const IMAGE: &str = r#"cd "$(mktemp -d)" && mkdir bin && cp /bin/sh /bin/sleep bin &&
for library in $(ldd /bin/sh /bin/sleep | grep -o '/lib[^ ]*' | sort -u); do
  mkdir -p ".$(dirname "$library")" && cp "$library" ".$library"
done && tar -c . | podman import - localhost/tiny:1"#;

/// It runs until it is told to stop, and leaves a word in its volume each time.
const APP: &str = r#"[Unit]
StartLimitIntervalSec=0
[Container]
Image=localhost/tiny:1
Volume=data.volume:/data
Network=front.network
Environment="SAID=two words"
Exec=/bin/sh -c "echo $$SAID >>/data/said; trap exit TERM; while :; do sleep 0.1; done"
[Install]
WantedBy=multi-user.target
"#;

#[test]
fn the_services_work_where_podman_makes_none() {
    let hosts = Hosts::one(Suite::Bookworm);
    let host = hosts.host("host");
    let podman: Version = host.read("podman --version").parse().unwrap();
    assert!(podman < Version::FIRST_WITH_QUADLETS);
    let quadlets = [
        ("data.volume", "[Volume]\nLabel=\"for=the app\"\nGlobalArgs=--log-level warn\n"),
        ("front.network", "[Network]\nNetworkName=front\nSubnet=10.77.0.0/24\n"),
        ("app.container", APP),
    ];
    let set: Vec<_> = quadlets.iter().map(|(name, text)| Named::parse(name, text).unwrap()).collect();
    for quadlet in &set {
        let service = to_service(quadlet, &set, podman, false).unwrap();
        host.write_file(&format!("/etc/systemd/system/{}", service.file_name), service.text);
        for link in service.links {
            host.read(&format!(
                "cd /etc/systemd/system && mkdir -p \"$(dirname '{0}')\" && ln -s '{1}' '{0}'",
                link.path, link.target
            ));
        }
    }
    host.read(IMAGE);
    host.read("systemctl daemon-reload && systemctl start app && systemctl is-enabled app");
    let active = "systemctl is-active app data-volume front-network && systemctl show -P NeedDaemonReload app";
    assert_eq!(host.read(active), "active\nactive\nactive\nno");
    assert_eq!(host.read("podman volume inspect -f '{{.Labels.for}}' systemd-data"), "the app");
    // What is there already is left as it is, and the container can be started again after whatever happened to it.
    host.read("systemctl restart data-volume front-network && systemctl start app");
    let gone = "while systemctl show -P ActiveState app | grep -Eq '^(active|deactivating)'; do sleep 0.1; done";
    let said = "/var/lib/containers/storage/volumes/systemd-data/_data/said";
    for end in ["kill -9 \"$(systemctl show -P MainPID app)\"", "podman rm -f systemd-app"] {
        host.read(&format!("{end}; {gone}; rm {said}; systemctl start app; until [ -s {said} ]; do sleep 0.1; done"));
    }
    assert_eq!(host.read(&format!("systemctl stop app; podman ps -aq; cat {said}")), "two words");
}
