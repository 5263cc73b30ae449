//! Against OpenSSH's own server.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "what a test spawns ends with the test")]

use std::{fs, io::Write, net::TcpListener, time::Duration};

use bytes::Bytes;
use secrecy::SecretString;
use sftp::{Connection, HostKey, Login, SftpError, Target};

mod passwords;
mod server;

use passwords::{PASSWORD, SFTP_SERVER};
use server::Server;

#[tokio::test]
async fn a_file_is_put_read_and_replaced_and_nothing_is_left_beside_it() {
    let Some(server) = Server::start("put") else { return };
    let target = server.target();
    let mut connection = Connection::open(&target, &server.files()).await.unwrap();
    assert_eq!(connection.stat("feed.csv.gz").await.unwrap(), None);
    assert_eq!(connection.get("feed.csv.gz", 100).await.unwrap(), None);

    // More than all writes that may wait for an answer.
    let large: Vec<u8> = (0..5_000_000_u32).map(|at| (at % 251) as u8).collect();
    let pieces: Vec<Bytes> = large.chunks(100_001).map(Bytes::copy_from_slice).collect();
    let mut sent = 0;
    connection.put("feed.csv.gz", &pieces, &mut |bytes| sent += bytes).await.unwrap();
    assert_eq!(sent, 5_000_000, "each byte is told of once");
    let path = server.folder.join("files/feed.csv.gz");
    assert!(fs::read(&path).unwrap() == large);
    let stat = connection.stat("feed.csv.gz").await.unwrap().unwrap();
    assert!(stat.size == 5_000_000 && stat.modified > 1_700_000_000, "{stat:?}");
    assert!(connection.get("feed.csv.gz", 5_000_000).await.unwrap().unwrap() == large);
    let error = connection.get("feed.csv.gz", 4_999_999).await.unwrap_err();
    assert!(matches!(error, SftpError::TooLarge { most: 4_999_999, .. }), "{error}");

    connection.put("feed.csv.gz", &[Bytes::from_static(b"small")], &mut |_| {}).await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"small");
    assert_eq!(fs::read_dir(server.files()).unwrap().count(), 1);
    let list = connection.list().await.unwrap();
    let feed = list.iter().find(|(name, _)| name == "feed.csv.gz").unwrap();
    assert_eq!(feed.1.size, 5);
    connection.remove("feed.csv.gz").await.unwrap();
    connection.remove("feed.csv.gz").await.unwrap();
    assert_eq!(fs::read_dir(server.files()).unwrap().count(), 0);
}

#[tokio::test]
async fn what_cannot_be_written_is_said_and_what_was_there_stays() {
    let Some(server) = Server::start("fail") else { return };
    let target = server.target();
    let mut connection = Connection::open(&target, "/nowhere/at/all").await.unwrap();
    let error =
        connection.put("feed.csv", &[Bytes::from_static(b"x")], &mut |_| {}).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("opening of /nowhere/at/all/.feed.csv.part"), "{text}");
    // A folder of that name: the file is complete, and cannot take its place.
    let mut connection = Connection::open(&target, &server.files()).await.unwrap();
    fs::create_dir(server.folder.join("files/feed.csv")).unwrap();
    let error =
        connection.put("feed.csv", &[Bytes::from_static(b"x")], &mut |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("renaming"), "{error}");
}

#[tokio::test]
async fn another_server_another_key_and_another_password_do_not_pass() {
    let Some(server) = Server::start("refused") else { return };
    let open = async |target: &Target| Connection::open(target, "").await.unwrap_err();

    let mut target = server.target();
    target.host_key = HostKey::parse(&server.text("other.pub")).unwrap();
    let error = open(&target).await;
    assert!(matches!(error, SftpError::OtherServer { .. }), "{error}");

    let mut target = server.target();
    target.login = Login::Key(SecretString::from(server.text("stranger")));
    let error = open(&target).await;
    assert!(matches!(error, SftpError::Refused { .. }), "{error}");
    target.login = Login::Password(SecretString::from("not the password"));
    let error = open(&target).await;
    assert!(matches!(error, SftpError::Refused { .. }), "{error}");

    let mut target = server.target();
    target.port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = open(&target).await;
    assert!(matches!(error, SftpError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_password_lets_in_and_another_does_not() {
    if !std::path::Path::new(SFTP_SERVER).exists() {
        let words = format!("SKIPPED: {SFTP_SERVER} is missing; install openssh-sftp-server\n");
        std::io::stderr().write_all(words.as_bytes()).unwrap();
        return;
    }
    let (port, key) = passwords::listen().await;
    let folder = std::env::temp_dir().join("storebridge-sftp-passwords");
    let _left_before = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let target = |password: &str| Target {
        host: "127.0.0.1".to_owned(),
        port,
        user: "feeds".to_owned(),
        login: Login::Password(SecretString::from(password)),
        host_key: HostKey::parse(&key.public_key().to_openssh().unwrap()).unwrap(),
        deadline: Duration::from_secs(20),
    };
    let right = target(PASSWORD);
    let mut connection = Connection::open(&right, &folder.display().to_string()).await.unwrap();
    let large = vec![Bytes::from(vec![42; 3_000_000])];
    connection.put("feed.csv", &large, &mut |_| {}).await.unwrap();
    assert_eq!(fs::metadata(folder.join("feed.csv")).unwrap().len(), 3_000_000);
    let error = Connection::open(&target("another"), "").await.unwrap_err();
    assert!(matches!(error, SftpError::Refused { .. }), "{error}");
    fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
    let target = Target {
        host: "127.0.0.1".to_owned(),
        port: silent.local_addr().unwrap().port(),
        user: "feeds".to_owned(),
        login: Login::Password(SecretString::from("password")),
        host_key: HostKey::parse(key).unwrap(),
        deadline: Duration::from_millis(200),
    };
    let error = Connection::open(&target, "").await.unwrap_err();
    assert!(matches!(error, SftpError::Late { .. }), "{error}");
}
