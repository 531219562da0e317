//! `lingting simulate`: opens recordings, plays them as live calls, and waits for what the service hears.
//!
//! In: paths, a target, and perhaps a service to watch. Out: an [`Outcome`]. The calls themselves are
//! [`crate::live::simulate`]'s.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio_util::sync::CancellationToken;

use crate::ingest::{OpenError, Recording, ScanError, is_chat, scan};
use crate::live::simulate::{
    CHIRP_AT_MS, Codec, Desk, Faults, Outcome, Pace, Reel, ReelMaker, Simulation, Standing, Tally,
    Target, Watch, WatchError, listen,
};
use crate::report::UiLanguage;

/// Coded audio that is held in memory, in bytes: 37 hours of a G.711 call of two legs.
const AUDIO_BYTES_MAX: usize = 2 << 30;

/// What to play, where to, and what to look at.
pub struct SimulateOptions {
    /// Recordings, or folders of some.
    pub paths: Vec<PathBuf>,
    /// Where to.
    pub target: Target,
    /// How audio is coded.
    pub codec: Codec,
    /// Whether a chirp is put in.
    pub chirp: bool,
    /// Calls at a time.
    pub at_once: usize,
    /// Calls in all; none: each recording once.
    pub calls: Option<u64>,
    /// Over and over.
    pub looped: bool,
    /// Calls end after so long.
    pub lasts: Option<Duration>,
    /// How fast.
    pub pace: Pace,
    /// What the network does.
    pub faults: Faults,
    /// The service to watch, and the token for it.
    pub watch: Option<(String, Option<String>)>,
    /// Listeners on the first call.
    pub listeners: usize,
    /// What comes later is late.
    pub deadline: Duration,
    /// Of what is shown while it runs.
    pub language: UiLanguage,
    /// Show nothing while it runs.
    pub quiet: bool,
}

/// Why nothing was played.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// A path that cannot be looked into.
    #[error("{}: {source}", path.display())]
    Scan {
        /// Which.
        path: PathBuf,
        /// Why.
        source: ScanError,
    },
    /// A recording that cannot be played.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// No recording.
    #[error("there is no recording in {0}; name recordings, or folders that hold some")]
    Nothing(String),
    /// A recording without audio.
    #[error("{0}: there is no audio in it; leave it out")]
    Empty(String),
    /// No room for the chirp.
    #[error("{0}: too short for --chirp, which sounds at {at_s} s; leave it out", at_s = CHIRP_AT_MS / 1_000)]
    Short(String),
    /// Too many recordings.
    #[error("{0}: with it the recordings take more than 2 GiB of memory; name fewer")]
    TooMuch(String),
    /// The service cannot be watched.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// The system gives no threads.
    #[error("no runtime: {0}")]
    Runtime(std::io::Error),
}

impl SimulateError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            SimulateError::Scan { path, source } => format!("{}：{}", path.display(), source.zh()),
            SimulateError::Open(error) => error.zh(),
            SimulateError::Nothing(paths) => {
                format!("{paths} 中没有录音；请给出录音文件，或存放录音的文件夹")
            }
            SimulateError::Empty(file) => format!("{file}：没有音频；请去掉它"),
            SimulateError::Short(file) => {
                format!("{file}：太短，放不下 --chirp（在第 {} 秒）；请去掉它", CHIRP_AT_MS / 1_000)
            }
            SimulateError::TooMuch(file) => {
                format!("{file}：加上它，录音占用的内存超过 2 GiB；请少给一些")
            }
            SimulateError::Watch(error) => error.zh(),
            SimulateError::Runtime(error) => format!("无法启动运行环境：{error}"),
        }
    }
}

/// Plays. `stop` hangs up in order.
///
/// # Errors
/// [`SimulateError`] when nothing was played.
pub fn simulate(
    options: &SimulateOptions,
    stop: &CancellationToken,
) -> Result<Outcome, SimulateError> {
    let reels = load(options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(SimulateError::Runtime)?.block_on(play(options, reels, stop))
}

/// Opens and codes all recordings.
fn load(options: &SimulateOptions) -> Result<Vec<Arc<Reel>>, SimulateError> {
    let mut inputs = scan(&options.paths, None);
    if !inputs.failed.is_empty() {
        let (path, source) = inputs.failed.swap_remove(0);
        return Err(SimulateError::Scan { path, source });
    }
    let (mut reels, mut bytes) = (Vec::new(), 0);
    for input in &inputs.calls {
        if is_chat(input) {
            continue;
        }
        let mut recording = Recording::open(input)?;
        let mut maker = ReelMaker::new(options.codec, usize::from(recording.format().channels));
        while let Some(block) = recording.next_block()? {
            if !maker.push(&block.legs) {
                break;
            }
        }
        let file = recording.file.clone();
        let reel = maker.finish(file.clone(), &recording.info, options.chirp);
        let reel = reel.ok_or_else(|| SimulateError::Short(file.clone()))?;
        if reel.frames() == 0 {
            return Err(SimulateError::Empty(file));
        }
        bytes += reel.bytes();
        if bytes > AUDIO_BYTES_MAX {
            return Err(SimulateError::TooMuch(file));
        }
        reels.push(Arc::new(reel));
    }
    if reels.is_empty() {
        let paths: Vec<_> = options.paths.iter().map(|path| path.display().to_string()).collect();
        return Err(SimulateError::Nothing(paths.join(", ")));
    }
    Ok(reels)
}

async fn play(
    options: &SimulateOptions,
    reels: Vec<Arc<Reel>>,
    stop: &CancellationToken,
) -> Result<Outcome, SimulateError> {
    let watch = match &options.watch {
        Some((base, token)) => Some(Arc::new(Watch::new(base, token.clone())?)),
        None => None,
    };
    let endless = options.looped || options.lasts.is_some();
    let calls = options.calls.or((!endless).then_some(reels.len() as u64));
    let simulation = Arc::new(Simulation {
        target: options.target.clone(),
        reels,
        at_once: options.at_once,
        calls,
        lasts: options.lasts,
        pace: options.pace,
        faults: options.faults,
    });
    let desk = Desk::new(Tally::new(options.pace, options.deadline, watch.is_some()));
    // Followers and listeners go on after the last call, and are then sent home.
    let home = CancellationToken::new();
    if let Some(watch) = &watch {
        watch.begin(&desk, &home).await?;
    }
    let bar = bar(options.quiet, calls);
    let shown = tokio::spawn(show(bar.clone(), Arc::clone(&desk), options.language));
    let listening = async {
        match &watch {
            Some(watch) if options.listeners > 0 => {
                Some(listen(watch, &desk, options.listeners, &home).await)
            }
            _ => None,
        }
    };
    let (listening, took) = tokio::join!(listening, async {
        simulation.run(&desk, stop).await;
        let took = desk.now();
        if let Some(watch) = &watch {
            watch.settle(&desk, stop.is_cancelled()).await;
        }
        home.cancel();
        took
    });
    shown.abort();
    bar.finish_and_clear();
    let mut outcome = desk.tally().outcome(took);
    outcome.listening = listening;
    Ok(outcome)
}

fn bar(quiet: bool, calls: Option<u64>) -> ProgressBar {
    let bar = calls.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    if quiet {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let template =
        if calls.is_some() { "{bar:30} {pos}/{len}  {msg}" } else { "{spinner} {pos}  {msg}" };
    // A template that does not parse would be a mistake in this file; the default bar does too.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// Moves the bar until it is aborted.
async fn show(bar: ProgressBar, desk: Arc<Desk>, language: UiLanguage) {
    loop {
        let standing = desk.tally().standing();
        bar.set_position(standing.over as u64);
        bar.set_message(message(standing, language));
        bar.tick();
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

fn message(standing: Standing, language: UiLanguage) -> String {
    let Standing { going_on, failed, frames, late, text_p95_ms, .. } = standing;
    let zh = language == UiLanguage::Zh;
    let mut text = if zh {
        format!("进行中 {going_on} 通，未接通或中断 {failed} 通，已发 {frames} 帧（迟发 {late}）")
    } else {
        format!("{going_on} going on, {failed} not through, {frames} frames ({late} late)")
    };
    if let Some(ms) = text_p95_ms {
        text += &if zh {
            format!("，文本 p95 {ms:.0} ms")
        } else {
            format!(", text p95 {ms:.0} ms")
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::fixture::{Wave, tone};

    fn options(paths: Vec<PathBuf>, chirp: bool) -> SimulateOptions {
        SimulateOptions {
            paths,
            target: Target::parse("ws://127.0.0.1:9/live/media-stream/demo/t").unwrap(),
            codec: Codec::Ulaw,
            chirp,
            at_once: 1,
            calls: None,
            looped: false,
            lasts: None,
            pace: Pace::REAL,
            faults: Faults::default(),
            watch: None,
            listeners: 0,
            deadline: Duration::from_millis(1_500),
            language: UiLanguage::En,
            quiet: true,
        }
    }

    #[track_caller]
    fn check(files: &[(&str, Vec<u8>)], chirp: bool, wanted: &str) {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        let error = load(&options(vec![folder.path().to_owned()], chirp)).err().unwrap();
        assert!(!error.zh().is_empty());
        let told = error.to_string().replace(&folder.path().display().to_string(), "DIR");
        assert_eq!(told, wanted);
    }

    #[test]
    fn every_failure_names_its_file_and_the_remedy() {
        let wav = |ms: usize| Wave::pcm16(1, 8_000, &tone(8_000, 440.0, ms * 8)).bytes();
        check(
            &[],
            false,
            "there is no recording in DIR; name recordings, or folders that hold some",
        );
        check(
            &[("a.wav", vec![])],
            false,
            "DIR/a.wav: the file is empty (0 bytes): the recorder wrote nothing; export the recording again",
        );
        check(
            &[("a.wav", wav(3_000))],
            true,
            "a.wav: too short for --chirp, which sounds at 5 s; leave it out",
        );
        let error = load(&options(vec!["absent.wav".into()], false)).err().unwrap().to_string();
        assert!(error.starts_with("absent.wav: cannot be read"), "{error}");
    }

    #[test]
    fn a_call_that_nobody_takes_is_an_outcome_not_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let wav = Wave::pcm16(2, 8_000, &tone(8_000, 440.0, 8_000)).bytes();
        std::fs::write(folder.path().join("a.wav"), wav).unwrap();
        std::fs::write(folder.path().join("a.call.json"), r#"{"agent": {"id": 7}}"#).unwrap();
        let options = options(vec![folder.path().to_owned()], false);
        let reels = load(&options).unwrap();
        assert_eq!((reels.len(), reels[0].legs.len()), (1, 2));
        assert_eq!(reels[0].facts.get("agent.id"), Some("7"));
        let outcome = simulate(&options, &CancellationToken::new()).unwrap();
        assert_eq!((outcome.calls.begun, outcome.calls.failed), (1, 1));
        assert_eq!(outcome.troubles[0].file, "a.wav");
        assert!(!outcome.all_well());
    }
}
