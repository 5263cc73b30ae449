//! Answers that do not arrive as they were sent.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, HttpBody},
    response::Response,
};
use bytes::Bytes;
use http::{HeaderValue, header, response::Parts};
use http_body_util::{BodyExt, Collected};
use hyper::body::Frame;
use tokio::time::Sleep;

/// How many pieces a trickling answer comes in.
const PIECES: usize = 16;

/// Half of an answer, which says that it is all.
pub(super) async fn half(response: Response) -> Response {
    let (head, bytes) = whole(response).await;
    let cut = bytes.slice(..bytes.len() / 2);
    with(head, cut.len(), Body::from(cut))
}

/// Half of an answer, which then breaks off.
pub(super) async fn broken(response: Response) -> Response {
    let (head, bytes) = whole(response).await;
    let left = Some(bytes.slice(..bytes.len() / 2));
    with(head, bytes.len(), Body::new(Broken { left, flushed: false }))
}

/// An answer in pieces, with a pause before each.
pub(super) async fn trickling(response: Response, pause: Duration) -> Response {
    let (head, bytes) = whole(response).await;
    let size = bytes.len().div_ceil(PIECES).max(1);
    let cut = |from: usize| bytes.slice(from..bytes.len().min(from + size));
    let left = (0..bytes.len()).step_by(size).map(cut).collect();
    let trickle = Trickle { left, pause, next: Box::pin(tokio::time::sleep(pause)) };
    with(head, bytes.len(), Body::new(trickle))
}

/// The emulators' own bodies are in memory and cannot fail.
async fn whole(response: Response) -> (Parts, Bytes) {
    let (head, body) = response.into_parts();
    (head, body.collect().await.map(Collected::to_bytes).unwrap_or_default())
}

fn with(mut head: Parts, length: usize, body: Body) -> Response {
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    Response::from_parts(head, body)
}

/// A body that breaks off.
struct Broken {
    left: Option<Bytes>,
    flushed: bool,
}

impl HttpBody for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(bytes) = self.left.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        // The pause lets the server write what it has before it learns of the end.
        if !std::mem::replace(&mut self.flushed, true) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())))
    }
}

/// A body that takes its time.
struct Trickle {
    left: VecDeque<Bytes>,
    pause: Duration,
    next: Pin<Box<Sleep>>,
}

impl HttpBody for Trickle {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        ready!(self.next.as_mut().poll(context));
        self.next = Box::pin(tokio::time::sleep(self.pause));
        Poll::Ready(self.left.pop_front().map(|piece| Ok(Frame::data(piece))))
    }
}
