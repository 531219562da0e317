//! `lingting audit`: whether the audit log is as it was written.
//!
//! In: the store, and a head that was kept elsewhere. Out: the rows that are not as they were, or the head.

use clap::Subcommand;

use super::accounts::StoreArgs;
use super::say::Say;
use super::service_store::{Trouble, opened};
use crate::store::audit::{FLAWS_MAX, Flaw, Head};

#[derive(Debug, clap::Args)]
pub(super) struct AuditArgs {
    #[command(subcommand)]
    action: AuditAction,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Subcommand)]
enum AuditAction {
    /// Say which rows were changed, moved or taken out
    Verify {
        /// A head that was kept elsewhere: finds out whether the end was cut off
        #[arg(long, value_name = "NUMBER:HASH")]
        head: Option<String>,
    },
    /// Print the log's head, to be kept elsewhere
    Head,
}

pub(super) fn run(args: &AuditArgs, say: Say) -> bool {
    opened(&args.store, say, async |store| match &args.action {
        AuditAction::Head => {
            let head = store.audit_head().await?;
            say.line(&format!("{}:{}", head.seq, head.hash));
            Ok(())
        }
        AuditAction::Verify { head } => {
            let kept = head.as_deref().map(read).transpose()?;
            let found = store.verify_audit(kept.as_ref()).await?;
            for flaw in &found.flaws {
                say.line(&told(flaw, say));
            }
            if found.flaws.len() == FLAWS_MAX {
                say.line(say.either("… and perhaps more", "……可能还有更多"));
            }
            let rows = say.either("rows", "条记录");
            say.line(&format!("{} {rows}, {}:{}", found.rows, found.head.seq, found.head.hash));
            if found.flaws.is_empty() { Ok(()) } else { Err(Trouble::Flawed) }
        }
    })
}

fn read(text: &str) -> Result<Head, Trouble> {
    let head = text
        .split_once(':')
        .and_then(|(seq, hash)| Some(Head { seq: seq.parse().ok()?, hash: hash.to_owned() }));
    head.ok_or_else(|| Trouble::Head(text.to_owned()))
}

fn told(flaw: &Flaw, say: Say) -> String {
    match *flaw {
        Flaw::Changed(seq) => {
            format!("{seq}: {}", say.either("was changed", "内容被改动"))
        }
        Flaw::Missing { from, to } => {
            format!("{from}–{to}: {}", say.either("not there any more", "记录缺失"))
        }
        Flaw::Misplaced(seq) => {
            format!("{seq}: {}", say.either("does not follow the row before it", "与前一条不相连"))
        }
        Flaw::NotTheHead(seq) => {
            format!("{seq}: {}", say.either("is not the head that was kept", "与留存的末条不符"))
        }
    }
}
