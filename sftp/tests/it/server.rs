//! OpenSSH's server on this machine, for as long as a test takes.

use std::{
    fs,
    io::Write,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use secrecy::SecretString;
use sftp::{HostKey, Login, Target};

const SSHD: &str = "/usr/sbin/sshd";

/// An SSH server on this machine with a folder of its own.
pub(crate) struct Server {
    child: Child,
    pub(crate) folder: PathBuf,
    pub(crate) port: u16,
}

impl Server {
    /// `None`, said loudly, where there is none to start.
    pub(crate) fn start(name: &str) -> Option<Self> {
        if !Path::new(SSHD).exists() {
            let words = format!("SKIPPED: {SSHD} is missing; install openssh-server\n");
            std::io::stderr().write_all(words.as_bytes()).unwrap();
            return None;
        }
        let folder = std::env::temp_dir().join(format!("storebridge-sshd-{name}"));
        let _left_before = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("files")).unwrap();
        for key in ["host", "other", "user", "stranger"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(folder.join(key))
                .status();
            assert!(made.unwrap().success());
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let place = folder.display();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {place}/host\nPidFile none\n\
             AuthorizedKeysFile {place}/user.pub\nStrictModes no\nUsePAM no\n\
             PermitRootLogin yes\nPasswordAuthentication yes\nSubsystem sftp internal-sftp\n"
        );
        fs::write(folder.join("sshd_config"), config).unwrap();
        // Where the server goes that has dropped its rights; as another user it needs none.
        let _there_already = fs::create_dir("/run/sshd");
        let child = Command::new(SSHD)
            .args(["-D", "-e", "-f"])
            .arg(folder.join("sshd_config"))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let until = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "sshd listens in time");
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(Self { child, folder, port })
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap()
    }

    pub(crate) fn target(&self) -> Target {
        let user = Command::new("id").arg("-un").output().unwrap().stdout;
        Target {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            user: String::from_utf8(user).unwrap().trim().to_owned(),
            login: Login::Key(SecretString::from(self.text("user"))),
            host_key: HostKey::parse(&self.text("host.pub")).unwrap(),
            deadline: Duration::from_secs(20),
        }
    }

    pub(crate) fn files(&self) -> String {
        self.folder.join("files").display().to_string()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be dead already, which is as good.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
        let _left = fs::remove_dir_all(&self.folder);
    }
}
