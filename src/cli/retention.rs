//! `lingting retention`: rules, holds, and runs that delete what is due.
//!
//! In: a rule, a hold, or the wish to run. Out: lines on what was or would be deleted. What changes anything is in
//! the audit log under `cli`.

use super::args::{GoesArg, OfArgs, RetentionAction, RetentionArgs, ServiceArgs};
use super::say::Say;
use super::serve::{Trouble, load, wait};
use crate::app::service::{Retained, retain};
use crate::blobs::Blobs;
use crate::store::audit::Deed;
use crate::store::retention::{Goes, Of, RetentionRule, RuleBody, Which, each_due, holds, rules};
use crate::store::{Store, Tx, now_us};

/// Who the audit log says did it.
const ACTOR: &str = "cli";

pub(super) fn run(args: &RetentionArgs, say: Say) -> bool {
    let done = match &args.action {
        RetentionAction::List(service) => list(service, say),
        RetentionAction::Add(new) => {
            let rule =
                RuleBody { of: of(&new.of), after_days: new.after_days, goes: goes(new.goes) };
            change(&new.service, "retention.rule.add", "rule", say, async |tx| {
                Ok(tx.add_retention(&new.name, &rule, now_us()).await?.id)
            })
        }
        RetentionAction::End(end) => {
            change(&end.service, "retention.rule.end", "rule", say, async |tx| {
                tx.end_retention(&end.id).await.map(|()| end.id.clone())
            })
        }
        RetentionAction::Hold(hold) => {
            change(&hold.service, "retention.hold", "hold", say, async |tx| {
                let which = Which::from(of(&hold.of));
                Ok(tx.hold(&hold.reason, &which, ACTOR, now_us()).await?.id)
            })
        }
        RetentionAction::Release(end) => {
            change(&end.service, "retention.release", "hold", say, async |tx| {
                let reason = end.reason.as_deref().unwrap_or_default();
                tx.release(&end.id, reason, ACTOR, now_us()).await.map(|()| end.id.clone())
            })
        }
        RetentionAction::Run(run) => delete(&run.service, run.dry_run, say),
    };
    done.map_or_else(|error| say.failed(&error), |()| true)
}

fn of(args: &OfArgs) -> Of {
    args.of.iter().cloned().collect()
}

fn goes(arg: GoesArg) -> Goes {
    match arg {
        GoesArg::Audio => Goes::Audio,
        GoesArg::ClearText => Goes::ClearText,
        GoesArg::All => Goes::All,
    }
}

/// Changes rules or holds; says the id of what was changed.
fn change(
    service: &ServiceArgs,
    action: &str,
    kind: &str,
    say: Say,
    work: impl AsyncFnOnce(&Tx) -> Result<String, crate::store::StoreError>,
) -> Result<(), Trouble> {
    let config = load(service)?;
    let id = wait(async {
        let store = Store::open(&config.store).await?;
        let tx = store.begin().await?;
        let id = work(&tx).await?;
        let object = format!("{kind}/{id}");
        let deed = Deed { actor: ACTOR, action, object: &object, detail: "{}" };
        tx.audit(now_us(), &deed).await?;
        tx.commit().await?;
        store.close().await?;
        Ok(id)
    })?;
    say.line(&id);
    Ok(())
}

fn told(which: &Which) -> String {
    let mut all: Vec<String> =
        which.of.iter().map(|(column, value)| format!("{column}={value}")).collect();
    let time = |us: i64| jiff::Timestamp::from_microsecond(us).unwrap_or_default().to_string();
    let more = [
        ("call", which.call_id.clone()),
        ("failed", which.failed.clone()),
        ("from", which.from_us.map(time)),
        ("to", which.to_us.map(time)),
    ];
    all.extend(more.into_iter().filter_map(|(word, value)| Some(format!("{word}={}", value?))));
    if all.is_empty() { "*".to_owned() } else { all.join(" ") }
}

fn list(service: &ServiceArgs, say: Say) -> Result<(), Trouble> {
    let config = load(service)?;
    let (rules, holds) = wait(async {
        let store = Store::open(&config.store).await?;
        let all = (rules(&store).await?, holds(&store, false, "", u32::MAX).await?);
        store.close().await?;
        Ok(all)
    })?;
    for rule in rules {
        let (days, goes) = (rule.rule.after_days, rule.rule.goes.as_str());
        let text = say.either("rule", "规则");
        let after = say.either("days", "天");
        say.line(&format!(
            "{text} {} {}: {goes}, {days} {after}, {}",
            rule.id,
            rule.name,
            told(&rule.rule.of.into())
        ));
    }
    for hold in holds {
        let text = say.either("hold", "保全");
        say.line(&format!("{text} {} {}: {}", hold.id, hold.reason, told(&hold.which)));
    }
    Ok(())
}

fn delete(service: &ServiceArgs, dry: bool, say: Say) -> Result<(), Trouble> {
    let config = load(service)?;
    let line = |call: &str, rule: &RetentionRule, more: &str| {
        say.line(&format!("{call} {} {}{more}", rule.rule.goes.as_str(), rule.name));
    };
    let run: Retained = wait(async {
        let store = Store::open(&config.store).await?;
        let run = if dry {
            let mut run = Retained::default();
            each_due(&store, now_us(), |due| {
                let started = jiff::Timestamp::from_microsecond(due.call.started_us);
                let held = if due.held { say.either("  held", "  保全") } else { "" };
                line(&due.call.id, &due.rule, &format!("  {}{held}", started.unwrap_or_default()));
                if due.held {
                    run.held += 1
                } else {
                    run.deleted += 1
                }
                true
            })
            .await?;
            run
        } else {
            let blobs = Blobs::open(&config.blobs)?;
            retain(&store, &blobs, ACTOR, |call, rule| line(call, rule, "")).await?
        };
        store.close().await?;
        Ok(run)
    })?;
    let what = match dry {
        true => say.either("would be deleted of", "将删除的通话数"),
        false => say.either("deleted of", "已删除的通话数"),
    };
    let held = say.either("held", "保全");
    let ended = say.either("ended from an earlier run", "补完上次未完成的");
    say.line(&format!("{what}: {}; {held}: {}; {ended}: {}", run.deleted, run.held, run.ended));
    Ok(())
}
