//! Files on an SFTP server, put there whole or not at all.
//!
//! A file is written under a name of its own and renamed when it is complete, so that nobody reads
//! half of one. The server is known by its key, which is pinned: another key is another server.
//! SSH is `russh`; the few messages of SFTP version 3 that are needed here
//! (draft-ietf-secsh-filexfer-02) are in `wire.rs`.

use std::time::Duration;

use bytes::Bytes;
use secrecy::SecretString;
use thiserror::Error;

mod client;
mod server;
mod wire;

pub use server::{HostKey, NoKey, check_key};

use client::Client;

/// Where files go, and as whom.
#[derive(Clone, Debug)]
pub struct Target {
    /// A name or an address.
    pub host: String,
    /// 22, as a rule.
    pub port: u16,
    /// Who signs in.
    pub user: String,
    /// How.
    pub login: Login,
    /// The only key that the server may have.
    pub host_key: HostKey,
    /// Longest time from the first byte to the last of one [`Connection`].
    pub deadline: Duration,
}

/// How one signs in.
#[derive(Clone, Debug)]
pub enum Login {
    /// With a password.
    Password(SecretString),
    /// With a private key as OpenSSH writes it, not encrypted: Ed25519 or ECDSA.
    Key(SecretString),
}

/// What a server says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// In bytes.
    pub size: u64,
    /// When it was last written, in seconds since 1970, by the server's clock.
    pub modified: i64,
}

/// Why something was not done. What was there before is there still.
#[derive(Debug, Error)]
pub enum SftpError {
    /// Nobody listens there, or the connection broke.
    #[error("{host} cannot be reached, or hung up: {why}")]
    Unreachable {
        /// Which server.
        host: String,
        /// What went wrong.
        why: String,
    },
    /// It is another server, or its key was changed.
    #[error(
        "{host} shows another key than the pinned one. Ask its owner whether the key was changed; \
         if so write the new one into host_key"
    )]
    OtherServer {
        /// Which server.
        host: String,
    },
    /// Name, password or key are refused.
    #[error("{host} refuses {user}: compare user and password or key with what its owner gave you")]
    Refused {
        /// Which server.
        host: String,
        /// Who wanted to sign in.
        user: String,
    },
    /// The server cannot, or will not, do something with a file.
    #[error("{what} of {file}: the server says {message:?} (status {status})")]
    Failed {
        /// What was asked.
        what: &'static str,
        /// Which file.
        file: String,
        /// The number of the status.
        status: u32,
        /// The server's words.
        message: String,
    },
    /// The file has more bytes, or the folder more files, than may be read.
    #[error("{file} is larger than {most}")]
    TooLarge {
        /// Which.
        file: String,
        /// How much may be read.
        most: u64,
    },
    /// It took too long.
    #[error("{host} took longer than {seconds} s")]
    Late {
        /// Which server.
        host: String,
        /// How long was waited.
        seconds: u64,
    },
}

/// A signed-in connection to one folder.
pub struct Connection<'t> {
    target: &'t Target,
    folder: String,
    client: Client,
    ends: tokio::time::Instant,
}

impl<'t> Connection<'t> {
    /// Signs in; `folder` is empty for where the server puts one.
    pub async fn open(target: &'t Target, folder: &str) -> Result<Self, SftpError> {
        let ends = tokio::time::Instant::now() + target.deadline;
        let opening = tokio::time::timeout_at(ends, Client::open(target));
        let client = opening.await.map_err(|_| late(target))??;
        Ok(Self { target, folder: folder.trim_end_matches('/').to_owned(), client, ends })
    }

    /// Puts a file in the place of one of the same name, once it is complete. `sent` hears of the
    /// bytes as they go out.
    pub async fn put(
        &mut self,
        name: &str,
        pieces: &[Bytes],
        sent: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), SftpError> {
        let (path, part) = (self.path(name), self.path(&format!(".{name}.part")));
        let target = self.target;
        let putting = self.client.put(&path, &part, pieces, sent);
        tokio::time::timeout_at(self.ends, putting).await.map_err(|_| late(target))?
    }

    /// What a file holds; `None` if there is none.
    pub async fn get(&mut self, name: &str, most: u64) -> Result<Option<Vec<u8>>, SftpError> {
        let (path, target) = (self.path(name), self.target);
        let getting = self.client.get(&path, most);
        tokio::time::timeout_at(self.ends, getting).await.map_err(|_| late(target))?
    }

    /// How large a file is and when it was written; `None` if there is none.
    pub async fn stat(&mut self, name: &str) -> Result<Option<Stat>, SftpError> {
        let (path, target) = (self.path(name), self.target);
        let asking = self.client.stat(&path);
        tokio::time::timeout_at(self.ends, asking).await.map_err(|_| late(target))?
    }

    /// The folder's files, and what else is in it.
    pub async fn list(&mut self) -> Result<Vec<(String, Stat)>, SftpError> {
        let (folder, target) = (self.folder.clone(), self.target);
        let listing = self.client.list(&folder);
        tokio::time::timeout_at(self.ends, listing).await.map_err(|_| late(target))?
    }

    /// Takes a file away; one that is not there is no failure.
    pub async fn remove(&mut self, name: &str) -> Result<(), SftpError> {
        let (path, target) = (self.path(name), self.target);
        let removing = self.client.remove(&path);
        tokio::time::timeout_at(self.ends, removing).await.map_err(|_| late(target))?
    }

    fn path(&self, name: &str) -> String {
        if self.folder.is_empty() { name.to_owned() } else { format!("{}/{name}", self.folder) }
    }
}

impl std::fmt::Debug for Connection<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("host", &self.target.host).finish_non_exhaustive()
    }
}

fn late(target: &Target) -> SftpError {
    SftpError::Late { host: target.host.clone(), seconds: target.deadline.as_secs() }
}
