//! A scripted FreeSWITCH: what it is told, word by word, and what it answers.

use std::collections::BTreeMap;

use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::super::scripted::{self, Asked};
use super::*;

#[derive(Clone, Copy, PartialEq)]
enum Does {
    /// All is well.
    Answer,
    /// The originate fails.
    Fail,
    /// The connection breaks after the originate.
    Break,
    /// The key is refused.
    Deaf,
    /// The password is wrong.
    Lock,
}

async fn switch(does: Does) -> (EslConfig, Asked) {
    let (address, asked) = scripted::pbx(move |stream, kept| serve(stream, does, kept)).await;
    let timeout = Duration::from_millis(500);
    (EslConfig { address, password: "ClueCon".into(), timeout, ..EslConfig::default() }, asked)
}

async fn serve(stream: TcpStream, does: Does, kept: Asked) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"Content-Type: auth/request\n\n").await.unwrap();
    while let Ok(Some(line)) = lines.next_line().await {
        if line.is_empty() {
            continue;
        }
        kept.lock().unwrap().push(line.clone());
        let reply = |text: &str| format!("Content-Type: command/reply\nReply-Text: {text}\n\n");
        let api = |text: &str| {
            format!("Content-Type: api/response\nContent-Length: {}\n\n{text}", text.len())
        };
        let answer = if line.starts_with("auth") {
            reply(if does == Does::Lock { "-ERR invalid" } else { "+OK accepted" })
        } else if line.starts_with("bgapi") {
            if does == Does::Break {
                return;
            }
            let result = if does == Does::Fail { "-ERR NO_ANSWER\n" } else { "+OK x\n" };
            let event = format!(
                "Event-Name: BACKGROUND_JOB\nJob-UUID: j1\nContent-Length: {}\n\n{result}",
                result.len()
            );
            let other = event.replace("j1", "j2");
            let plain = |event: &str| {
                format!(
                    "Content-Type: text/event-plain\nContent-Length: {}\n\n{event}",
                    event.len()
                )
            };
            format!(
                "Content-Type: command/reply\nReply-Text: +OK Job-UUID: j1\nJob-UUID: j1\n\n{}{}",
                plain(&other),
                plain(&event)
            )
        } else if line.contains("uuid_recv_dtmf") && does == Does::Deaf {
            api("-ERR no such thing\n")
        } else if line.contains("uuid_kill") && does == Does::Fail {
            api("-ERR No such channel!\n")
        } else if line.starts_with("api") {
            api("+OK\n")
        } else {
            reply("+OK event listener enabled plain")
        };
        let _ = write.write_all(answer.as_bytes()).await;
    }
}

fn joining(mode: Mode) -> Joining {
    let handles = BTreeMap::from([("freeswitch.uuid".into(), "agent-uuid".into())]);
    Joining { handles, telephone: "user/1001".into(), mode }
}

fn told(asked: &Asked, id: &str) -> Vec<String> {
    asked.lock().unwrap().iter().map(|line| line.replace(id, "ID")).collect()
}

#[tokio::test]
async fn a_supervisor_joins_changes_and_leaves() {
    let (config, asked) = switch(Does::Answer).await;
    let connector = EslSupervise::new(config);
    let joined = connector.join(&joining(Mode::Coach)).await.unwrap();
    let id = joined.0["freeswitch.uuid"].clone();
    let barging = connector.change(&joined, Mode::Barge).await.unwrap();
    assert_eq!(barging.0["mode"], "barge");
    connector.change(&barging, Mode::Listen).await.unwrap();
    connector.leave(&barging).await.unwrap();
    assert_eq!(
        told(&asked, &id),
        [
            "auth ClueCon",
            "event plain BACKGROUND_JOB",
            "bgapi originate {origination_uuid=ID,origination_caller_id_name=Monitor,originate_timeout=30,\
             eavesdrop_enable_dtmf=true}user/1001 &eavesdrop(agent-uuid)",
            "api uuid_recv_dtmf ID 2",
            "auth ClueCon",
            "api uuid_recv_dtmf ID 3",
            "auth ClueCon",
            "api uuid_recv_dtmf ID 0",
            "auth ClueCon",
            "api uuid_kill ID",
        ]
    );
}

#[tokio::test]
async fn a_join_that_fails_leaves_nobody_on_the_call() {
    for (does, expected, killed) in [
        (Does::Fail, "the PBX refused: NO_ANSWER", false),
        (Does::Break, "the PBX cannot be reached: the connection broke", true),
        (Does::Deaf, "the PBX refused: no such thing", true),
        (Does::Lock, "the PBX refused: the event socket's password is wrong", false),
    ] {
        let (config, asked) = switch(does).await;
        let error = EslSupervise::new(config).join(&joining(Mode::Barge)).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
        let last = asked.lock().unwrap().last().cloned().unwrap();
        assert_eq!(last.starts_with("api uuid_kill "), killed, "{last}");
    }
}

#[tokio::test]
async fn nothing_is_told_that_could_be_two_things() {
    let (config, asked) = switch(Does::Answer).await;
    let connector = EslSupervise::new(config);
    for bad in ["user/1001 &bridge(x)", "{a=b}user/1", "user/1,user/2", "user/1\n\napi shutdown"] {
        let joining = Joining { telephone: bad.into(), ..joining(Mode::Listen) };
        assert!(matches!(connector.join(&joining).await, Err(SuperviseError::Unfit(_))), "{bad}");
    }
    assert!(asked.lock().unwrap().is_empty());
    // One who is off already is no error.
    let (config, _) = switch(Does::Fail).await;
    let joined = Joined(BTreeMap::from([("freeswitch.uuid".into(), "u1".into())]));
    assert!(EslSupervise::new(config).leave(&joined).await.is_ok());
}
