//! Search over everything that was said, and searches that are kept.
//!
//! In: a query in the language of `docs/SEARCH.md`, and filters. Out: calls with the places that answer, and counts.
//! The caller's scope is part of the request to the index: neither a hit nor a count lies outside it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::caller::Caller;
use super::error::{ApiError, ProblemBody, said};
use super::extract::{Json, at, us};
use super::places::{Place, Places};
use crate::access::Action;
use crate::search::{
    Bounds, Fact, Filters, FoundCall, Measure, Order, QueryError, Request, SearchError, parse,
};

/// Searches at a time; more wait, and are refused after [`PATIENCE`].
const TURNS: usize = 16;

const PATIENCE: Duration = Duration::from_secs(10);

/// Searches of one person, and of all, that go on or wait: at the limit, 429. One person takes half of the turns at most.
const PERSON_MAX: usize = 8;
const ALL_MAX: usize = 64;

/// Those who search and those who wait for it.
#[derive(Debug)]
pub(super) struct Line {
    places: Places,
    turns: Arc<Semaphore>,
    patience: Duration,
}

impl Default for Line {
    fn default() -> Self {
        Self::new(PERSON_MAX, ALL_MAX, TURNS, PATIENCE)
    }
}

/// Held while a search goes on.
#[derive(Debug)]
struct Turn {
    _place: Place,
    _permit: OwnedSemaphorePermit,
}

impl Line {
    fn new(person_max: usize, all_max: usize, turns: usize, patience: Duration) -> Self {
        let places = Places::new(person_max, all_max);
        Self { places, turns: Arc::new(Semaphore::new(turns)), patience }
    }

    /// Waits for a turn, and not for ever.
    ///
    /// # Errors
    /// [`ApiError::TooMany`] for whoever has asked too much, [`ApiError::Unavailable`] when others take too long.
    async fn turn(&self, person: &str) -> Result<Turn, ApiError> {
        let place = self.places.take(person)?;
        let permit = tokio::time::timeout(self.patience, Arc::clone(&self.turns).acquire_owned());
        let permit = permit.await.map_err(|_| busy())?.map_err(ApiError::internal)?;
        Ok(Turn { _place: place, _permit: permit })
    }
}

fn busy() -> ApiError {
    ApiError::Unavailable(said(
        "many searches are going on: try again shortly",
        "检索繁忙，请稍后再试",
    ))
}

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(search))
}

/// What to look for.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SearchQuery {
    /// What was said, in the language of `docs/SEARCH.md`; absent: anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<String>,
    /// For each fact, one of these values: `client`, `vendor`, `project`, `team`, `agent`, `queue`, `direction`,
    /// `language`, `verdict`, `review`, `problem`, `failed`.
    facts: BTreeMap<String, Vec<String>>,
    /// For each measure, its bounds: `duration_s`, `silence_longest_s`, `overtalk_count`, `rate_agent`,
    /// `rate_customer`, `talk_share_agent`, `score`, `risk`.
    measures: BTreeMap<String, BoundsBody>,
    /// Begun at this time or later.
    from: Option<String>,
    /// Begun before this time.
    to: Option<String>,
    /// `risk` (the default), `newest`, `oldest` or `relevance`.
    order: Option<String>,
    /// Calls of a page, 1 to 200.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Facts whose values are to be counted.
    facets: Vec<String>,
    /// Utterances shown of a call, up to 50.
    hits: Option<usize>,
}

/// From and to, both included.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BoundsBody {
    at_least: Option<f64>,
    at_most: Option<f64>,
}

/// The answer.
#[derive(Serialize, ToSchema)]
#[schema(as = SearchAnswer)]
struct Answer {
    /// How many calls answer, on all pages.
    total: u64,
    calls: Vec<FoundBody>,
    /// What to send as `cursor` for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    facets: Vec<FacetBody>,
}

/// How many calls have each value of a fact.
#[derive(Serialize, ToSchema)]
#[schema(as = Facet)]
struct FacetBody {
    fact: String,
    values: Vec<FacetValue>,
    /// How many values there are more.
    more: usize,
}

/// One value.
#[derive(Serialize, ToSchema)]
struct FacetValue {
    value: String,
    calls: u64,
}

/// One call of the answer.
#[derive(Serialize, ToSchema)]
#[schema(as = FoundCall)]
struct FoundBody {
    call_id: String,
    started: String,
    risk: u16,
    /// The utterances that answer best, by time.
    hits: Vec<HitBody>,
    /// How many utterances answer.
    hits_total: usize,
}

/// An utterance that answers, personal data starred.
#[derive(Serialize, ToSchema)]
#[schema(as = Hit)]
struct HitBody {
    /// Its number in the call, from zero.
    utterance: u32,
    leg: u8,
    party: String,
    start_s: f64,
    end_s: f64,
    text: String,
    /// What of it answers.
    marks: Vec<MarkBody>,
}

/// A part of an utterance that answers.
#[derive(Serialize, ToSchema)]
#[schema(as = Mark)]
struct MarkBody {
    /// Its first character in the text.
    from: usize,
    /// The character after its last.
    to: usize,
    /// Where to play.
    start_s: f64,
    end_s: f64,
}

/// Search calls by what was said in them.
#[utoipa::path(
    post, path = "/api/v1/search", tag = "search", request_body = SearchQuery,
    extensions(("x-action" = json!(Action::CallsRead.as_str()))),
    responses(
        (status = 200, body = Answer),
        (status = 422, description = "The query cannot be read; it says where", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many searches of one person", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Search is busy; try again shortly", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn search(
    State(state): State<ApiState>,
    caller: Caller,
    Json(body): Json<SearchQuery>,
) -> Result<Json<Answer>, ApiError> {
    let request = request(&caller, body)?;
    let index = state.ports.index.clone();
    let turn = state.searches.turn(caller.id()).await?;
    let found = tokio::task::spawn_blocking(move || {
        let found = index.find(&request);
        // Held by the work and not by who waits for it: whoever goes away leaves it running.
        drop(turn);
        found
    });
    let found = found.await.map_err(ApiError::internal)?.map_err(search_error)?;
    let facet = |facet: crate::search::Facet| FacetBody {
        fact: facet.fact.as_str().to_owned(),
        values: facet
            .values
            .into_iter()
            .map(|(value, calls)| FacetValue { value, calls })
            .collect(),
        more: facet.more,
    };
    Ok(Json(Answer {
        total: found.total,
        calls: found.calls.into_iter().map(found_body).collect(),
        next: found.next,
        facets: found.facets.into_iter().map(facet).collect(),
    }))
}

fn search_error(error: SearchError) -> ApiError {
    match error {
        SearchError::PageMark => {
            ApiError::invalid("`cursor` is none of this search", "`cursor` 无效")
        }
        SearchError::Query(error) => query_error(&error),
        SearchError::TooMuch { what, most } => {
            ApiError::invalid(format!("{what}: at most {most}"), format!("{what} 最多 {most}"))
        }
        error => ApiError::internal(error),
    }
}

pub(super) fn query_error(error: &QueryError) -> ApiError {
    ApiError::invalid(error.to_string(), error.zh())
}

fn unknown(what: &'static str, word: &str) -> ApiError {
    ApiError::invalid(format!("`{word}` is no {what}"), format!("`{word}` 不可用于 {what}"))
}

pub(super) fn request(caller: &Caller, body: SearchQuery) -> Result<Request, ApiError> {
    let mut request = Request::new(caller.scope().clone());
    let query = body.query.as_deref().map(str::trim).filter(|query| !query.is_empty());
    request.query = query.map(parse).transpose().map_err(|error| query_error(&error))?;
    let fact = |word: &str| Fact::parse(word).ok_or_else(|| unknown("fact", word));
    let mut filters = Filters::default();
    for (word, values) in body.facts {
        filters.facts.insert(fact(&word)?, values);
    }
    for (word, bounds) in body.measures {
        let (measure, scale) = measure(&word).ok_or_else(|| unknown("measure", &word))?;
        let scaled = |bound: Option<f64>| bound.map(|value| value * scale);
        let bounds = Bounds { at_least: scaled(bounds.at_least), at_most: scaled(bounds.at_most) };
        filters.measures.insert(measure, bounds);
    }
    filters.from_us = body.from.as_deref().map(us).transpose()?;
    filters.to_us = body.to.as_deref().map(us).transpose()?;
    request.filters = filters;
    request.order = match body.order.as_deref() {
        None | Some("risk") => Order::Risk,
        Some("newest") => Order::Newest,
        Some("oldest") => Order::Oldest,
        Some("relevance") => Order::Relevance,
        Some(word) => return Err(unknown("order", word)),
    };
    request.limit = body.limit.unwrap_or(20).clamp(1, 200);
    request.after = body.cursor;
    request.facets = body.facets.iter().map(|word| fact(word)).collect::<Result<_, _>>()?;
    request.hits_max = body.hits.unwrap_or(3).min(50);
    Ok(request)
}

/// A measure by its word, and what a figure of the API is multiplied by.
fn measure(word: &str) -> Option<(Measure, f64)> {
    Some(match word {
        "duration_s" => (Measure::DurationMs, 1000.0),
        "silence_longest_s" => (Measure::SilenceLongestMs, 1000.0),
        "overtalk_count" => (Measure::OvertalkCount, 1.0),
        "rate_agent" => (Measure::RateAgent, 1.0),
        "rate_customer" => (Measure::RateCustomer, 1.0),
        "talk_share_agent" => (Measure::TalkShareAgent, 1.0),
        "score" => (Measure::Score, 1.0),
        "risk" => (Measure::Risk, 1.0),
        _ => return None,
    })
}

fn found_body(found: FoundCall) -> FoundBody {
    let s = |ms: u64| ms as f64 / 1000.0;
    let mark = |mark: crate::search::Mark| MarkBody {
        from: mark.chars.start,
        to: mark.chars.end,
        start_s: s(mark.start_ms),
        end_s: s(mark.end_ms),
    };
    let hit = |hit: crate::search::Hit| HitBody {
        utterance: hit.utterance,
        leg: hit.leg,
        party: hit.party.as_str().to_owned(),
        start_s: s(hit.start_ms),
        end_s: s(hit.end_ms),
        text: hit.text,
        marks: hit.marks.into_iter().map(mark).collect(),
    };
    FoundBody {
        call_id: found.call_id,
        started: at(found.started_us),
        risk: found.risk,
        hits: found.hits.into_iter().map(hit).collect(),
        hits_total: found.hits_total,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use serde_json::json;

    use super::*;
    use crate::api::fixture::{As, World};
    use crate::domain::{Role, Scope};

    #[tokio::test]
    async fn who_comes_too_many_waits_for_a_turn_and_not_for_ever() {
        let line = Line::new(2, 9, 1, Duration::from_millis(20));
        let first = line.turn("ann").await.expect("the first turn");
        assert!(matches!(line.turn("ann").await, Err(ApiError::Unavailable(_))));
        // Who waited in vain keeps no place.
        for _ in 0..3 {
            assert!(matches!(line.turn("bob").await, Err(ApiError::Unavailable(_))));
        }
        drop(first);
        assert!(line.turn("bob").await.is_ok());
        assert!(line.turn("ann").await.is_ok());
    }

    #[tokio::test]
    async fn one_person_with_many_searches_shuts_nobody_out() {
        let line = Line::new(2, 3, 16, Duration::from_millis(20));
        let first = line.turn("ann").await.expect("a turn");
        let second = line.turn("ann").await.expect("another");
        assert!(matches!(line.turn("ann").await, Err(ApiError::TooMany(_))));
        let bob = line.turn("bob").await.expect("a turn of his own");
        assert!(matches!(line.turn("cat").await, Err(ApiError::TooMany(_))), "as many as all may");
        drop((first, bob));
        assert!(line.turn("ann").await.is_ok());
        drop(second);
    }

    /// Also over HTTP: of one person's many at once some are refused, and another is answered.
    #[tokio::test]
    async fn who_asks_too_much_is_told_so_and_others_are_answered() {
        let world = World::new().await;
        let ann = world.person("ann", Role::Supervisor, Scope::All).await;
        let bob = world.with_token("bob", Role::Supervisor, Scope::All).await;
        let mut held = Vec::new();
        for _ in 0..PERSON_MAX {
            held.push(world.state.searches.turn(&ann).await.expect("as many as a person may"));
        }
        let token = world.token(&ann, &["all"]).await;
        let ask = async |who: &As| world.ask(who, "POST /api/v1/search", json!({})).await;
        let refused = ask(&token).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{}", refused.text);
        assert_eq!(ask(&bob).await.status, StatusCode::OK);
        drop(held);
        assert_eq!(ask(&token).await.status, StatusCode::OK);
    }

    #[test]
    fn that_search_is_busy_is_said_in_both_languages() {
        let ApiError::Unavailable(told) = busy() else { panic!("not now") };
        assert!(told.en.contains("try again shortly"));
        assert_eq!(told.zh, "检索繁忙，请稍后再试");
    }
}
