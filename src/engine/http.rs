//! Asks an HTTP check from here, through the connection to the host: for hosts that have no curl.

use crate::host::{RunDir, Target, Tunnel};
use crate::resource::check::{Reply, Request};
use http_body_util::BodyExt as _;
use http_body_util::{Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::{Uri, client::conn::http1};
use hyper_util::rt::TokioIo;

/// How much of an answer is read.
const LIMIT: usize = 1 << 20;

/// Asks once. What goes wrong on the way is a reply too: the status is then not 0.
pub async fn ask(run: &RunDir, target: &Target, request: &Request<'_>) -> Reply {
    let failed = |reason: String| Reply { status: 1, http: 0, body: reason };
    match tokio::time::timeout(request.patience, exchange(run, target, request)).await {
        Ok(Ok(reply)) => reply,
        Ok(Err(reason)) => failed(reason),
        Err(_) => failed(format!("no answer within {} s", request.patience.as_secs())),
    }
}

async fn exchange(run: &RunDir, target: &Target, request: &Request<'_>) -> Result<Reply, String> {
    let uri: Uri = request.url.parse().map_err(|error| format!("{} is no URL: {error}", request.url))?;
    let host = uri.host().ok_or_else(|| format!("{} names no host", request.url))?;
    if uri.scheme_str() != Some("http") {
        return Err("the host has no curl, without which only http:// can be asked".to_owned());
    }
    let address = format!("{host}:{}", uri.port_u16().unwrap_or(80));
    let tunnel = Tunnel::open(run, target, &address).await.map_err(|error| error.to_string())?;
    let refused = |_| format!("{address} does not answer as a web server");
    let (mut sender, connection) = http1::handshake(TokioIo::new(tunnel)).await.map_err(refused)?;
    let driver = tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut builder = hyper::Request::builder()
        .method(request.method)
        .uri(path)
        .header("host", uri.authority().map_or(host, |authority| authority.as_str()));
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    let body = Full::new(Bytes::from(request.body.unwrap_or_default().to_owned()));
    let message = builder.body(body).map_err(|error| error.to_string())?;
    let response = sender.send_request(message).await.map_err(refused)?;
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), LIMIT).collect().await.map_err(|error| {
        let much = format!("the answer has more than {} MiB, which is as much as is read", LIMIT >> 20);
        if error.is::<LengthLimitError>() { much } else { error.to_string() }
    })?;
    let body = body.to_bytes();
    driver.abort();
    Ok(Reply { status: 0, http: status, body: String::from_utf8_lossy(&body).into_owned() })
}
