//! A server that lets in by password, with OpenSSH's own `sftp-server` behind it.
//!
//! OpenSSH's `sshd` knows the machine's users only, and no test may make one.

use std::{collections::HashMap, process::Stdio, sync::Arc};

use russh::{
    Channel, ChannelId,
    keys::{Algorithm, PrivateKey},
    server::{Auth, Config, Handler, Msg, Session, run_stream},
};
use tokio::{io, net::TcpListener, process::Command};

pub(crate) const SFTP_SERVER: &str = "/usr/lib/openssh/sftp-server";
pub(crate) const PASSWORD: &str = "the right password";

/// One connection.
#[derive(Default)]
struct Door(HashMap<ChannelId, Channel<Msg>>);

impl Handler for Door {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, russh::Error> {
        let is_right = user == "feeds" && password == PASSWORD;
        Ok(if is_right { Auth::Accept } else { Auth::reject() })
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: russh::server::ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), russh::Error> {
        self.0.insert(channel.id(), channel);
        reply.accept().await;
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        id: ChannelId,
        name: &str,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        let Some(channel) = self.0.remove(&id).filter(|_| name == "sftp") else {
            return session.channel_failure(id);
        };
        session.channel_success(id)?;
        tokio::spawn(async move {
            let mut server = Command::new(SFTP_SERVER)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .kill_on_drop(true)
                .spawn()
                .unwrap();
            let (mut from, mut to) = io::split(channel.into_stream());
            let (mut input, mut output) =
                (server.stdin.take().unwrap(), server.stdout.take().unwrap());
            let _ended =
                tokio::join!(io::copy(&mut from, &mut input), io::copy(&mut output, &mut to));
        });
        Ok(())
    }
}

/// Listens for as long as the test takes; answers its port and its key.
pub(crate) async fn listen() -> (u16, PrivateKey) {
    let seed = [7; 32];
    let key = PrivateKey::from(russh::keys::ssh_key::private::Ed25519Keypair::from_seed(&seed));
    assert_eq!(key.algorithm(), Algorithm::Ed25519);
    let config = Arc::new(Config { keys: vec![key.clone()], ..Config::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let running = run_stream(Arc::clone(&config), stream, Door::default()).await;
            tokio::spawn(async move {
                if let Ok(running) = running {
                    let _ended = running.await;
                }
            });
        }
    });
    (port, key)
}
