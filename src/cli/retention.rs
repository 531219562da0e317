//! `lingting retention`: rules, holds, and runs that delete what is due.
//!
//! In: a rule, a hold, or the wish to run. Out: lines on what was or would be deleted. What changes anything is in
//! the audit log under `cli`.

use super::args::{GoesArg, OfArgs, RetentionAction, RetentionArgs, ServiceArgs};
use super::say::Say;
use super::serve::{Trouble, load, wait};
use crate::app::service::{Retained, retain, what_is_due};
use crate::blobs::Blobs;
use crate::store::audit::Deed;
use crate::store::retention::{Due, Goes, Of, RuleBody, holds};
use crate::store::{Store, now_us};

/// Who the audit log says did it.
const ACTOR: &str = "cli";

pub(super) fn run(args: &RetentionArgs, say: Say) -> bool {
    let done = match &args.action {
        RetentionAction::List(service) => list(service, say),
        RetentionAction::Add(new) => {
            let rule =
                RuleBody { of: of(&new.of), after_days: new.after_days, goes: goes(new.goes) };
            change(&new.service, "retention.rule", say, async |store| {
                store.add_retention(&new.name, &rule, now_us()).await
            })
        }
        RetentionAction::End(end) => change(&end.service, "retention.end", say, async |store| {
            store.end_retention(&end.id).await.map(|()| end.id.clone())
        }),
        RetentionAction::Hold(hold) => {
            change(&hold.service, "retention.hold", say, async |store| {
                store.hold(&hold.reason, &of(&hold.of), ACTOR, now_us()).await
            })
        }
        RetentionAction::Release(end) => {
            change(&end.service, "retention.release", say, async |store| {
                store.release(&end.id, now_us()).await.map(|()| end.id.clone())
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
    say: Say,
    work: impl AsyncFnOnce(&Store) -> Result<String, crate::store::StoreError>,
) -> Result<(), Trouble> {
    let config = load(service)?;
    let id = wait(async {
        let store = Store::open(&config.store).await?;
        let id = work(&store).await?;
        let object = format!("retention/{id}");
        let deed = Deed { actor: ACTOR, action, object: &object, detail: "{}" };
        store.audit(now_us(), &deed).await?;
        store.close().await?;
        Ok(id)
    })?;
    say.line(&id);
    Ok(())
}

fn told(of: &Of) -> String {
    let all: Vec<String> = of.iter().map(|(column, value)| format!("{column}={value}")).collect();
    if all.is_empty() { "*".to_owned() } else { all.join(" ") }
}

fn list(service: &ServiceArgs, say: Say) -> Result<(), Trouble> {
    let config = load(service)?;
    let (rules, holds) = wait(async {
        let store = Store::open(&config.store).await?;
        let all = (store.retention().await?, holds(&store).await?);
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
            told(&rule.rule.of)
        ));
    }
    for hold in holds {
        let text = say.either("hold", "保全");
        say.line(&format!("{text} {} {}: {}", hold.id, hold.reason, told(&hold.of)));
    }
    Ok(())
}

fn delete(service: &ServiceArgs, dry: bool, say: Say) -> Result<(), Trouble> {
    let config = load(service)?;
    let each = |due: &Due| {
        let held = if due.held { say.either("  held", "  保全") } else { "" };
        let goes = due.rule.rule.goes.as_str();
        let started = jiff::Timestamp::from_microsecond(due.call.started_us).unwrap_or_default();
        say.line(&format!("{} {started} {goes} {}{held}", due.call.id, due.rule.name));
    };
    let run: Retained = wait(async {
        let store = Store::open(&config.store).await?;
        let run = if dry {
            what_is_due(&store, each).await?
        } else {
            let blobs = Blobs::open(&config.blobs)?;
            retain(&store, &blobs, ACTOR, each).await?
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
