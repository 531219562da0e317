//! Questions in SQL over the open data. Nothing can be changed by one, and none takes more than its limits.
//!
//! In: one statement that reads, and limits. Out: rows. Each question has a thread of its own, so that the service
//! goes on answering others meanwhile, and sees each day's files as they were when it began.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::config::Dialect;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use datafusion::error::DataFusionError;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::{SQLOptions, SessionConfig, SessionContext};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Statement as Ast;
use futures_util::StreamExt as _;
use object_store::local::LocalFileSystem;

use super::files::{Lake, LakeError, file_error};
use super::tables::tables;

/// Characters of a statement.
const SQL_CHARS_MAX: usize = 20_000;

/// Rows of the smaller side of a join of each with each.
const PAIRED_ROWS_MAX: usize = 10_000;

/// How long after its time a thread may still be on its way to its next look at the clock.
const GRACE: Duration = Duration::from_secs(5);

/// Functions that make much out of nothing, in one value, which no memory pool counts.
const NOT_HERE: [&str; 9] = [
    "repeat",
    "lpad",
    "rpad",
    "space",
    "array_repeat",
    "list_repeat",
    "array_resize",
    "list_resize",
    "generate_series",
];

/// What one question may take.
#[derive(Debug, Clone, Copy)]
pub struct SqlLimits {
    /// Until the last row.
    pub time: Duration,
    /// Rows of the answer; the rest is left out.
    pub rows: usize,
    /// Bytes of the answer in memory; the rest is left out.
    pub answer_bytes: usize,
    /// Bytes of memory while it works; what sorts, joins and groups more goes to disk.
    pub memory_bytes: usize,
    /// Bytes of disk for that.
    pub disk_bytes: u64,
    /// Threads.
    pub threads: usize,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// The statement is wrong.
    #[error("{0}")]
    Statement(String),
    /// It does more than read.
    #[error("only SELECT, EXPLAIN, SHOW and DESCRIBE are allowed here, one at a time")]
    Changes,
    /// It took too long.
    #[error("it took longer than {} s: ask for fewer days (WHERE day = …), or for less", .0.as_secs())]
    Time(Duration),
    /// It needs too much memory or disk.
    #[error(
        "it needs more memory than it may have: ask for fewer days (WHERE day = …), or for less"
    )]
    Memory,
    /// The files cannot be read.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// Not the asker's fault.
    #[error("the open data cannot be asked: {0}")]
    Broken(String),
}

/// The answer.
#[derive(Debug)]
pub struct SqlAnswer {
    /// Its columns.
    pub schema: SchemaRef,
    /// Its rows.
    pub batches: Vec<RecordBatch>,
    /// Whether there are more rows than the limits let through.
    pub more: bool,
}

impl SqlAnswer {
    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}

impl Lake {
    /// Answers a question.
    ///
    /// # Errors
    /// [`SqlError`].
    pub async fn ask(&self, sql: &str, limits: SqlLimits) -> Result<SqlAnswer, SqlError> {
        let (lake, sql) = (self.clone(), sql.to_owned());
        let work = tokio::task::spawn_blocking(move || lake.ask_here(&sql, limits));
        match tokio::time::timeout(limits.time + GRACE, work).await {
            Ok(done) => done.map_err(|e| SqlError::Broken(e.to_string()))?,
            Err(_) => Err(SqlError::Time(limits.time)),
        }
    }

    /// On this thread, and with others where limits allow them.
    fn ask_here(&self, sql: &str, limits: SqlLimits) -> Result<SqlAnswer, SqlError> {
        let mut builder = match limits.threads {
            0 | 1 => tokio::runtime::Builder::new_current_thread(),
            _ => tokio::runtime::Builder::new_multi_thread(),
        };
        let runtime = builder.worker_threads(limits.threads.max(1)).enable_time().build();
        let runtime = runtime.map_err(|e| SqlError::Broken(e.to_string()))?;
        let _unchanged = self.reading()?;
        let answer = runtime.block_on(async {
            let timed = tokio::time::timeout(limits.time, self.answer(sql, limits)).await;
            timed.unwrap_or(Err(SqlError::Time(limits.time)))
        });
        runtime.shutdown_background();
        answer
    }

    async fn answer(&self, sql: &str, limits: SqlLimits) -> Result<SqlAnswer, SqlError> {
        let context = self.context(limits)?;
        let statement = read_only(&context, sql)?;
        let plan = context.state().statement_to_plan(statement).await.map_err(sql_error)?;
        let reads = SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(false);
        reads.verify_plan(&plan).map_err(|_| SqlError::Changes)?;
        let frame = context.execute_logical_plan(plan).await.map_err(sql_error)?;
        let tasks = Arc::new(frame.task_ctx());
        let plan = frame.create_physical_plan().await.map_err(sql_error)?;
        joins_are_bounded(&plan)?;
        let mut stream = execute_stream(plan, tasks).map_err(sql_error)?;
        let mut answer = SqlAnswer { schema: stream.schema(), batches: Vec::new(), more: false };
        let (mut rows, mut bytes) = (0, 0);
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(sql_error)?;
            bytes += batch.get_array_memory_size();
            if batch.num_rows() > 0 && (rows == limits.rows || bytes > limits.answer_bytes) {
                answer.more = true;
                break;
            }
            let fits = batch.num_rows().min(limits.rows - rows);
            answer.more = fits < batch.num_rows();
            rows += fits;
            answer.batches.push(batch.slice(0, fits));
            if answer.more {
                break;
            }
        }
        Ok(answer)
    }

    fn context(&self, limits: SqlLimits) -> Result<SessionContext, SqlError> {
        let spill = DiskManagerBuilder::default()
            .with_mode(DiskManagerMode::Directories(vec![self.root().join(".spill")]))
            .with_max_temp_directory_size(limits.disk_bytes);
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(limits.memory_bytes)))
            .with_disk_manager_builder(spill)
            .build_arc()
            .map_err(sql_error)?;
        let config = SessionConfig::new()
            .with_target_partitions(limits.threads.max(1))
            .with_information_schema(true);
        let context = SessionContext::new_with_config_rt(config, runtime);
        for function in NOT_HERE {
            context.deregister_udf(function);
        }
        let root = LocalFileSystem::new_with_prefix(self.root());
        let root = root.map_err(|e| file_error(self.root())(e.into()))?;
        let url = url::Url::parse("lake://data/").expect("a URL");
        context.register_object_store(&url, Arc::new(root));
        for table in tables() {
            let url = format!("lake://data/{}/", table.name);
            let url = ListingTableUrl::parse(url).map_err(sql_error)?;
            let options = ListingOptions::new(Arc::new(ParquetFormat::default()))
                .with_file_extension(".parquet")
                .with_table_partition_cols(vec![("day".to_owned(), DataType::Date32)]);
            let config = ListingTableConfig::new(url)
                .with_listing_options(options)
                .with_schema(table.schema);
            let listing = ListingTable::try_new(config).map_err(sql_error)?;
            context.register_table(table.name, Arc::new(listing)).map_err(sql_error)?;
        }
        Ok(context)
    }
}

/// Reads a statement; one that does more than read is refused before it is planned.
fn read_only(context: &SessionContext, sql: &str) -> Result<Statement, SqlError> {
    if sql.chars().nth(SQL_CHARS_MAX).is_some() {
        let why = format!("the statement is longer than {SQL_CHARS_MAX} characters");
        return Err(SqlError::Statement(why));
    }
    let statement = context.state().sql_to_statement(sql, &Dialect::PostgreSQL);
    let statement = statement.map_err(sql_error)?;
    let reads = match &statement {
        Statement::Statement(ast) => reads(ast),
        Statement::Explain(explain) => {
            matches!(&*explain.statement, Statement::Statement(ast) if reads(ast))
        }
        _ => false,
    };
    if reads { Ok(statement) } else { Err(SqlError::Changes) }
}

fn reads(ast: &Ast) -> bool {
    match ast {
        Ast::Query(_)
        | Ast::ShowTables { .. }
        | Ast::ShowColumns { .. }
        | Ast::ShowVariable { .. }
        | Ast::ShowFunctions { .. }
        | Ast::ExplainTable { .. } => true,
        Ast::Explain { statement, .. } => reads(statement),
        _ => false,
    }
}

/// Refuses joins of each row with each where both sides are large: DataFusion's answer to them looks at no clock while it
/// goes through all rows of one side, so that no limit of time would hold.
fn joins_are_bounded(plan: &Arc<dyn ExecutionPlan>) -> Result<(), SqlError> {
    let children = plan.children();
    if matches!(plan.name(), "NestedLoopJoinExec" | "CrossJoinExec") {
        let few = |side: &&Arc<dyn ExecutionPlan>| {
            let known = StatisticsContext::new().compute(side.as_ref(), &StatisticsArgs::default());
            let rows = known.ok().and_then(|known| known.num_rows.get_value().copied());
            rows.is_some_and(|rows| rows <= PAIRED_ROWS_MAX)
        };
        if !children.iter().any(few) {
            let why = format!(
                "a join without an equality (ON a.x = b.x) needs a side of at most {PAIRED_ROWS_MAX} rows"
            );
            return Err(SqlError::Statement(why));
        }
    }
    children.into_iter().try_for_each(joins_are_bounded)
}

fn sql_error(error: DataFusionError) -> SqlError {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => SqlError::Memory,
        DataFusionError::ObjectStore(_)
        | DataFusionError::ParquetError(_)
        | DataFusionError::IoError(_)
        | DataFusionError::Internal(_) => SqlError::Broken(error.strip_backtrace()),
        // DataFusion wraps the limit of what is spilt into an error of the disk's.
        other if other.to_string().contains("disk space during the spilling") => SqlError::Memory,
        _ => SqlError::Statement(error.strip_backtrace()),
    }
}
