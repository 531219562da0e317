//! Webhooks against a real HTTP server: what arrives, what is tried again, what is switched off.
//!
//! In: events in a real store. Out: what the server was sent, and what the delivery log says.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use serde_json::{Value, json};

use super::outbox::{Outbox, Pace};
use super::{Guard, new_secret, opened, seal_anew, sign};
use crate::blobs::{Blobs, Keys, Place};
use crate::domain::{Belongs, Grant, Scope};
use crate::store::fixture::{Stores, call};
use crate::store::webhooks::{Due, Form, Webhook, webhook_of};
use crate::store::{EventKind, Store, now_us};

/// What a server was sent.
#[derive(Debug, Clone)]
struct Got {
    uri: Uri,
    headers: HeaderMap,
    body: String,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Answers of a server, the last one for ever, and what it was sent.
type Seen = Arc<Mutex<(Vec<(u16, &'static str)>, Vec<Got>)>>;

async fn server(answers: &[(u16, &'static str)]) -> (String, Seen) {
    let seen: Seen = Arc::new(Mutex::new((answers.to_vec(), Vec::new())));
    let answer = async |State(seen): State<Seen>, uri: Uri, headers: HeaderMap, body: String| {
        let mut seen = seen.lock().unwrap();
        seen.1.push(Got { uri, headers, body });
        let (status, text) = if seen.0.len() > 1 { seen.0.remove(0) } else { seen.0[0] };
        (StatusCode::from_u16(status).unwrap(), text)
    };
    let router = Router::new().route("/hook", post(answer)).with_state(Arc::clone(&seen));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, seen)
}

fn got(seen: &Seen) -> Vec<Got> {
    seen.lock().unwrap().1.clone()
}

async fn hook(store: &Store, url: &str, form: Form, secret: &str, scope: Scope) -> Webhook {
    let new = Webhook {
        id: String::new(),
        name: "test".into(),
        url: url.into(),
        form,
        secret: secret.into(),
        kinds: vec![EventKind::CallAnalysed],
        scope,
        active: true,
        failures: 0,
        why: None,
        rev: 0,
        created_us: 0,
    };
    let tx = store.begin().await.unwrap();
    let made = tx.add_webhook(&new).await.unwrap();
    tx.commit().await.unwrap();
    made
}

fn outbox(store: &Store) -> Outbox {
    let moment = Duration::from_millis(1);
    let pace = Pace { look: moment, again: vec![moment; 2], failures_max: 5 };
    outbox_over(store, &Arc::new(blobs(None)), pace)
}

fn outbox_over(store: &Store, blobs: &Arc<Blobs>, pace: Pace) -> Outbox {
    let guard = Guard::new(vec!["127.0.0.1".into()]);
    Outbox::new(store.clone(), Arc::clone(blobs), guard, pace, "https://qm.test/").unwrap()
}

fn blobs(keys: Option<Keys>) -> Blobs {
    Blobs::over(Place::folder(&std::env::temp_dir()).unwrap(), keys)
}

/// All that is due, and what comes due again.
async fn turn(outbox: &Outbox) {
    outbox.fill().await.unwrap();
    for _ in 0..4 {
        outbox.send_due().await.unwrap();
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

fn of(client: &str) -> Belongs {
    Belongs { client: Some(client.into()), agent: Some("8021".into()), ..Belongs::default() }
}

#[tokio::test]
async fn what_happened_arrives_signed_and_once() {
    let stores = Stores::new().await;
    for (name, store) in stores.each() {
        let (url, seen) = server(&[(204, "")]).await;
        let secret = new_secret();
        let made = hook(store, &url, Form::Standard, &secret, Scope::All).await;
        call(store, "c1", &of("云帆"), "您好 13800138000", None).await;
        let outbox = outbox(store);
        turn(&outbox).await;
        turn(&outbox).await;
        let all = got(&seen);
        assert_eq!(all.len(), 1, "{name}");
        let header = |key: &str| all[0].headers[key].to_str().unwrap().to_owned();
        let at_s: i64 = header("webhook-timestamp").parse().unwrap();
        assert!((now_us() / 1_000_000 - at_s).abs() < 10);
        let signed = sign::standard(&secret, &header("webhook-id"), at_s, &all[0].body);
        assert_eq!(Some(header("webhook-signature")), signed);
        let body = all[0].json();
        assert_eq!(body["type"], "call.analysed");
        assert_eq!(body["data"]["call"]["client"], "云帆");
        assert_eq!(body["data"]["call"]["url"], "https://qm.test/calls/c1");
        assert!(!all[0].body.contains("您好"), "no call text");
        let log = store.deliveries(&made.id, None, 10).await.unwrap();
        assert_eq!((log.len(), log[0].state, log[0].status), (1, Due::Done, Some(204)));
        assert_eq!(header("webhook-id"), format!("msg_{}", log[0].id));
    }
}

#[tokio::test]
async fn a_webhook_sees_no_more_than_its_scope() {
    let stores = Stores::new().await;
    for (_, store) in stores.each() {
        let (url, seen) = server(&[(200, "")]).await;
        let grant = Belongs { client: Some("云帆".into()), ..Belongs::default() };
        let scope = Scope::Of(vec![Grant(grant)]);
        hook(store, &url, Form::Standard, &new_secret(), scope).await;
        call(store, "theirs", &of("云帆"), "x", None).await;
        call(store, "others", &of("小鹿"), "x", None).await;
        let tx = store.begin().await.unwrap();
        tx.append(now_us(), EventKind::CallChanged, Some("theirs"), "{}").await.unwrap();
        tx.commit().await.unwrap();
        turn(&outbox(store)).await;
        let ids: Vec<Value> =
            got(&seen).iter().map(|got| got.json()["data"]["call_id"].clone()).collect();
        assert_eq!(ids, ["theirs"], "one client's, and of the kind that was asked for");
    }
}

#[tokio::test]
async fn the_chat_platforms_get_their_own_forms() {
    let stores = Stores::new().await;
    let (_, store) = stores.each().next().unwrap();
    call(store, "c1", &of("云帆](http://evil)"), "x", None).await;
    for (form, secret, answer, shown) in [
        (Form::DingTalk, "SECabc", r#"{"errcode":0,"errmsg":"ok"}"#, "/markdown/text"),
        (Form::Feishu, "abc", r#"{"code":0,"msg":"success"}"#, "/card/elements/0/content"),
        (Form::WeCom, "", r#"{"errcode":0}"#, "/markdown/content"),
    ] {
        let (url, seen) = server(&[(200, answer)]).await;
        let url = format!("{url}?access_token=t");
        let made = hook(store, &url, form, secret, Scope::All).await;
        let tx = store.begin().await.unwrap();
        tx.add_delivery(&made.id, 1, now_us()).await.unwrap();
        tx.commit().await.unwrap();
        outbox(store).send_due().await.unwrap();
        let all = got(&seen);
        let body = all[0].json();
        let text = body.pointer(shown).unwrap().as_str().unwrap();
        assert!(text.contains("https://qm.test/calls/c1") && text.contains("合格"), "{text}");
        assert!(!text.contains("http://evil)") && !text.contains("8021"), "{text}");
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(all[0].uri.query().unwrap().as_bytes())
                .into_owned()
                .collect();
        let find = |key: &str| query.iter().find(|(k, _)| k == key).map(|(_, value)| value.clone());
        assert_eq!(find("access_token").as_deref(), Some("t"));
        match form {
            Form::DingTalk => {
                let at_ms: i64 = find("timestamp").unwrap().parse().unwrap();
                assert_eq!(find("sign").unwrap(), sign::dingtalk(secret, at_ms));
            }
            Form::Feishu => {
                let at_s: i64 = body["timestamp"].as_str().unwrap().parse().unwrap();
                assert_eq!(body["sign"], json!(sign::feishu(secret, at_s)));
            }
            _ => assert_eq!(query.len(), 1),
        }
        let log = store.deliveries(&made.id, None, 10).await.unwrap();
        assert_eq!(log[0].state, Due::Done, "{log:?}");
    }
}

#[tokio::test]
async fn a_platform_that_answers_200_may_still_have_refused() {
    let stores = Stores::new().await;
    let (_, store) = stores.each().next().unwrap();
    call(store, "c1", &of("云帆"), "x", None).await;
    let (url, _) = server(&[(200, r#"{"errcode":310000,"errmsg":"sign not match"}"#)]).await;
    let made = hook(store, &url, Form::DingTalk, "wrong", Scope::All).await;
    turn(&outbox(store)).await;
    let log = store.deliveries(&made.id, None, 10).await.unwrap();
    assert_eq!(log[0].why.as_deref(), Some("the platform answered 310000: sign not match"));
    assert_eq!((log[0].state, log[0].attempts), (Due::Failed, 3), "two tries more, then given up");
}

#[tokio::test]
async fn what_fails_is_tried_again_with_the_same_id() {
    let stores = Stores::new().await;
    for (name, store) in stores.each() {
        let (url, seen) = server(&[(500, ""), (503, ""), (200, "")]).await;
        let made = hook(store, &url, Form::Standard, &new_secret(), Scope::All).await;
        call(store, "c1", &of("云帆"), "x", None).await;
        turn(&outbox(store)).await;
        let all = got(&seen);
        let ids: Vec<_> = all.iter().map(|got| got.headers["webhook-id"].clone()).collect();
        assert_eq!(ids, vec![ids[0].clone(); 3], "{name}");
        let log = store.deliveries(&made.id, None, 10).await.unwrap();
        assert_eq!((log[0].state, log[0].attempts), (Due::Done, 3), "{name}");
        assert_eq!(webhook_of(store, &made.id).await.unwrap().unwrap().failures, 0);
    }
}

#[tokio::test]
async fn who_only_fails_is_switched_off_and_who_is_gone_at_once() {
    let stores = Stores::new().await;
    for (name, store) in stores.each() {
        let (url, seen) = server(&[(500, "")]).await;
        let (gone, _) = server(&[(410, "")]).await;
        let made = hook(store, &url, Form::Standard, &new_secret(), Scope::All).await;
        let left = hook(store, &gone, Form::Standard, &new_secret(), Scope::All).await;
        for n in 0..4 {
            call(store, &format!("c{n}"), &of("云帆"), "x", None).await;
        }
        let outbox = outbox(store);
        turn(&outbox).await;
        turn(&outbox).await;
        for id in [&made.id, &left.id] {
            let hook = webhook_of(store, id).await.unwrap().unwrap();
            assert!(!hook.active && hook.why.is_some(), "{name}");
        }
        let so_far = got(&seen).len();
        call(store, "later", &of("云帆"), "x", None).await;
        turn(&outbox).await;
        assert_eq!(got(&seen).len(), so_far, "{name}: nothing more is sent");
        let filter = crate::store::audit::AuditFilter::default();
        let rows = store.audited(&filter, 10).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.action == "webhook.off").count(), 2, "{name}");
    }
}

#[tokio::test]
async fn the_guard_keeps_this_network_out_of_reach() {
    let stores = Stores::new().await;
    let (_, store) = stores.each().next().unwrap();
    let (url, seen) = server(&[(302, ""), (200, "")]).await;
    let port = url.split(':').nth(2).unwrap();
    // By address, and by a name that resolves to one.
    let by_name = format!("https://localhost:{port}");
    for url in [url.replace("http:", "https:"), by_name] {
        let made = hook(store, &url, Form::Standard, &new_secret(), Scope::All).await;
        let tx = store.begin().await.unwrap();
        tx.append(now_us(), EventKind::CallAnalysed, None, "{}").await.unwrap();
        tx.commit().await.unwrap();
        let pace = Pace { again: Vec::new(), ..Pace::default() };
        let outbox = Outbox::new(
            store.clone(),
            Arc::new(blobs(None)),
            Guard::default(),
            pace,
            "https://qm.test",
        )
        .unwrap();
        outbox.fill().await.unwrap();
        outbox.send_due().await.unwrap();
        let log = store.deliveries(&made.id, None, 10).await.unwrap();
        let why = log[0].why.clone().unwrap();
        assert!(why.contains("not a public address"), "{url}: {why}");
    }
    assert!(got(&seen).is_empty());
}

#[tokio::test]
async fn secrets_are_sealed_at_rest_and_messages_signed_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let key_file = folder.path().join("keys");
    let first = Arc::new(blobs(Some(Keys::create(&key_file, "first").unwrap())));
    let second = Arc::new(blobs(Some(Keys::add(&key_file, "second").unwrap())));
    let stores = Stores::new().await;
    for (name, store) in stores.each() {
        let (url, seen) = server(&[(204, "")]).await;
        let secret = new_secret();
        // Written before there were keys.
        let made = hook(store, &url, Form::Standard, &secret, Scope::All).await;
        let kept = async || webhook_of(store, &made.id).await.unwrap().unwrap();
        assert_eq!(seal_anew(store, &blobs(None)).await.unwrap(), 0, "{name}");
        assert_eq!(kept().await.secret, secret);
        assert_eq!(seal_anew(store, &first).await.unwrap(), 1, "{name}");
        assert_eq!(seal_anew(store, &first).await.unwrap(), 0, "{name}");
        let sealed = kept().await;
        assert!(!sealed.secret.contains(&secret) && !sealed.url.contains("hook"), "{name}");
        assert_eq!(seal_anew(store, &second).await.unwrap(), 1, "{name}");
        assert_eq!(Blobs::key_of_text(&kept().await.secret), Some("second"));
        assert!(opened(&second, kept().await).unwrap().secret == secret, "{name}");

        call(store, "c1", &of("云帆"), "您好", None).await;
        let moment = Duration::from_millis(1);
        let pace = Pace { look: moment, again: vec![moment; 2], failures_max: 50 };
        // Without the key nothing goes out, and the log says why.
        let (lost, found) =
            (outbox_over(store, &first, pace.clone()), outbox_over(store, &second, pace));
        lost.fill().await.unwrap();
        lost.send_due().await.unwrap();
        let log = store.deliveries(&made.id, None, 10).await.unwrap();
        assert!(log[0].why.as_ref().unwrap().contains("second"), "{name} {log:?}");
        assert!(got(&seen).is_empty(), "{name}");
        turn(&found).await;
        let [got] = &got(&seen)[..] else { panic!("{name}: one message") };
        let (id, at) = (
            got.headers["webhook-id"].to_str().unwrap(),
            got.headers["webhook-timestamp"].to_str().unwrap(),
        );
        let signature = sign::standard(&secret, id, at.parse().unwrap(), &got.body).unwrap();
        assert_eq!(got.headers["webhook-signature"].to_str().unwrap(), signature, "{name}");
    }
}
