//! `lingting rubric test`: rubrics against their dialogues, as written and as a recogniser mishears them.

use std::path::{Path, PathBuf};

use super::read;
use super::test_report::{Outcome, Report};
use crate::cli::say::Say;
use crate::rubric::dialogue::{self, Bench, Dialogue, Dialogues, Judges, Tally};
use crate::rubric::{Rubric, built_in, built_in_tests, contracts, library, load, watches};
use crate::session::announces_wait;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct TestArgs {
    /// Rubric files, or files of dialogues (NAME.tests.yaml) [default: the built-in packs]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Only dialogues whose name holds this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Share of characters that a recogniser gets wrong, 0 to 1: report what would still be heard
    #[arg(long, value_name = "SHARE", value_parser = share)]
    corrupt: Option<f32>,
    /// Seed of the errors
    #[arg(long, default_value_t = 1, value_name = "N", requires = "corrupt")]
    seed: u64,
    /// Times each dialogue is misheard
    #[arg(long, default_value_t = 5, value_name = "N", requires = "corrupt", value_parser = clap::value_parser!(u32).range(1..=1000))]
    repeat: u32,
    /// List what was missed or made up: what was said, what was heard of it, and what came nearest
    #[arg(long, requires = "corrupt")]
    misses: bool,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

fn share(text: &str) -> Result<f32, String> {
    let share = text.parse::<f32>().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a share is a number from 0 to 1".to_owned())
}

/// Dialogues and the rubrics that judge them.
struct Set {
    file: String,
    rubrics: Vec<Rubric>,
    dialogues: Vec<Dialogue>,
}

pub(super) fn run(args: &TestArgs, say: Say) -> bool {
    let mut sets = match sets(&args.files) {
        Ok(sets) => sets,
        Err(why) => return say.failed(&why),
    };
    if let Some(only) = &args.only {
        sets.iter_mut().for_each(|set| set.dialogues.retain(|one| one.name.contains(only)));
    }
    if sets.iter().all(|set| set.dialogues.is_empty()) {
        return say.failed(&say.either("there are no such dialogues", "没有这样的对话"));
    }
    let mut report = Report::default();
    for set in sets {
        let bench = Bench::new(set.rubrics.clone(), announces_wait);
        for dialogue in &set.dialogues {
            let unknown = bench.unknown_names(&set.file, dialogue);
            if let Some(first) = unknown.first() {
                return say.failed(first);
            }
            let judged = bench.judge(dialogue);
            report.outcomes.push(Outcome {
                file: set.file.clone(),
                name: dialogue.name.clone(),
                place: dialogue.place,
                mismatches: judged.mismatches,
            });
        }
        if let Some(share) = args.corrupt {
            let exact = Bench::exact(set.rubrics, announces_wait);
            let tally = report.tally.get_or_insert_with(Tally::default);
            for dialogue in &set.dialogues {
                tally.add((&bench, &exact), dialogue, share, (args.seed, args.repeat));
                if args.misses {
                    let slips = bench.slips(dialogue, share, (args.seed, args.repeat));
                    let line = dialogue.place.line;
                    report
                        .slips
                        .extend(slips.into_iter().map(|slip| (set.file.clone(), line, slip)));
                }
            }
        }
    }
    report.share = args.corrupt.unwrap_or_default();
    if args.json {
        say.line(&report.json());
    } else {
        report.lines(say).iter().for_each(|line| say.line(line));
    }
    report.failed() == 0
}

fn sets(files: &[PathBuf]) -> Result<Vec<Set>, String> {
    if files.is_empty() {
        return built_in_tests().map(|(id, text)| built_in_set(id, text)).collect();
    }
    let sets: Result<Vec<Vec<Set>>, String> = files.iter().map(|file| of_file(file)).collect();
    Ok(sets?.into_iter().flatten().collect())
}

fn built_in_set(id: &str, text: &str) -> Result<Set, String> {
    let rubrics = vec![built_in_rubric(id)?];
    let file = format!("{id}.tests.yaml");
    let read = dialogue::read(&file, text, rubrics[0].language.as_ref());
    Ok(Set { file, rubrics, dialogues: read.map_err(|error| error.to_string())?.list })
}

fn built_in_rubric(id: &str) -> Result<Rubric, String> {
    let all = [built_in(), contracts(), watches()].into_iter();
    let all: Vec<Vec<Rubric>> = all
        .collect::<Result<_, _>>()
        .map_err(|error: crate::rubric::LoadError| error.to_string())?;
    let found = all.into_iter().flatten().find(|rubric| rubric.id.as_str() == id);
    found.ok_or_else(|| format!("there is no built-in rubric `{id}`"))
}

/// The dialogues of a rubric file, inside it and beside it, or those of a file of dialogues.
fn of_file(path: &Path) -> Result<Vec<Set>, String> {
    let name = path.display().to_string();
    if let Some(stem) = name.strip_suffix(".tests.yaml") {
        let text = read(path)?;
        return Ok(vec![tests_file(&name, &text, Path::new(&format!("{stem}.yaml")))?]);
    }
    let text = read(path)?;
    let rubric = load(&name, &text, &library()).map_err(|error| error.to_string())?;
    let inside = dialogue::inside(&name, &text, rubric.language.as_ref());
    let mut sets = Vec::new();
    if let Some(Dialogues { list, .. }) = inside.map_err(|error| error.to_string())? {
        sets.push(Set { file: name.clone(), rubrics: vec![rubric], dialogues: list });
    }
    let beside = path.with_extension("tests.yaml");
    if beside.exists() {
        sets.push(tests_file(&beside.display().to_string(), &read(&beside)?, path)?);
    }
    if sets.is_empty() {
        let beside = beside.display();
        return Err(format!("{name}: no dialogues; write some into {beside}, or under `tests`"));
    }
    Ok(sets)
}

fn tests_file(name: &str, text: &str, rubric: &Path) -> Result<Set, String> {
    let said = |error: crate::rubric::LoadError| error.to_string();
    let judges = dialogue::read(name, text, None).map_err(said)?.judges;
    let rubrics = match judges {
        Judges::Beside => super::rubrics(&[rubric.to_path_buf()])?,
        Judges::BuiltIn => super::rubrics(&[])?,
        Judges::Named(names) => {
            let folder = rubric.parent().unwrap_or(Path::new(""));
            let named = names.iter().map(|one| match folder.join(one) {
                file if file.exists() => Ok(super::rubrics(&[file])?.remove(0)),
                _ => built_in_rubric(one).map_err(|why| format!("{name}: {why}")),
            });
            named.collect::<Result<_, String>>()?
        }
    };
    // Without a language of their own, dialogues speak the rubric's.
    let language = rubrics.first().and_then(|rubric| rubric.language.clone());
    let dialogues = dialogue::read(name, text, language.as_ref()).map_err(said)?.list;
    Ok(Set { file: name.to_owned(), rubrics, dialogues })
}
