//! Quadlets written as services.

use super::{quadlet, told};
use crate::quadlet::{Named, Version, to_service};
use insta::assert_snapshot;

const OLD: Version = Version::new(4, 3);

fn set() -> Vec<Named> {
    vec![
        quadlet("/etc/containers/systemd/data.volume", "[Volume]\n"),
        quadlet("/etc/containers/systemd/front.network", "[Network]\nNetworkName=front\n"),
        quadlet("/etc/containers/systemd/loki.image", "[Image]\nImage=docker.io/grafana/loki:3.5.0\n"),
        quadlet("/etc/containers/systemd/proxy.container", "[Container]\nImage=localhost/proxy\n"),
        quadlet("/etc/containers/systemd/many@.container", "[Container]\nImage=localhost/many\n"),
    ]
}

fn translated(name: &str, text: &str, podman: Version, rootless: bool) -> String {
    let quadlet = quadlet(&format!("/etc/containers/systemd/{name}"), text);
    match to_service(&quadlet, &set(), podman, rootless) {
        Ok(service) => {
            let links = service.links.iter().map(|link| format!("{} -> {}\n", link.path, link.target));
            format!("--- {}\n{}---\n{}", service.file_name, service.text, links.collect::<String>())
        }
        Err(problems) => told(&problems),
    }
}

/// Only the command that starts it.
fn start(name: &str, text: &str, podman: Version) -> String {
    let all = translated(name, text, podman, false);
    all.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap_or(&all).to_owned()
}

#[test]
fn a_container_as_it_is_common() {
    let text = r#"[Unit]
Description=Loki
After=proxy.container

[Container]
Image=loki.image
ContainerName=loki
Network=front.network:alias=loki
Volume=data.volume:/loki
Volume=/etc/loki:/etc/loki:ro
PublishPort=127.0.0.1:3100:3100
Environment=B=2 "A=one word"
EnvironmentFile=loki.env
Secret=token,type=env
User=10001
ReadOnly=yes
Exec=-config.file=/etc/loki/loki.yaml -target="a b"
HealthCmd=wget -q localhost:3100/ready

[Service]
Restart=always

[Install]
WantedBy=multi-user.target default.target
Alias=logs.service by-name/logs.service
"#;
    assert_snapshot!(translated("loki.container", text, OLD, false), @r#"
    --- loki.service
    [Unit]
    Wants=network-online.target
    After=network-online.target
    Description=Loki
    After=proxy.service
    Requires=loki-image.service
    After=loki-image.service
    RequiresMountsFor=%t/containers
    Requires=front-network.service
    After=front-network.service
    Requires=data-volume.service
    After=data-volume.service
    RequiresMountsFor=/etc/loki

    [X-Container]
    Image=loki.image
    ContainerName=loki
    Network=front.network:alias=loki
    Volume=data.volume:/loki
    Volume=/etc/loki:/etc/loki:ro
    PublishPort=127.0.0.1:3100:3100
    Environment=B=2 "A=one word"
    EnvironmentFile=loki.env
    Secret=token,type=env
    User=10001
    ReadOnly=yes
    Exec=-config.file=/etc/loki/loki.yaml -target="a b"
    HealthCmd=wget -q localhost:3100/ready

    [Service]
    Restart=always
    Environment=PODMAN_SYSTEMD_UNIT=%n
    KillMode=mixed
    ExecStop=/usr/bin/podman rm -v -f -i loki
    ExecStopPost=-/usr/bin/podman rm -v -f -i loki
    Delegate=yes
    Type=notify
    NotifyAccess=all
    SyslogIdentifier=%N
    ExecStart=/usr/bin/podman run --name loki --replace --rm --cgroups=split --network front:alias=loki --sdnotify=conmon -d --read-only --user 10001 -v systemd-data:/loki -v /etc/loki:/etc/loki:ro --publish 127.0.0.1:3100:3100 --env "A=one word" --env B=2 --env-file /etc/containers/systemd/loki.env --secret token,type=env --health-cmd "wget -q localhost:3100/ready" docker.io/grafana/loki:3.5.0 -config.file=/etc/loki/loki.yaml "-target=a b"

    [Install]
    WantedBy=multi-user.target default.target
    Alias=logs.service by-name/logs.service
    ---
    logs.service -> loki.service
    by-name/logs.service -> ../loki.service
    multi-user.target.wants/loki.service -> ../loki.service
    default.target.wants/loki.service -> ../loki.service
    "#);
}

#[test]
fn volumes_and_networks_are_made_unless_they_are_there() {
    assert_snapshot!(translated("data.volume", "[Volume]\nLabel=app=loki\n", OLD, false), @r#"
    --- data-volume.service
    [X-Volume]
    Label=app=loki

    [Unit]
    Wants=network-online.target
    After=network-online.target
    RequiresMountsFor=%t/containers

    [Service]
    ExecStart=/bin/sh -c '/usr/bin/podman volume exists "$$0" || exec "$$@"' systemd-data /usr/bin/podman volume create --label app=loki systemd-data
    SyslogIdentifier=%N
    Type=oneshot
    RemainAfterExit=yes
    ---
    "#);
    let text = "[Network]\nSubnet=10.1.0.0/24\nGateway=10.1.0.1\nSubnet=10.2.0.0/24\nInternal=yes\nOptions=mtu=1400\nGlobalArgs=--log-level=debug\n";
    assert_snapshot!(start("front.network", text, OLD), @r#"/bin/sh -c "/usr/bin/podman '--log-level=debug' network exists \"$$0\" || exec \"$$@\"" systemd-front /usr/bin/podman --log-level=debug network create --internal --subnet 10.1.0.0/24 --gateway 10.1.0.1 --subnet 10.2.0.0/24 --opt mtu=1400 systemd-front"#);
    assert_snapshot!(start("front.network", text, Version::new(4, 4)), @"/usr/bin/podman --log-level=debug network create --ignore --internal --subnet 10.1.0.0/24 --gateway 10.1.0.1 --subnet 10.2.0.0/24 --opt mtu=1400 systemd-front");
    let text = "[Volume]\nDevice=/srv\nType=bind\nOptions=ro\nUser=1\nGroup=2\nCopy=no\n";
    assert_snapshot!(translated("data.volume", text, Version::new(5, 4), false), @"
    --- data-volume.service
    [X-Volume]
    Device=/srv
    Type=bind
    Options=ro
    User=1
    Group=2
    Copy=no

    [Unit]
    Wants=network-online.target
    After=network-online.target
    SourcePath=/etc/containers/systemd/data.volume
    RequiresMountsFor=%t/containers
    RequiresMountsFor=/srv

    [Service]
    ExecStart=/usr/bin/podman volume create --ignore --opt nocopy --opt device=/srv --opt type=bind --opt o=uid=1,gid=2,ro systemd-data
    SyslogIdentifier=%N
    Type=oneshot
    RemainAfterExit=yes
    ---
    ");
    assert_snapshot!(start("data.volume", "[Volume]\nDriver=image\nImage=loki.image\n", OLD), @r#"/bin/sh -c '/usr/bin/podman volume exists "$$0" || exec "$$@"' systemd-data /usr/bin/podman volume create --driver image --opt image=docker.io/grafana/loki:3.5.0 systemd-data"#);
}

#[test]
fn images_are_pulled() {
    let text = "[Image]\nImage=docker.io/grafana/loki:3.5.0\nTLSVerify=no\nAuthFile=/etc/auth.json\nArch=arm64\n";
    assert_snapshot!(translated("loki.image", text, OLD, false), @"
    --- loki-image.service
    [X-Image]
    Image=docker.io/grafana/loki:3.5.0
    TLSVerify=no
    AuthFile=/etc/auth.json
    Arch=arm64

    [Unit]
    Wants=network-online.target
    After=network-online.target
    RequiresMountsFor=%t/containers

    [Service]
    ExecStart=/usr/bin/podman image pull --arch arm64 --authfile /etc/auth.json --tls-verify=false docker.io/grafana/loki:3.5.0
    SyslogIdentifier=%N
    Type=oneshot
    RemainAfterExit=yes
    ---
    ");
}

#[test]
fn users_wait_for_the_network_where_podman_knows_how() {
    let text = "[Container]\nImage=localhost/x\n";
    let unit = |podman| {
        let text = translated("x.container", text, podman, true);
        let unit = text.lines().skip_while(|line| *line != "[Unit]").skip(1);
        unit.take_while(|line| line.contains('=')).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(unit(OLD), @"RequiresMountsFor=%t/containers");
    assert_snapshot!(unit(Version::new(5, 4)), @"
    Wants=podman-user-wait-network-online.service
    After=podman-user-wait-network-online.service
    SourcePath=/etc/containers/systemd/x.container
    RequiresMountsFor=%t/containers
    ");
    let without = format!("{text}[Quadlet]\nDefaultDependencies=no\n");
    assert!(!translated("x.container", &without, OLD, false).contains("network-online"));
}

#[test]
fn templates_are_linked_by_their_default_instance() {
    let text =
        "[Container]\nImage=localhost/x\n[Install]\nWantedBy=a.target\nUpheldBy=b.service\nRequiredBy=c.service\n";
    let links = |text: &str| {
        let text = translated("x@.container", text, OLD, false);
        text.rsplit_once("---\n").unwrap().1.to_owned()
    };
    assert_snapshot!(links(text), @"");
    assert_snapshot!(links(&format!("{text}DefaultInstance=one\n")), @"
    a.target.wants/x@one.service -> ../x@.service
    c.service.requires/x@one.service -> ../x@.service
    b.service.upholds/x@one.service -> ../x@.service
    ");
}

#[test]
fn what_an_old_podman_cannot_do_is_a_problem() {
    let text = "\
[Container]
Image=localhost/x
HealthStartupCmd=true
SecurityLabelNested=yes
Retry=3
Notify=healthy
ContainersConfModule=/x.conf
HealthLogDestination=events_logger
Mount=type=glob,src=/a*,dst=/a
";
    assert_snapshot!(translated("x.container", text, OLD, false), @"
    3: HealthStartupCmd= needs podman 4.4; the host has 4.3, and nothing equal can be written for it
    4: SecurityLabelNested= needs podman 4.5; the host has 4.3, and nothing equal can be written for it
    5: Retry= needs podman 5.0; the host has 4.3, and nothing equal can be written for it
    6: Notify=healthy needs podman 4.7; the host has 4.3, and nothing equal can be written for it
    7: ContainersConfModule= needs podman 4.7; the host has 4.3, and nothing equal can be written for it
    8: HealthLogDestination= needs podman 5.3; the host has 4.3, and nothing equal can be written for it
    9: a mount of type glob needs podman 4.7; the host has 4.3, and nothing equal can be written for it
    ");
    assert_snapshot!(translated("x.network", "[Network]\nDNS=1.1.1.1\nInterfaceName=x\n", OLD, false), @"
    2: DNS= needs podman 4.4; the host has 4.3, and nothing equal can be written for it
    3: InterfaceName= needs podman 4.5; the host has 4.3, and nothing equal can be written for it
    ");
    assert_snapshot!(translated("x.volume", "[Volume]\nUID=1\n", OLD, false), @"2: UID= needs podman 5.6; the host has 4.3, and nothing equal can be written for it");
    let text = "[Image]\nImage=localhost/x\nPolicy=always\nRetry=1\nDecryptionKey=/k\n";
    assert_snapshot!(translated("x.image", text, OLD, false), @"
    3: Policy= needs podman 5.6; the host has 4.3, and nothing equal can be written for it
    4: Retry= needs podman 5.0; the host has 4.3, and nothing equal can be written for it
    5: DecryptionKey= needs podman 4.4; the host has 4.3, and nothing equal can be written for it
    ");
    assert_snapshot!(translated("x.image", text, Version::new(4, 0), false), @"1: x.image needs podman 4.3; the host has 4.0");
}

#[test]
fn nothing_is_dropped_in_silence() {
    let text = "\
[Unit]
After=no.volume
Wants=\"a
[Container]
Image=x.build
Pod=x.pod
Volume=gone.volume:/x
Volume=./x:/x
Network=gone.network
Network=many@.container
Network=proxy.container:ip=1
Network=pasta
AddDevice=-/dev/kvm
Environment='A=1
Exec=\\q
ReadOnly=perhaps
Group=1
RemapUid=1
Unknown=1
ReloadCmd=a
ReloadSignal=HUP
ExposeHostPort=http
Mount=type=bind,dst=/x
Mount=type=artifact,src=x.artifact,dst=/x
[Service]
KillMode=none
Type=simple
[Install]
WantedBy=a/b
Alias=/x.service ../y.service
";
    assert_snapshot!(translated("x.container", text, OLD, false), @r#"
    2: After=: there is no no.volume
    3: Wants=: the quote " is not closed
    5: Image=: solti makes no services of files such as x.build
    6: Pod=: solti makes no services of pods
    7: Volume=: there is no gone.volume
    9: Network=: there is no gone.network
    10: Network=: the name of the container of many@.container is known to systemd only
    11: Network=: the network of a container takes no options
    12: Network=pasta needs podman 4.4; the host has 4.3, and nothing equal can be written for it
    13: AddDevice=: only the host knows whether the device is there: leave the - out, or the line
    14: Environment=: the quote ' is not closed
    15: Exec=: `\q` is no escape
    16: ReadOnly=: `perhaps` is neither yes nor no
    17: Group=: there is no User= for it
    18: RemapUid=: there is no RemapUsers= for it
    19: [Container] has no key Unknown=
    21: ReloadSignal=: there is ReloadCmd= already
    22: ExposeHostPort=: `http` is no port
    23: Mount=: a mount of type bind needs a source
    24: a mount of type artifact needs podman 5.5; the host has 4.3, and nothing equal can be written for it
    24: Mount=: solti makes no services of files such as x.artifact
    26: KillMode=: containers need mixed or control-group
    27: Type=: containers need notify or oneshot
    29: WantedBy=: `a/b` is no name of a unit
    30: Alias=: `/x.service` is outside of the folder of the units
    30: Alias=: `../y.service` is outside of the folder of the units
    "#);
    assert_snapshot!(translated("x.container", "[Container]\n", OLD, false), @"1: a container needs Image= (or Rootfs=)");
    let text = "[Volume]\nUser=me\nType=bind\n";
    assert_snapshot!(translated("x.volume", text, OLD, false), @"
    2: User=: `me` is no number
    3: Type=: there is no Device= for it
    ");
    assert_snapshot!(translated("x.volume", "[Volume]\nDriver=image\n", OLD, false), @"1: a volume with Driver=image needs Image=");
    assert_snapshot!(translated("x.network", "[Network]\nGateway=10.0.0.1\nIPRange=10.0.0.0/24\n", OLD, false), @"
    2: Gateway=: there is no Subnet= for it
    3: IPRange=: there is no Subnet= for it
    ");
    assert_snapshot!(translated("x.image", "[Image]\n", OLD, false), @"1: an image needs Image=");
    let nowhere = quadlet("x.container", "[Container]\nImage=localhost/x\nEnvironmentFile=x.env\n");
    assert_snapshot!(told(&to_service(&nowhere, &[], OLD, false).unwrap_err()), @"3: EnvironmentFile=: `x.env` must be an absolute path");
}

#[test]
fn options_of_a_container() {
    let text = r#"[Container]
Rootfs=/srv/root
Entrypoint=
RunInit=yes
HttpProxy=no
Notify=yes
NoNewPrivileges=yes
SecurityLabelType=spc_t
AppArmor=unconfined
AddDevice=/dev/kvm
SeccompProfile=/s.json
DropCapability=ALL
AddCapability=NET_ADMIN
Sysctl=a=1 b=2
VolatileTmp=yes
RemapUsers=auto
RemapUid=0:1:2
RemapUidSize=10
AutoUpdate=registry
ExposeHostPort=80
Label=b "a=x y"
Mask=/a
Mount=type=bind,src=./x,"dst=/a,b"
Mount=type=tmpfs,dst=/t
Mount=source=data.volume,dst=/v
LogDriver=journald
LogOpt=tag=x
CgroupsMode=no-conmon
StopTimeout=10
DNS=1.1.1.1
DNS=8.8.8.8
PodmanArgs=--cpus 2
GlobalArgs=--log-level info
ReloadSignal=HUP
"#;
    assert_snapshot!(translated("x.container", text, OLD, false), @r#"
    --- x.service
    [X-Container]
    Rootfs=/srv/root
    Entrypoint=
    RunInit=yes
    HttpProxy=no
    Notify=yes
    NoNewPrivileges=yes
    SecurityLabelType=spc_t
    AppArmor=unconfined
    AddDevice=/dev/kvm
    SeccompProfile=/s.json
    DropCapability=ALL
    AddCapability=NET_ADMIN
    Sysctl=a=1 b=2
    VolatileTmp=yes
    RemapUsers=auto
    RemapUid=0:1:2
    RemapUidSize=10
    AutoUpdate=registry
    ExposeHostPort=80
    Label=b "a=x y"
    Mask=/a
    Mount=type=bind,src=./x,"dst=/a,b"
    Mount=type=tmpfs,dst=/t
    Mount=source=data.volume,dst=/v
    LogDriver=journald
    LogOpt=tag=x
    CgroupsMode=no-conmon
    StopTimeout=10
    DNS=1.1.1.1
    DNS=8.8.8.8
    PodmanArgs=--cpus 2
    GlobalArgs=--log-level info
    ReloadSignal=HUP

    [Unit]
    Wants=network-online.target
    After=network-online.target
    RequiresMountsFor=%t/containers
    RequiresMountsFor=/etc/containers/systemd/x
    Requires=data-volume.service
    After=data-volume.service

    [Service]
    Environment=PODMAN_SYSTEMD_UNIT=%n
    KillMode=mixed
    ExecStop=/usr/bin/podman --log-level info rm -v -f -i systemd-%N
    ExecStopPost=-/usr/bin/podman --log-level info rm -v -f -i systemd-%N
    ExecReload=/usr/bin/podman --log-level info kill --signal HUP systemd-%N
    Delegate=yes
    Type=notify
    NotifyAccess=all
    SyslogIdentifier=%N
    ExecStart=/usr/bin/podman --log-level info run --name systemd-%N --replace --rm --log-driver journald --log-opt tag=x --cgroups no-conmon --entrypoint= --stop-timeout 10 --dns 1.1.1.1 --dns 8.8.8.8 --init --http-proxy=false --sdnotify=container -d --security-opt=no-new-privileges --security-opt label=type:spc_t --security-opt apparmor=unconfined --device /dev/kvm --security-opt seccomp=/s.json --cap-drop all --cap-add net_admin --sysctl a=1 --sysctl b=2 --tmpfs /tmp:rw,size=512M,mode=1777 --userns auto:uidmapping=0:1:2,size=10 --label io.containers.autoupdate=registry --expose 80 --label "a=x y" --label b --security-opt mask=/a --mount type=bind,source=/etc/containers/systemd/x,dst=/a,b --mount type=tmpfs,dst=/t --mount type=volume,source=systemd-data,dst=/v --cpus 2 --rootfs /srv/root
    ---
    "#);
}
