//! Sources: where recordings come from by themselves, and how that goes.
//!
//! In: nothing. Out: each source as configured, without secrets, what became of its files, and what is in its way with
//! the remedy.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::error::ApiError;
use super::extract::{Json, at};
use crate::access::Action;
use crate::ingest::source::{After, Source, Trouble};
use crate::store::ledger::{self, FileState, LIVE, UPLOAD};

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A text in two languages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TwoTexts)]
struct Texts {
    en: String,
    zh: String,
}

/// What is in a source's way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SourceTrouble)]
struct TroubleBody {
    /// `folder`, `bucket`, `settings`, `store`.
    kind: &'static str,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// What the system says.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// What to do about it.
    remedy: Texts,
}

impl TroubleBody {
    fn of(trouble: Trouble) -> Self {
        let (kind, en, zh): (_, String, String) = match &trouble {
            Trouble::Folder { more, .. } => {
                let (also, zh_also) = match more {
                    0 => (String::new(), String::new()),
                    more => (format!("; {more} more places are like it"), format!("；另有 {more} 处")),
                };
                (
                    "folder",
                    format!("check that it is there, mounted, and readable by the service's user{also}"),
                    format!("请检查该目录是否存在、已挂载，并且服务账户可读{zh_also}"),
                )
            }
            Trouble::Bucket => (
                "bucket",
                "the bucket does not answer, or refuses: check endpoint, credentials, and that they may list and read"
                    .into(),
                "存储桶无响应或拒绝访问：请检查 endpoint、密钥及其列举和读取权限".into(),
            ),
            Trouble::Settings => (
                "settings",
                "the bucket's settings are wrong: check url, endpoint, region and credentials, then restart".into(),
                "存储桶配置有误：请检查 url、endpoint、region 和密钥，然后重启服务".into(),
            ),
            Trouble::Ledger => (
                "store",
                "the database does not answer: check that it runs and has room on its disk".into(),
                "数据库无响应：请检查其运行状态和磁盘空间".into(),
            ),
        };
        let (place, why) = match trouble {
            Trouble::Folder { path, why, .. } => (Some(path.display().to_string()), Some(why)),
            _ => (None, None),
        };
        Self { kind, place, why, remedy: Texts { en, zh } }
    }
}

/// A source.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Source)]
struct SourceBody {
    /// Its name in the ledger.
    name: String,
    /// `folder`, `bucket`, `spool` (what is sent over HTTP), `live` (calls that were heard while they went on), `former` (no longer in the configuration).
    kind: &'static str,
    /// A path or a URL, without secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// Where the bucket is, when not at Amazon.
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    /// What is done with a recording that is safely kept: `leave`, `move`, `delete`.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'static str>,
    /// Seconds from one look through it to the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    scan_s: Option<i64>,
    /// When it was last looked through to the end, since the service was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_scan: Option<String>,
    /// Files that are on their way, those that are tried again by themselves among them.
    waiting: i64,
    /// Files that are calls.
    done: i64,
    /// Files that are no calls, or calls that are there already.
    skipped: i64,
    /// Files that failed for good, unless a person tries them again.
    failed: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<TroubleBody>,
}

/// All sources, in the configuration's order; then uploads, then others that files came from.
#[derive(Debug, Serialize, ToSchema)]
struct Sources {
    items: Vec<SourceBody>,
}

impl SourceBody {
    fn new(name: &str, kind: &'static str, place: Option<String>) -> Self {
        let name = name.to_owned();
        let (endpoint, after, scan_s, last_scan, trouble) = (None, None, None, None, None);
        let (waiting, done, skipped, failed) = (0, 0, 0, 0);
        Self {
            name,
            kind,
            place,
            endpoint,
            after,
            scan_s,
            last_scan,
            waiting,
            done,
            skipped,
            failed,
            trouble,
        }
    }

    fn of(source: &Source) -> Self {
        match source {
            Source::Folder(folder) => Self {
                after: Some(match folder.after {
                    After::Leave => "leave",
                    After::Move(_) => "move",
                    After::Delete => "delete",
                }),
                scan_s: Some(folder.scan_us / 1_000_000),
                ..Self::new(&folder.name, "folder", Some(folder.path.display().to_string()))
            },
            Source::Bucket(bucket) => Self {
                endpoint: bucket.access.endpoint.as_deref().map(without_secrets),
                scan_s: Some(bucket.scan_us / 1_000_000),
                ..Self::new(&bucket.name, "bucket", Some(without_secrets(&bucket.url)))
            },
        }
    }

    fn count(&mut self, state: FileState, files: i64) {
        match state {
            FileState::Seen | FileState::Stable | FileState::Claimed => self.waiting += files,
            FileState::Done => self.done += files,
            FileState::Skipped => self.skipped += files,
            FileState::Failed | FileState::Quarantined => self.failed += files,
        }
    }
}

/// A URL without user, password, query.
fn without_secrets(url: &str) -> String {
    let url = url::Url::parse(url).ok().filter(|url| !url.cannot_be_a_base());
    let Some(mut url) = url else { return "?".to_owned() };
    // Refused where a URL cannot have any: then there is none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.to_string()
}

/// See where recordings come from, and how that goes.
#[utoipa::path(
    get, path = "/api/v1/sources", tag = "sources",
    extensions(("x-action" = json!(Action::LedgerRead.as_str()))),
    responses((status = 200, body = Sources)),
)]
async fn list(State(state): State<ApiState>) -> Result<Json<Sources>, ApiError> {
    let inlet = &state.ports.inlet;
    let mut items: Vec<SourceBody> = inlet.sources.iter().map(SourceBody::of).collect();
    for item in &mut items {
        let status = inlet.board.of(&item.name);
        item.last_scan = status.looked_us.map(at);
        item.trouble = status.trouble.map(TroubleBody::of);
    }
    let folder = inlet.spool.folder().display().to_string();
    items.push(SourceBody::new(UPLOAD, "spool", Some(folder)));
    let places = items.iter().enumerate().map(|(ix, item)| (item.name.clone(), ix));
    let mut places: BTreeMap<String, usize> = places.collect();
    for total in ledger::totals(&state.store).await? {
        let at = *places.entry(total.source.clone()).or_insert_with(|| {
            let kind = if total.source == LIVE { "live" } else { "former" };
            items.push(SourceBody::new(&total.source, kind, None));
            items.len() - 1
        });
        items[at].count(total.state, total.files);
    }
    for (source, files) in ledger::tried_again(&state.store).await? {
        let item = items.iter_mut().find(|item| item.name == source);
        if let Some(item) = item {
            // Two readings: a file may have ended between them.
            let files = files.min(item.failed);
            item.failed -= files;
            item.waiting += files;
        }
    }
    Ok(Json(Sources { items }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_shows_no_secret() {
        for (url, shown) in [
            ("s3://calls/in", "s3://calls/in"),
            ("https://key:secret@minio.example:9000/?a=b", "https://minio.example:9000/"),
            ("key:secret@", "?"),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
    }
}
