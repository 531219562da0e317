//! Calls: what is known of each, its report, its scorecards and findings.
//!
//! In: an analysed call, all of it at once. Out: rows, the masked report, and lists of what somebody may
//! see. A call is stored whole with its event in one transaction, under an id that was given before it
//! was analysed: storing it twice is storing it once.

use std::io::Read as _;

use sea_orm::QueryResult;

use super::db::{Conn, Store, StoreError, Tx, params, places, row, rows, run};
use super::events::EventKind;
use super::findings::{findings_in, put_findings};
use super::outcomes;
use super::units::belongs_in;
use crate::domain::Belongs;
use crate::wire::report::Report;

pub use super::findings::FindingRow;

/// zstd's level: a report shrinks to a tenth in a few milliseconds.
const ZSTD_LEVEL: i32 = 3;

/// No report of ours is larger unpacked, in bytes; more is damage.
const REPORT_BYTES_MAX: u64 = 256 << 20;

/// The facts of a call that lists, filters and scopes need.
#[derive(Clone, PartialEq)]
pub struct CallRow {
    /// Its id, a UUID; the report's `call_id` is [`CallRow::external_id`].
    pub id: String,
    /// What the sidecar or the file's name calls it.
    pub external_id: String,
    /// Over the recording's bytes, lower-case hex.
    pub sha256: String,
    /// `call` or `chat`.
    pub kind: String,
    /// The recording's file, as its source named it.
    pub file: String,
    /// `inbound` or `outbound`.
    pub direction: Option<String>,
    /// Whose it is.
    pub belongs: Belongs,
    /// 技能组.
    pub queue: Option<String>,
    /// The customer's number, starred.
    pub customer: Option<String>,
    /// Primary subtag.
    pub language: String,
    /// Microseconds since 1970; when it was received, where nobody said when it began.
    pub started_us: i64,
    /// Microseconds since 1970.
    pub received_us: i64,
    /// Microseconds since 1970.
    pub analysed_us: i64,
    /// Length in milliseconds.
    pub duration_ms: i64,
    /// The gravest verdict over all rubrics.
    pub verdict: String,
    /// The lowest score over all rubrics, in thousandths of a point.
    pub score_milli: Option<i64>,
    /// How much a person should look at it, 0 to 1000.
    pub risk: i64,
    /// Kinds of trouble with the recording.
    pub problems: Vec<String>,
    /// Figures to filter by, a JSON object of numbers.
    pub measures: String,
    /// Blob of the recording as it came.
    pub source: Option<String>,
    /// Blob of the playback audio.
    pub audio: Option<String>,
    /// Blob of the playback audio with personal data muted.
    pub redacted_audio: Option<String>,
    /// Blob of the clear texts.
    pub private: Option<String>,
    /// Counts every change.
    pub rev: i64,
    /// `open`, `in_review` or `settled`.
    pub review_state: String,
    /// The reviewer's id.
    pub assigned_to: Option<String>,
    /// Under legal hold.
    pub held: bool,
}

/// Shows the id: the rest names people.
impl std::fmt::Debug for CallRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CallRow({})", self.id)
    }
}

/// What one rubric concluded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardRow {
    /// The rubric.
    pub rubric: String,
    /// Its version.
    pub version: i64,
    /// SHA-256 over its file.
    pub digest: String,
    /// The machine's verdict.
    pub verdict: String,
    /// The machine's score, in thousandths of a point.
    pub score_milli: Option<i64>,
    /// After reviewers' decisions; absent while there is none.
    pub human_verdict: Option<String>,
    /// After reviewers' decisions.
    pub human_score_milli: Option<i64>,
}

/// Everything about a call that was analysed, ready to be kept.
pub struct NewCall<'a> {
    /// Its row; `rev`, `review_state`, `assigned_to` and `held` are the store's own and ignored.
    pub row: &'a CallRow,
    /// The masked report.
    pub report: &'a Report,
    /// Digest of everything but the content that decides the report.
    pub settings: &'a str,
    /// Waveform columns by leg, as bytes.
    pub peaks: &'a [u8],
    /// One a rubric.
    pub cards: &'a [CardRow],
    /// One a criterion that applies.
    pub findings: &'a [FindingRow],
}

/// Keeps a call. When it is there already, this is a new analysis of it: what people decided stays.
///
/// # Errors
/// [`StoreError::Conflict`] when another call has the same content.
pub async fn put(tx: &Tx, call: &NewCall<'_>) -> Result<i64, StoreError> {
    let id = &call.row.id;
    let same = row(tx, "SELECT id FROM call WHERE sha256 = $1", params![&call.row.sha256]).await?;
    let same: Option<String> = same.map(|row| row.try_get("", "id")).transpose()?;
    if same.is_some_and(|other| other != *id) {
        return Err(StoreError::Conflict("another call has the same content"));
    }
    let known = row(tx, "SELECT rev, started_us FROM call WHERE id = $1", params![id]).await?;
    let rev: i64 = known.as_ref().map_or(Ok(0), |row| row.try_get("", "rev"))? + 1;
    let was_us: Option<i64> = known.map(|row| row.try_get("", "started_us")).transpose()?;
    put_row(tx, call.row, rev).await?;
    let body = zstd::encode_all(call.report.to_json().as_bytes(), ZSTD_LEVEL)
        .map_err(|e| StoreError::damaged("report", e))?;
    let sql = "INSERT INTO report (call_id, rev, at_us, settings, body, peaks) VALUES ($1, $2, $3, $4, $5, $6)";
    let at_us = call.row.analysed_us;
    run(tx, sql, params![id, rev, at_us, call.settings, body, call.peaks.to_vec()]).await?;
    put_cards(tx, id, call.cards).await?;
    put_findings(tx, id, call.findings).await?;
    outcomes::measured(tx, call.row).await?;
    if rev > 1 {
        outcomes::decided_before(tx, id).await?;
    }
    outcomes::settle(tx, id).await?;
    put_units(tx, call.row).await?;
    let mut body = serde_json::json!({"rev": rev});
    if let Some(was_us) = was_us.filter(|was_us| *was_us != call.row.started_us) {
        // Who sorts calls by time finds it where it lay before.
        body["was_started_us"] = was_us.into();
    }
    tx.append(at_us, EventKind::CallAnalysed, Some(id), &body.to_string()).await?;
    Ok(rev)
}

async fn put_row(tx: &Tx, call: &CallRow, rev: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO call (id, external_id, sha256, kind, file, direction, client, vendor, project, \
        queue, team, agent, customer, language, started_us, received_us, analysed_us, duration_ms, verdict, \
        score_milli, risk, problems, measures, source, audio, redacted_audio, private, rev, review_state) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, \
        $21, $22, $23, $24, $25, $26, $27, $28, 'open') ON CONFLICT (id) DO UPDATE SET \
        external_id = excluded.external_id, direction = excluded.direction, client = excluded.client, \
        vendor = excluded.vendor, project = excluded.project, queue = excluded.queue, team = excluded.team, \
        agent = excluded.agent, customer = excluded.customer, language = excluded.language, \
        started_us = excluded.started_us, analysed_us = excluded.analysed_us, \
        duration_ms = excluded.duration_ms, verdict = excluded.verdict, score_milli = excluded.score_milli, \
        risk = excluded.risk, problems = excluded.problems, measures = excluded.measures, \
        source = excluded.source, audio = excluded.audio, redacted_audio = excluded.redacted_audio, private = excluded.private, \
        rev = excluded.rev";
    let Belongs { client, vendor, project, team, agent } = call.belongs.clone();
    let values = params![
        &call.id,
        &call.external_id,
        &call.sha256,
        &call.kind,
        &call.file,
        call.direction.clone(),
        client,
        vendor,
        project,
        call.queue.clone(),
        team,
        agent,
        call.customer.clone(),
        &call.language,
        call.started_us,
        call.received_us,
        call.analysed_us,
        call.duration_ms,
        &call.verdict,
        call.score_milli,
        call.risk,
        call.problems.join(","),
        &call.measures,
        call.source.clone(),
        call.audio.clone(),
        call.redacted_audio.clone(),
        call.private.clone(),
        rev,
    ];
    run(tx, sql, values).await?;
    Ok(())
}

async fn put_cards(tx: &Tx, id: &str, cards: &[CardRow]) -> Result<(), StoreError> {
    run(tx, "DELETE FROM scorecard WHERE call_id = $1", params![id]).await?;
    if cards.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO scorecard (call_id, rubric, version, digest, verdict, score_milli, human_verdict, \
         human_score_milli) VALUES {}",
        places(cards.len(), 8)
    );
    let values = cards.iter().flat_map(|card| {
        params![
            id,
            &card.rubric,
            card.version,
            &card.digest,
            &card.verdict,
            card.score_milli,
            card.human_verdict.clone(),
            card.human_score_milli,
        ]
    });
    run(tx, &sql, values.collect()).await?;
    Ok(())
}

/// Clients, vendors, teams … become known by their calls.
async fn put_units(tx: &Tx, call: &CallRow) -> Result<(), StoreError> {
    let Belongs { client, vendor, project, team, agent } = &call.belongs;
    let all = [
        ("client", client),
        ("vendor", vendor),
        ("project", project),
        ("queue", &call.queue),
        ("team", team),
        ("agent", agent),
    ];
    let named: Vec<_> =
        all.into_iter().filter_map(|(kind, id)| Some((kind, id.as_deref()?))).collect();
    if named.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO unit (kind, id, name, first_seen_us) VALUES {} ON CONFLICT (kind, id) DO NOTHING",
        places(named.len(), 4)
    );
    let values = named.iter().flat_map(|(kind, id)| params![*kind, *id, *id, call.analysed_us]);
    run(tx, &sql, values.collect()).await?;
    Ok(())
}

pub(super) const COLUMNS: &str = "id, external_id, sha256, kind, file, direction, client, vendor, project, \
    queue, team, agent, customer, language, started_us, received_us, analysed_us, duration_ms, verdict, \
    score_milli, risk, problems, measures, source, audio, redacted_audio, private, rev, review_state, \
    assigned_to, held";

impl Store {
    /// A call, whoever asks: who may see it is for the caller to decide by [`CallRow::belongs`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn call(&self, id: &str) -> Result<Option<CallRow>, StoreError> {
        call_of(self, id).await
    }

    /// When a call began, in microseconds since 1970; also of one that was deleted.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn started_us(&self, id: &str) -> Result<Option<i64>, StoreError> {
        let row = row(self, "SELECT started_us FROM call WHERE id = $1", params![id]).await?;
        Ok(row.map(|row| row.try_get("", "started_us")).transpose()?)
    }

    /// When the last call before a time began, both in microseconds since 1970.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn last_start_before(&self, us: i64) -> Result<Option<i64>, StoreError> {
        let sql =
            "SELECT MAX(started_us) AS us FROM call WHERE deleted_us IS NULL AND started_us < $1";
        let row = row(self, sql, params![us]).await?;
        Ok(row.map(|row| row.try_get("", "us")).transpose()?.flatten())
    }

    /// The call with this content.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn call_by_content(&self, sha256: &str) -> Result<Option<CallRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM call WHERE sha256 = $1 AND deleted_us IS NULL");
        row(self, &sql, params![sha256]).await?.map(|row| call_row(&row)).transpose()
    }

    /// The newest masked report of a call, as JSON.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn report_json(&self, id: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT body FROM report WHERE call_id = $1 ORDER BY rev DESC LIMIT 1";
        let Some(row) = row(self, sql, params![id]).await? else { return Ok(None) };
        let body: Vec<u8> = row.try_get("", "body")?;
        unpacked(&body).map(Some)
    }

    /// The newest masked report of a call.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn report(&self, id: &str) -> Result<Option<Report>, StoreError> {
        let json = self.report_json(id).await?;
        let read =
            |json: String| Report::from_json(&json).map_err(|e| StoreError::damaged("report", e));
        json.map(read).transpose()
    }

    /// The settings of the newest report, and its waveform columns.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn peaks(&self, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT peaks FROM report WHERE call_id = $1 ORDER BY rev DESC LIMIT 1";
        let row = row(self, sql, params![id]).await?;
        Ok(row.map(|row| row.try_get("", "peaks")).transpose()?.flatten())
    }

    /// One a rubric, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn cards(&self, id: &str) -> Result<Vec<CardRow>, StoreError> {
        cards_in(self, id).await
    }

    /// One a criterion that applies, the gravest failures first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn findings(&self, id: &str) -> Result<Vec<FindingRow>, StoreError> {
        findings_in(self, id).await
    }
}

/// A call, whoever asks: see [`Store::call`].
///
/// # Errors
/// [`StoreError`].
pub async fn call_of(on: &impl Conn, id: &str) -> Result<Option<CallRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM call WHERE id = $1 AND deleted_us IS NULL");
    row(on, &sql, params![id]).await?.map(|row| call_row(&row)).transpose()
}

pub(super) async fn cards_in(on: &impl Conn, id: &str) -> Result<Vec<CardRow>, StoreError> {
    let sql = "SELECT rubric, version, digest, verdict, score_milli, human_verdict, human_score_milli \
               FROM scorecard WHERE call_id = $1 ORDER BY rubric";
    let card = |row: &QueryResult| -> Result<CardRow, StoreError> {
        Ok(CardRow {
            rubric: row.try_get("", "rubric")?,
            version: row.try_get("", "version")?,
            digest: row.try_get("", "digest")?,
            verdict: row.try_get("", "verdict")?,
            score_milli: row.try_get("", "score_milli")?,
            human_verdict: row.try_get("", "human_verdict")?,
            human_score_milli: row.try_get("", "human_score_milli")?,
        })
    };
    rows(on, sql, params![id]).await?.iter().map(card).collect()
}

pub(super) fn unpacked(body: &[u8]) -> Result<String, StoreError> {
    let unpack = || {
        let mut json = String::new();
        let stream = zstd::stream::read::Decoder::new(body)?;
        let read = stream.take(REPORT_BYTES_MAX + 1).read_to_string(&mut json)?;
        if read as u64 > REPORT_BYTES_MAX {
            return Err(std::io::Error::other("too large"));
        }
        Ok(json)
    };
    unpack().map_err(|e| StoreError::damaged("report", e))
}

pub(super) fn call_row(row: &QueryResult) -> Result<CallRow, StoreError> {
    let problems: String = row.try_get("", "problems")?;
    let held: i64 = row.try_get("", "held")?;
    Ok(CallRow {
        id: row.try_get("", "id")?,
        external_id: row.try_get("", "external_id")?,
        sha256: row.try_get("", "sha256")?,
        kind: row.try_get("", "kind")?,
        file: row.try_get("", "file")?,
        direction: row.try_get("", "direction")?,
        belongs: belongs_in(row)?,
        queue: row.try_get("", "queue")?,
        customer: row.try_get("", "customer")?,
        language: row.try_get("", "language")?,
        started_us: row.try_get("", "started_us")?,
        received_us: row.try_get("", "received_us")?,
        analysed_us: row.try_get("", "analysed_us")?,
        duration_ms: row.try_get("", "duration_ms")?,
        verdict: row.try_get("", "verdict")?,
        score_milli: row.try_get("", "score_milli")?,
        risk: row.try_get("", "risk")?,
        problems: problems.split(',').filter(|one| !one.is_empty()).map(str::to_owned).collect(),
        measures: row.try_get("", "measures")?,
        source: row.try_get("", "source")?,
        audio: row.try_get("", "audio")?,
        redacted_audio: row.try_get("", "redacted_audio")?,
        private: row.try_get("", "private")?,
        rev: row.try_get("", "rev")?,
        review_state: row.try_get("", "review_state")?,
        assigned_to: row.try_get("", "assigned_to")?,
        held: held != 0,
    })
}
