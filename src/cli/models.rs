//! `lingting models`: what there is, fetching, checking, converting.

use super::args::{ModelsAction, ModelsArgs};
use super::say::{Say, fit};
use crate::engine::models::{ModelFolder, Presence, PullStep, Quant, convert, pull};
use crate::report::UiLanguage;

pub(super) fn run(args: &ModelsArgs, say: Say) -> bool {
    let folder = ModelFolder::resolve(args.models.models.as_deref());
    match &args.action {
        ModelsAction::List => list(&folder, say),
        ModelsAction::Pull { names } => {
            match pull(&folder, names, &mut |step| say.note(&told(&step, say))) {
                Ok(()) => true,
                Err(error) => say.failed(&error),
            }
        }
        ModelsAction::Verify { names } => verify(&folder, names, say),
        ModelsAction::Convert { from, to, quant } => {
            let quant: Quant = match quant.parse() {
                Ok(quant) => quant,
                Err(why) => return say.failed(&why),
            };
            match convert(from, to, quant) {
                Ok(made) => {
                    say.line(&format!(
                        "{}  {} bytes  sha256 {}",
                        to.display(),
                        made.bytes,
                        made.sha256
                    ));
                    true
                }
                Err(error) => say.failed(&error),
            }
        }
    }
}

fn list(folder: &ModelFolder, say: Say) -> bool {
    say.line(&format!("{}: {}", say.either("folder", "文件夹"), folder.path().display()));
    for one in folder.list() {
        let presence = match one.presence {
            Presence::Present => say.either("here", "已有"),
            Presence::Partial => say.either("damaged", "不完整"),
            Presence::Absent => say.either("absent", "没有"),
        };
        let about = match say.language {
            UiLanguage::En => &one.artefact.about,
            UiLanguage::Zh => &one.artefact.about_zh,
        };
        let megabytes = one.artefact.bytes() as f64 / 1e6;
        say.line(&format!(
            "{} {} {megabytes:>7.1} MB  {} {about}",
            fit(&one.artefact.name, 24),
            fit(presence, 8),
            fit(&one.artefact.licence, 12),
        ));
    }
    true
}

fn verify(folder: &ModelFolder, names: &[String], say: Say) -> bool {
    let here = || {
        let present = folder.list().into_iter().filter(|one| one.presence != Presence::Absent);
        present.map(|one| one.artefact.name.clone()).collect()
    };
    let names: Vec<String> = if names.is_empty() { here() } else { names.to_vec() };
    let mut all_well = true;
    for name in &names {
        match folder.verify(name) {
            Ok(()) => say.line(&format!("{name}: {}", say.either("sound", "无误"))),
            Err(error) => all_well = say.failed(&error),
        }
    }
    all_well
}

fn told(step: &PullStep, say: Say) -> String {
    match step {
        PullStep::Here { name } => format!("{name}: {}", say.either("here already", "已有")),
        PullStep::Converting { name } => {
            format!("{name}: {}", say.either("converting…", "转换中…"))
        }
        PullStep::Done { name } => format!("{name}: {}", say.either("done", "完成")),
        PullStep::Fetching { name, package } => {
            format!("{name}: {} {package}…", say.either("fetching", "获取"))
        }
        PullStep::Unpacked { path, bytes, of } => {
            format!("{path}: {}%", bytes * 100 / (*of).max(1))
        }
    }
}
