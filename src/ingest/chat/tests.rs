//! Chat logs in the shapes that exports have, and with the mistakes they make.

use super::*;
use crate::domain::CallId;

fn read(text: &str) -> Result<(Vec<Message>, Vec<Problem>), ChatError> {
    let info = CallInfo::unknown(CallId::new("c").unwrap());
    messages(rows::rows(text)?, &info)
}

/// Reads a log and draws it: time, party, text.
#[track_caller]
fn check(text: &str, want: &[&str]) {
    let (messages, _) = read(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let drawn: Vec<String> = messages
        .iter()
        .map(|one| {
            let at = one.at_ms.map_or("-".to_owned(), |ms| format!("{}", ms as f64 / 1000.0));
            format!("{at} {} {}", one.party.as_str(), one.text.as_str())
        })
        .collect();
    assert_eq!(drawn, want, "{text}");
}

const THREE: &[&str] =
    &["0 customer 你好，在吗", "20 agent 您好，\"云帆\"为您服务", "81.5 customer 谢谢"];

#[test]
fn tables_of_many_exports_are_read() {
    check(
        "speaker,time,text\ncustomer,2026-10-25T16:38:00+08:00,\"你好，在吗\"\nagent,2026-10-25T08:38:20Z,\"您好，\"\"云帆\"\"为您服务\"\ncustomer,2026-10-25 08:39:21.5,谢谢\n",
        THREE,
    );
    check(
        "会话ID\t发送时间\t角色\t发送者\t消息内容\n7\t16:38:00\t客户\t李女士\t你好，在吗\n7\t16:38:20\t客服\t小王\t您好，\"云帆\"为您服务\n7\t16:39:21.5\t客户\t李女士\t谢谢\n",
        THREE,
    );
    check(
        "Sender;Timestamp;Message\r\nvisitor17;1792917480000;你好，在吗\r\nAgent 3105;1792917500000;\"您好，\"\"云帆\"\"为您服务\"\r\nvisitor17;1792917561500;谢谢\r\n",
        THREE,
    );
    check(
        "who,date,time,content\nuser,2026/10/25,23:59:50,late\nstaff,2026/10/26,00:00:05,night\n",
        &["0 customer late", "15 agent night"],
    );
    check("speaker,text\nagent,Hi\ncustomer,Hello\n", &["- agent Hi", "- customer Hello"]);
    check(
        "speaker,time,text\nagent,23:59:50,a\ncustomer,00:00:05,b\n",
        &["0 agent a", "15 customer b"],
    );
    check(
        "role,offset_ms,text\nagent,1500,\"two\nlines\"\ncustomer,2500,b\n",
        &["1.5 agent two lines", "2.5 customer b"],
    );
}

#[test]
fn json_of_many_exports_is_read() {
    check(
        r#"[{"speaker": "customer", "time": 0, "text": "a"}, {"speaker": "客服", "time": 2.5, "text": "b"}]"#,
        &["0 customer a", "2.5 agent b"],
    );
    check(
        r#"{"ContactId": "x", "Transcript": [
            {"AbsoluteTime": "2026-10-25T08:38:00.000Z", "Content": "joined", "ParticipantRole": "SYSTEM"},
            {"AbsoluteTime": "2026-10-25T08:38:01.000Z", "Content": "hello", "ParticipantRole": "CUSTOMER", "DisplayName": "Bot Smith"},
            {"AbsoluteTime": "2026-10-25T08:38:04.000Z", "Content": "hi", "ParticipantRole": "AGENT", "DisplayName": "Ann"}]}"#,
        &["0 bot joined", "1 customer hello", "4 agent hi"],
    );
    check(
        r#"{"conversation": {"parts": [
            {"author": {"type": "user", "name": "Ann"}, "body": "<p>it&nbsp;broke &amp; burned</p>", "createdAt": 1792917480},
            {"author": {"type": "admin", "name": "Bob"}, "body": "Sorry!", "createdAt": 1792917490}]}}"#,
        &["0 customer it broke & burned", "10 agent Sorry!"],
    );
    check(
        "{\"from\": \"in\", \"ts\": 5, \"message\": {\"text\": \"a\"}}\n\n{\"from\": \"out\", \"ts\": 7, \"message\": {\"text\": \"b\"}}\n",
        &["5 customer a", "7 agent b"],
    );
    check(
        r#"{"messages": [{"sender": "小王", "role": "", "text": "您好"}, {"sender": "访客", "text": "在吗"}]}"#,
        &["- agent 您好", "- customer 在吗"],
    );
}

#[test]
fn what_was_put_right_is_told() {
    let (messages, problems) = read(
        "speaker,time,text\nagent,30,b\ncustomer,10,a\nagent,40,\ncustomer,50,c\nsystem,60,<img src=x/>\n",
    )
    .unwrap();
    assert_eq!(messages.iter().map(|one| one.text.as_str()).collect::<String>(), "abc");
    let told: Vec<String> =
        problems.iter().map(|p| format!("{} {}", p.kind.as_str(), p.detail)).collect();
    assert_eq!(
        told,
        [
            "empty_texts 2 rows without a text left out",
            "out_of_order 1 messages put into order by time"
        ]
    );
}

#[test]
fn bad_logs_are_refused_with_their_line() {
    for (text, want) in [
        ("", "the chat log holds no message with a text"),
        ("a,b\n1,2\n", "line 1: no column for the text"),
        ("text,time\nhi,1\n", "line 1: no column for the speaker"),
        ("speaker,time,text\nagent,1,a\nagent,soon,b\n", "line 3: the time is none of"),
        ("speaker,time,text\nagent,1,a\nagent,,b\n", "line 3: no time, while other rows have one"),
        ("speaker,time,text\nagent,1,a\nagent,2026-01-02,b\n", "line 3: the time has another form"),
        ("speaker,time,text\nagent,1,a, b\n", "line 2: 4 fields, the head has 3"),
        ("speaker,time,text\nagent,1,\"a\nb\"\n,2,c\n", "line 4: no speaker"),
        ("speaker,time,text\nagent,1,\n", "the chat log holds no message with a text"),
        ("session_id,role,text\n1,agent,a\n2,agent,b\n", "it holds 2 conversations"),
        ("[{\"role\": \"agent\",\n \"text\": }]", "line 2, column 10: not valid JSON"),
        ("{\"role\": \"agent\", \"text\": \"a\"}\n{oops}\n", "line 2, column 2: not valid JSON"),
        ("[{\"role\": \"agent\", \"text\": \"a\"},\n 5]", "line 2: no object with"),
        ("{\"a\": [1, 2]}", "no list of messages found"),
    ] {
        let error = read(text).expect_err(text);
        assert!(error.to_string().starts_with(want), "{text}: {error}");
        assert!(!error.zh().is_empty());
    }
    let long = format!("speaker,text\nagent,{}\n", "长".repeat(MESSAGE_CHARS_MAX + 1));
    assert!(matches!(read(&long), Err(ChatError::Row { line: 2, fault: RowFault::LongText(_) })));
}

/// Every form is read up to the limit, with its line known, and no further: what stands behind is broken.
/// Lines are counted once: from the top for every row, this would take minutes.
#[test]
fn one_message_too_many_is_refused_with_its_line_and_ends_the_reading() {
    let object = r#"{"role": "agent", "text": "a"}"#;
    let list = |rows: usize| format!("[\n{}", format!("{object},\n").repeat(rows));
    for (log, broken, line) in [
        (list(MESSAGES_MAX) + object, ",\n5]", MESSAGES_MAX + 2),
        (format!("[{object}{}", ",\n{}".repeat(MESSAGES_MAX)), ", 5]", MESSAGES_MAX + 1),
        (format!("{object}\n").repeat(MESSAGES_MAX + 1), "oops", MESSAGES_MAX + 1),
        ("role,text\n".to_owned() + &"agent,a\n".repeat(MESSAGES_MAX + 1), "a", MESSAGES_MAX + 2),
    ] {
        let fault = RowFault::TooMany(MESSAGES_MAX);
        let refused = ChatError::Row { line: line as u64, fault };
        assert_eq!(rows::rows(&(log + broken)), Err(refused), "{broken}");
    }
    let most = list(MESSAGES_MAX - 1) + object + "]";
    let lines: Vec<u64> = rows::rows(&most).unwrap().iter().map(|row| row.line).collect();
    assert!(lines.into_iter().eq(2..MESSAGES_MAX as u64 + 2));
}

#[test]
fn encodings_are_told_by_their_bytes() {
    let text = "说话人,内容\n客服,您好\n客户,我的订单还没有到\n";
    let (gbk, _, _) = GB18030.encode(text);
    let wide = |big: bool| -> Vec<u8> {
        let mark = std::iter::once(0xfeff);
        let units = mark.chain(text.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    for bytes in [text.as_bytes(), &gbk, &wide(true), &wide(false), &marked] {
        assert_eq!(decoded(bytes).as_deref(), Ok(text));
    }
    assert_eq!(decoded(b"speaker,text\na,\xff\xff\n"), Err(ChatError::Encoding { line: 2 }));
}

proptest::proptest! {
    #[test]
    fn any_text_is_taken(text in "\\PC{0,60}|(speaker|role|,|\n|text|time|\"|[0-9:a]){0,30}") {
        let _ = read(&text);
    }
}
