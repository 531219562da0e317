//! A scripted program: what it is asked, whether it is signed, and what it answers.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;

use super::*;

#[derive(Clone)]
struct Program {
    answer: (u16, &'static str),
    wait: Duration,
    asked: Arc<Mutex<Vec<Value>>>,
}

async fn program(answer: (u16, &'static str), wait_ms: u64) -> (WebhookConfig, Program) {
    let wait = Duration::from_millis(wait_ms);
    let program = Program { answer, wait, asked: Arc::default() };
    let router = Router::new().route("/supervise", post(heard)).with_state(program.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/supervise", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let config = WebhookConfig {
        url,
        secret: "s3cret".into(),
        coach: true,
        barge: false,
        timeout: Duration::from_millis(300),
    };
    (config, program)
}

async fn heard(
    State(program): State<Program>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, &'static str) {
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    let (id, at_s) = (text("webhook-id"), text("webhook-timestamp"));
    assert_eq!(text("webhook-signature"), sign(b"s3cret", &id, &at_s, &body));
    let asked: Value = serde_json::from_str(&body).unwrap();
    let slow = asked["action"] == "join";
    program.asked.lock().unwrap().push(asked);
    if slow {
        tokio::time::sleep(program.wait).await;
    }
    (StatusCode::from_u16(program.answer.0).unwrap(), program.answer.1)
}

fn joining(mode: Mode) -> Joining {
    let handles = BTreeMap::from([("vicidial.session_id".into(), "8600051".into())]);
    Joining { handles, telephone: "350a".into(), mode }
}

#[tokio::test]
async fn a_program_is_asked_and_its_answer_comes_back_to_it() {
    let (config, program) = program((200, r#"{"joined":{"leg":"77","n":1}}"#), 0).await;
    let connector = WebhookSupervise::new(config).unwrap();
    assert_eq!(connector.can(), [Mode::Listen, Mode::Coach]);
    assert!(matches!(connector.join(&joining(Mode::Barge)).await, Err(SuperviseError::Unable(_))));
    let joined = connector.join(&joining(Mode::Listen)).await.unwrap();
    let changed = connector.change(&joined, Mode::Coach).await.unwrap();
    connector.leave(&changed).await.unwrap();
    let id = joined.0["webhook.id"].clone();
    let noted = |mode: &str| json!({ "leg": "77", "mode": mode, "webhook.id": id });
    assert_eq!(
        *program.asked.lock().unwrap(),
        [
            json!({ "action": "join", "id": id, "handles": { "vicidial.session_id": "8600051" },
                "telephone": "350a", "mode": "listen" }),
            json!({ "action": "change", "id": id, "joined": noted("listen"), "mode": "coach" }),
            json!({ "action": "leave", "id": id, "joined": noted("coach") }),
        ]
    );
}

#[tokio::test]
async fn a_refusal_is_told_and_a_timeout_is_undone() {
    let (config, asked) = program((409, r#"{"error":"the agent is not on a call"}"#), 0).await;
    let error = WebhookSupervise::new(config).unwrap().join(&joining(Mode::Listen)).await;
    assert_eq!(error.unwrap_err().to_string(), "the PBX refused: the agent is not on a call");
    assert_eq!(asked.asked.lock().unwrap().len(), 1);

    let (config, slow) = program((200, "{}"), 2_000).await;
    let error = WebhookSupervise::new(config).unwrap().join(&joining(Mode::Listen)).await;
    assert!(matches!(error, Err(SuperviseError::Away(_))));
    let asked = slow.asked.lock().unwrap();
    assert_eq!(asked[1]["action"], "leave");
    assert_eq!(asked[1]["id"], asked[0]["id"]);
}

#[test]
fn a_connector_without_address_or_secret_is_none() {
    let config = |url: &str, secret: &str| WebhookConfig {
        url: url.into(),
        secret: secret.into(),
        ..WebhookConfig::default()
    };
    assert!(WebhookSupervise::new(config("file:///x", "s")).is_err());
    assert!(WebhookSupervise::new(config("http://x", "")).is_err());
    // The example of the Standard Webhooks specification.
    let connector =
        WebhookSupervise::new(config("http://x", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
            .unwrap();
    let body = r#"{"test": 2432232314}"#;
    let signed = sign(&connector.caller.key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body);
    assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}
