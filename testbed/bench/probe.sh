# Reads by hand what the workload manages: the floor for as long as solti cannot print the scripts that it sends.
for f in 1 2 3 4 5 6 7 8 9 10; do stat -c '%n %a %U %G %s' "/etc/mon/conf.d/c$f.conf"; done
sha256sum /etc/mon/conf.d/*.conf /etc/systemd/system/svc-*.service /etc/containers/systemd/web.container
getent passwd mon
getent group mon
stat -c '%n %a %U %G' /etc/mon /etc/mon/conf.d /var/lib/mon /var/log/mon
systemctl show -p Id,ActiveState,UnitFileState,NeedDaemonReload,ExecMainStartTimestamp svc-a svc-b svc-c web
podman --version
podman image inspect --format "{{.Id}}" docker.io/grafana/loki:3.7.6
