//! `lingting user`, `token` and `audit` on a real store.
//!
//! In: the real command. Out: what it printed, and that a log somebody laid hands on is told.

use std::io::Write as _;
use std::process::{Command, Stdio};

use sea_orm::ConnectionTrait as _;

/// The command on that store, with a text on its input stream: exit code, output, errors.
fn run(store: &str, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lingting"))
        .args(arguments)
        .args(["--store", store])
        .env_remove("LC_ALL")
        .env("LANG", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who reads no input may have ended before.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn accounts_are_made_changed_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("s.db").display());
    let add = |login, role, scope: &[&str], input| {
        let mut all = vec!["user", "add", login, "--name", "N", "--role", role];
        all.extend(scope);
        run(&store, &all, input)
    };
    let (code, out, err) = add("Wang", "administrator", &["--all"], "");
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("account: wang") && out.contains("password, shown this once: "), "{out}");
    let from_stdin = ["--grant", "client=A,team=1", "--password-stdin"];
    for (login, role, scope, input, told) in [
        ("wang", "auditor", &["--all"][..], "", "taken"),
        ("li", "boss", &["--all"], "", "no role"),
        ("li", "client", &["--all"], "", "names a client"),
        ("li", "client", &[], "", "--all"),
        ("li", "client", &from_stdin, "short\n", "10 to 200"),
    ] {
        let (code, out, err) = add(login, role, scope, input);
        assert!(code == 1 && err.contains(told), "{login} {role}: {code} {out} {err}");
    }
    let (code, out, err) = add("li", "client", &from_stdin, "correct horse\n");
    assert!(code == 0 && !out.contains("password"), "{out} {err}");
    let (code, _, err) = run(&store, &["user", "disable", "li"], "");
    assert_eq!(code, 0, "{err}");
    let (_, out, _) = run(&store, &["user", "list"], "");
    assert_eq!(
        out,
        "li\tclient\tN\tclient=A,team=1\tdisabled\nwang\tadministrator\tN\teverything\t\n"
    );
    let (code, _, err) = run(&store, &["user", "passwd", "nobody"], "");
    assert!(code == 1 && err.contains("no such account"), "{err}");
    let new = ["token", "new", "wang", "--name", "n", "--scopes", "read,decide", "--days", "9"];
    let (code, secret, err) = run(&store, &new, "");
    assert!(code == 0 && secret.starts_with("lt_"), "{err}");
    let (_, out, _) = run(&store, &["token", "list", "wang"], "");
    let id = out.split('\t').next().unwrap().to_owned();
    assert!(out.contains("read,decide") && !out.contains(secret.trim()), "{out}");
    let (code, _, err) = run(&store, &["token", "revoke", &id], "");
    assert_eq!(code, 0, "{err}");
    let (_, out, _) = run(&store, &["token", "list", "wang"], "");
    assert!(out.contains("revoked"), "{out}");
}

#[test]
fn a_log_that_somebody_laid_hands_on_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("s.db").display());
    for login in ["a1", "a2", "a3"] {
        let add = ["user", "add", login, "--name", "N", "--role", "reviewer", "--all"];
        let (code, _, err) = run(&store, &add, "");
        assert_eq!(code, 0, "{err}");
    }
    let (_, head, _) = run(&store, &["audit", "head"], "");
    let head = head.trim();
    let verify = ["audit", "verify", "--head", head];
    let (code, out, err) = run(&store, &verify, "");
    assert!(code == 0 && out.starts_with("3 rows, 3:"), "{out} {err}");
    let hand = |sql: &str| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let db = sea_orm::Database::connect(&store).await.unwrap();
            db.execute_unprepared(sql).await.unwrap();
            db.close().await.unwrap();
        });
    };
    hand("DELETE FROM audit WHERE seq = 3");
    assert_eq!(run(&store, &["audit", "verify"], "").0, 0, "the end alone tells nothing");
    let (code, out, _) = run(&store, &verify, "");
    assert!(code == 1 && out.contains("3–3: not there any more"), "{out}");
    hand("UPDATE audit SET actor = 'somebody' WHERE seq = 1");
    let (code, out, err) = run(&store, &["audit", "verify"], "");
    assert!(code == 1 && out.contains("1: was changed"), "{out} {err}");
    let (code, _, err) = run(&store, &["audit", "verify", "--head", "nonsense"], "");
    assert!(code == 1 && err.contains("NUMBER:HASH"), "{err}");
}
