//! A stream that ends itself when nothing has moved in either direction for too long.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Instant,
};

use super::timer::Lazy;

/// A TCP stream with an idle timer. A request that runs longer than the timer must be bounded
/// elsewhere; see [`EdgeBounds::request_timeout`](crate::config::EdgeBounds).
pub(super) struct Idle {
    stream: TcpStream,
    timer: Lazy,
    /// When something moved last.
    moved: Instant,
    limit: Duration,
}

impl Idle {
    pub(super) fn new(stream: TcpStream, limit: Duration) -> Self {
        let moved = Instant::now();
        Self { stream, timer: Lazy::new(moved + limit), moved, limit }
    }

    /// Something moved: the time starts again. Nothing moved: has it run out?
    fn observe<T>(
        &mut self,
        context: &mut Context<'_>,
        progress: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if progress.is_ready() {
            self.moved = Instant::now();
            return progress;
        }
        let ended = self.timer.poll(context, self.moved + self.limit);
        ended.map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Idle {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let progress = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.observe(context, progress)
    }
}

impl AsyncWrite for Idle {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.observe(context, progress)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.observe(context, progress)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
