//! What can be typed. The English help is here; `localise` has the Chinese.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use super::rubric::{BacktestArgs, CheckArgs, DiffArgs, ExplainArgs, FmtArgs, ShowArgs, TestArgs};

/// Quality monitoring and speech analytics for call centres, on your own machine.
#[derive(Debug, Parser)]
#[command(name = "lingting", version, max_term_width = 100)]
pub(super) struct Args {
    /// Language of messages and pages [default: the locale's]
    #[arg(long, global = true, value_enum, value_name = "LANG")]
    pub(super) lang: Option<Lang>,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Lang {
    Zh,
    En,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Turn recordings into transcripts, scorecards and reports
    Analyze(AnalyzeArgs),
    /// List, fetch, check and convert models
    Models(ModelsArgs),
    /// Check, show, compare, explain and format rubrics
    Rubric(RubricArgs),
    /// Say what this machine lacks, and how to mend it
    Doctor(DoctorArgs),
    /// Run the service: watch, analyse, store, search, review
    #[cfg(feature = "service")]
    Serve(ServeArgs),
    /// Make again what is derived from the store
    #[cfg(feature = "service")]
    Rebuild(RebuildArgs),
    /// Copy the service's database and audio to a folder, while it runs
    #[cfg(feature = "service")]
    Backup(BackupArgs),
    /// Put a backup into an empty data folder
    #[cfg(feature = "service")]
    Restore(RestoreArgs),
    /// Check the service's configuration
    #[cfg(feature = "service")]
    Config(ConfigArgs),
    /// Play recordings as live calls against a running service, and measure what it hears
    #[cfg(feature = "live")]
    Simulate(super::simulate::SimulateArgs),
    /// Make, change and list accounts of the service
    #[cfg(feature = "service")]
    User(super::accounts::UserArgs),
    /// Make, revoke and list API tokens
    #[cfg(feature = "service")]
    Token(super::accounts::TokenArgs),
    /// Verify the service's audit log
    #[cfg(feature = "service")]
    Audit(super::audit::AuditArgs),
    /// Delete what is due, by rule, with a certificate; keep what is held
    #[cfg(feature = "service")]
    Retention(RetentionArgs),
    /// Master keys: what is sealed by which, a new one, wrap everything by the newest
    #[cfg(feature = "service")]
    Keys(super::keys::KeysArgs),
    /// Ask the open data in SQL
    #[cfg(feature = "analytics")]
    Sql(SqlArgs),
}

#[cfg(feature = "analytics")]
#[derive(Debug, clap::Args)]
pub(super) struct SqlArgs {
    /// One statement that reads, such as `SELECT verdict, count(*) FROM calls GROUP BY verdict`; `SHOW TABLES` lists the tables
    #[arg(value_name = "STATEMENT")]
    pub(super) statement: String,
    /// Form of the answer
    #[arg(long = "form", value_enum, default_value_t = FormArg::Table, value_name = "FORM")]
    pub(super) form: FormArg,
    /// Rows shown at most
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    pub(super) rows: usize,
    /// Seconds it may take
    #[arg(long, default_value_t = 300, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(super) seconds: u32,
    /// Memory it may take, in MB; what needs more goes to disk
    #[arg(long, default_value_t = 512, value_name = "MB", value_parser = clap::value_parser!(u32).range(16..=1_048_576))]
    pub(super) memory_mb: u32,
    #[command(flatten)]
    pub(super) service: ServiceArgs,
}

#[cfg(feature = "analytics")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FormArg {
    /// For people
    Table,
    /// With a head line
    Csv,
    /// An array of objects
    Json,
}

/// Where the service's configuration and data are.
#[cfg(feature = "service")]
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ServiceArgs {
    /// Configuration file (TOML) [default: none, all defaults]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "LINGTING_CONFIG",
        hide_env_values = true
    )]
    pub(super) config: Option<PathBuf>,
    /// Data folder [default: the configuration's, else lingting/service in the user's data folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
}

#[cfg(feature = "service")]
#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    pub(super) service: ServiceArgs,
    /// Address and port [default: the configuration's, else 127.0.0.1:8600]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(super) listen: Option<std::net::SocketAddr>,
}

#[cfg(feature = "service")]
#[derive(Debug, clap::Args)]
pub(super) struct BackupArgs {
    /// A folder that is empty or not there
    #[arg(value_name = "DIR")]
    pub(super) to: PathBuf,
    #[command(flatten)]
    pub(super) service: ServiceArgs,
}

#[cfg(feature = "service")]
#[derive(Debug, clap::Args)]
pub(super) struct RestoreArgs {
    /// A folder that `lingting backup` wrote
    #[arg(value_name = "DIR")]
    pub(super) from: PathBuf,
    #[command(flatten)]
    pub(super) service: ServiceArgs,
}

#[cfg(feature = "service")]
#[derive(Debug, clap::Args)]
pub(super) struct RebuildArgs {
    /// What to make again
    #[arg(value_enum, value_name = "WHAT")]
    pub(super) what: Derived,
    #[command(flatten)]
    pub(super) service: ServiceArgs,
}

#[cfg(feature = "service")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Derived {
    /// The search index
    Search,
    /// The open data
    Lake,
}

#[cfg(feature = "service")]
#[derive(Debug, clap::Args)]
pub(super) struct RetentionArgs {
    #[command(subcommand)]
    pub(super) action: RetentionAction,
}

#[cfg(feature = "service")]
#[derive(Debug, Subcommand)]
pub(super) enum RetentionAction {
    /// Show rules and holds
    List(ServiceArgs),
    /// Keep a rule; prints its id
    Add(RetentionAddArgs),
    /// End a rule
    End(RetentionIdArgs),
    /// Keep calls from being deleted, whatever rules say; prints the hold's id
    Hold(RetentionHoldArgs),
    /// End a hold
    Release(RetentionReleaseArgs),
    /// Delete what is due
    Run(RetentionRunArgs),
}

#[cfg(feature = "service")]
#[derive(Debug, clap::Args)]
pub(super) struct RetentionAddArgs {
    /// What people call it
    #[arg(value_name = "NAME")]
    pub(super) name: String,
    /// Days after the call began
    #[arg(long, value_name = "N")]
    pub(super) after_days: u32,
    /// What goes; each contains the one before it
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(super) goes: GoesArg,
    #[command(flatten)]
    pub(super) of: OfArgs,
    #[command(flatten)]
    pub(super) service: ServiceArgs,
}

#[cfg(feature = "service")]
#[derive(Debug, clap::Args)]
pub(super) struct OfArgs {
    /// Only calls with this value, such as client=NAME; may be given more than once
    #[arg(long = "of", value_name = "COLUMN=VALUE", value_parser = column_value)]
    pub(super) of: Vec<(String, String)>,
}

#[cfg(feature = "service")]
fn column_value(text: &str) -> Result<(String, String), String> {
    use crate::store::list::Column;
    let (column, value) = text.split_once('=').ok_or("write COLUMN=VALUE")?;
    if Column::parse(column).is_none() {
        let all: Vec<&str> = Column::ALL.iter().map(|column| column.name()).collect();
        return Err(format!("`{column}` is none of {}", all.join(", ")));
    }
    Ok((column.to_owned(), value.to_owned()))
}

#[cfg(feature = "service")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum GoesArg {
    /// Recordings
    Audio,
    /// Also the clear texts
    ClearText,
    /// Everything
    All,
}

#[cfg(feature = "service")]
#[derive(Debug, clap::Args)]
pub(super) struct RetentionHoldArgs {
    /// Why
    #[arg(value_name = "REASON")]
    pub(super) reason: String,
    #[command(flatten)]
    pub(super) of: OfArgs,
    #[command(flatten)]
    pub(super) service: ServiceArgs,
}

#[cfg(feature = "service")]
#[derive(Debug, clap::Args)]
pub(super) struct RetentionIdArgs {
    /// Its id, see `retention list`
    #[arg(value_name = "ID")]
    pub(super) id: String,
    #[command(flatten)]
    pub(super) service: ServiceArgs,
}

#[cfg(feature = "service")]
#[derive(Debug, clap::Args)]
pub(super) struct RetentionReleaseArgs {
    /// Its id, see `retention list`
    #[arg(value_name = "ID")]
    pub(super) id: String,
    /// Why it is released
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    #[command(flatten)]
    pub(super) service: ServiceArgs,
}

#[cfg(feature = "service")]
#[derive(Debug, clap::Args)]
pub(super) struct RetentionRunArgs {
    /// Only list what would be deleted
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) service: ServiceArgs,
}

#[cfg(feature = "service")]
#[derive(Debug, clap::Args)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    pub(super) action: ConfigAction,
}

#[cfg(feature = "service")]
#[derive(Debug, Subcommand)]
pub(super) enum ConfigAction {
    /// Read it, say what is wrong, and show what would hold
    Check(ServiceArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct AnalyzeArgs {
    /// Recordings, chat logs, or folders that hold some
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Folder for the reports
    #[arg(long, short, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// Recogniser
    #[arg(long, value_enum, default_value_t = EngineName::Auto, value_name = "ENGINE")]
    pub(super) engine: EngineName,
    /// Whisper model: a name (see `models list`) or a path
    #[arg(long, default_value = "whisper-base-ct2", value_name = "NAME|PATH")]
    pub(super) model: String,
    /// Decoding: 1 is quickest, 5 most accurate
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=10))]
    pub(super) beam: u8,
    /// Rubric file; may be given more than once [default: the built-in packs]
    #[arg(long = "rubric", value_name = "FILE")]
    pub(super) rubrics: Vec<PathBuf>,
    /// Calls side by side [default: three times the cores]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) jobs: Option<u16>,
    /// Personal data in the JSON reports; pages and tables show it masked always
    #[arg(long, value_enum, default_value_t = PiiArg::Mask, value_name = "WHAT")]
    pub(super) pii: PiiArg,
    /// Write audio with personal data muted beside each report, and play only that
    #[arg(long)]
    pub(super) redact_audio: bool,
    /// Analyse again what is done
    #[arg(long)]
    pub(super) force: bool,
    /// Print the outcome as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) models: ModelFolderArg,
}

#[derive(Debug, Clone, clap::Args)]
pub(super) struct ModelFolderArg {
    /// Folder of the models [default: lingting/models in the user's data folder]
    #[arg(long, env = "LINGTING_MODELS", hide_env_values = true, value_name = "DIR")]
    pub(super) models: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PiiArg {
    /// Masked; the clear texts in a private file beside each report
    Mask,
    /// In clear
    Keep,
    /// Masked, and the clear texts nowhere
    Drop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EngineName {
    /// The quicker one that model and machine allow
    Auto,
    /// CTranslate2
    Ct2,
    /// whisper.cpp
    Whisper,
}

#[derive(Debug, clap::Args)]
pub(super) struct ModelsArgs {
    #[command(subcommand)]
    pub(super) action: ModelsAction,
    #[command(flatten)]
    pub(super) models: ModelFolderArg,
}

#[derive(Debug, Subcommand)]
pub(super) enum ModelsAction {
    /// Which models there are, and which are here
    List,
    /// Fetch models [default: what analysis needs]
    Pull {
        /// Names, see `models list`
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// Compare what is here with its SHA-256
    Verify {
        /// Names [default: all that are here]
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// Make a whisper.cpp model from a CTranslate2 folder
    Convert {
        /// CTranslate2 Whisper folder
        #[arg(value_name = "FOLDER")]
        from: PathBuf,
        /// File to write
        #[arg(value_name = "FILE")]
        to: PathBuf,
        /// Number format of the weights
        #[arg(long, default_value = "q8_0", value_name = "FORMAT")]
        quant: String,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct RubricArgs {
    #[command(subcommand)]
    pub(super) action: RubricAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum RubricAction {
    /// Say what is wrong with rubric files, with line and column
    Check(CheckArgs),
    /// Show a rubric in words: sections, weights, and what decides each criterion
    Show(ShowArgs),
    /// Say what a new version of a rubric judges otherwise
    Diff(DiffArgs),
    /// Say why a call was judged as it was: every condition with its value and its proof
    Explain(ExplainArgs),
    /// Put rubric files into their canonical form, comments kept
    Fmt(FmtArgs),
    /// Judge past calls again, without their audio, and say what would change
    Backtest(BacktestArgs),
    /// Hold rubrics against their dialogues, as written and misheard
    Test(TestArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    pub(super) models: ModelFolderArg,
}
