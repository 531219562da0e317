//! What a person sees while a run goes on: one bar over all calls, on the error stream.
//!
//! In: bytes and audio seconds as they are worked through. Out: a bar with speed and time left; where
//! there is no terminal, nothing but the lines that calls end with.

use std::io::Write as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Prints a line on the error stream, where there is no bar to stand above.
pub(super) fn tell(line: &str) {
    // A closed terminal must not stop the run.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The bar of a run.
pub struct Progress {
    bar: ProgressBar,
    started: Instant,
    audio_ms: Mutex<u64>,
}

impl Progress {
    /// A bar over `bytes` of recordings; none when `hidden`.
    pub fn new(bytes: u64, hidden: bool) -> Self {
        let bar = ProgressBar::new(bytes);
        if hidden {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        // A template that does not parse would be a mistake in this file; the default bar does too.
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3}%  {msg}  ETA {eta}")
        {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, started: Instant::now(), audio_ms: Mutex::new(0) }
    }

    /// So many more bytes of files and milliseconds of audio have been worked through.
    pub fn add(&self, bytes: u64, audio_ms: u64) {
        let total_ms = {
            let mut total = self.audio_ms.lock().unwrap_or_else(|e| e.into_inner());
            *total += audio_ms;
            *total
        };
        self.bar.inc(bytes);
        let audio_s = total_ms as f64 / 1000.0;
        let speed = audio_s / self.started.elapsed().as_secs_f64().max(0.001);
        self.bar.set_message(format!("{audio_s:.0} s audio, {speed:.1} audio-s/s"));
    }

    /// Prints a line above the bar.
    pub fn say(&self, line: &str) {
        self.bar.suspend(|| tell(line));
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
