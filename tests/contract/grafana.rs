//! Grafana: data sources and dashboards are provisioned and asked, and wrong ones end its start.

use crate::program::{Program, command, end_of, free_address, is_real, port};
use crate::support::{run, wait_until};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};

/// `admin:s3cret`, and `admin:other`.
const ADMIN: &str = "Authorization: Basic YWRtaW46czNjcmV0\r\n";
const OTHER: &str = "Authorization: Basic YWRtaW46b3RoZXI=\r\n";

/// A Grafana that runs.
struct Grafana(Program);

fn grafana(folder: &Path, address: &str, words: &[&str]) -> Command {
    let path = |name: &str| folder.join(name).display().to_string();
    let password = path("password");
    let environment = [
        ("GF_SERVER_HTTP_ADDR", "127.0.0.1"),
        ("GF_SERVER_HTTP_PORT", port(address)),
        ("GF_SECURITY_ADMIN_PASSWORD__FILE", &password),
        ("GF_ANALYTICS_REPORTING_ENABLED", "false"),
        ("GF_ANALYTICS_CHECK_FOR_UPDATES", "false"),
        ("INFLUX_TOKEN", "t0ken"),
    ];
    let mut grafana = command("grafana", folder, &environment);
    // the real one finds there what it shows
    let home = if is_real() { "/usr/share/grafana".to_owned() } else { path("") };
    grafana.args(words).args(["--homepath", &home, &format!("cfg:paths.provisioning={}", path("provisioning"))]);
    grafana.arg(format!("cfg:paths.data={}", path("data")));
    grafana
}

impl Grafana {
    fn start(folder: &Path) -> Self {
        let address = free_address();
        let grafana = Program::start(grafana(folder, &address, &["server"]), &address);
        // It answers before it has taken what is provisioned.
        wait_until("what is provisioned", || grafana.log().contains("finished to provision dashboards").then_some(()));
        Self(grafana)
    }

    fn ask(&self, method: &str, path: &str, headers: &str, body: &Value) -> (u16, Value) {
        let headers = format!("{headers}Content-Type: application/json\r\n");
        let (status, _, body) = self.0.asked(method, path, &headers, body.to_string().as_bytes());
        (status, serde_json::from_str(&body).unwrap_or_else(|_| body.into()))
    }

    fn get(&self, path: &str) -> (u16, Value) {
        self.ask("GET", path, ADMIN, &Value::Null)
    }
}

/// Answers as Prometheus, Loki and InfluxDB do, one at a time, for as long as the test runs.
fn sources() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while reader.read_line(&mut head).unwrap() > 2 {}
            let head = head.to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            reader.read_exact(&mut vec![0; length.unwrap_or(0)]).unwrap();
            let body = if head.starts_with("get /api/v1/query?query=") {
                r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"job":"a"},"value":[1.5,"2"]}]}}"#
            } else if head.starts_with("get /loki/api/v1/labels") {
                r#"{"status":"success","data":["job"]}"#
            } else if head.starts_with("get /loki/api/v1/query_range?") {
                r#"{"data":{"result":[{"stream":{"job":"l"},"values":[["5000000","line"]]}]}}"#
            } else if head.starts_with("post /api/v2/query?org=o ") && head.contains("authorization: token t0ken\r\n") {
                "#datatype,string,long,string,double\r\n,result,table,name,_value\r\n,_result,0,one,1.5\r\n"
            } else {
                r#"{"message":"unauthorized access"}"#
            };
            let status = if body.contains("unauthorized") { "401 Unauthorized" } else { "200 OK" };
            let length = body.len();
            write!(stream, "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
        }
    });
    address
}

fn prepared(folder: &Path, address: SocketAddr) {
    for name in ["provisioning/datasources", "provisioning/dashboards", "boards"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    fs::write(folder.join("password"), "s3cret\n").unwrap();
    let text = format!(
        "apiVersion: 1\nprune: true\ndatasources:\n- {{name: Prom, type: prometheus, uid: prom, isDefault: true, \
         url: 'http://{address}'}}\n- {{name: Logs, type: loki, uid: logs, url: 'http://{address}'}}\n- name: Flux\n  \
         type: influxdb\n  uid: flux\n  url: http://{address}\n  jsonData: {{version: Flux, organization: o}}\n  \
         secureJsonData: {{token: $INFLUX_TOKEN}}\n"
    );
    fs::write(folder.join("provisioning/datasources/a.yaml"), text).unwrap();
    let boards = folder.join("boards").display().to_string();
    let text = format!("apiVersion: 1\nproviders:\n- {{name: files, type: file, options: {{path: '{boards}'}}}}\n");
    fs::write(folder.join("provisioning/dashboards/a.yaml"), text).unwrap();
    fs::write(folder.join("boards/one.json"), r#"{"uid": "one", "title": "Board One"}"#).unwrap();
}

#[test]
fn data_sources_are_provisioned_and_asked() {
    let folder = tempfile::tempdir().unwrap();
    prepared(folder.path(), sources());
    let grafana = Grafana::start(folder.path());
    assert_eq!(grafana.ask("GET", "/api/health", "", &Value::Null).1["database"], "ok");
    assert_eq!(grafana.ask("GET", "/api/user", "", &Value::Null).1["message"], "Unauthorized");
    assert_eq!(grafana.ask("GET", "/api/user", OTHER, &Value::Null).1["message"], "Invalid username or password");
    assert_eq!(grafana.get("/api/user").1["login"], "admin");

    let flux = grafana.get("/api/datasources/name/Flux").1;
    assert_eq!((&flux["secureJsonFields"], &flux["readOnly"]), (&json!({"token": true}), &json!(true)));
    assert!(!flux.to_string().contains("t0ken"), "{flux}");
    for (uid, message) in [
        ("prom", "Successfully queried the Prometheus API."),
        ("logs", "Data source successfully connected."),
        ("flux", "datasource is working. 1 buckets found"),
    ] {
        let (status, body) = grafana.get(&format!("/api/datasources/uid/{uid}/health"));
        assert_eq!((status, body), (200, json!({"message": message, "status": "OK"})));
    }
    let query = |id: &str, uid: &str, key: &str| json!({"refId": id, "datasource": {"uid": uid}, key: "x"});
    let queries = json!([query("A", "prom", "expr"), query("B", "logs", "expr"), query("C", "flux", "query")]);
    let (status, body) = grafana.ask("POST", "/api/ds/query", ADMIN, &json!({"queries": queries}));
    assert_eq!(status, 200, "{body}");
    let values = |id: &str| &body["results"][id]["frames"][0]["data"]["values"];
    assert_eq!(values("A"), &json!([[1500], [2.0]]));
    assert_eq!(values("B"), &json!([[{"job": "l"}], [5], ["line"]]));
    assert_eq!(values("C"), &json!([["one"], [1.5]]));
    assert_eq!(grafana.get("/api/datasources/proxy/uid/logs/loki/api/v1/labels").1["data"], json!(["job"]));

    assert_eq!(grafana.get("/api/search?query=board").1[0]["uid"], "one");
    assert_eq!(grafana.get("/api/dashboards/uid/one").1["dashboard"]["title"], "Board One");
    let answer = grafana.ask("DELETE", "/api/datasources/uid/prom", ADMIN, &Value::Null);
    assert_eq!(answer, (403, json!({"message": "Cannot delete read-only data source"})));

    // What a pruning file has no more is gone after it was read again; what was added by hand stays.
    let own = json!({"name": "Own", "type": "loki", "access": "proxy", "url": "http://127.0.0.1:1"});
    let own = grafana.ask("POST", "/api/datasources", ADMIN, &own).1["datasource"]["uid"].as_str().unwrap().to_owned();
    let (status, body) = grafana.get(&format!("/api/datasources/uid/{own}/health"));
    assert_eq!((status, &body["status"]), (400, &json!("ERROR")));
    fs::write(folder.path().join("provisioning/datasources/a.yaml"), "apiVersion: 1\n").unwrap();
    let answer = grafana.ask("POST", "/api/admin/provisioning/datasources/reload", ADMIN, &Value::Null);
    assert_eq!(answer, (200, json!({"message": "Datasources config reloaded"})));
    let names = |grafana: &Grafana| {
        grafana.get("/api/datasources").1.as_array().unwrap().iter().map(|s| s["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&grafana), ["Own"]);

    // The password of the settings counts at the first start only.
    drop(grafana);
    fs::write(folder.path().join("password"), "other").unwrap();
    let grafana = Grafana::start(folder.path());
    assert_eq!(names(&grafana), ["Own"]);
    let words = ["cli", "admin", "reset-admin-password", "--password-from-stdin"];
    let mut reset = self::grafana(folder.path(), &grafana.0.address, &words).stdin(Stdio::piped()).spawn().unwrap();
    reset.stdin.take().unwrap().write_all(b"other\n").unwrap();
    assert!(reset.wait().unwrap().success());
    assert_eq!(grafana.ask("GET", "/api/org", OTHER, &Value::Null).0, 200);
}

#[test]
fn broken_provisioning_ends_the_start() {
    let folder = tempfile::tempdir().unwrap();
    prepared(folder.path(), SocketAddr::from(([127, 0, 0, 1], 1)));
    let two = "apiVersion: 1\ndatasources:\n- {name: a, isDefault: true}\n- {name: b, isDefault: true}\n";
    fs::write(folder.path().join("provisioning/datasources/b.yaml"), two).unwrap();
    let ended = run(grafana(folder.path(), &free_address(), &["server"])).assert_status(1);
    ended.assert_stderr_has(
        "Datasource provisioning error: datasource.yaml config is invalid. Only one datasource per organization can be \
         marked as default\n",
    );
}

#[test]
fn its_command_line_ends_as_it_should() {
    let folder = tempfile::tempdir().unwrap();
    let version = end_of(command("grafana", folder.path(), &[]), &["server", "--version"]).assert_status(0);
    version.assert_stdout_has("grafana version 12.");
}
