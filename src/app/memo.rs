//! What was recognised of a call while it went on, for the recording of the same call.
//!
//! In: work and its answer. Out: the answer to the same work. The recording of a live call is analysed like any other, so
//! that one path alone decides what is kept; where it hears the same samples, which it does unless something broke, nothing
//! is recognised twice.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::session::{Answer, Work};

/// Answers that are remembered: some 100 calls of ten minutes, at a few kilobytes each. The oldest goes first.
const ANSWERS_MAX: usize = 20_000;

/// Names a piece of work.
pub(super) type Key = [u8; 32];

/// Answers by the work they answer.
#[derive(Default)]
pub(super) struct Memo(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    answers: BTreeMap<Key, Answer>,
    order: VecDeque<Key>,
}

impl Memo {
    /// Remembers an answer; failures are not worth it.
    #[cfg_attr(not(feature = "live"), allow(dead_code))]
    pub(super) fn keep(&self, key: Key, answer: &Answer) {
        if matches!(answer, Answer::Failed | Answer::UnknownLanguage) {
            return;
        }
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.answers.insert(key, answer.clone()).is_none() {
            remembered.order.push_back(key);
        }
        if remembered.order.len() > ANSWERS_MAX
            && let Some(oldest) = remembered.order.pop_front()
        {
            remembered.answers.remove(&oldest);
        }
    }

    /// The answer to this work, if it is remembered.
    pub(super) fn recall(&self, work: &Work) -> Option<Answer> {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.answers.is_empty() {
            return None;
        }
        remembered.answers.get(&key(work)).cloned()
    }
}

/// Names a piece of work by all that its answer depends on.
pub(super) fn key(work: &Work) -> Key {
    let mut hash = Sha256::new();
    let samples = match work {
        Work::Detect(samples) => {
            hash.update(b"detect");
            samples
        }
        Work::Transcribe { samples, language, prompt } => {
            hash.update(language.as_str());
            hash.update([0]);
            hash.update(prompt);
            hash.update([0]);
            samples
        }
    };
    for sample in samples {
        hash.update(sample.to_le_bytes());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Language;

    #[test]
    fn the_same_work_has_the_same_answer_and_no_other_has() {
        let memo = Memo::default();
        let work = |samples: Vec<f32>, prompt: &str| Work::Transcribe {
            samples,
            language: Language::chinese(),
            prompt: prompt.into(),
        };
        let answer = Answer::Language(Language::english());
        memo.keep(key(&work(vec![0.5, 0.25], "")), &answer);
        memo.keep(key(&work(vec![0.0], "")), &Answer::Failed);
        for (asked, known) in [
            (work(vec![0.5, 0.25], ""), true),
            (work(vec![0.5, 0.25], "x"), false),
            (work(vec![0.25, 0.5], ""), false),
            (Work::Detect(vec![0.5, 0.25]), false),
            (work(vec![0.0], ""), false),
        ] {
            assert_eq!(memo.recall(&asked).is_some(), known, "{asked:?}");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let memo = Memo::default();
        let work = |n: usize| Work::Detect(vec![n as f32]);
        for n in 0..ANSWERS_MAX + 10 {
            memo.keep(key(&work(n)), &Answer::Language(Language::english()));
        }
        assert!(memo.recall(&work(0)).is_none() && memo.recall(&work(10)).is_some());
    }
}
