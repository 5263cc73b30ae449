//! One SSH connection and the SFTP on it.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use russh::{
    ChannelStream, Preferred,
    client::{self, Handle, Msg},
    keys::{PrivateKeyWithHashAlg, PublicKeyOrCertificate},
};
use secrecy::ExposeSecret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    HostKey, Login, SftpError, Stat, Target,
    server::private_key,
    wire::{Message, Reader, kind, open, status},
};

/// How much is written or read at once: what every server takes.
const CHUNK: usize = 32 * 1024;
/// So many writes wait for their answer, so that a long way costs no speed.
const WRITES_WAITING: usize = 64;
/// Longest message that is believed.
const MESSAGE_MAX: usize = 256 * 1024;
/// Longest list of a folder's files.
const NAMES_MAX: usize = 10_000;
/// A server that is silent for so long has gone.
const SILENCE_MAX: Duration = Duration::from_mins(1);
/// OpenSSH's rename that takes the place of a file that is there.
const POSIX_RENAME: &str = "posix-rename@openssh.com";

pub(crate) struct Client {
    host: String,
    stream: ChannelStream<Msg>,
    /// Ends the connection when dropped.
    _session: Handle<Pinned>,
    extensions: BTreeMap<String, Vec<u8>>,
    next: u32,
}

/// Lets nobody pass but the pinned server.
struct Pinned {
    key: HostKey,
}

/// Why a connection did not come about.
enum Broken {
    OtherServer,
    Ssh(russh::Error),
}

impl From<russh::Error> for Broken {
    fn from(error: russh::Error) -> Self {
        Self::Ssh(error)
    }
}

impl std::fmt::Debug for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OtherServer => f.write_str("another server"),
            Self::Ssh(error) => error.fmt(f),
        }
    }
}

impl client::Handler for Pinned {
    type Error = Broken;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, Broken> {
        match shown {
            PublicKeyOrCertificate::PublicKey { key, .. } if self.key.is(key) => Ok(true),
            _ => Err(Broken::OtherServer),
        }
    }
}

/// An answer to a request.
struct Answer {
    kind: u8,
    body: Vec<u8>,
}

impl Client {
    pub(crate) async fn open(target: &Target) -> Result<Self, SftpError> {
        let broken = |why: Broken| match why {
            Broken::OtherServer => SftpError::OtherServer { host: target.host.clone() },
            Broken::Ssh(error) => unreachable(&target.host, &error),
        };
        let config = client::Config {
            preferred: Preferred {
                key: Cow::Owned(vec![target.host_key.algorithm()]),
                ..Preferred::default()
            },
            inactivity_timeout: Some(SILENCE_MAX),
            nodelay: true,
            ..client::Config::default()
        };
        let pinned = Pinned { key: target.host_key.clone() };
        let address = (target.host.as_str(), target.port);
        let mut session =
            client::connect(Arc::new(config), address, pinned).await.map_err(broken)?;
        let entered = match &target.login {
            Login::Password(password) => {
                session.authenticate_password(&target.user, password.expose_secret()).await
            }
            Login::Key(key) => {
                let key = private_key(key.expose_secret())
                    .map_err(|why| unreachable(&target.host, &why))?;
                let key = PrivateKeyWithHashAlg::new(Arc::new(key), None);
                session.authenticate_publickey(&target.user, key).await
            }
        };
        if !entered.map_err(|error| unreachable(&target.host, &error))?.success() {
            return Err(SftpError::Refused {
                host: target.host.clone(),
                user: target.user.clone(),
            });
        }
        let opening = async {
            let channel = session.channel_open_session().await?;
            channel.request_subsystem(true, "sftp").await?;
            Ok::<_, russh::Error>(channel.into_stream())
        };
        let stream = opening.await.map_err(|error| unreachable(&target.host, &error))?;
        let mut client = Self {
            host: target.host.clone(),
            stream,
            _session: session,
            extensions: BTreeMap::new(),
            next: 0,
        };
        client.greet().await?;
        Ok(client)
    }

    pub(crate) async fn put(
        &mut self,
        path: &str,
        part: &str,
        pieces: &[Bytes],
        sent: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), SftpError> {
        let handle = self.open_file(part, open::ANEW).await?;
        let written = self.write(part, &handle, pieces, sent).await;
        let closed = self.close(part, &handle).await;
        if let Err(error) = written.and(closed) {
            // What is half there is in nobody's way; the first failure is what counts.
            let _left = self.remove(part).await;
            return Err(error);
        }
        self.rename(part, path).await
    }

    pub(crate) async fn get(
        &mut self,
        path: &str,
        most: u64,
    ) -> Result<Option<Vec<u8>>, SftpError> {
        let handle = match self.open_file(path, open::READ).await {
            Err(SftpError::Failed { status: status::NO_SUCH_FILE, .. }) => return Ok(None),
            other => other?,
        };
        let mut read = Vec::new();
        loop {
            let message = |id| {
                let chunk = u32::try_from(CHUNK).unwrap_or(u32::MAX);
                let message = Message::new(kind::READ).number(id).text(&handle);
                message.long(read.len() as u64).number(chunk)
            };
            let answer = self.ask(message).await?;
            if answer.kind != kind::DATA {
                match self.status("reading", path, &answer) {
                    Err(SftpError::Failed { status: status::EOF, .. }) => break,
                    other => other?,
                }
            }
            let data = Reader(&answer.body).text().ok_or_else(|| self.nonsense())?;
            read.extend_from_slice(data);
            if read.len() as u64 > most {
                return Err(SftpError::TooLarge { file: path.to_owned(), most });
            }
        }
        self.close(path, &handle).await?;
        Ok(Some(read))
    }

    pub(crate) async fn stat(&mut self, path: &str) -> Result<Option<Stat>, SftpError> {
        let message = |id| Message::new(kind::STAT).number(id).text(path.as_bytes());
        let answer = self.ask(message).await?;
        if answer.kind != kind::ATTRS {
            return match self.status("looking", path, &answer) {
                Err(SftpError::Failed { status: status::NO_SUCH_FILE, .. }) => Ok(None),
                other => other.and_then(|()| Err(self.nonsense())),
            };
        }
        let (size, modified) = Reader(&answer.body).attributes().ok_or_else(|| self.nonsense())?;
        Ok(Some(Stat { size, modified }))
    }

    pub(crate) async fn list(&mut self, folder: &str) -> Result<Vec<(String, Stat)>, SftpError> {
        let place = if folder.is_empty() { "." } else { folder };
        let message = |id| Message::new(kind::OPENDIR).number(id).text(place.as_bytes());
        let answer = self.ask(message).await?;
        let handle = self.handle("opening", place, &answer)?;
        let mut found = Vec::new();
        loop {
            let message = |id| Message::new(kind::READDIR).number(id).text(&handle);
            let answer = self.ask(message).await?;
            if answer.kind != kind::NAME {
                match self.status("listing", place, &answer) {
                    Err(SftpError::Failed { status: status::EOF, .. }) => break,
                    other => other?,
                }
            }
            found.extend(names(&answer.body).ok_or_else(|| self.nonsense())?);
            if found.len() > NAMES_MAX {
                let (file, most) = (place.to_owned(), NAMES_MAX as u64);
                return Err(SftpError::TooLarge { file, most });
            }
        }
        self.close(place, &handle).await?;
        Ok(found)
    }

    pub(crate) async fn remove(&mut self, path: &str) -> Result<(), SftpError> {
        let message = |id| Message::new(kind::REMOVE).number(id).text(path.as_bytes());
        let answer = self.ask(message).await?;
        match self.status("removing", path, &answer) {
            Err(SftpError::Failed { status: status::NO_SUCH_FILE, .. }) => Ok(()),
            other => other,
        }
    }

    async fn greet(&mut self) -> Result<(), SftpError> {
        self.send(Message::new(kind::INIT).number(3)).await?;
        let answer = self.receive().await?;
        let mut reader = Reader(&answer.body);
        if answer.kind != kind::VERSION || reader.number().is_none_or(|version| version < 3) {
            return Err(self.nonsense());
        }
        while let (Some(name), Some(data)) = (reader.text(), reader.text()) {
            let name = String::from_utf8_lossy(name).into_owned();
            self.extensions.insert(name, data.to_vec());
        }
        Ok(())
    }

    async fn open_file(&mut self, path: &str, how: u32) -> Result<Vec<u8>, SftpError> {
        let message = |id| {
            let message = Message::new(kind::OPEN).number(id).text(path.as_bytes());
            message.number(how).number(0)
        };
        let answer = self.ask(message).await?;
        self.handle("opening", path, &answer)
    }

    fn handle(
        &self,
        what: &'static str,
        file: &str,
        answer: &Answer,
    ) -> Result<Vec<u8>, SftpError> {
        if answer.kind != kind::HANDLE {
            self.status(what, file, answer)?;
            return Err(self.nonsense());
        }
        Reader(&answer.body).text().map(<[u8]>::to_vec).ok_or_else(|| self.nonsense())
    }

    /// Writes go out one behind the other; each has an answer, in any order.
    async fn write(
        &mut self,
        path: &str,
        handle: &[u8],
        pieces: &[Bytes],
        sent: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), SftpError> {
        let (mut at, mut waiting) = (0, 0);
        let mut result = Ok(());
        for chunk in pieces.iter().flat_map(|piece| piece.chunks(CHUNK)) {
            let id = self.id();
            let message = Message::new(kind::WRITE).number(id).text(handle).long(at).text(chunk);
            self.send(message).await?;
            at += chunk.len() as u64;
            sent(chunk.len() as u64);
            waiting += 1;
            if waiting >= WRITES_WAITING {
                let answer = self.receive().await?;
                waiting -= 1;
                result = self.status("writing", path, &after_id(answer));
                if result.is_err() {
                    break;
                }
            }
        }
        for _late in 0..waiting {
            let answer = self.receive().await?;
            result = result.and(self.status("writing", path, &after_id(answer)));
        }
        result
    }

    async fn close(&mut self, path: &str, handle: &[u8]) -> Result<(), SftpError> {
        let answer = self.ask(|id| Message::new(kind::CLOSE).number(id).text(handle)).await?;
        self.status("closing", path, &answer)
    }

    /// Into the place of what is there: at once where the server can, and else after taking it away.
    async fn rename(&mut self, from: &str, to: &str) -> Result<(), SftpError> {
        let names = |message: Message| message.text(from.as_bytes()).text(to.as_bytes());
        if self.extensions.contains_key(POSIX_RENAME) {
            let message = |id| {
                let message = Message::new(kind::EXTENDED).number(id);
                names(message.text(POSIX_RENAME.as_bytes()))
            };
            let answer = self.ask(message).await?;
            return self.status("renaming", from, &answer);
        }
        self.remove(to).await?;
        let answer = self.ask(|id| names(Message::new(kind::RENAME).number(id))).await?;
        self.status("renaming", from, &answer)
    }

    async fn ask(&mut self, message: impl FnOnce(u32) -> Message) -> Result<Answer, SftpError> {
        let id = self.id();
        self.send(message(id)).await?;
        let answer = self.receive().await?;
        if Reader(&answer.body).number() == Some(id) {
            Ok(after_id(answer))
        } else {
            Err(self.nonsense())
        }
    }

    fn id(&mut self) -> u32 {
        self.next = self.next.wrapping_add(1);
        self.next
    }

    async fn send(&mut self, message: Message) -> Result<(), SftpError> {
        let sending = self.stream.write_all(&message.bytes()).await;
        sending.map_err(|error| unreachable(&self.host, &error))
    }

    async fn receive(&mut self) -> Result<Answer, SftpError> {
        let mut head = [0; 5];
        let broken = |error| unreachable(&self.host, &error);
        self.stream.read_exact(&mut head).await.map_err(broken)?;
        let [a, b, c, d, kind] = head;
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if length == 0 || length > MESSAGE_MAX {
            return Err(self.nonsense());
        }
        let mut body = vec![0; length - 1];
        let broken = |error| unreachable(&self.host, &error);
        self.stream.read_exact(&mut body).await.map_err(broken)?;
        Ok(Answer { kind, body })
    }

    /// A status that is not OK is a failure, and so is something else in its place.
    fn status(&self, what: &'static str, file: &str, answer: &Answer) -> Result<(), SftpError> {
        let mut reader = Reader(&answer.body);
        match (answer.kind, reader.number()) {
            (kind::STATUS, Some(status::OK)) => Ok(()),
            (kind::STATUS, Some(status)) => {
                let message = String::from_utf8_lossy(reader.text().unwrap_or_default());
                let (file, message) = (file.to_owned(), message.into_owned());
                Err(SftpError::Failed { what, file, status, message })
            }
            _ => Err(self.nonsense()),
        }
    }

    fn nonsense(&self) -> SftpError {
        unreachable(&self.host, &"its answer is not of SFTP version 3")
    }
}

/// Files of a folder, as one answer has them.
fn names(body: &[u8]) -> Option<Vec<(String, Stat)>> {
    let mut reader = Reader(body);
    let count = reader.number()?;
    let mut names = Vec::new();
    for _file in 0..count {
        let name = String::from_utf8_lossy(reader.text()?).into_owned();
        let _as_ls_shows_it = reader.text()?;
        let (size, modified) = reader.attributes()?;
        names.push((name, Stat { size, modified }));
    }
    Some(names)
}

/// What stands behind an answer's id.
fn after_id(mut answer: Answer) -> Answer {
    answer.body.drain(..4.min(answer.body.len()));
    answer
}

fn unreachable(host: &str, why: &impl ToString) -> SftpError {
    SftpError::Unreachable { host: host.to_owned(), why: why.to_string() }
}
