//! HTTP, as much of it as the stand-ins serve and send.

use base64::Engine as _;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A whole answer.
pub type Answer = Response<Full<Bytes>>;

/// A whole request.
#[derive(Debug)]
pub struct Request {
    /// How it was asked.
    pub method: Method,
    /// The path, as it was sent.
    pub path: String,
    /// The parameters of the URL and of a form in the body, in their order.
    pub parameters: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Request {
    /// The first value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether it says that it comes from this user, with this password.
    pub fn is_from(&self, user: &str, password: &str) -> bool {
        let token = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        self.header("authorization") == Some(&format!("Basic {token}"))
    }
}

/// The answer with these headers, as far as they can be some.
pub fn with_headers(mut answer: Answer, headers: &[(String, String)]) -> Answer {
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

/// Listens at an address; at all there are where none is named, also on a host without IPv6.
pub async fn bind(host: &str, port: u16) -> std::io::Result<TcpListener> {
    if !host.is_empty() {
        return TcpListener::bind((host, port)).await;
    }
    match TcpListener::bind(("::", port)).await {
        Err(error) if error.kind() != std::io::ErrorKind::AddrInUse => TcpListener::bind(("0.0.0.0", port)).await,
        bound => bound,
    }
}

/// A server that goes on beside its starter until it is closed.
#[derive(Debug, Default)]
pub struct Server(Mutex<Option<JoinHandle<()>>>);

impl Server {
    /// Answers every request to `listener`.
    pub fn start<H>(&self, listener: TcpListener, handler: H)
    where
        H: Fn(Request) -> Answer + Send + Sync + 'static,
    {
        let server = tokio::spawn(serve(listener, Arc::new(handler)));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
    }

    /// Listens no longer: after a reload somebody else does.
    pub async fn close(&self) {
        let server = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(server) = server {
            server.abort();
            let _ = server.await;
        }
    }
}

/// Answers every request to `listener` for as long as the caller waits.
pub async fn serve<H>(listener: TcpListener, handler: Arc<H>)
where
    H: Fn(Request) -> Answer + Send + Sync + 'static,
{
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let handler = Arc::clone(&handler);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let handler = Arc::clone(&handler);
                async move { Ok::<_, Infallible>(answer(request, handler.as_ref()).await) }
            });
            // Whoever asked has gone when this fails: there is nobody to tell.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(request: hyper::Request<Incoming>, handler: &(impl Fn(Request) -> Answer + Sync)) -> Answer {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        return text(StatusCode::BAD_REQUEST, "the request's body was cut short\n");
    };
    let body = body.to_bytes();
    let mut parameters = fields(head.uri.query().unwrap_or_default());
    let form =
        head.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form"));
    if form {
        parameters.extend(fields(&String::from_utf8_lossy(&body)));
    }
    let path = head.uri.path().to_owned();
    tokio::task::block_in_place(|| {
        handler(Request { method: head.method, path, parameters, headers: head.headers, body })
    })
}

/// `a=1&b=2`, decoded.
fn fields(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|field| !field.is_empty())
        .map(|field| {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

/// Text whose special characters are written `%2F`, and its spaces `+`.
pub fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
                match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                    Some(byte) => {
                        bytes.push(byte);
                        rest = &after[2..];
                    }
                    None => bytes.push(b'%'),
                }
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// An answer of a kind.
pub fn of_kind(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

/// Plain text.
pub fn text(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    of_kind(status, "text/plain; charset=utf-8", body)
}

/// JSON.
pub fn json(status: StatusCode, body: &serde_json::Value) -> Answer {
    of_kind(status, "application/json; charset=UTF-8", body.to_string())
}

/// Sends a body to `http://...` and waits for the status and text that answer it.
///
/// # Errors
/// Why there was no answer, in words for a log.
pub async fn post(
    url: &str,
    headers: &[(String, String)],
    body: Vec<u8>,
    within: Duration,
) -> Result<(StatusCode, String), String> {
    ask(Method::POST, url, headers, body, within).await.map(|(status, body)| (status, body.trim().to_owned()))
}

/// Sends a request to `http://...` and waits for the status and text that answer it.
///
/// # Errors
/// Why there was no answer, in words for a log.
pub async fn ask(
    method: Method,
    url: &str,
    headers: &[(String, String)],
    body: Vec<u8>,
    within: Duration,
) -> Result<(StatusCode, String), String> {
    let verb = if method == Method::POST { "Post" } else { "Get" };
    tokio::time::timeout(within, send(method, url, headers, body))
        .await
        .unwrap_or_else(|_| Err("context deadline exceeded".to_owned()))
        .map_err(|why| format!("{verb} {url:?}: {why}"))
}

async fn send(
    method: Method,
    url: &str,
    headers: &[(String, String)],
    body: Vec<u8>,
) -> Result<(StatusCode, String), String> {
    let failed = |error: &dyn std::fmt::Display| error.to_string();
    let uri: hyper::Uri = url.parse().map_err(|error| failed(&error))?;
    let host = uri.host().ok_or_else(|| failed(&"no Host in request URL"))?;
    let port = uri.port_u16().unwrap_or(80);
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let stream =
        TcpStream::connect((name, port)).await.map_err(|error| failed(&format!("dial tcp {host}:{port}: {error}")))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
    let connection = tokio::spawn(connection);
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let mut request = hyper::Request::builder().method(method).uri(target).header("Host", format!("{host}:{port}"));
    for (name, value) in headers {
        let name: HeaderName = name.parse().map_err(|error| failed(&error))?;
        request = request.header(name, value);
    }
    let request = request.body(Full::new(Bytes::from(body))).map_err(|error| failed(&error))?;
    let answer = sender.send_request(request).await.map_err(|error| failed(&error))?;
    let status = answer.status();
    let body = answer.into_body().collect().await.map_err(|error| failed(&error))?.to_bytes();
    connection.abort();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}
