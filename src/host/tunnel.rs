//! A TCP connection that starts on the host, for what is to be asked there when the host has no program to ask with.

use super::{ConnectError, Method, RunDir, Target};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, ChildStdout};

/// A byte stream to an address as the host sees it.
#[derive(Debug)]
pub enum Tunnel {
    /// Through `ssh -W`, over the connection that is open already.
    Ssh {
        /// ssh, which ends when this is dropped.
        process: Box<Child>,
        /// What the other side reads.
        input: ChildStdin,
        /// What the other side writes.
        output: ChildStdout,
    },
    /// From this machine itself.
    Local(TcpStream),
}

impl Tunnel {
    /// Opens a stream from the host to `host:port`.
    ///
    /// # Errors
    /// When ssh cannot be started. Whether the other side answers shows only when it is asked.
    pub async fn open(run: &RunDir, target: &Target, address: &str) -> Result<Self, ConnectError> {
        let failed = |error: io::Error| ConnectError::Start(error.to_string());
        if target.method == Method::Local {
            return TcpStream::connect(address).await.map(Self::Local).map_err(failed);
        }
        let mut process = super::command::tunnel(run, target, address)?.spawn().map_err(failed)?;
        match (process.stdin.take(), process.stdout.take()) {
            (Some(input), Some(output)) => Ok(Self::Ssh { process: Box::new(process), input, output }),
            _ => Err(ConnectError::Start("ssh has no input and output".to_owned())),
        }
    }
}

impl AsyncRead for Tunnel {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Ssh { output, .. } => Pin::new(output).poll_read(cx, buffer),
            Self::Local(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Ssh { input, .. } => Pin::new(input).poll_write(cx, bytes),
            Self::Local(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Ssh { input, .. } => Pin::new(input).poll_flush(cx),
            Self::Local(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Ssh { input, .. } => Pin::new(input).poll_shutdown(cx),
            Self::Local(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
