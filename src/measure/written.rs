//! How long answers take in a chat.
//!
//! In: the messages in order, each with its writer and its time. Out: which message answers which, and
//! after how long. It must not judge.

use crate::domain::{AudioTime, Party};

/// An answer in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenAnswer {
    /// The first message that waited for it, by its place.
    pub asked: usize,
    /// The message that answers, by its place.
    pub answer: usize,
    /// From the one to the other, in milliseconds.
    pub ms: u64,
}

/// The answers in a chat; a message's writer is its party, or where that is unknown also a number.
///
/// From the first message that waits to the other side's first. A machine's answer does not count as one;
/// but who writes again after it has waited since then.
pub fn written_answers(
    messages: impl IntoIterator<Item = ((Party, Option<u8>), AudioTime)>,
) -> Vec<WrittenAnswer> {
    let mut out = Vec::new();
    let mut waiting: Option<(usize, (Party, Option<u8>), AudioTime)> = None;
    let mut machine_answered = false;
    for (place, (writer, at)) in messages.into_iter().enumerate() {
        if writer.0 == Party::Bot {
            machine_answered = true;
            continue;
        }
        match waiting {
            Some((_, who, _)) if who == writer && !machine_answered => {}
            Some((asked, who, since)) if who != writer => {
                out.push(WrittenAnswer { asked, answer: place, ms: at.since_ms(since) });
                waiting = Some((place, writer, at));
            }
            _ => waiting = Some((place, writer, at)),
        }
        machine_answered = false;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_answers_whom() {
        // Seconds and writer: `a` the agent, `c` the customer, `b` a machine, digits voices unknown.
        for (lines, want) in [
            ("", vec![]),
            ("0c 20c", vec![]),
            ("0c 20a 50c 60c 90a", vec![(0, 1, 20), (1, 2, 30), (2, 4, 40)]),
            ("0a 5a 20c", vec![(0, 2, 20)]),
            // The bot answers at once, the agent a minute after being asked for.
            ("0c 1b 10c 11b 70a", vec![(2, 4, 60)]),
            ("0c 1b 31a", vec![(0, 2, 31)]),
            ("0b 5c 6a", vec![(1, 2, 1)]),
            ("01 92 101", vec![(0, 1, 9), (1, 2, 1)]),
        ] {
            let messages = lines.split_whitespace().map(|line| {
                let (at, who) = line.split_at(line.len() - 1);
                let writer = match who {
                    "a" => (Party::Agent, None),
                    "c" => (Party::Customer, None),
                    "b" => (Party::Bot, None),
                    voice => (Party::Unknown, voice.parse().ok()),
                };
                (writer, AudioTime::from_ms(at.parse::<u64>().unwrap() * 1000))
            });
            let got: Vec<_> = written_answers(messages)
                .iter()
                .map(|one| (one.asked, one.answer, one.ms / 1000))
                .collect();
            assert_eq!(got, want, "{lines}");
        }
    }
}
