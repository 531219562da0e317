//! A scripted Asterisk: what it is asked, word by word, and what it answers.

use std::collections::BTreeMap;

use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::super::scripted::{self, Asked};
use super::*;

/// What the PBX does with an action.
#[derive(Clone, Copy, PartialEq)]
enum Does {
    /// Success, and the telephone is answered.
    Answer,
    /// Success, and nobody answers.
    Ring,
    /// Success, and then silence.
    Silence,
    /// The connection breaks after the originate.
    Break,
    /// An error.
    Refuse(&'static str),
}

/// Serves connections; keeps what was asked, without ids that change.
async fn pbx(does: Does) -> (AmiConfig, Asked) {
    let (address, asked) = scripted::pbx(move |stream, kept| serve(stream, does, kept)).await;
    let config = AmiConfig {
        address,
        user: "qm".into(),
        secret: "s3cret".into(),
        ring: Duration::from_millis(300),
        timeout: Duration::from_millis(500),
        ..AmiConfig::default()
    };
    (config, asked)
}

async fn serve(stream: TcpStream, does: Does, kept: Asked) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"Asterisk Call Manager/9.0.0\r\n").await.unwrap();
    let mut packet: Vec<String> = Vec::new();
    while let Ok(Some(line)) = lines.next_line().await {
        if !line.is_empty() {
            packet.push(line);
            continue;
        }
        let value = |key: &str| {
            let found = packet.iter().find_map(|line| line.strip_prefix(&format!("{key}: ")));
            found.unwrap_or_default().to_owned()
        };
        let (action, id) = (value("Action"), value("ActionID"));
        let told = packet.join("|").replace(&format!("|ActionID: {id}"), "");
        let made = value("ChannelId");
        let told = if made.is_empty() { told } else { told.replace(&made, "ID") };
        kept.lock().unwrap().push(told);
        packet.clear();
        let answer = match (action.as_str(), does) {
            ("Originate", Does::Break) => return,
            ("Originate" | "PlayDTMF" | "Hangup", Does::Refuse(why)) => {
                format!("Response: Error\r\nActionID: {id}\r\nMessage: {why}\r\n\r\n")
            }
            _ => format!(
                "Event: FullyBooted\r\n\r\nResponse: Success\r\nActionID: {id}\r\nMessage: ok\r\n\r\n"
            ),
        };
        let _ = write.write_all(answer.as_bytes()).await;
        let result = match (action.as_str(), does) {
            ("Originate", Does::Answer) => {
                format!("Response: Success\r\nReason: 4\r\nUniqueid: {made}")
            }
            ("Originate", Does::Ring) => "Response: Failure\r\nReason: 3".to_owned(),
            _ => continue,
        };
        let event = format!(
            "Event: OriginateResponse\r\nActionID: other\r\nResponse: Failure\r\n\r\n\
             Event: OriginateResponse\r\nActionID: {id}\r\nChannel: PJSIP/sup100-0000002b\r\n{result}\r\n\r\n"
        );
        let _ = write.write_all(event.as_bytes()).await;
    }
}

fn joining(mode: Mode) -> Joining {
    let handles = BTreeMap::from([("asterisk.channel".into(), "PJSIP/1001-0000002a".into())]);
    Joining { handles, telephone: "PJSIP/sup100".into(), mode }
}

const LOGIN: &str = "Action: Login|Username: qm|Secret: s3cret|Events: call";

fn originate_of(options: &str) -> String {
    format!(
        "Action: Originate|Channel: PJSIP/sup100|ChannelId: ID|Application: ChanSpy|\
         Data: PJSIP/1001-0000002a,{options}|CallerID: \"Monitor\" <*>|Timeout: 300|Async: true"
    )
}

#[tokio::test]
async fn a_supervisor_joins_changes_and_leaves() {
    for (mode, options) in [(Mode::Listen, "qESd"), (Mode::Coach, "qESdw"), (Mode::Barge, "qESdB")]
    {
        let (config, asked) = pbx(Does::Answer).await;
        let connector = AmiSupervise::new(config);
        let joined = connector.join(&joining(mode)).await.unwrap();
        assert_eq!(joined.0["ami.channel"], "PJSIP/sup100-0000002b");
        let id = joined.0["ami.channel_id"].clone();
        assert!(id.starts_with("lingting-sup-"));
        let changed = connector.change(&joined, Mode::Coach).await.unwrap();
        assert_eq!(changed.0["mode"], "coach");
        connector.leave(&changed).await.unwrap();
        assert_eq!(
            *asked.lock().unwrap(),
            [
                LOGIN.to_owned(),
                originate_of(options),
                LOGIN.to_owned(),
                "Action: PlayDTMF|Channel: PJSIP/sup100-0000002b|Digit: 5|Receive: true".to_owned(),
                LOGIN.to_owned(),
                format!("Action: Hangup|Channel: {id}|Cause: 16"),
            ]
        );
    }
}

#[tokio::test]
async fn a_join_that_fails_leaves_nobody_on_the_call() {
    for (does, expected, hung_up) in [
        (Does::Ring, "the PBX refused: nobody answered", false),
        (
            Does::Refuse("Extension does not exist."),
            "the PBX refused: Extension does not exist.",
            false,
        ),
        (Does::Silence, "the PBX cannot be reached: no answer in time", true),
        (Does::Break, "the PBX cannot be reached: the connection broke", true),
    ] {
        let (mut config, asked) = pbx(does).await;
        config.ring = Duration::from_millis(50);
        let connector = AmiSupervise::new(config);
        let error = connector.join(&joining(Mode::Listen)).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
        let last = asked.lock().unwrap().last().cloned().unwrap();
        assert_eq!(last.starts_with("Action: Hangup|Channel: lingting-sup-"), hung_up, "{last}");
    }
}

#[tokio::test]
async fn one_who_asked_and_went_away_leaves_nobody_on_the_call() {
    let (config, asked) = pbx(Does::Answer).await;
    let connector = AmiSupervise::new(config);
    let joining = joining(Mode::Barge);
    assert!(timeout(Duration::ZERO, connector.join(&joining)).await.is_err());
    let hung_up = || asked.lock().unwrap().iter().any(|told| told.starts_with("Action: Hangup"));
    for _ in 0..200 {
        if hung_up() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{:?}", asked.lock().unwrap());
}

#[tokio::test]
async fn nothing_is_asked_that_could_be_two_things() {
    let (config, asked) = pbx(Does::Answer).await;
    let connector = AmiSupervise::new(config.clone());
    let mut bad = joining(Mode::Listen);
    bad.telephone = "PJSIP/1\r\nAction: Command\r\nCommand: core stop now".into();
    assert!(matches!(connector.join(&bad).await, Err(SuperviseError::Unfit("telephone"))));
    let mut bad = joining(Mode::Listen);
    bad.handles.insert("asterisk.channel".into(), "PJSIP/1,qw".into());
    assert!(matches!(connector.join(&bad).await, Err(SuperviseError::Unfit("channel"))));
    bad.handles.clear();
    assert!(matches!(
        connector.join(&bad).await,
        Err(SuperviseError::NoHandle("asterisk.channel"))
    ));
    assert!(asked.lock().unwrap().is_empty());
    let injected = AmiConfig { secret: "x\r\nAction: Originate".into(), ..config };
    assert!(AmiSupervise::new(injected).join(&joining(Mode::Listen)).await.is_err());
    assert!(asked.lock().unwrap().is_empty());
    let nobody = AmiConfig { address: "127.0.0.1:1".into(), ..AmiConfig::default() };
    let joined = Joined(BTreeMap::from([("ami.channel_id".into(), "1".into())]));
    let left = AmiSupervise::new(nobody).leave(&joined).await;
    assert!(matches!(left, Err(SuperviseError::Away(_))));
}

#[tokio::test]
async fn one_who_is_off_already_is_no_error() {
    let (config, _) = pbx(Does::Refuse("No such channel")).await;
    let joined = Joined(BTreeMap::from([("ami.channel_id".into(), "lingting-sup-1".into())]));
    assert!(AmiSupervise::new(config).leave(&joined).await.is_ok());
    let (config, _) = pbx(Does::Refuse("Permission denied")).await;
    assert!(matches!(
        AmiSupervise::new(config).leave(&joined).await,
        Err(SuperviseError::Refused(_))
    ));
}
