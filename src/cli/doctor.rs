//! `lingting doctor`: what this machine lacks, and how to mend it.

use super::args::DoctorArgs;
use super::say::{Say, fit};
use crate::engine::models::{ModelFolder, Presence};
use crate::ingest::Ffmpeg;

/// What was found of one thing.
struct Check {
    what: String,
    found: Found,
}

enum Found {
    /// All is well; what there is.
    Well(String),
    /// Something works less well; the remedy.
    Less(String),
    /// Analysis cannot run; the remedy.
    Bad(String),
}

pub(super) fn run(args: &DoctorArgs, say: Say) -> bool {
    let folder = ModelFolder::resolve(args.models.models.as_deref());
    let mut checks = vec![build(say), cores(say)];
    checks.extend(models(&folder, say));
    checks.extend([runtime(&folder, say), ffmpeg(say)]);
    let mut all_well = true;
    for check in checks {
        let (mark, text) = match check.found {
            Found::Well(text) => ("✓", text),
            Found::Less(text) => ("!", text),
            Found::Bad(text) => {
                all_well = false;
                ("✗", text)
            }
        };
        say.line(&format!("{mark} {} {text}", fit(&check.what, 22)));
    }
    all_well
}

fn build(say: Say) -> Check {
    let built: Vec<&str> = [
        (cfg!(feature = "ct2"), "CTranslate2"),
        (cfg!(feature = "whisper"), "whisper.cpp"),
        (cfg!(feature = "onnx"), "ONNX Runtime"),
        (cfg!(feature = "opus"), "Opus"),
    ]
    .into_iter()
    .filter_map(|(built, name)| built.then_some(name))
    .collect();
    let recognises = cfg!(feature = "onnx") && cfg!(any(feature = "ct2", feature = "whisper"));
    let text = format!("{} ({})", env!("CARGO_PKG_VERSION"), built.join(", "));
    let found = if recognises {
        Found::Well(text)
    } else {
        let remedy = say.either("build with the default features", "请用默认特性编译");
        Found::Bad(format!("{text}: {remedy}"))
    };
    Check { what: "lingting".into(), found }
}

fn cores(say: Say) -> Check {
    let what = say.either("processor", "处理器").to_owned();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let text = format!("{cores} {}", say.either("cores", "核"));
    Check { what, found: Found::Well(text) }
}

fn models(folder: &ModelFolder, say: Say) -> Vec<Check> {
    let check = |one: crate::engine::models::Listed| {
        let name = &one.artefact.name;
        let remedy = format!("lingting models pull {name}");
        let found = match one.presence {
            Presence::Present => Found::Well(one.path.display().to_string()),
            Presence::Partial => {
                let damaged = say.either("damaged; run", "不完整，请运行");
                Found::Bad(format!("{damaged} `{remedy}`"))
            }
            Presence::Absent => {
                Found::Bad(format!("{} `{remedy}`", say.either("absent; run", "没有，请运行")))
            }
        };
        Check { what: name.clone(), found }
    };
    folder.list().into_iter().filter(|one| one.artefact.default).map(check).collect()
}

#[cfg(feature = "onnx")]
fn runtime(folder: &ModelFolder, say: Say) -> Check {
    let opened = folder
        .file_of("onnxruntime")
        .map_err(|error| error.to_string())
        .and_then(|library| crate::engine::onnx::environment(&library).map_err(|e| e.to_string()));
    let found = match opened {
        Ok(_) => Found::Well(say.either("loads", "可加载").into()),
        Err(why) => Found::Bad(why),
    };
    Check { what: "ONNX Runtime".into(), found }
}

#[cfg(not(feature = "onnx"))]
fn runtime(_: &ModelFolder, say: Say) -> Check {
    let text = say.either("not built in", "未编译");
    Check { what: "ONNX Runtime".into(), found: Found::Bad(text.into()) }
}

fn ffmpeg(say: Say) -> Check {
    let found = if Ffmpeg::find().is_some() {
        Found::Well(say.either("installed", "已安装").into())
    } else {
        Found::Less(
            say.either(
                "absent: GSM, AMR, G.729 and HE-AAC cannot be read; apt-get install ffmpeg",
                "没有：无法读取 GSM、AMR、G.729 和 HE-AAC；请运行 apt-get install ffmpeg",
            )
            .into(),
        )
    };
    Check { what: "ffmpeg".into(), found }
}
