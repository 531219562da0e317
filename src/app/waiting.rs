//! Windows of recordings that wait for an engine, which takes as many as it is quicker to recognise together, of whichever calls.
//!
//! In: work, and what to do with its answer. Out: answers. Which windows are recognised together changes no word of them
//! (contract of [`Transcriber`], `docs/adr/0010`): it is left to chance.

use std::collections::VecDeque;
use std::iter::repeat;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::engine::pool::Pool;
use crate::session::{Answer, Work};
use crate::speech::{EngineError, Request, Transcriber};

/// Told the answer, and the engine's time that it took.
type Tell = Box<dyn FnOnce(Answer, Duration) + Send>;

/// What is asked of an engine.
struct Asked {
    work: Work,
    is_wanted: Box<dyn Fn() -> bool + Send>,
    tell: Tell,
}

/// The windows that wait, and the engines that work on others.
pub(super) struct Waiting {
    state: Arc<Mutex<State>>,
}

struct State {
    asked: VecDeque<Asked>,
    /// Engines there are.
    engines: usize,
}

impl Waiting {
    /// For a pool of so many engines.
    pub(super) fn new(engines: usize) -> Self {
        let state = State { asked: VecDeque::new(), engines };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Has an engine of the pool do it, as soon as one is free. What nobody wants any more by then is left, and nothing told.
    pub(super) fn ask(
        &self,
        pool: &Pool<Box<dyn Transcriber>>,
        work: Work,
        is_wanted: impl Fn() -> bool + Send + 'static,
        tell: impl FnOnce(Answer, Duration) + Send + 'static,
    ) {
        let asked = Asked { work, is_wanted: Box::new(is_wanted), tell: Box::new(tell) };
        lock(&self.state).asked.push_back(asked);
        let state = Arc::clone(&self.state);
        // A task for each, so that none is left behind; those whose work another took along find nothing.
        pool.submit(move |engine| {
            let taken = take(&mut lock(&state), engine.together());
            if !taken.is_empty() {
                answer(engine.as_mut(), taken);
            }
        });
    }
}

/// A panic happens outside the lock.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The first that waits and those like it, but no more than an engine's share: the others should not find nothing when they are done.
/// Of many those that are about as long: all of them are recognised for as long as the one with the most words.
fn take(state: &mut State, together: usize) -> Vec<Asked> {
    state.asked.retain(|asked| (asked.is_wanted)());
    let share = state.asked.len().div_ceil(state.engines.max(1)).min(together.max(1));
    let Some(first) = state.asked.front() else { return Vec::new() };
    let speech = first.work.speech();
    let others = state.asked.iter().enumerate().skip(1);
    let mut others: Vec<(Duration, usize)> = others
        .filter(|(_, asked)| alike(&first.work, &asked.work))
        .map(|(ix, asked)| (asked.work.speech().abs_diff(speech), ix))
        .collect();
    others.sort_unstable();
    others.truncate(share - 1);
    let mut places: Vec<usize> = others.into_iter().map(|(_, ix)| ix).chain([0]).collect();
    places.sort_unstable_by(|a, b| b.cmp(a));
    let mut taken: Vec<Asked> =
        places.into_iter().filter_map(|ix| state.asked.remove(ix)).collect();
    taken.reverse();
    taken
}

/// Whether an engine can recognise both at a time.
fn alike(one: &Work, other: &Work) -> bool {
    match (one, other) {
        (
            Work::Transcribe { language, prompt, .. },
            Work::Transcribe { language: other_language, prompt: other_prompt, .. },
        ) => language == other_language && prompt == other_prompt,
        _ => false,
    }
}

fn answer(engine: &mut dyn Transcriber, asked: Vec<Asked>) {
    let clock = Instant::now();
    let (works, tells): (Vec<Work>, Vec<Tell>) =
        asked.into_iter().map(|asked| (asked.work, asked.tell)).unzip();
    // A panic must not take the engine's thread along: the calls would wait for ever.
    let answers = catch_unwind(AssertUnwindSafe(|| work_all(engine, works)));
    let answers = answers.unwrap_or_default();
    let took = clock.elapsed() / u32::try_from(tells.len()).unwrap_or(1).max(1);
    for (tell, answer) in tells.into_iter().zip(answers.into_iter().chain(repeat(Answer::Failed))) {
        tell(answer, took);
    }
}

/// Runs a job; a failure is an answer too.
#[cfg(any(test, feature = "live"))]
pub(super) fn work(engine: &mut dyn Transcriber, work: Work) -> Answer {
    work_all(engine, vec![work]).pop().unwrap_or(Answer::Failed)
}

/// The same for several that are alike, or one.
fn work_all(engine: &mut dyn Transcriber, works: Vec<Work>) -> Vec<Answer> {
    let mut answers = Vec::new();
    let mut windows = Vec::new();
    for work in works {
        match work {
            Work::Detect(samples) => answers.push(
                engine
                    .detect_language(&samples)
                    .map_or_else(failed, |(language, _)| Answer::Language(language)),
            ),
            Work::Transcribe { samples, language, prompt } => {
                windows.push((samples, Request { language, prompt, draft: false }));
            }
        }
    }
    let asked: Vec<(&[f32], &Request)> =
        windows.iter().map(|(samples, request)| (samples.as_slice(), request)).collect();
    let heard = match asked.as_slice() {
        [] => Vec::new(),
        [(samples, request)] => vec![engine.transcribe(samples, request)],
        several => engine.transcribe_all(several),
    };
    answers.extend(heard.into_iter().map(|heard| heard.map_or_else(failed, Answer::Heard)));
    answers
}

fn failed(error: EngineError) -> Answer {
    tracing::warn!(%error, "recognition failed");
    match error {
        EngineError::Language { .. } => Answer::UnknownLanguage,
        _ => Answer::Failed,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use super::*;
    use crate::domain::{EngineRef, Language};
    use crate::speech::{Heard, HeardWord};

    /// Hears as many words as a window has samples, three windows at a time, knows English alone and chokes on an empty window.
    struct Counting {
        id: EngineRef,
        together: Vec<usize>,
        gate: Option<Receiver<()>>,
    }

    impl Counting {
        fn new(gate: Option<Receiver<()>>) -> Self {
            let id =
                EngineRef { name: "count".into(), model: "none".into(), sha256: String::new() };
            Self { id, together: Vec::new(), gate }
        }
    }

    impl Transcriber for Counting {
        fn id(&self) -> &EngineRef {
            &self.id
        }

        fn transcribe(&mut self, window: &[f32], request: &Request) -> Result<Heard, EngineError> {
            if let Some(gate) = self.gate.take() {
                gate.recv().unwrap();
            }
            assert!(!window.is_empty(), "chokes");
            let language = request.language.clone();
            if language != Language::english() {
                return Err(EngineError::Language {
                    engine: "count",
                    model: "none".into(),
                    language,
                });
            }
            Ok(heard(window.len()))
        }

        fn together(&self) -> usize {
            3
        }

        fn transcribe_all(
            &mut self,
            asked: &[(&[f32], &Request)],
        ) -> Vec<Result<Heard, EngineError>> {
            self.together.push(asked.len());
            asked.iter().map(|(window, request)| self.transcribe(window, request)).collect()
        }

        fn detect_language(&mut self, _: &[f32]) -> Result<(Language, f32), EngineError> {
            Err(EngineError::Failed { engine: "count", why: "no ears".into() })
        }
    }

    fn heard(words: usize) -> Heard {
        let word = HeardWord { text: "a".into(), start_ms: 0, end_ms: 0, confidence: 1.0 };
        Heard { words: vec![word; words], looped: false }
    }

    fn window(samples: usize, language: Language) -> Work {
        Work::Transcribe { samples: vec![0.1; samples], language, prompt: String::new() }
    }

    #[test]
    fn an_answer_says_whether_the_language_was_at_fault() {
        let mut engine = Counting::new(None);
        assert_eq!(work(&mut engine, window(1, Language::chinese())), Answer::UnknownLanguage);
        assert_eq!(work(&mut engine, Work::Detect(vec![0.1])), Answer::Failed);
        assert_eq!(work(&mut engine, window(2, Language::english())), Answer::Heard(heard(2)));
    }

    /// Asks for windows while the only engine is busy with a first one; gives what was answered, in the order of asking.
    fn answers(windows: &[(usize, Language, bool)]) -> Vec<Option<Answer>> {
        let (open, gate) = channel();
        let pool: Pool<Box<dyn Transcriber>> = Pool::new(vec![Box::new(Counting::new(Some(gate)))]);
        let waiting = Waiting::new(pool.size());
        waiting.ask(&pool, window(1, Language::english()), || true, |_, _| ());
        while !lock(&waiting.state).asked.is_empty() {
            std::thread::yield_now();
        }
        let (sender, receiver) = channel();
        for (ix, (samples, language, is_wanted)) in windows.iter().cloned().enumerate() {
            let sender = sender.clone();
            let tell = move |answer, _| sender.send((ix, answer)).unwrap();
            waiting.ask(&pool, window(samples, language), move || is_wanted, tell);
        }
        drop(sender);
        open.send(()).unwrap();
        let mut told = vec![None; windows.len()];
        receiver.iter().for_each(|(ix, answer): (usize, Answer)| told[ix] = Some(answer));
        told
    }

    #[test]
    fn each_window_has_its_own_answer_whatever_it_is_recognised_with() {
        let (en, zh) = (Language::english(), Language::chinese());
        let asked: Vec<_> = (1..=9)
            .map(|ix| (ix, if ix % 4 == 0 { zh.clone() } else { en.clone() }, ix != 5))
            .collect();
        for (ix, told) in answers(&asked).into_iter().enumerate() {
            let expected = match ix + 1 {
                5 => None,
                4 | 8 => Some(Answer::UnknownLanguage),
                words => Some(Answer::Heard(heard(words))),
            };
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn a_panic_fails_those_that_were_together_and_no_others() {
        let en = Language::english();
        let asked: Vec<_> = [2, 0, 3, 4].map(|samples| (samples, en.clone(), true)).into();
        let failed = Some(Answer::Failed);
        let last = Some(Answer::Heard(heard(4)));
        assert_eq!(answers(&asked), [failed.clone(), failed.clone(), failed, last]);
    }

    #[test]
    fn an_engine_takes_its_share() {
        let asked = |ix: usize| Asked {
            work: window(ix, Language::english()),
            is_wanted: Box::new(|| true),
            tell: Box::new(|_, _| ()),
        };
        let long = |seconds: usize| asked(16_000 * seconds);
        let mut state = State { asked: [9, 2, 8, 3, 8, 1, 4].map(long).into(), engines: 3 };
        let seconds = |taken: &[Asked]| -> Vec<u64> {
            taken.iter().map(|one| one.work.speech().as_secs()).collect()
        };
        assert_eq!(seconds(&take(&mut state, 4)), [9, 8, 8], "a third of seven, about as long");
        assert_eq!(seconds(&take(&mut state, 4)), [2, 3], "a third of four");
        state.engines = 1;
        assert_eq!(take(&mut state, 1).len(), 1, "an engine that takes one at a time");
        assert_eq!(take(&mut state, 4).len(), 1, "what is left");
        assert!(take(&mut state, 4).is_empty());
    }
}
