//! The page of one call: self-contained, offline, in two languages.
//!
//! In: the report, what to play, and the peaks. Out: one HTML text. It holds the report with personal
//! data starred out of the text; it draws itself in the browser, from data and never from markup.

use serde_json::{Value, json};

use super::strings::{UiLanguage, tables};
use super::template::{base64, escaped, fill, policy, relative_url, script, script_json};
use super::{mask::masked, peaks};
use crate::wire::report::Report;

/// Columns of waveform a leg has at most, so that the page of a long call stays light.
pub const COLUMNS_MAX: usize = 4000;

/// What the page plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Playback<'a> {
    /// A WAV file's bytes, put into the page: ten minutes of two legs make 13 MB, which still open at once.
    Embedded(&'a [u8]),
    /// The name of a file beside the page. For long calls.
    File(&'a str),
    /// Nothing: the page says so, and shows the rest.
    None,
}

/// The page of a call. `peaks` holds one list a leg, `peaks_per_s` for each second.
pub fn page(
    report: &Report,
    playback: Playback<'_>,
    peaks: &[Vec<u8>],
    peaks_per_s: u32,
    ui: UiLanguage,
) -> String {
    let css = concat!(include_str!("assets/base.css"), include_str!("assets/page.css"));
    let js = script(&[
        include_str!("assets/common.js"),
        include_str!("assets/player.js"),
        include_str!("assets/wave.js"),
        include_str!("assets/transcript.js"),
        include_str!("assets/findings.js"),
        include_str!("assets/measures.js"),
        include_str!("assets/page.js"),
    ]);
    let (media, audio) = playable(playback);
    let data = json!({
        "report": masked(report),
        "verdict": worst_verdict(report),
        "peaks": drawn(peaks, peaks_per_s),
        "ui": ui.code(),
        "strings": tables(),
    });
    fill(
        include_str!("assets/page.html"),
        &[
            ("lang", ui.tag()),
            ("csp", &policy(css, &js, media)),
            ("title", &escaped(&format!("{} · 聆听 Lingting", report.call.call_id))),
            ("css", css),
            ("js", &js),
            ("audio", &audio),
            ("data", &script_json(&data)),
        ],
    )
}

/// The verdict over all scorecards: the gravest that applies.
pub fn worst_verdict(report: &Report) -> &'static str {
    let gravest_first = ["critical", "fail", "undetermined", "pass"];
    let any = |verdict: &str| report.scorecards.iter().any(|card| card.verdict == verdict);
    gravest_first.into_iter().find(|verdict| any(verdict)).unwrap_or("not_applicable")
}

/// The policy's media source, and the audio element.
fn playable(playback: Playback<'_>) -> (&'static str, String) {
    match playback {
        Playback::Embedded(wav) => (
            "data:",
            format!(
                r#"<audio id="audio" preload="auto" src="data:audio/wav;base64,{}"></audio>"#,
                base64(wav)
            ),
        ),
        // A page opened from disk has no origin, so that 'self' alone would match nothing there.
        Playback::File(name) => (
            "'self' file:",
            format!(
                r#"<audio id="audio" preload="metadata" src="{}"></audio>"#,
                escaped(&relative_url(name))
            ),
        ),
        Playback::None => ("'none'", String::new()),
    }
}

fn drawn(peaks: &[Vec<u8>], peaks_per_s: u32) -> Value {
    let longest = peaks.iter().map(Vec::len).max().unwrap_or(0);
    let factor = longest.div_ceil(COLUMNS_MAX).max(1);
    let legs: Vec<String> = peaks.iter().map(|leg| base64(&peaks::thinned(leg, factor))).collect();
    json!({ "per_s": f64::from(peaks_per_s) / factor as f64, "legs": legs })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_three_hour_call_is_drawn_in_few_columns() {
        let drawn = drawn(&[vec![7; 50 * 3 * 3600], vec![]], 50);
        assert_eq!(drawn["per_s"], 50.0 / 135.0);
        assert_eq!(drawn["legs"][0].as_str().unwrap().len(), COLUMNS_MAX.div_ceil(3) * 4);
    }

    #[test]
    fn a_call_without_audio_has_no_media_source() {
        assert_eq!(playable(Playback::None), ("'none'", String::new()));
        assert!(playable(Playback::File("a b.wav")).1.contains("./a%20b.wav"));
    }
}
