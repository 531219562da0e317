//! SQL over the open data, for programs and for people who know it.
//!
//! In: one statement that reads. Out: columns and rows. The files know of no scope, so that only people who see
//! everything may ask; who asked what is in the audit log, before it is answered.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::caller::Caller;
use super::error::{ApiError, ProblemBody};
use super::extract::Json;
use crate::access::Action;
use crate::lake::{Lake, tables};
use crate::store::audit::Deed;
use crate::store::now_us;

/// Rows of an answer.
const ROWS_MAX: u32 = 10_000;

/// Characters of a statement that the audit log keeps; of a longer one it has the SHA-256 besides.
const AUDIT_CHARS: usize = 1_000;

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(ask)).routes(routes!(list))
}

/// What is asked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SqlQuestion)]
struct Question {
    /// `SELECT`, `EXPLAIN`, `SHOW` or `DESCRIBE`, one statement.
    #[schema(example = "SELECT verdict, count(*) AS calls FROM calls GROUP BY verdict")]
    sql: String,
    /// Rows wanted, at most 10000.
    #[serde(default = "rows_default")]
    #[schema(minimum = 1, maximum = 10_000)]
    rows: u32,
}

fn rows_default() -> u32 {
    1000
}

/// The answer.
#[derive(Serialize, ToSchema)]
#[schema(as = SqlAnswer)]
struct Answer {
    columns: Vec<ColumnBody>,
    /// A row is a list of values in the order of the columns.
    #[schema(value_type = Vec<Vec<Object>>)]
    rows: Box<serde_json::value::RawValue>,
    /// Whether there are more than `rows`, or than fit into an answer.
    more: bool,
}

/// A column.
#[derive(Serialize, ToSchema)]
#[schema(as = SqlColumn)]
struct ColumnBody {
    name: String,
    /// As Arrow calls it, such as `Utf8`, `Int64`, `Date32`.
    #[serde(rename = "type")]
    kind: String,
    /// What it means, where it is a table's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<String>,
}

/// A table.
#[derive(Serialize, ToSchema)]
#[schema(as = SqlTable)]
struct TableBody {
    name: String,
    /// What one row is.
    about: String,
    /// Besides these each table has `day`, a date.
    columns: Vec<ColumnBody>,
}

fn column(field: &arrow::datatypes::FieldRef) -> ColumnBody {
    ColumnBody {
        name: field.name().clone(),
        kind: field.data_type().to_string(),
        about: field.metadata().get("doc").cloned(),
    }
}

/// The tables that can be asked.
#[utoipa::path(
    get, path = "/api/v1/sql/tables", tag = "open data",
    extensions(("x-action" = json!(Action::OpenData.as_str()))),
    responses((status = 200, body = Vec<TableBody>)),
)]
async fn list(_: Caller) -> Json<Vec<TableBody>> {
    let table = |table: crate::lake::TableInfo| TableBody {
        name: table.name.to_owned(),
        about: table.about.to_owned(),
        columns: table.schema.fields().iter().map(column).collect(),
    };
    Json(tables().into_iter().map(table).collect())
}

/// Ask the open data in SQL.
#[utoipa::path(
    post, path = "/api/v1/sql", tag = "open data", request_body = Question,
    extensions(("x-action" = json!(Action::OpenData.as_str()))),
    responses(
        (status = 200, body = Answer),
        (status = 422, description = "The statement is wrong, changes something or takes too much; it says what", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "This build has no SQL", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn ask(
    State(state): State<ApiState>,
    caller: Caller,
    Json(question): Json<Question>,
) -> Result<Json<Answer>, ApiError> {
    let rows = question.rows.clamp(1, ROWS_MAX);
    let detail = audited(&question.sql);
    let deed = Deed { actor: caller.id(), action: "open_data.query", object: "", detail: &detail };
    state.store.audit(now_us(), &deed).await?;
    answer(&state.ports.lake, &question.sql, rows as usize).await.map(Json)
}

/// What the audit log says of a statement. It is the asker's own text: who looks for somebody is to be seen.
pub(crate) fn audited(sql: &str) -> String {
    let mut detail = serde_json::json!({"sql": sql.chars().take(AUDIT_CHARS).collect::<String>()});
    if sql.chars().nth(AUDIT_CHARS).is_some() {
        let digest: String = Sha256::digest(sql).iter().map(|byte| format!("{byte:02x}")).collect();
        detail["sha256"] = digest.into();
    }
    detail.to_string()
}

#[cfg(not(feature = "analytics"))]
async fn answer(_: &Lake, _: &str, _: usize) -> Result<Answer, ApiError> {
    Err(ApiError::Unavailable(super::error::said(
        "this build has no SQL (feature `analytics`); read the Parquet files themselves",
        "此版本未含 SQL 查询功能（analytics），可直接读取 Parquet 文件",
    )))
}

#[cfg(feature = "analytics")]
async fn answer(lake: &Lake, sql: &str, rows: usize) -> Result<Answer, ApiError> {
    use std::time::Duration;

    use crate::lake::{Form, SqlLimits};
    use tokio::sync::Semaphore;

    /// Questions at a time; more wait, and are refused after [`PATIENCE`].
    static TURNS: Semaphore = Semaphore::const_new(2);
    const PATIENCE: Duration = Duration::from_secs(10);
    const LIMITS: SqlLimits = SqlLimits {
        time: Duration::from_secs(30),
        rows: 0,
        answer_bytes: 16 << 20,
        memory_bytes: 256 << 20,
        disk_bytes: 1 << 30,
        threads: 1,
    };

    let turn = tokio::time::timeout(PATIENCE, TURNS.acquire()).await;
    let _turn = turn.map_err(|_| ApiError::TooMany(10))?.map_err(ApiError::internal)?;
    let answer = lake.ask(sql, SqlLimits { rows, ..LIMITS }).await.map_err(refused)?;
    let mut json = Vec::new();
    answer.write(Form::JsonRows, &mut json).map_err(ApiError::internal)?;
    let json = String::from_utf8(json).map_err(ApiError::internal)?;
    Ok(Answer {
        columns: answer.schema.fields().iter().map(column).collect(),
        rows: serde_json::value::RawValue::from_string(json).map_err(ApiError::internal)?,
        more: answer.more,
    })
}

#[cfg(feature = "analytics")]
fn refused(error: crate::lake::SqlError) -> ApiError {
    use crate::lake::SqlError;
    let zh = match &error {
        SqlError::Statement(why) => format!("SQL 语句有误：{why}"),
        SqlError::Changes => "此处只能查询：SELECT、EXPLAIN、SHOW、DESCRIBE，每次一条".to_owned(),
        SqlError::Time(time) => {
            format!("查询超过 {} 秒，请缩小日期范围（WHERE day = …）", time.as_secs())
        }
        SqlError::Memory => "查询所需内存超出限制，请缩小日期范围（WHERE day = …）".to_owned(),
        SqlError::Lake(_) | SqlError::Broken(_) => return ApiError::internal(error),
    };
    ApiError::invalid(error.to_string(), zh)
}
