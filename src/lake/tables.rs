//! The tables, and what each column means: written once, here. Rows, Arrow schemas, the committed
//! `schemas/lake.json` and the table in `docs/OPEN-DATA.md` all follow from it.
//!
//! In: nothing. Out: row types and schemas. Units stand last in names.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::cell::{Cell, Utc};

/// A row of a table.
pub(super) trait Row: Sized {
    /// The table's name, and its folder's.
    const TABLE: &'static str;
    /// What one row is.
    const ABOUT: &'static str;
    /// Its columns.
    fn schema() -> SchemaRef;
    /// Rows side by side.
    fn batch(rows: &[Self]) -> Result<RecordBatch, ArrowError>;
}

/// A table as others see it.
#[derive(Debug, Clone)]
pub struct TableInfo {
    /// Its name, and its folder's.
    pub name: &'static str,
    /// What one row is.
    pub about: &'static str,
    /// Its columns; each says in its metadata (`doc`) what it means. `day` is added by the folder.
    pub schema: SchemaRef,
}

fn field<C: Cell>(name: &str, doc: &str) -> Field {
    let doc = ("doc".to_owned(), doc.trim().to_owned());
    Field::new(name, C::data_type(), C::NULLABLE).with_metadata([doc].into())
}

macro_rules! tables {
    ($($(#[doc = $about:literal])* $row:ident = $table:literal {
        $($(#[doc = $doc:literal])* $column:ident: $cell:ty,)*
    })*) => {
        $(
            $(#[doc = $about])*
            #[derive(Clone, PartialEq)]
            pub struct $row { $($(#[doc = $doc])* pub $column: $cell,)* }

            impl Row for $row {
                const TABLE: &'static str = $table;
                const ABOUT: &'static str = concat!($($about),*);

                fn schema() -> SchemaRef {
                    let fields = vec![$(field::<$cell>(stringify!($column), concat!($($doc),*)),)*];
                    Arc::new(Schema::new(fields))
                }

                fn batch(rows: &[Self]) -> Result<RecordBatch, ArrowError> {
                    let columns = vec![$(<$cell as Cell>::array(rows.iter().map(|row| &row.$column)),)*];
                    RecordBatch::try_new(Self::schema(), columns)
                }
            }

            /// Rows hold what people said.
            impl std::fmt::Debug for $row {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str(stringify!($row))
                }
            }
        )*

        /// All tables.
        pub fn tables() -> Vec<TableInfo> {
            vec![$(TableInfo {
                name: $table,
                about: <$row as Row>::ABOUT.trim(),
                schema: <$row as Row>::schema(),
            },)*]
        }
    };
}

tables! {
    /// One row a call or chat.
    CallRow = "calls" {
        /// Id of the call, a UUID; joins all tables.
        call_id: String,
        /// What the sidecar or the file's name calls it.
        external_id: String,
        /// `call` or `chat`.
        kind: String,
        /// `inbound` or `outbound`; null where nobody knows.
        direction: Option<String>,
        /// 甲方: the client.
        client: Option<String>,
        /// 乙方: the vendor.
        vendor: Option<String>,
        /// 项目: the project.
        project: Option<String>,
        /// 班组: the team.
        team: Option<String>,
        /// 技能组: the queue.
        queue: Option<String>,
        /// 坐席: the agent's staff number.
        agent: Option<String>,
        /// The customer's number, its middle starred.
        customer_masked: Option<String>,
        /// Language, primary subtag.
        language: String,
        /// When it began; when it was received, where nobody said.
        started_at: Utc,
        /// When its file was received.
        received_at: Utc,
        /// When it was last analysed.
        analysed_at: Utc,
        /// Length in milliseconds.
        duration_ms: i64,
        /// The gravest verdict over all rubrics: `pass`, `fail`, `critical`, `undetermined` or `not_applicable`.
        verdict: String,
        /// The lowest score over all rubrics, in points; null where none could be given.
        score_points: Option<f64>,
        /// How much a person should look at it, 0 to 1000.
        risk_permille: i64,
        /// Kinds of trouble with the recording, such as `clipping`.
        problems: Vec<String>,
        /// `open`, `in_review` or `settled`.
        review_state: String,
        /// Under legal hold.
        held: bool,
        /// Coding of the recording, such as `pcm_alaw`.
        codec: String,
        /// Samples a second before resampling.
        sample_rate_hz: i64,
        /// Channels in the file.
        channel_count: i32,
        /// The recogniser: `ctranslate2`, `whisper.cpp`, `none` for chats.
        engine: String,
        /// Its model.
        model: String,
        /// Version of the program that analysed it.
        tool_version: String,
        /// Counts every change of the call.
        rev: i64,
    }

    /// One row a call and rubric that applies or may apply.
    ScorecardRow = "scorecards" {
        /// The call.
        call_id: String,
        /// The rubric's id.
        rubric: String,
        /// Its version.
        rubric_version: i64,
        /// SHA-256 over its file, lower-case hex.
        rubric_sha256: String,
        /// Its title.
        title: Option<String>,
        /// The machine's verdict: `pass`, `fail`, `critical` or `undetermined`.
        verdict: String,
        /// The machine's score in points; null where too little could be decided.
        score_points: Option<f64>,
        /// The lowest score it could be had everything been decided; null where everything was.
        score_min_points: Option<f64>,
        /// The highest.
        score_max_points: Option<f64>,
        /// Points that could be had.
        max_points: Option<f64>,
        /// The verdict after reviewers' decisions; null while there is none.
        human_verdict: Option<String>,
        /// The score after reviewers' decisions, in points.
        human_score_points: Option<f64>,
    }

    /// One row a call and criterion that applies or may apply.
    FindingRow = "findings" {
        /// The call.
        call_id: String,
        /// The rubric's id.
        rubric: String,
        /// The criterion's id.
        criterion: String,
        /// Its title.
        title: String,
        /// The machine's verdict: `met`, `not_met` or `undetermined`.
        verdict: String,
        /// `info`, `minor`, `major` or `critical`.
        severity: String,
        /// Points that could be had.
        weight_points: f64,
        /// Points that were had.
        had_points: f64,
        /// How sure the verdict is, 0 to 1.
        confidence: f64,
        /// Why it is undetermined: `heard_too_poorly`, `parties_unsure`, `fact_missing` or `audio_missing`.
        reason: Option<String>,
        /// Kind of the main evidence: `phrase`, `absence`, `silence`, …
        evidence_kind: Option<String>,
        /// The main evidence begins, in milliseconds from the call's first sample.
        start_ms: Option<i64>,
        /// It ends.
        end_ms: Option<i64>,
        /// What was heard there, personal data starred.
        quote_redacted: Option<String>,
        /// The reviewer's standing word: `agree`, `overturn` or `not_assessable`; null while there is none.
        decision: Option<String>,
        /// What holds by it: `met`, `not_met`, `not_applicable` or `undetermined`.
        human_verdict: Option<String>,
        /// When it was decided.
        decided_at: Option<Utc>,
    }

    /// One row an utterance, personal data starred.
    UtteranceRow = "utterances" {
        /// The call.
        call_id: String,
        /// Position in the transcript, from zero.
        utterance: i32,
        /// The leg it was heard on, from zero.
        leg: i32,
        /// The voice.
        speaker: i32,
        /// `agent`, `customer`, `bot` or `unknown`.
        party: String,
        /// First word begins, in milliseconds from the call's first sample.
        start_ms: i64,
        /// Last word ends.
        end_ms: i64,
        /// What was said, with punctuation, personal data starred.
        text_redacted: String,
        /// How sure the recogniser is, 0 to 1.
        confidence: f64,
        /// Characters (Chinese) or words a minute of speech; null where too little was said.
        rate_per_min: Option<f64>,
        /// Loudness below full scale; null where it was not measured.
        loudness_dbfs: Option<f64>,
    }

    /// One row a call: how it was said.
    MeasureRow = "measures" {
        /// The call.
        call_id: String,
        /// The agent speaks so long; null for chats, as all that takes sound.
        talk_agent_ms: Option<i64>,
        /// The customer speaks so long.
        talk_customer_ms: Option<i64>,
        /// Silences.
        silence_count: i32,
        /// Their length together.
        silence_ms: i64,
        /// The longest silence that was neither announced nor a hold.
        silence_longest_ms: i64,
        /// Holds.
        hold_count: i32,
        /// Their length together.
        hold_ms: i64,
        /// The agent comes in while the customer speaks; backchannels are not counted.
        overtalk_agent_count: i32,
        /// The customer comes in while the agent speaks.
        overtalk_customer_count: i32,
        /// The agent's characters (Chinese) or words a minute; null where too little was said.
        rate_agent_per_min: Option<f64>,
        /// The customer's.
        rate_customer_per_min: Option<f64>,
        /// The customer waits so long for the first answer; null where nothing was answered.
        response_first_ms: Option<i64>,
        /// On average.
        response_average_ms: Option<i64>,
        /// At most.
        response_longest_ms: Option<i64>,
        /// Utterances.
        utterance_count: i32,
        /// Places with personal data.
        pii_count: i32,
        /// How long the recogniser worked.
        recognise_ms: i64,
        /// From opening the file to the report.
        analyse_ms: i64,
    }

    /// One row an event of the log. Those of a call lie in the call's day; those of none in their own.
    EventRow = "events" {
        /// Its place in the log.
        seq: i64,
        /// When it happened.
        at: Utc,
        /// `call.analysed`, `call.changed`, `finding.decided`, `file.failed`, `rubric.published`, …
        kind: String,
        /// The call, if it is about one.
        call_id: Option<String>,
        /// The rubric, if it is about one.
        rubric: Option<String>,
        /// The criterion, if it is about one.
        criterion: Option<String>,
    }
}

/// All rows of one call.
#[derive(Debug)]
pub struct CallRows {
    /// The call.
    pub call: CallRow,
    /// One a rubric.
    pub scorecards: Vec<ScorecardRow>,
    /// One a criterion.
    pub findings: Vec<FindingRow>,
    /// In order.
    pub utterances: Vec<UtteranceRow>,
    /// How it was said.
    pub measures: MeasureRow,
    /// What happened to it.
    pub events: Vec<EventRow>,
}
