//! What every [`Transcriber`] must hold, whatever the model. Tests only.
//!
//! In: a recogniser with a multilingual model. Out: a panic that says what broke.

#![allow(clippy::unwrap_used)] // tests, in a module that clippy does not take for one

use crate::domain::Language;
use crate::speech::{EngineError, Heard, Request, Transcriber, WINDOW_MS_MAX};

/// A recording that the tests carry.
struct Clip {
    language: &'static str,
    wav: &'static [u8],
    said: &'static str,
    prompt: &'static str,
}

/// The prompt makes the models write simplified characters.
const CLIPS: [Clip; 2] = [
    Clip {
        language: "zh",
        wav: include_bytes!("../../tests/fixtures/speech/zh.wav"),
        said: "广州市房地产中介协会分析",
        prompt: "以下是普通话的句子。",
    },
    Clip {
        language: "en",
        wav: include_bytes!("../../tests/fixtures/speech/en.wav"),
        said: "unless to be rather cold hearted and rather selfish is to be ill disposed",
        prompt: "",
    },
];

/// Part of the letters that may be wrong: base models on telephone audio, not a measurement.
const ERROR_MAX: f64 = 0.35;

/// The whole contract of [`Transcriber`].
pub(crate) fn holds(engine: &mut dyn Transcriber) {
    assert!(!engine.id().name.is_empty() && engine.id().sha256.len() == 64, "{:?}", engine.id());
    hears(engine);
    the_same_window_gives_the_same_words(engine);
    windows_are_heard_together_as_alone(engine);
    silence_says_little(engine);
    lengths_are_checked(engine);
    an_unknown_language_is_named(engine);
}

/// Words, times and language of real speech.
pub(crate) fn hears(engine: &mut dyn Transcriber) {
    for clip in &CLIPS {
        let (window, request) = (clip.window(), clip.request());
        let heard = engine.transcribe(&window, &request).unwrap();
        well_formed(&heard, &window);
        assert!(!heard.looped);
        let text: String = heard.words.iter().map(|w| w.text.as_str()).collect();
        let error = error_rate(&text, clip.said);
        assert!(error <= ERROR_MAX, "{}: {error:.2} wrong: {text}", clip.language);
        let span = heard.words.last().map_or(0, |w| w.end_ms) - heard.words[0].start_ms;
        let ms = window.len() as u64 / 16;
        assert!(span > ms / 2, "words over {span} of {ms} ms of speech");
        let (language, probability) = engine.detect_language(&window).unwrap();
        assert_eq!(language.as_str(), clip.language);
        assert!((0.4..=1.0001).contains(&probability), "{probability}");
    }
}

fn the_same_window_gives_the_same_words(engine: &mut dyn Transcriber) {
    let [zh, en] = &CLIPS;
    let first = engine.transcribe(&zh.window(), &zh.request()).unwrap();
    let language = engine.detect_language(&zh.window()).unwrap();
    engine.transcribe(&en.window(), &en.request()).unwrap();
    assert_eq!(engine.transcribe(&zh.window(), &zh.request()).unwrap(), first);
    assert_eq!(engine.detect_language(&zh.window()).unwrap(), language);
}

/// To the last digit, with shorter and longer ones, other languages, silence and what is refused.
fn windows_are_heard_together_as_alone(engine: &mut dyn Transcriber) {
    let [zh, en] = CLIPS.each_ref().map(|clip| (clip.window(), clip.request()));
    let half = |window: &[f32]| window[..window.len() / 2].to_vec();
    let twice = [zh.0.clone(), half(&zh.0)].concat();
    let draft = Request { draft: true, ..zh.1.clone() };
    let asked = [
        (half(&zh.0), zh.1.clone()),
        (en.0.clone(), en.1.clone()),
        (twice, zh.1.clone()),
        (vec![0.0; 16_000], zh.1.clone()),
        zh.clone(),
        // As long as another: the library times such windows otherwise.
        zh.clone(),
        (half(&en.0), en.1.clone()),
        (vec![0.1; (WINDOW_MS_MAX as usize + 1) * 16], en.1.clone()),
        (half(&zh.0), draft.clone()),
        (zh.0.clone(), draft),
        (noise(1000), zh.1),
    ];
    let alone = asked.each_ref().map(|(window, request)| engine.transcribe(window, request));
    let views = asked.each_ref().map(|(window, request)| (window.as_slice(), request));
    let together = engine.transcribe_all(&views);
    assert_eq!(together.len(), alone.len());
    for (ix, (together, alone)) in together.into_iter().zip(alone).enumerate() {
        match (together, alone) {
            (Ok(together), Ok(alone)) => {
                assert!(together == alone, "{ix}: {together:?}\n{alone:?}");
            }
            (Err(EngineError::TooLong { .. }), Err(EngineError::TooLong { .. })) => {}
            (together, alone) => panic!("{ix}: {together:?}, alone {alone:?}"),
        }
    }
    // Equally long ones alone, and nothing at all.
    let same = [views[4], views[5]];
    let first = engine.transcribe(views[4].0, views[4].1).unwrap();
    assert!(engine.transcribe_all(&same).into_iter().all(|heard| heard.unwrap() == first));
    assert!(engine.transcribe_all(&[]).is_empty());
}

fn silence_says_little(engine: &mut dyn Transcriber) {
    for window in [vec![], vec![0.0; 160], vec![0.0; 8 * 16_000], noise(50), noise(5000)] {
        for clip in &CLIPS {
            let heard = engine.transcribe(&window, &clip.request()).unwrap();
            well_formed(&heard, &window);
            if window.iter().all(|x| *x == 0.0) {
                assert!(heard.words.len() <= 3, "{:?}", heard.words);
            }
        }
    }
}

fn lengths_are_checked(engine: &mut dyn Transcriber) {
    let limit = WINDOW_MS_MAX as usize * 16;
    let request = CLIPS[0].request();
    let mut window = CLIPS[0].window();
    window.resize(limit, 0.0);
    well_formed(&engine.transcribe(&window, &request).unwrap(), &window);
    window.resize(limit + 16, 0.0);
    let wanted = |e: EngineError| matches!(e, EngineError::TooLong { limit_ms: WINDOW_MS_MAX, .. });
    assert!(wanted(engine.transcribe(&window, &request).unwrap_err()));
    assert!(wanted(engine.detect_language(&window).unwrap_err()));
}

fn an_unknown_language_is_named(engine: &mut dyn Transcriber) {
    let language = Language::new("xx").unwrap();
    let request = Request { language: language.clone(), prompt: String::new(), draft: false };
    match engine.transcribe(&noise(1000), &request).unwrap_err() {
        EngineError::Language { language: told, .. } => assert_eq!(told, language),
        other => panic!("{other}"),
    }
    let cantonese =
        Request { language: Language::new("yue").unwrap(), prompt: String::new(), draft: false };
    let heard = engine.transcribe(&noise(1000), &cantonese);
    assert!(heard.is_ok(), "Cantonese is heard as Chinese where it has no token");
}

fn well_formed(heard: &Heard, window: &[f32]) {
    let mut now = 0;
    for word in &heard.words {
        assert!(now <= word.start_ms && word.start_ms <= word.end_ms, "{now} {word:?}");
        assert!(word.end_ms <= window.len() as u64 / 16, "{word:?} is outside");
        assert!((0.0..=1.0).contains(&word.confidence), "{word:?}");
        assert!(!word.text.is_empty());
        now = word.start_ms;
    }
}

impl Clip {
    fn request(&self) -> Request {
        let language = Language::new(self.language).unwrap();
        Request { language, prompt: self.prompt.into(), draft: false }
    }

    /// 16 kHz, out of 8 kHz A-law.
    fn window(&self) -> Vec<f32> {
        let at = self.wav.windows(4).position(|w| w == b"data").unwrap();
        let narrow: Vec<f32> = self.wav[at + 8..].iter().map(|b| a_law(*b)).collect();
        // Between two samples: a sinc of 16 samples, cosine window.
        let between = |i: usize| -> f32 {
            (0..16)
                .map(|k| {
                    let x = k as f32 - 7.5;
                    let weight = (std::f32::consts::PI * x).sin() / (std::f32::consts::PI * x);
                    let window = (std::f32::consts::PI * x / 17.0).cos();
                    let sample = (i + k).checked_sub(7).and_then(|j| narrow.get(j));
                    sample.copied().unwrap_or(0.0) * weight * window
                })
                .sum()
        };
        (0..narrow.len()).flat_map(|i| [narrow[i], between(i)]).collect()
    }
}

/// One sample of G.711 A-law.
fn a_law(byte: u8) -> f32 {
    let code = byte ^ 0x55;
    let (exponent, fraction) = (code >> 4 & 7, i32::from(code & 15));
    let magnitude = match exponent {
        0 => (fraction << 4) + 8,
        _ => ((fraction << 4) + 0x108) << (exponent - 1),
    };
    magnitude as f32 / 32_768.0 * if code & 0x80 == 0 { -1.0 } else { 1.0 }
}

/// Faint noise, always the same.
pub(crate) fn noise(ms: usize) -> Vec<f32> {
    let mut state = 1u32;
    (0..ms * 16)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 * 0.02 - 0.01
        })
        .collect()
}

/// Edits per letter of `said`, over letters and digits only.
fn error_rate(heard: &str, said: &str) -> f64 {
    let letters = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let said = letters(said);
    strsim::levenshtein(&letters(heard), &said) as f64 / said.chars().count() as f64
}
