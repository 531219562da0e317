//! Log-in through a provider: a real one on a loopback socket, small but with real keys, and all that may be wrong
//! with what it says.
//!
//! In: a browser's requests, and ID tokens as they should or should not be. Out: who got in, and what is on record.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openidconnect::PrivateSigningKey as _;
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::ApiSettings;
use super::fixture::{Answer, As, World};
use crate::access::Secret;
use crate::access::oidc::{RawOidc, SignOn};
use crate::domain::{Role, Scope};
use crate::store::audit::AuditFilter;
use crate::store::now_us;
use crate::store::people::NewPerson;

const CLIENT: &str = "qm";
const SECRET: &str = "s3cret of the client";
const BACK: &str = "http://qm.test/api/v1/session/oidc/callback";

/// A new Ed25519 key, called `kid`.
fn key(kid: &str) -> CoreEdDsaPrivateSigningKey {
    // PKCS #8 around 32 random bytes.
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend(URL_SAFE_NO_PAD.decode(Secret::draw("").reveal()).unwrap());
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(der)
    );
    let kid = openidconnect::JsonWebKeyId::new(kid.to_owned());
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(kid)).unwrap()
}

/// A token that a key has signed; other algorithms are signed by hand.
fn signed(key: &CoreEdDsaPrivateSigningKey, head: &Value, claims: &Value) -> String {
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let text = format!("{}.{}", part(head), part(claims));
    let signature = match head["alg"].as_str().unwrap() {
        "HS256" => {
            use hmac::{KeyInit as _, Mac as _};
            let mac = hmac::Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
            mac.chain_update(&text).finalize().into_bytes().to_vec()
        }
        "none" => Vec::new(),
        _ => key.sign(&CoreJwsSigningAlgorithm::EdDsa, text.as_bytes()).unwrap(),
    };
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The provider.
#[derive(Clone)]
struct Provider(Arc<Mutex<Inner>>);

struct Inner {
    issuer: String,
    key: CoreEdDsaPrivateSigningKey,
    kid: &'static str,
    /// What a code is good for: challenge and token.
    codes: BTreeMap<String, (String, String)>,
    /// How often it was asked what it is.
    asked: usize,
    /// Bytes that nobody wants in the description.
    ballast: usize,
}

impl Provider {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let inner = Inner {
            issuer,
            key: key("one"),
            kid: "one",
            codes: BTreeMap::new(),
            asked: 0,
            ballast: 0,
        };
        let provider = Self(Arc::new(Mutex::new(inner)));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(description))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    fn issuer(&self) -> String {
        self.0.lock().unwrap().issuer.clone()
    }

    /// A code for somebody who logged in there; what it says of them may be changed.
    fn code(&self, way: &Way, sub: &str, change: impl Fn(&mut Value, &mut Value)) -> String {
        let mut inner = self.0.lock().unwrap();
        let now_s = now_us() / 1_000_000;
        let mut head = json!({"alg": "EdDSA", "typ": "JWT", "kid": inner.kid});
        let mut claims = json!({
            "iss": inner.issuer, "aud": CLIENT, "sub": sub, "nonce": way.query["nonce"],
            "iat": now_s, "exp": now_s + 300,
        });
        change(&mut head, &mut claims);
        let forger = key("one");
        let forged = claims.as_object_mut().unwrap().remove("forged").is_some();
        let token = signed(if forged { &forger } else { &inner.key }, &head, &claims);
        let code = Secret::draw("").reveal().to_owned();
        let challenge = way.query["code_challenge"].clone();
        inner.codes.insert(code.clone(), (challenge, token));
        code
    }
}

async fn description(State(provider): State<Provider>) -> Json<Value> {
    let mut inner = provider.0.lock().unwrap();
    inner.asked += 1;
    let at = |path: &str| format!("{}{path}", inner.issuer);
    Json(json!({
        "issuer": inner.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA", "HS256", "none"],
        "ballast": "x".repeat(inner.ballast),
    }))
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    let inner = provider.0.lock().unwrap();
    Json(json!({ "keys": [inner.key.as_verification_key()] }))
}

async fn token(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    let basic = headers[header::AUTHORIZATION].to_str().unwrap();
    // Each part is encoded as in a form before it is joined (RFC 6749, 2.3.1).
    let expected = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:s3cret+of+the+client")));
    let known = provider.0.lock().unwrap().codes.remove(&form["code"]);
    let proof = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    let asked_right = basic == expected
        && form["grant_type"] == "authorization_code"
        && form["redirect_uri"] == BACK;
    match known.filter(|(challenge, _)| *challenge == proof && asked_right) {
        Some((_, token)) => {
            let body = json!({"access_token": "a", "token_type": "Bearer", "id_token": token});
            Json(body).into_response()
        }
        None => (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))).into_response(),
    }
}

/// A browser on its way.
struct Way {
    cookie: String,
    url: Url,
    query: BTreeMap<String, String>,
}

struct Fixture {
    world: World,
    provider: Provider,
}

impl Fixture {
    async fn new() -> Self {
        let provider = Provider::start().await;
        let sign_on = Arc::new(SignOn::open(&config(&provider.issuer())).unwrap());
        let many = NonZeroU32::new(1_000_000).unwrap();
        let settings = ApiSettings {
            sign_on: Some(sign_on),
            per_address: (many, many),
            ..ApiSettings::default()
        };
        assert!(!format!("{settings:?}").contains(SECRET));
        let fixture = Self { world: World::with(settings).await, provider };
        fixture.person("lin", "sub-lin").await;
        fixture
    }

    /// An account of somebody at the provider.
    async fn person(&self, login: &str, sub: &str) -> String {
        let new = NewPerson {
            login: login.into(),
            name: login.into(),
            role: Role::Reviewer,
            scope: Scope::All,
            password: None,
            subject: Some(format!("{}#{sub}", self.provider.issuer())),
        };
        let tx = self.world.state.store.begin().await.unwrap();
        let person = tx.add_person(now_us(), &new).await.unwrap();
        tx.commit().await.unwrap();
        person.id
    }

    async fn go(&self, next: &str) -> Way {
        let what = format!("GET /api/v1/session/oidc?next={next}");
        let answer = self.world.ask(&As::Nobody, &what, Value::Null).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let set = answer.header("set-cookie");
        assert!(set.contains("HttpOnly; SameSite=Lax; Max-Age=600"), "{set}");
        let url = Url::parse(answer.header("location")).unwrap();
        let query = url.query_pairs().into_owned().collect();
        Way { cookie: set.split(';').next().unwrap().to_owned(), url, query }
    }

    async fn back(&self, cookie: &str, query: &str) -> Answer {
        let who = As::Session(cookie.to_owned(), String::new());
        let what = format!("GET /api/v1/session/oidc/callback?{query}");
        self.world.ask(&who, &what, Value::Null).await
    }

    /// Comes back as it should be, with that code.
    async fn with_code(&self, way: &Way, code: &str) -> Answer {
        self.back(&way.cookie, &format!("state={}&code={code}", way.query["state"])).await
    }

    /// The last thing on record: action, object, detail.
    async fn record(&self) -> (String, String, Value) {
        let rows = self.world.state.store.audited(&AuditFilter::default(), 1).await.unwrap();
        let row = rows.into_iter().next().unwrap();
        (row.action, row.object, serde_json::from_str(&row.detail).unwrap())
    }

    #[track_caller]
    fn refused(answer: &Answer, name: &str) {
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{name}: {}", answer.text);
        assert_eq!(answer.json()["type"], "urn:lingting:problem:refused", "{name}");
        assert_eq!(answer.header("set-cookie"), "", "{name}");
    }
}

fn config(issuer: &str) -> crate::access::oidc::OidcConfig {
    let raw = json!({"issuer": issuer, "client_id": CLIENT, "client_secret": SECRET});
    let raw: RawOidc = serde_json::from_value(raw).unwrap();
    raw.valid(Some("http://qm.test")).unwrap()
}

/// The session's cookie that an answer sets.
fn session(answer: &Answer) -> As {
    let all = answer.headers.get_all("set-cookie").into_iter();
    let mut all = all.map(|value| value.to_str().unwrap());
    let set = all.find(|value| value.starts_with("lingting=")).unwrap();
    As::Session(set.split(';').next().unwrap().to_owned(), String::new())
}

#[tokio::test]
async fn whom_the_provider_vouches_for_gets_in() {
    let fixture = Fixture::new().await;
    let way = fixture.go("/calls?risk=high").await;
    assert_eq!(way.url.path(), "/authorize");
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("code_challenge_method", "S256"),
        ("redirect_uri", BACK),
        ("scope", "openid profile email"),
    ] {
        assert_eq!(way.query[name], value, "{name}");
    }
    let code = fixture.provider.code(&way, "sub-lin", |_, _| ());
    let answer = fixture.with_code(&way, &code).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    assert_eq!(answer.header("location"), "/calls?risk=high");
    let first = session(&answer);
    let me = fixture.world.ask(&first, "GET /api/v1/session", Value::Null).await;
    assert_eq!(me.json()["person"]["login"], "lin", "{}", me.text);
    assert!(me.json()["csrf"].is_string());
    let (action, _, detail) = fixture.record().await;
    assert_eq!((action.as_str(), &detail["via"]), ("session.begin", &json!("oidc")));

    // Again, by the same browser: the session before ends.
    let way = fixture.go("/").await;
    let As::Session(before, _) = &first else { panic!() };
    let code = fixture.provider.code(&way, "sub-lin", |_, _| ());
    let query = format!("state={}&code={code}", way.query["state"]);
    let answer = fixture.back(&format!("{before}; {}", way.cookie), &query).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    for (who, status) in [(&first, StatusCode::UNAUTHORIZED), (&session(&answer), StatusCode::OK)] {
        let me = fixture.world.ask(who, "GET /api/v1/session", Value::Null).await;
        assert_eq!(me.status, status);
    }
    assert_eq!(fixture.provider.0.lock().unwrap().asked, 1, "what it is was remembered");
}

#[tokio::test]
async fn a_token_that_is_not_right_lets_nobody_in() {
    type Change = fn(&mut Value, &mut Value);
    let table: &[(&str, Change)] = &[
        ("nonce", |_, claims| claims["nonce"] = "another".into()),
        ("nonce", |_, claims| drop(claims.as_object_mut().unwrap().remove("nonce"))),
        ("audience", |_, claims| claims["aud"] = "another".into()),
        ("audience", |_, claims| claims["aud"] = json!([CLIENT, "another"])),
        ("issuer", |_, claims| claims["iss"] = "http://127.0.0.1:1".into()),
        ("expired", |_, claims| claims["exp"] = json!(now_us() / 1_000_000 - 1)),
        ("signature", |_, claims| claims["forged"] = true.into()),
        ("signature", |head, _| head["kid"] = "two".into()),
        ("signature", |head, _| *head = json!({"alg": "HS256"})),
        ("signature", |head, _| *head = json!({"alg": "none"})),
        ("no account", |_, claims| claims["sub"] = "sub-somebody".into()),
        ("no account", |_, claims| claims["sub"] = "lin".into()),
    ];
    let fixture = Fixture::new().await;
    for (why, change) in table {
        let way = fixture.go("/").await;
        let code = fixture.provider.code(&way, "sub-lin", change);
        Fixture::refused(&fixture.with_code(&way, &code).await, why);
        let (action, _, detail) = fixture.record().await;
        assert_eq!((action.as_str(), &detail["why"]), ("session.refused", &json!(why)));
        assert!(!detail.to_string().contains(&way.query["state"]));
    }
}

#[tokio::test]
async fn who_comes_back_otherwise_than_they_went_does_not_get_in() {
    let fixture = Fixture::new().await;
    let other = fixture.go("/").await;
    let wrong_issuer = "&iss=https%3A%2F%2Fevil.test";
    for (why, cookie, more) in [
        ("another browser", Some(other.cookie.as_str()), ""),
        ("another browser", Some("a=b"), ""),
        ("issuer", None, wrong_issuer),
        ("the provider gave no code", None, "&error=access_denied"),
    ] {
        let way = fixture.go("/").await;
        let code = fixture.provider.code(&way, "sub-lin", |_, _| ());
        let query = format!("state={}&code={code}", way.query["state"]);
        let answer = fixture.back(cookie.unwrap_or(&way.cookie), &format!("{query}{more}")).await;
        Fixture::refused(&answer, why);
        assert_eq!(fixture.record().await.2["why"], why);
        // The state is over, also for its owner.
        Fixture::refused(&fixture.back(&way.cookie, &query).await, why);
        assert_eq!(fixture.record().await.2["why"], "unknown state");
    }
    // A code of somebody else's log-in: the verifier does not go with it.
    let (mine, theirs) = (fixture.go("/").await, fixture.go("/").await);
    let code = fixture.provider.code(&theirs, "sub-lin", |_, _| ());
    Fixture::refused(&fixture.with_code(&mine, &code).await, "code");
    assert_eq!(fixture.record().await.2["why"], "the provider refused the code");
}

#[tokio::test]
async fn a_log_in_counts_once() {
    let fixture = Fixture::new().await;
    let way = fixture.go("/").await;
    let code = fixture.provider.code(&way, "sub-lin", |_, _| ());
    assert_eq!(fixture.with_code(&way, &code).await.status, StatusCode::SEE_OTHER);
    let code = fixture.provider.code(&way, "sub-lin", |_, _| ());
    Fixture::refused(&fixture.with_code(&way, &code).await, "replayed");
    assert_eq!(fixture.record().await.2["why"], "unknown state");
}

#[tokio::test]
async fn an_account_that_is_disabled_stays_out() {
    let fixture = Fixture::new().await;
    let id = fixture.person("wang", "sub-wang").await;
    let admin = fixture.world.with_token("admin", Role::Administrator, Scope::All).await;
    let path = format!("/api/v1/people/{id}");
    let person = fixture.world.ask(&admin, &format!("GET {path}"), Value::Null).await;
    let tag = [("if-match", person.header("etag"))];
    let disable = json!({"disabled": true});
    let changed = fixture.world.ask_with(&admin, &format!("PATCH {path}"), &tag, disable).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    let way = fixture.go("/").await;
    let code = fixture.provider.code(&way, "sub-wang", |_, _| ());
    Fixture::refused(&fixture.with_code(&way, &code).await, "disabled");
    let (action, object, detail) = fixture.record().await;
    assert_eq!((action, object), ("session.refused".into(), format!("person/{id}")));
    assert_eq!(detail["why"], "disabled");
}

#[tokio::test]
async fn an_account_is_bound_to_a_subject_and_freed_from_it() {
    let fixture = Fixture::new().await;
    let admin = fixture.world.with_token("admin", Role::Administrator, Scope::All).await;
    let id = fixture.world.person("zhao", Role::Reviewer, Scope::All).await;
    let subject = |sub: &str| format!("{}#{sub}", fixture.provider.issuer());
    let path = format!("/api/v1/people/{id}");
    for (subject, status, gets_in) in [
        (subject("sub-zhao"), StatusCode::OK, StatusCode::SEE_OTHER),
        (subject("sub-lin"), StatusCode::CONFLICT, StatusCode::SEE_OTHER),
        (String::new(), StatusCode::OK, StatusCode::UNAUTHORIZED),
    ] {
        let person = fixture.world.ask(&admin, &format!("GET {path}"), Value::Null).await;
        let tag = [("if-match", person.header("etag"))];
        let change = json!({ "subject": subject });
        let changed = fixture.world.ask_with(&admin, &format!("PATCH {path}"), &tag, change).await;
        assert_eq!(changed.status, status, "{}", changed.text);
        let way = fixture.go("/").await;
        let code = fixture.provider.code(&way, "sub-zhao", |_, _| ());
        assert_eq!(fixture.with_code(&way, &code).await.status, gets_in, "{subject}");
    }
}

#[tokio::test]
async fn a_new_key_is_asked_for() {
    let fixture = Fixture::new().await;
    for kid in ["one", "two"] {
        {
            let mut inner = fixture.provider.0.lock().unwrap();
            (inner.key, inner.kid) = (key(kid), kid);
        }
        let way = fixture.go("/").await;
        let code = fixture.provider.code(&way, "sub-lin", |_, _| ());
        let answer = fixture.with_code(&way, &code).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{kid}: {}", answer.text);
    }
    assert_eq!(fixture.provider.0.lock().unwrap().asked, 2);
}

#[tokio::test]
async fn failures_make_the_next_try_wait() {
    let fixture = Fixture::new().await;
    let mut last = StatusCode::OK;
    for _ in 0..40 {
        last = fixture.back("a=b", "state=guess&code=guess").await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_provider_that_cannot_be_had_is_said_to_be_unavailable() {
    let ask = async |world: &World, what: &str| {
        let answer = world.ask(&As::Nobody, what, Value::Null).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
        assert_eq!(answer.json()["type"], "urn:lingting:problem:unavailable");
    };
    let go = "GET /api/v1/session/oidc";
    // None is configured.
    let world = World::new().await;
    ask(&world, go).await;
    ask(&world, "GET /api/v1/session/oidc/callback?state=a&code=b").await;
    // It says too much.
    let fixture = Fixture::new().await;
    fixture.provider.0.lock().unwrap().ballast = 600 << 10;
    ask(&fixture.world, go).await;
    ask(&fixture.world, go).await;
    assert_eq!(fixture.provider.0.lock().unwrap().asked, 1, "it is left alone for a while");
    // It calls itself something else.
    let fixture = Fixture::new().await;
    fixture.provider.0.lock().unwrap().issuer = "http://127.0.0.1:1".into();
    ask(&fixture.world, go).await;
}

#[tokio::test]
async fn afterwards_leads_to_our_own_pages_only() {
    let fixture = Fixture::new().await;
    for next in ["//evil.test", "https://evil.test", "%2F.%2F%2Fevil.test", "/%5Cevil.test"] {
        let what = format!("GET /api/v1/session/oidc?next={next}");
        let answer = fixture.world.ask(&As::Nobody, &what, Value::Null).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{next}");
    }
    let setup = fixture.world.ask(&As::Nobody, "GET /api/v1/setup", Value::Null).await;
    assert_eq!(setup.json(), json!({"needed": false, "sign_on": "OpenID Connect"}));
}
