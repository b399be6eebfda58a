//! `inputs.http_listener_v2`: points that somebody sends, in line protocol.

use crate::influxdb::{line, value};
use crate::telegraf::config::options::server_tls;
use crate::telegraf::config::tree::Node;
use crate::telegraf::config::words;
use crate::telegraf::log;
use crate::telegraf::metric::{Kind, Metric, Value};
use crate::telegraf::outputs::{Refused, UNDONE};
use crate::web::{self, Answer, Request};
use hyper::StatusCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// Its options, and what has come.
#[derive(Debug)]
pub struct Listener {
    address: String,
    page: Arc<Page>,
    server: web::Server,
}

#[derive(Debug)]
struct Page {
    paths: Vec<String>,
    path_tag: bool,
    methods: Vec<String>,
    headers: Vec<(String, String)>,
    header_tags: Vec<(String, String)>,
    success: StatusCode,
    user: Option<(String, String)>,
    arrived: Mutex<Vec<Metric>>,
    bell: Notify,
}

impl Listener {
    /// With the options of a table.
    ///
    /// # Errors
    /// An option that Telegraf would refuse, or that the stand-in does not know.
    pub fn new(table: &Node) -> Result<Self, Refused> {
        let told = |key: &str| table.get(key).is_some_and(|node| node.text() != Some(""));
        server_tls(table)?;
        let other = table.text_of("data_source").filter(|source| !["", "body"].contains(source));
        if let Some(key) =
            ["socket_mode", "max_body_size"].into_iter().find(|key| told(key)).or(other.map(|_| "data_source"))
        {
            return Err((UNDONE, key.to_owned()));
        }
        let address = table.text_of("service_address").unwrap_or(":8080");
        let list = |key: &str, default: &[&str]| {
            if table.get(key).is_some() {
                table.texts_of(key)
            } else {
                default.iter().map(|text| (*text).to_owned()).collect()
            }
        };
        let code = table.number_of("http_success_code").filter(|code| *code != 0).unwrap_or(204);
        let success = u16::try_from(code).ok().and_then(|code| StatusCode::from_u16(code).ok());
        let word = |key: &str| table.text_of(key).filter(|text| !text.is_empty()).map(str::to_owned);
        Ok(Self {
            address: address.to_owned(),
            page: Arc::new(Page {
                paths: list("paths", &["/telegraf"]),
                path_tag: table.flag_of("path_tag").unwrap_or(false),
                methods: list("methods", &["POST", "PUT"]),
                headers: table.map_of("http_headers"),
                header_tags: table.map_of("http_header_tags"),
                success: success.ok_or_else(|| (UNDONE, format!("http_success_code {code}")))?,
                user: word("basic_username").zip(word("basic_password")),
                arrived: Mutex::default(),
                bell: Notify::new(),
            }),
            server: web::Server::default(),
        })
    }

    /// Listens.
    ///
    /// # Errors
    /// Why that cannot be, in Go's words.
    pub fn start(&self, id: &str) -> Result<(), String> {
        let address = match self.address.split_once("://") {
            None => self.address.as_str(),
            Some(("tcp", rest)) => rest,
            Some(("unix", _)) => return Err("the stand-in does not know addresses of sockets".to_owned()),
            Some((other, _)) => return Err(format!("unknown protocol {other:?}")),
        };
        let (host, port) = address
            .rsplit_once(':')
            .ok_or_else(|| format!("listen tcp: address {address}: missing port in address"))?;
        let port: u16 = port.parse().map_err(|_| format!("listen tcp: lookup tcp/{port}: unknown port"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let host = if host.is_empty() { "::" } else { host };
        let bound = std::net::TcpListener::bind((host, port)).and_then(|listener| {
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener)
        });
        let listener = bound.map_err(|error| format!("listen tcp {address}: {}", words(&error)))?;
        let bound = listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
        log('I', &format!("[{id}] Listening on {bound}"));
        let page = Arc::clone(&self.page);
        self.server.start(listener, move |request: Request| page.answer(&request));
        Ok(())
    }

    /// Listens no longer: after a reload somebody else does.
    pub async fn close(&self) {
        self.server.close().await;
    }

    /// Waits until something has come, which is handed on at once and not with the next interval.
    pub async fn arrival(&self) {
        self.page.bell.notified().await;
    }

    /// What has come.
    pub fn gather(&self) -> Vec<Metric> {
        std::mem::take(&mut self.page.arrived.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Page {
    fn answer(&self, request: &Request) -> Answer {
        web::with_headers(self.taken(request), &self.headers)
    }

    fn taken(&self, request: &Request) -> Answer {
        if self.user.as_ref().is_some_and(|(user, password)| !request.is_from(user, password)) {
            return web::text(StatusCode::UNAUTHORIZED, "Unauthorized.\n");
        }
        if !self.paths.contains(&request.path) {
            return web::text(StatusCode::NOT_FOUND, "404 page not found\n");
        }
        let refused =
            |status, why: &str| web::of_kind(status, "application/json", format!("{{\"error\":\"http: {why}\"}}"));
        if !self.methods.iter().any(|method| method == request.method.as_str()) {
            return refused(StatusCode::METHOD_NOT_ALLOWED, "method not allowed");
        }
        if request.header("content-encoding").is_some_and(|encoding| matches!(encoding, "gzip" | "snappy")) {
            return refused(StatusCode::NOT_IMPLEMENTED, "the stand-in does not know compressed bodies");
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as i64;
        let points = std::str::from_utf8(&request.body).ok().and_then(|text| line::parse(text, now, 1).ok());
        let Some(points) = points else { return refused(StatusCode::BAD_REQUEST, "bad request") };
        let metrics = points.into_iter().map(|point| {
            let fields = point.fields.into_iter().map(|(name, value)| (name, field(value)));
            let mut metric = Metric::new(&point.measurement, Kind::Untyped, point.time.max(0) as u64, fields);
            metric.tags = point.tags;
            for (header, tag) in &self.header_tags {
                if let Some(value) = request.header(header).filter(|value| !value.is_empty()) {
                    metric.tags.insert(tag.clone(), value.to_owned());
                }
            }
            if self.path_tag {
                metric.tags.insert("http_listener_v2_path".to_owned(), request.path.clone());
            }
            metric
        });
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner).extend(metrics);
        self.bell.notify_one();
        web::text(self.success, "")
    }
}

fn field(value: value::Value) -> Value {
    match value {
        value::Value::Boolean(truth) => Value::Flag(truth),
        value::Value::Integer(number) | value::Value::Time(number) => Value::Int(number),
        value::Value::Unsigned(number) => Value::Uint(number),
        value::Value::Float(number) => Value::Float(number),
        value::Value::String(text) => Value::Text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telegraf::config::tree;
    use crate::telegraf::metric::Form;
    use hyper::Method;
    use hyper::header::HeaderMap;

    fn listener(text: &str) -> Result<Listener, Refused> {
        Listener::new(&tree::read(text, false, &|_| None).unwrap())
    }

    fn sent(listener: &Listener, method: Method, path: &str, body: &str) -> u16 {
        let (path, body) = (path.to_owned(), body.to_owned().into());
        let request = Request { method, path, parameters: Vec::new(), headers: HeaderMap::new(), body };
        listener.page.answer(&request).status().as_u16()
    }

    #[test]
    fn points_are_taken() {
        let listener = listener("path_tag = true").unwrap();
        assert_eq!(sent(&listener, Method::POST, "/telegraf", "m,a=b s=\"x\",t=true,i=1i 7\nn f=1 8\n"), 204);
        let lines: Vec<_> = listener.gather().iter().filter_map(|metric| metric.line(Form::default())).collect();
        let path = "http_listener_v2_path=/telegraf";
        assert_eq!(lines, [format!("m,a=b,{path} i=1i,s=\"x\",t=true 7\n"), format!("n,{path} f=1 8\n")]);
        assert_eq!(listener.gather(), []);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let open = listener("http_success_code = 200\npaths = [\"/write\"]").unwrap();
        assert_eq!(sent(&open, Method::PUT, "/write", "m f=1"), 200);
        assert_eq!(sent(&open, Method::POST, "/telegraf", "m f=1"), 404);
        assert_eq!(sent(&open, Method::GET, "/write", "m f=1"), 405);
        assert_eq!(sent(&open, Method::POST, "/write", "m f=1\nno point"), 400);
        let closed = listener("basic_username = \"u\"\nbasic_password = \"p\"").unwrap();
        assert_eq!(sent(&closed, Method::POST, "/telegraf", "m f=1"), 401);
        let wrong = listener("service_address = \"udp://:1\"").unwrap();
        assert_eq!(wrong.start("x").unwrap_err(), "unknown protocol \"udp\"");
        assert_eq!(listener("socket_mode = \"0600\"").unwrap_err(), (UNDONE, "socket_mode".to_owned()));
    }
}
