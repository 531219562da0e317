//! The walk: every route of the description, as every role, as another tenant, as one who sees everything, and as
//! nobody; each must answer as `docs/access.md` says. Routes that come later are walked by themselves.
//!
//! In: the committed table and the description. Out: every answer that is not what they say.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::header;
use serde_json::{Value, json};

use super::fixture::{Answer, As, World, request};
use super::rubrics::queue::{Ask, Backtested};
use super::rubrics::stored::{Publisher, version_after};
use super::{ApiSettings, openapi};
use crate::access::{Secret, fits};
use crate::domain::{Belongs, Grant, Role, Scope};
use crate::rubric::{Library, Rubric, load};
use crate::store::ledger::{self, Sighting};
use crate::store::list::CallFilter;
use crate::store::retention::{Goes, Of, RuleBody, Which};
use crate::store::rubrics::publish;
use crate::store::searches::SavedSearch;
use crate::store::sessions::Session;
use crate::store::uploads::{self, Upload};
use crate::store::webhooks::{Form, Webhook};
use crate::store::{EventKind, Store, fixture, now_us};

/// What stands in everything that belongs to a tenant, and must never be seen by the other.
const MARKS: [&str; 2] = ["ALPHA7", "BRAVO7"];

/// Parameters that name nobody's thing: the same for all.
const SHARED: &[(&str, &str)] = &[("unit_kind", "client"), ("rubric_id", "walk"), ("version", "1")];

pub(super) fn belongs(mark: &str) -> Belongs {
    let named = |what: &str| Some(format!("{mark} {what}"));
    Belongs {
        client: named("client"),
        vendor: named("vendor"),
        project: named("project"),
        team: named("team"),
        agent: named("agent"),
    }
}

fn scope(mark: &str) -> Scope {
    Scope::Of(vec![Grant(belongs(mark))])
}

/// A small rubric.
fn a_rubric() -> Rubric {
    let text = "rubric: walk\nversion: 1\ntitle: Walk\ncriteria:\n  \
                - {id: hello, severity: minor, met: {phrase: hello, by: agent}}\n";
    load("walk.yaml", text, &Library::default()).unwrap()
}

async fn publish_a_rubric(store: &Store) {
    let by = Publisher { by: "service", reason: "walk", origin: None };
    let version = version_after(&a_rubric(), None, by).unwrap();
    let tx = store.begin().await.unwrap();
    publish(&tx, &version, None, now_us()).await.unwrap();
    tx.commit().await.unwrap();
}

/// A service with two tenants.
pub(super) struct Walk {
    pub(super) world: World,
    /// By mark and role; the mark is empty for those who see everything.
    people: BTreeMap<(&'static str, Role), String>,
}

impl Walk {
    async fn new() -> Self {
        let many = NonZeroU32::new(1_000_000).unwrap();
        let settings = ApiSettings {
            per_person: (many, many),
            per_address: (many, many),
            ..ApiSettings::default()
        };
        let world = World::with(settings).await;
        publish_a_rubric(&world.state.store).await;
        let mut people = BTreeMap::new();
        for mark in MARKS {
            let audio =
                world.state.ports.blobs.put_bytes(format!("audio of {mark}")).await.unwrap();
            let audio = Some(audio.name.to_string());
            let (store, id) = (&world.state.store, format!("{mark}-call"));
            fixture::call(store, &id, &belongs(mark), mark, audio).await;
            for role in Role::ALL {
                let login = format!("{mark}-{}", role.as_str());
                people.insert((mark, role), world.person(&login, role, scope(mark)).await);
            }
        }
        for role in Role::ALL.into_iter().filter(|role| fits(*role, &Scope::All).is_ok()) {
            let login = format!("whole-{}", role.as_str());
            people.insert(("", role), world.person(&login, role, Scope::All).await);
        }
        Self { world, people }
    }

    /// A search that somebody keeps.
    async fn search(&self, owner: &str) -> String {
        let id = uuid::Uuid::now_v7().to_string();
        let one = SavedSearch {
            id: id.clone(),
            person: owner.into(),
            name: "n".into(),
            query: "{}".into(),
            created_us: now_us(),
        };
        let tx = self.world.state.store.begin().await.unwrap();
        tx.add_search(&one).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// A session that nothing was done with yet.
    async fn session(&self, person: &str) -> As {
        let (cookie, csrf) = (Secret::draw(""), Secret::draw(""));
        let session = Session {
            id: cookie.hash(),
            csrf: csrf.reveal().to_owned(),
            used_us: now_us(),
            expires_us: now_us() + 60_000_000,
        };
        let tx = self.world.state.store.begin().await.unwrap();
        tx.add_session(person, &session, now_us()).await.unwrap();
        tx.commit().await.unwrap();
        As::Session(format!("lingting={}", cookie.reveal()), session.csrf)
    }

    /// A thing of a tenant to put where a path has that parameter. `owner`: whose own things are meant.
    async fn thing(&self, path: &str, name: &str, mark: &'static str, owner: &str) -> String {
        if let Some((_, shared)) = SHARED.iter().find(|(shared, _)| *shared == name) {
            return (*shared).to_owned();
        }
        match name {
            "person_id" => self.people[&(mark, Role::Reviewer)].clone(),
            "unit_id" => format!("{mark}%20client"),
            "call_id" => format!("{mark}-call"),
            "agent_id" => format!("{mark}%20agent"),
            "job_id" => {
                let (id, now_us) = (uuid::Uuid::now_v7().to_string(), now_us());
                let sql = format!(
                    "INSERT INTO job (id, kind, key, payload, state, lane, run_us, attempts, created_us, changed_us) \
                     VALUES ('{id}', '{mark}', '{id}', '{{}}', 'quarantined', 0, 0, 5, {now_us}, {now_us})"
                );
                fixture::execute(&self.world.state.store, &sql).await;
                id
            }
            "live_id" => self.goes_on(mark).id.clone(),
            "join_id" => {
                let id = uuid::Uuid::now_v7().to_string();
                self.world.state.joins.pretend(&id, self.goes_on(mark), owner);
                id
            }
            "alert_id" => self.alert(mark).await,
            "search_id" => self.search(owner).await,
            "backtest_id" => {
                let desk = &self.world.state.ports.desk;
                let new = a_rubric();
                let (filter, scope) = (CallFilter::default(), scope(mark));
                let ask = Ask { new, old: None, filter, scope, calls_max: 1 };
                let id = desk.backtests.add(owner, ask).unwrap();
                // Nobody works here, and the line is short.
                let run = desk.backtests.take().unwrap();
                desk.backtests.end(&run.id, Some(Backtested::default()));
                id
            }
            "webhook_id" => self.webhook(mark).await.0,
            "rule_id" => {
                let rule = RuleBody { of: Of::new(), after_days: 36_500, goes: Goes::Audio };
                let tx = self.world.state.store.begin().await.unwrap();
                let made = tx.add_retention(mark, &rule, now_us()).await.unwrap();
                tx.commit().await.unwrap();
                made.id
            }
            "hold_id" => {
                let which = Which { call_id: Some("none".into()), ..Which::default() };
                let tx = self.world.state.store.begin().await.unwrap();
                let made = tx.hold(mark, &which, "cli", now_us()).await.unwrap();
                tx.commit().await.unwrap();
                made.id
            }
            "certificate_id" => {
                let id = uuid::Uuid::now_v7().to_string();
                let body = json!({
                    "schema": "lingting/deletion/1", "id": id, "call_id": mark, "sha256": "", "goes": "all",
                    "rule": ["", mark], "blobs": [], "shared": [], "report_sha256": null,
                });
                let sql = "INSERT INTO deletion (id, call_id, body, begun_us) VALUES";
                let sql = format!("{sql} ('{id}', '{mark}', '{body}', 1)");
                fixture::execute(&self.world.state.store, &sql).await;
                id
            }
            "delivery_id" => self.webhook(mark).await.1,
            "upload_id" => {
                let id = uuid::Uuid::now_v7().to_string();
                let upload = Upload {
                    id: id.clone(),
                    person: owner.to_owned(),
                    name: format!("{mark}.wav"),
                    size: 9,
                    other: None,
                    received: 0,
                    facts: None,
                    ledger: None,
                    created_us: now_us(),
                    changed_us: now_us(),
                };
                let tx = self.world.state.store.begin().await.unwrap();
                uploads::add(&tx, &upload).await.unwrap();
                tx.commit().await.unwrap();
                id
            }
            "entry_id" => {
                let file = Sighting {
                    source: mark.into(),
                    path: format!("/in/{mark}.wav"),
                    size: 9,
                    modified_us: 1,
                };
                let tx = self.world.state.store.begin().await.unwrap();
                let id = ledger::see(&tx, &file, now_us()).await.unwrap().id;
                tx.commit().await.unwrap();
                id
            }
            "token_id" => {
                let of_person = path.contains("{person_id}");
                let reviewer = &self.people[&(mark, Role::Reviewer)];
                self.world.token(if of_person { reviewer } else { owner }, &["all"]).await;
                let person = if of_person { reviewer } else { owner };
                let tokens = self.world.state.store.tokens_of(person).await.unwrap();
                let id = tokens.last().unwrap().id.clone();
                // One person may have so many only.
                let tx = self.world.state.store.begin().await.unwrap();
                for old in tokens.iter().filter(|token| token.id != id) {
                    tx.revoke_token(&old.id, now_us()).await.unwrap();
                }
                tx.commit().await.unwrap();
                id
            }
            other => panic!("{path}: say in `thing` what a `{{{other}}}` of each tenant is"),
        }
    }

    /// A tenant's webhook, and what it is to be told.
    async fn webhook(&self, mark: &'static str) -> (String, String) {
        let store = &self.world.state.store;
        let named = |hook: &Webhook| hook.name == mark;
        let found = store.webhooks("", 100).await.unwrap().into_iter().find(named);
        let id = match found {
            Some(hook) => hook.id,
            None => {
                let new = Webhook {
                    id: String::new(),
                    name: mark.into(),
                    url: "https://example.com/".into(),
                    form: Form::WeCom,
                    secret: String::new(),
                    kinds: vec![EventKind::CallAnalysed],
                    scope: scope(mark),
                    active: true,
                    failures: 0,
                    why: None,
                    rev: 0,
                    created_us: 0,
                };
                let tx = store.begin().await.unwrap();
                let made = tx.add_webhook(&new).await.unwrap();
                tx.add_delivery(&made.id, 1, now_us()).await.unwrap();
                tx.commit().await.unwrap();
                made.id
            }
        };
        let delivery = store.deliveries(&id, None, 1).await.unwrap().remove(0);
        (id, delivery.id)
    }

    /// The path with things of a tenant in it.
    async fn path(&self, path: &str, mark: &'static str, owner: &str) -> String {
        let mut out = path.to_owned();
        for name in parameters(path) {
            let thing = self.thing(path, &name, mark, owner).await;
            out = out.replace(&format!("{{{name}}}"), &thing);
        }
        out
    }

    /// Asks, with the state that is there as `If-Match` where the route wants one.
    async fn ask(&self, route: &Route, who: &As, path: &str) -> Answer {
        let mut headers = Vec::new();
        let tag;
        if route.if_match {
            let all = self.session(&self.people[&("", Role::Administrator)]).await;
            tag = self.send(&all, &format!("GET {path}"), &[], Value::Null).await;
            headers.push(("if-match", tag.header("etag")));
        }
        self.world.state.forgive();
        let query = &route.query;
        self.send(who, &format!("{} {path}{query}", route.method), &headers, route.body.clone())
            .await
    }

    async fn send(&self, who: &As, what: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        let request = request(who, what, headers, body);
        let endless = Duration::from_millis(100);
        let response =
            tower::ServiceExt::oneshot(self.world.router.clone(), request).await.unwrap();
        let (parts, body) = response.into_parts();
        let stream =
            parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let bytes = axum::body::to_bytes(body, 16 << 20);
        let text = match stream {
            true => tokio::time::timeout(endless, bytes)
                .await
                .map_or(String::new(), |all| String::from_utf8_lossy(&all.unwrap()).into_owned()),
            false => String::from_utf8_lossy(&bytes.await.unwrap()).into_owned(),
        };
        Answer { status: parts.status, headers: parts.headers, text }
    }
}

/// An operation of the description.
struct Route {
    method: String,
    path: String,
    action: String,
    if_match: bool,
    /// What must stand behind `?`.
    query: String,
    body: Value,
}

impl Route {
    /// Whether its path names a thing of somebody.
    fn names_a_thing(&self) -> bool {
        parameters(&self.path).iter().any(|name| SHARED.iter().all(|(shared, _)| shared != name))
    }
}

fn parameters(path: &str) -> Vec<String> {
    path.split('{').skip(1).map(|part| part.split('}').next().unwrap().to_owned()).collect()
}

fn routes() -> Vec<Route> {
    let json = serde_json::to_value(openapi()).unwrap();
    let mut all = Vec::new();
    for (path, item) in json["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let needed = parameters.iter().filter(|p| p["in"] == "query" && p["required"] == true);
            let query: Vec<String> = needed
                .map(|p| {
                    let value = example(&json, &p["schema"]);
                    let value = value.as_str().map_or(value.to_string(), str::to_owned);
                    format!("{}={value}", p["name"].as_str().unwrap())
                })
                .collect();
            let query =
                if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            all.push(Route {
                method: method.to_uppercase(),
                path: path.clone(),
                action: operation["x-action"].as_str().unwrap_or_default().to_owned(),
                query,
                if_match: parameters.iter().any(|p| p["name"] == "If-Match"),
                body: if schema.is_null() { Value::Null } else { example(&json, schema) },
            });
        }
    }
    all
}

/// Something that the schema allows.
fn example(root: &Value, schema: &Value) -> Value {
    if let Some(example) = schema.get("example").or(schema.get("default")) {
        return example.clone();
    }
    if let Some(name) = schema["$ref"].as_str() {
        return example(root, root.pointer(name.trim_start_matches('#')).unwrap());
    }
    if let Some(one) = schema["oneOf"].as_array().or(schema["allOf"].as_array()) {
        let one = one.iter().find(|one| one["type"] != "null").unwrap();
        return example(root, one);
    }
    if let Some(one) = schema["enum"].as_array() {
        return one[0].clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").unwrap().clone(),
        kind => kind.clone(),
    };
    match kind.as_str().unwrap_or_default() {
        "object" => {
            let wanted = schema["required"].as_array().cloned().unwrap_or_default();
            let fields = schema["properties"].as_object().into_iter().flatten();
            let fields = fields.filter(|(name, _)| wanted.iter().any(|wanted| wanted == *name));
            Value::Object(fields.map(|(name, of)| (name.clone(), example(root, of))).collect())
        }
        "array" => json!([example(root, &schema["items"])]),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(1)),
        "boolean" => json!(false),
        _ if schema["format"] == "date-time" => json!("2099-01-01T00:00:00Z"),
        _ if schema["format"] == "uri" => json!("https://example.com/"),
        _ => {
            let chars = schema["minLength"].as_u64().unwrap_or(4) as usize;
            json!("walk-4-test".chars().cycle().take(chars).collect::<String>())
        }
    }
}

/// The committed table: action, role, cell; and route, action.
fn table() -> (BTreeMap<(String, Role), String>, BTreeMap<String, String>) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/access.md");
    let text = std::fs::read_to_string(path).unwrap();
    let mut cells = BTreeMap::new();
    let mut actions = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let columns: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let name = columns[0].trim_matches('`').to_owned();
        match columns.len() {
            2 => {
                actions.insert(name, columns[1].trim_matches('`').to_owned());
            }
            _ => {
                for (role, cell) in Role::ALL.into_iter().zip(&columns[3..]) {
                    cells.insert((name.clone(), role), (*cell).to_owned());
                }
            }
        }
    }
    (cells, actions)
}

/// What an answer means for the question who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Met {
    /// Let in. The request itself may still make no sense.
    In,
    Nobody,
    Refused,
    NotThere,
    /// Never right.
    Broken,
}

fn met(answer: &Answer) -> Met {
    match answer.status.as_u16() {
        // A wrong password or code: asked by somebody who may ask.
        401 if answer.json()["type"] == "urn:lingting:problem:refused" => Met::In,
        401 => Met::Nobody,
        // What this build or this configuration lacks is said to those only who might have it.
        503 if answer.json()["type"] == "urn:lingting:problem:unavailable" => Met::In,
        403 => Met::Refused,
        404 => Met::NotThere,
        405 | 415 | 429 | 500.. => Met::Broken,
        _ => Met::In,
    }
}

#[tokio::test]
async fn every_route_answers_everybody_as_the_table_says() {
    let walk = Walk::new().await;
    let (cells, actions) = table();
    let [own, other] = MARKS;
    let (mut wrong, mut asked, mut seen) = (Vec::new(), 0, 0);
    for route in routes() {
        let name = format!("{} {}", route.method, route.path);
        assert_eq!(
            actions.get(&name),
            Some(&route.action),
            "docs/access.md does not list it: {name}"
        );
        let public = route.action == "public";
        let path = walk.path(&route.path, own, &walk.people[&(own, Role::Reviewer)]).await;
        let answer = walk.ask(&route, &As::Nobody, &path).await;
        if met(&answer) != if public { Met::In } else { Met::Nobody } {
            wrong.push(format!("{name} as nobody: {}", answer.status));
        }
        for ((mark, role), person) in &walk.people {
            // Whose things are asked for: a tenant's own, then another's.
            for things in [own, other] {
                let foreign = !mark.is_empty() && things != *mark;
                let owner = if foreign { &walk.people[&(things, *role)] } else { person };
                let path = walk.path(&route.path, things, owner).await;
                let who = walk.session(person).await;
                let answer = walk.ask(&route, &who, &path).await;
                let cell =
                    cells.get(&(route.action.clone(), *role)).map_or("public", String::as_str);
                let expected = match cell {
                    "public" => Met::In,
                    "yes" if foreign && route.names_a_thing() => Met::NotThere,
                    "yes" => Met::In,
                    "all" if mark.is_empty() => Met::In,
                    _ => Met::Refused,
                };
                asked += 1;
                let is = met(&answer);
                if is != expected {
                    let (role, status) = (role.as_str(), answer.status);
                    wrong.push(format!(
                        "{name} as {mark} {role} for {things}: {status}, not {expected:?}: {}",
                        answer.text
                    ));
                }
                let strange = MARKS.iter().find(|m| !mark.is_empty() && *m != mark);
                if let Some(strange) = strange.filter(|strange| answer.text.contains(**strange)) {
                    wrong.push(format!("{name} as {mark} {}: shows {strange}", role.as_str()));
                }
                seen += usize::from(!mark.is_empty() && answer.text.contains(*mark));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    // Or else not seeing the other tenant would mean nothing.
    assert!(seen > 20, "own things were seen in {seen} answers only");
}
