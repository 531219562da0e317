//! `lingting sql`: a question over the open data.
//!
//! In: a statement. Out: its rows as a table, CSV or JSON on the output stream.

use std::io::Write as _;
use std::time::Duration;

use super::args::{FormArg, SqlArgs};
use super::say::Say;
use super::serve::{Trouble, load, wait};
use crate::api::audited_sql;
use crate::app::service::LAKE;
use crate::lake::{Form, Lake, SqlAnswer, SqlLimits};
use crate::store::audit::Deed;
use crate::store::{Store, now_us};

/// Bytes of an answer.
const ANSWER_BYTES_MAX: usize = 1 << 30;

/// Bytes of disk while it works.
const DISK_BYTES_MAX: u64 = 16 << 30;

pub(super) fn run(args: &SqlArgs, say: Say) -> bool {
    let limits = SqlLimits {
        time: Duration::from_secs(args.seconds.into()),
        rows: args.rows,
        answer_bytes: ANSWER_BYTES_MAX,
        memory_bytes: (args.memory_mb as usize) << 20,
        disk_bytes: DISK_BYTES_MAX,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
    };
    let answer = load(&args.service).map_err(Trouble::from).and_then(|config| {
        wait(async {
            let lake = Lake::open(&config.data.join(LAKE))?;
            let store = Store::open(&config.store).await?;
            let detail = audited_sql(&args.statement);
            let deed =
                Deed { actor: "cli", action: "open_data.query", object: "", detail: &detail };
            store.audit(now_us(), &deed).await?;
            let answer = lake.ask(&args.statement, limits).await?;
            store.close().await?;
            Ok(answer)
        })
    });
    match answer {
        Ok(answer) => show(&answer, args.form, say),
        Err(error) => say.failed(&error),
    }
}

fn show(answer: &SqlAnswer, form: FormArg, say: Say) -> bool {
    let form = match form {
        FormArg::Table => Form::Table,
        FormArg::Csv => Form::Csv,
        FormArg::Json => Form::Json,
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let written = answer.write(form, &mut out);
    // A closed stream ends nothing.
    let _ = if form == Form::Json { writeln!(out) } else { Ok(()) }.and_then(|()| out.flush());
    if let Err(error) = written {
        return say.failed(&error);
    }
    if answer.more {
        let text = say.either(
            "there are more rows; ask for them with --rows",
            "还有更多行，可用 --rows 查看",
        );
        say.note(&format!("{text} ({})", answer.rows()));
    }
    true
}
