//! The command line as a stranger meets it.

use std::{
    net::TcpListener,
    process::{Command, Output, Stdio},
};

fn storebridge(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_storebridge")).args(arguments).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn help_has_examples() {
    for arguments in
        [&["--help"][..], &["serve", "--help"], &["check", "--help"], &["demo", "--help"]]
    {
        let output = storebridge(arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success());
        assert!(text.contains("Example"), "{arguments:?}: {text}");
    }
}

#[test]
fn the_demo_buys_one_thing() {
    let output = storebridge(&["demo", "--buy", "--listen", "127.0.0.1:0"]);
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success(), "{text}\n{}", stderr(&output));
    for word in [
        "POST",
        "completed",
        "as the store sees it",
        "processing",
        "pi_",
        "variation:",
        "on_sale:",
        "virtual:",
        "backorder:",
    ] {
        assert!(text.contains(word), "{word:?} is missing in:\n{text}");
    }
}

#[test]
fn a_taken_port_is_said_clearly() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = storebridge(&["demo", "--listen", &address]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains(&format!("cannot listen on {address}")));
}

#[test]
fn a_closed_stdout_is_no_failure() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_storebridge"))
        .args(["demo", "--buy", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!stderr(&output).contains("panicked"), "{}", stderr(&output));
}

#[test]
fn ctrl_c_ends_the_demo_well() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_storebridge"))
        .args(["demo", "--json", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut stdout, &mut line).unwrap();
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_missing_or_broken_configuration_is_said_clearly() {
    let output = storebridge(&["serve", "--config", "nowhere.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("storebridge.example.toml"), "{}", stderr(&output));

    let path = std::env::temp_dir().join("storebridge-broken.toml");
    std::fs::write(&path, "[server]\npublic_url = \"https://x.test\"\nspeed = 9\n").unwrap();
    let output = storebridge(&["check", "--config", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(78));
    assert!(stderr(&output).contains("line 3, speed"), "{}", stderr(&output));
}
