//! The description and the table of rights, as they are committed: `UPDATE=1` writes them anew.
//!
//! In: the code. Out: `schemas/openapi.json` and `docs/access.md`, or where they differ from the code.

use std::fmt::Write as _;

use super::gate::{PUBLIC, Rule, rules};
use super::openapi;
use crate::access::{Action, Leave};
use crate::domain::Role;

/// Compares with the committed file, or writes it.
#[track_caller]
fn committed(file: &str, now: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, now).unwrap();
    }
    let then = std::fs::read_to_string(&path).unwrap_or_default();
    let differ = then.lines().zip(now.lines()).position(|(then, now)| then != now);
    let line = differ.unwrap_or(then.lines().count().min(now.lines().count())) + 1;
    assert!(
        then == now,
        "{file}:{line} is not what the code says; look at it, then write it with \
         `UPDATE=1 cargo test --lib api::described`"
    );
}

#[test]
fn the_description_is_the_committed_one() {
    committed("schemas/openapi.json", &(openapi().to_pretty_json().unwrap() + "\n"));
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let json = serde_json::to_value(openapi()).unwrap();
    let items = json["paths"].as_object().unwrap().values();
    let operations = items.flat_map(|item| item.as_object().unwrap().values());
    let mut names: Vec<&str> = operations.map(|one| one["operationId"].as_str().unwrap()).collect();
    names.sort_unstable();
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
fn every_route_names_its_action() {
    let rules = rules(&openapi());
    let json = serde_json::to_value(openapi()).unwrap();
    for (path, item) in json["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let route = (method.to_uppercase(), path.clone());
            assert!(rules.contains_key(&route), "{route:?}: {}", operation["x-action"]);
        }
    }
}

#[test]
fn the_access_table_is_the_committed_one() {
    committed("docs/access.md", &table());
}

/// How a cell is written.
pub(super) fn cell(leave: Leave) -> &'static str {
    match leave {
        Leave::No => "–",
        Leave::Scoped => "yes",
        Leave::Whole => "all",
    }
}

fn table() -> String {
    let mut out = String::from(
        "# Who may do what 权限一览\n\n\
         Written from `src/access/action.rs` and the API's description; a test compares it with both, and another \
         calls every route as every role, as another tenant and as nobody, and expects what stands here.\n\n\
         - `yes`: to what the person's scope covers. What lies outside looks as if it were not there (404).\n\
         - `all`: only people whose scope is everything; what it touches belongs to no single client or team.\n\
         - `–`: refused (403). Who is not logged in is refused everywhere (401) but at routes that are `public`.\n\n\
         A scope is a list of grants; a grant names a client, vendor, project, team or agent, or several of them, \
         and covers the calls that agree in all. Every grant of a client names the client, of a vendor manager the \
         vendor, of an agent the agent. An API token may never more than its person, and no more than its own \
         scopes say; no token makes tokens or changes passwords.\n\n\
         Who has `assign` takes calls that are free and lets go of their own; only a supervisor gives calls to somebody \
         else or takes them from somebody, and only to people who may review them. It is so for one call and for many.\n\n\
         - `yes`：限本人数据范围之内；范围之外的数据视同不存在（404）。\n\
         - `all`：仅限数据范围为全部的人员。\n\
         - `–`：无权限（403）。未登录者除 `public` 接口外一律拒绝（401）。\n\n\
         有 `assign` 权限者可领取未分派的通话、退回自己的通话；只有主管可以将通话分派给他人或从他人处收回，且只能分派给有权复核的人员。\
         单个分派与批量分派规则相同。\n\n\
         ## Roles 角色\n\n",
    );
    let roles: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    let _ = writeln!(out, "| action | what | 说明 | {} |", roles.join(" | "));
    let _ = writeln!(out, "| --- | --- | --- |{}", " --- |".repeat(roles.len()));
    for action in Action::ALL {
        let (en, zh) = action.about();
        let cells = Role::ALL.map(|role| cell(action.leave(role)));
        let _ = writeln!(out, "| `{}` | {en} | {zh} | {} |", action.as_str(), cells.join(" | "));
    }
    out.push_str("\n## Routes 接口\n\n| route | action |\n| --- | --- |\n");
    let mut routes: Vec<_> = rules(&openapi()).into_iter().collect();
    routes.sort_by(|((m1, p1), _), ((m2, p2), _)| (p1, m1).cmp(&(p2, m2)));
    for ((method, path), rule) in routes {
        let action = match rule {
            Rule::Public => PUBLIC,
            Rule::Needs(action) => action.as_str(),
        };
        let _ = writeln!(out, "| `{method} {path}` | `{action}` |");
    }
    out
}
