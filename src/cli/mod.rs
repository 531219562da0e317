//! The command line: what was typed becomes options, and what came of it becomes text.
//!
//! In: arguments. Out: an exit code: 0 all well, 1 something failed, 2 wrong usage. Help and messages
//! are Chinese or English, by `--lang`, else by the locale.

#[cfg(feature = "service")]
mod accounts;
mod analyze;
mod args;
#[cfg(feature = "service")]
mod audit;
#[cfg(feature = "service")]
mod backup;
mod doctor;
#[cfg(feature = "service")]
mod keys;
mod localise;
mod models;
#[cfg(feature = "service")]
mod retention;
mod rubric;
mod say;
#[cfg(feature = "service")]
mod serve;
#[cfg(feature = "service")]
mod service_store;
#[cfg(feature = "live")]
mod simulate;
#[cfg(feature = "analytics")]
mod sql;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

#[cfg(feature = "otel")]
use crate::app::traces::Traces;
use args::{Args, Command};
use say::Say;

/// Wrong usage.
const USAGE: u8 = 2;

/// Runs the command.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let language = localise::language(&arguments, |name| std::env::var(name).ok());
    let command = localise::command(Args::command(), language);
    let args = command
        .try_get_matches_from(&arguments)
        .and_then(|matches| Args::from_arg_matches(&matches));
    let args = match args {
        Ok(args) => args,
        Err(error) => {
            // Nothing more can be done when the terminal is gone.
            let _ = error.print();
            return if error.use_stderr() { USAGE.into() } else { ExitCode::SUCCESS };
        }
    };
    let say = Say { language, chosen: args.lang.map(|_| language) };
    #[cfg(feature = "otel")]
    let Ok(traces) = traces(&args.command, say) else { return ExitCode::FAILURE };
    log_to_stderr(
        #[cfg(feature = "otel")]
        traces.as_ref(),
    );
    let all_well = match args.command {
        Command::Analyze(options) => analyze::run(&options, say),
        Command::Models(options) => models::run(&options, say),
        Command::Rubric(options) => rubric::run(&options, say),
        Command::Doctor(options) => doctor::run(&options, say),
        #[cfg(feature = "service")]
        Command::Serve(options) => serve::run(&options, say),
        #[cfg(feature = "service")]
        Command::Rebuild(options) => serve::rebuild(&options, say),
        #[cfg(feature = "service")]
        Command::Backup(options) => backup::run(&options, say),
        #[cfg(feature = "service")]
        Command::Restore(options) => backup::restore(&options, say),
        #[cfg(feature = "service")]
        Command::Config(options) => serve::config(&options, say),
        #[cfg(feature = "live")]
        Command::Simulate(options) => match simulate::run(&options, say) {
            Some(all_well) => all_well,
            None => return USAGE.into(),
        },
        #[cfg(feature = "service")]
        Command::User(options) => accounts::user(&options, say),
        #[cfg(feature = "service")]
        Command::Token(options) => accounts::token(&options, say),
        #[cfg(feature = "service")]
        Command::Audit(options) => audit::run(&options, say),
        #[cfg(feature = "service")]
        Command::Keys(options) => keys::run(&options, say),
        #[cfg(feature = "service")]
        Command::Retention(options) => retention::run(&options, say),
        #[cfg(feature = "analytics")]
        Command::Sql(options) => sql::run(&options, say),
    };
    #[cfg(feature = "otel")]
    if let Some(traces) = traces {
        traces.end();
    }
    if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Warnings on the error stream; more with `LINGTING_LOG=debug`. Spans go to a collector, where there is one.
fn log_to_stderr(#[cfg(feature = "otel")] traces: Option<&Traces>) {
    use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
    use tracing_subscriber::util::SubscriberInitExt as _;
    use tracing_subscriber::{EnvFilter, fmt, registry};
    let filter =
        EnvFilter::try_from_env("LINGTING_LOG").unwrap_or_else(|_| EnvFilter::new("lingting=warn"));
    let log = registry().with(fmt::layer().with_writer(std::io::stderr).with_filter(filter));
    #[cfg(feature = "otel")]
    let log = log.with(traces.map(Traces::layer));
    // A second call in one process keeps the first logger.
    let _ = log.try_init();
}

/// Where a running service sends its spans; an error that was told where it cannot.
#[cfg(feature = "otel")]
fn traces(command: &Command, say: Say) -> Result<Option<Traces>, ()> {
    if !matches!(command, Command::Serve(_)) {
        return Ok(None);
    }
    Traces::from_environment().map_err(|error| {
        say.failed(&error);
    })
}
