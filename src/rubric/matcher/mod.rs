//! Finds all phrases of a plan in a stretch of one speaker's speech, in one pass.
//!
//! In: phrases, once; then tokens. Out: [`Heard`]: which phrase, from which token to which, and how
//! near. It knows nothing of time, parties or windows.

mod ears;
mod halves;
mod join;
mod letters;
mod name;
mod nearest;
mod nearness;
mod terms;
mod trie;

use std::collections::BTreeMap;
use std::ops::{Deref, Range};

use compact_str::CompactString;

use crate::domain::How;
use crate::text::entity::EntityKind;
use crate::text::{Token, tokens};

use super::askers::Askers;
use super::model::{Match, Part, Phrase, Segment};
use ears::{Ear, Ears, Kept};
use halves::Wholes;
use join::{Chain, Element, Way};
use letters::Letters;
pub(crate) use nearest::nearest;
use nearness::Nearness;
use terms::{edit_cost, terms};
use trie::{Found, Trie};

/// Pieces up to this length must not run over a comma, unless they are exact.
const SHORT_TOKENS: usize = 4;
/// Ways to say one phrase that are tried for a nearest miss.
const SAMPLES_MAX: usize = 3;

/// All phrases of a plan.
#[derive(Debug, Default)]
pub(crate) struct Matcher {
    phrases: Vec<Known>,
    vocabulary: BTreeMap<CompactString, u32>,
    words: Vec<Token>,
    trie: Trie,
    /// Phrases as chains of segments.
    chains: Vec<(usize, Vec<Chain>)>,
    /// By piece, the ways to begin a phrase that are tried when it was heard. Of a way's pieces it is
    /// the longest, which is heard least often.
    by_piece: Vec<Vec<Candidate>>,
    /// Ways to begin a phrase without words of their own.
    wordless: Vec<Beginning>,
    regexes: Vec<(usize, regex::Regex)>,
    similar: Vec<(usize, f32, Vec<Token>)>,
    /// Phrases that stand for a kind of entity.
    entities: BTreeMap<EntityKind, usize>,
    attributes: Vec<String>,
    prefixes: Vec<String>,
    wholes: Wholes,
    ears: Ears,
    nearness: Nearness,
}

/// A way to say a phrase's first segment: the phrase's place in `chains`, and the way's in its segment.
type Beginning = (u32, u32);

/// A way to begin a phrase, of which one piece was heard, with what rules it out most often.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    way: Beginning,
    /// Who asks for the phrase.
    askers: Askers,
    /// The longest of its other pieces; where there is none, the one that was heard.
    also: usize,
    /// Whether it has more than these two.
    more: bool,
}

#[derive(Debug)]
struct Known {
    text: String,
    askers: Askers,
    /// A few ways to say it, for the nearest miss.
    samples: Vec<Sample>,
}

/// A way to say a phrase, as words only.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) tokens: Vec<Token>,
    /// The tokens, by their number among all tokens of all samples.
    pub(crate) words: Vec<u32>,
}

impl Sample {
    /// Whether it can come so near to an utterance, given how near each word comes by itself.
    pub(crate) fn may_come_within(&self, distance: f32, apart: &[f32]) -> bool {
        // Added up in the order in which `nearest` does, the sum is never rounded above its result.
        let sum = self.words.iter().fold(0.0f32, |sum, &word| sum + apart[word as usize]);
        sum / self.words.len() as f32 <= distance
    }
}

/// A phrase found among tokens.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Heard {
    pub(crate) phrase: usize,
    pub(crate) tokens: Range<usize>,
    pub(crate) how: How,
    /// 0: the same; 1: nothing in common.
    pub(crate) distance: f32,
}

/// A token with what stands before it.
#[derive(Debug, Clone)]
pub(crate) struct Spoken {
    pub(crate) token: Token,
    /// The mark between the token before and this one.
    pub(crate) pause: Pause,
    /// Whether it stands in quotation marks.
    pub(crate) quoted: bool,
    /// Whether a question mark ends the utterance after it.
    pub(crate) asks: bool,
}

/// A punctuation mark, by what it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pause {
    None,
    Clause,
    Sentence,
    Question,
}

/// What the attributes that phrases name say on one call, as tokens.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(Vec<Vec<Token>>);

impl Matcher {
    /// Adds a phrase and gives its number.
    pub(crate) fn add(&mut self, phrase: &Phrase, mode: Match) -> usize {
        let number = self.phrases.len();
        let mut samples: Vec<Vec<Token>> = Vec::new();
        match mode {
            Match::Regex => {
                // The loader has compiled it once: it is a regular expression.
                self.regexes
                    .extend(regex::Regex::new(&phrase.text).ok().map(|regex| (number, regex)));
            }
            Match::Similar(least) => {
                let wanted = tokens(&phrase.text);
                self.similar.push((number, least, wanted.clone()));
                samples.push(wanted);
            }
            Match::Entity => {
                // The loader has read its name once.
                self.entities.extend(EntityKind::parse(&phrase.text).map(|kind| (kind, number)));
            }
            Match::Exact | Match::Phonetic | Match::Loose => {
                let segments = phrase.segments.iter();
                let whole = phrase.segments.len() == 1;
                let chains: Vec<Chain> = segments.map(|s| self.chain(s, mode, whole)).collect();
                self.index(number, &chains);
                samples = self.samples(&phrase.segments);
                self.chains.push((number, chains));
            }
        }
        samples.truncate(SAMPLES_MAX);
        let samples = samples.into_iter().map(|tokens| self.sample(tokens)).collect();
        let (text, askers) = (phrase.text.clone(), Askers::default());
        self.phrases.push(Known { text, askers, samples });
        number
    }

    /// Says who asks for each phrase, by its number. Until then nobody does.
    pub(crate) fn asked_by(&mut self, askers: &[Askers]) {
        for (known, &askers) in self.phrases.iter_mut().zip(askers) {
            known.askers = askers;
        }
        let mut pieces = vec![Askers::default(); self.trie.piece_count()];
        for (phrase, chains) in &self.chains {
            for way in chains.iter().flat_map(|chain| &chain.ways) {
                way.pieces().iter().for_each(|&piece| pieces[piece].join(askers[*phrase]));
            }
        }
        for one in self.by_piece.iter_mut().flatten() {
            one.askers = askers[self.chains[one.way.0 as usize].0];
        }
        self.trie.asked_by(&pieces);
    }

    /// Whether any of some askers asks for a phrase.
    pub(crate) fn is_wanted(&self, phrase: usize, by: Askers) -> bool {
        self.phrases[phrase].askers.meet(by)
    }

    fn sample(&mut self, tokens: Vec<Token>) -> Sample {
        let words = tokens.iter().map(|token| self.nearness.word(token)).collect();
        Sample { tokens, words }
    }

    /// A phrase is looked at only when all pieces of a way to say its first segment were heard.
    fn index(&mut self, phrase: usize, chains: &[Chain]) {
        let at = self.chains.len() as u32;
        let ways = chains.first().into_iter().flat_map(|chain| &chain.ways);
        for (way, number) in ways.zip(0u32..) {
            // Of pieces of one length the last: phrases begin alike more often than they end alike.
            let longest = |pieces: &mut dyn Iterator<Item = usize>| {
                pieces.max_by_key(|&piece| self.trie.tokens_of(piece))
            };
            match longest(&mut way.pieces().iter().copied()) {
                Some(piece) => {
                    let others = way.pieces().iter().copied().filter(|&other| other != piece);
                    let also = longest(&mut { others }).unwrap_or(piece);
                    let more = way.pieces().iter().any(|one| ![piece, also].contains(one));
                    let len = self.by_piece.len().max(piece + 1);
                    self.by_piece.resize_with(len, Vec::new);
                    let (way, askers) = ((at, number), Askers::default());
                    self.by_piece[piece].push(Candidate { way, askers, also, more });
                }
                None => self.wordless.push((at, number)),
            }
        }
        debug_assert!(phrase == self.phrases.len(), "phrases are numbered in order");
    }

    /// A few ways to say a phrase: the first of each segment, then one other in each place.
    fn samples(&self, segments: &[Segment]) -> Vec<Vec<Token>> {
        let words = |way: &Vec<Part>| -> String {
            way.iter()
                .map(|part| if let Part::Words(words) = part { words.as_str() } else { "" })
                .collect()
        };
        let sample = |k: usize| -> Vec<Token> {
            let way = |segment: &Segment| words(&segment.ways[k.min(segment.ways.len() - 1)]);
            tokens(&segments.iter().map(way).collect::<Vec<_>>().join(" "))
        };
        let most = segments.iter().map(|segment| segment.ways.len()).max().unwrap_or(0);
        (0..most.min(SAMPLES_MAX)).map(sample).collect()
    }

    fn chain(&mut self, segment: &Segment, mode: Match, whole: bool) -> Chain {
        // Two syllables with nothing beside them sound like too many other words.
        let ways =
            segment.ways.iter().map(|parts| self.way(parts, mode, whole && parts.len() == 1));
        Chain { gap_before: segment.gap_before, ways: ways.collect() }
    }

    fn way(&mut self, parts: &[Part], mode: Match, alone: bool) -> Way {
        let mut elements = Vec::new();
        let mut length = 0;
        for (at, part) in parts.iter().enumerate() {
            elements.push(match part {
                Part::Words(words) => {
                    let wanted = tokens(words);
                    if wanted.is_empty() {
                        continue;
                    }
                    length += wanted.len();
                    let terms = terms(&wanted, mode, alone);
                    let ids: Vec<u32> = wanted.into_iter().map(|token| self.word(token)).collect();
                    Element::Piece(self.trie.add(&ids, terms))
                }
                Part::Gap(tokens) => Element::Gap(*tokens),
                Part::Prefix(letters) => {
                    length += 1;
                    Element::Prefix(self.prefix(letters))
                }
                Part::Number => Element::Number,
                Part::Attribute(name) if stands_between_words(parts, at) => {
                    Element::FramedName(self.attribute(name))
                }
                Part::Attribute(name) => Element::Name(self.attribute(name)),
            });
        }
        Way::new(length, elements)
    }

    fn word(&mut self, token: Token) -> u32 {
        if let Some(&id) = self.vocabulary.get(&token.text) {
            return id;
        }
        let id = self.words.len() as u32;
        self.vocabulary.insert(token.text.clone(), id);
        self.trie.word(edit_cost(&token), token.sound.class());
        self.wholes.add(&token);
        self.words.push(token);
        id
    }

    fn prefix(&mut self, letters: &str) -> usize {
        // Folded as the words are that it is held against.
        let folded = tokens(letters).into_iter().map(|token| token.text).collect::<String>();
        let known = self.prefixes.iter().position(|known| *known == folded);
        known.unwrap_or_else(|| {
            self.prefixes.push(folded);
            self.prefixes.len() - 1
        })
    }

    fn attribute(&mut self, name: &str) -> usize {
        let known = self.attributes.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.attributes.push(name.to_owned());
            self.attributes.len() - 1
        })
    }

    /// The phrases that stand for kinds of entities.
    pub(crate) fn entities(&self) -> &BTreeMap<EntityKind, usize> {
        &self.entities
    }

    /// Whether any phrase stands for personal data.
    pub(crate) fn has_personal(&self) -> bool {
        self.entities.keys().any(|kind| matches!(kind, EntityKind::Personal(_)))
    }

    /// Whether a phrase stands for personal data, which may be spread over utterances.
    pub(crate) fn is_personal(&self, phrase: usize) -> bool {
        let personal = |(kind, &number): (&EntityKind, &usize)| {
            matches!(kind, EntityKind::Personal(_)) && number == phrase
        };
        self.entities.iter().any(personal)
    }

    /// The phrase as the rubric wrote it.
    pub(crate) fn text_of(&self, phrase: usize) -> &str {
        &self.phrases[phrase].text
    }

    /// Ways to say a phrase, as words only.
    pub(crate) fn samples_of(&self, phrase: usize) -> &[Sample] {
        &self.phrases[phrase].samples
    }

    /// How near the words of samples come to the tokens of an utterance.
    pub(crate) fn nearness(&self, spoken: &[Spoken]) -> Vec<f32> {
        self.nearness.of(spoken)
    }

    /// Looks up what phrases name.
    pub(crate) fn names(&self, value_of: impl Fn(&str) -> Option<String>) -> Names {
        let value = |name: &String| value_of(name).map_or(Vec::new(), |value| tokens(&value));
        Names(self.attributes.iter().map(value).collect())
    }

    /// The phrases in a stretch of speech that somebody asks for and that do not end after an utterance's `own` tokens,
    /// by start, end, phrase. What ends before them may be missing: it is found where that utterance is searched.
    pub(crate) fn find(
        &self,
        spoken: &[&Spoken],
        own: Range<usize>,
        names: &Names,
        by: Askers,
    ) -> Vec<Heard> {
        let spoken = &spoken[..own.end];
        let mut out = self.find_as_cut(spoken, own.start, names, by);
        for (at, whole) in self.wholes.among(spoken) {
            let mended: Vec<&Spoken> = spoken[..at]
                .iter()
                .copied()
                .chain([&whole])
                .chain(spoken[at + 2..].iter().copied())
                .collect();
            let start = own.start - usize::from(at < own.start);
            let heard = self.find_as_cut(&mended, start, names, by).into_iter();
            let with_it = heard.filter(|one| one.tokens.contains(&at));
            out.extend(
                with_it.map(|one| Heard { tokens: one.tokens.start..one.tokens.end + 1, ..one }),
            );
        }
        // Of several ways to hear a phrase from one token on, the nearest stays.
        out.sort_by(|a, b| {
            let place = (a.phrase, a.tokens.start).cmp(&(b.phrase, b.tokens.start));
            place.then(a.distance.total_cmp(&b.distance)).then(a.tokens.end.cmp(&b.tokens.end))
        });
        out.dedup_by(|b, a| a.phrase == b.phrase && a.tokens.start == b.tokens.start);
        out.sort_by_key(|heard| (heard.tokens.start, heard.tokens.end, heard.phrase));
        out
    }

    /// The phrases with words as the recogniser has cut them, in no order; `start`: the utterance's first token.
    fn find_as_cut(
        &self,
        spoken: &[&Spoken],
        start: usize,
        names: &Names,
        by: Askers,
    ) -> Vec<Heard> {
        let mut out = self.find_words(spoken, names, by);
        self.find_regexes(spoken, start, by, &mut out);
        self.find_similar(spoken, start, by, &mut out);
        out
    }

    /// The phrases made of words, in no order.
    fn find_words(&self, spoken: &[&Spoken], names: &Names, by: Askers) -> Vec<Heard> {
        let own = |text: &str| self.vocabulary.get(text).copied();
        if spoken.is_empty() {
            return Vec::new();
        }
        let ears: Vec<Kept<'_>> = spoken
            .iter()
            .map(|one| self.ears.of(&one.token, &self.words, &self.trie, own))
            .collect();
        let ears: Vec<&Ear> = ears.iter().map(Deref::deref).collect();
        let pieces = self.trie.find(&ears, by);
        // Near sounds across a comma are two words that happen to stand side by side.
        let whole = |found: &Found| {
            let torn = || spoken[found.start + 1..found.end].iter().any(|s| s.pause > Pause::None);
            found.exact || found.end - found.start > SHORT_TOKENS || !torn()
        };
        // By piece, then in time order: to sort such keys takes far less than to sort what they stand for.
        let places = pieces.iter().zip(0u64..).filter(|(found, _)| whole(found));
        let mut places: Vec<u64> =
            places.map(|(found, at)| (found.piece as u64) << u32::BITS | at).collect();
        places.sort_unstable();
        let pieces: Vec<Found> = places.iter().map(|&key| pieces[key as u32 as usize]).collect();
        let scene = join::Scene::new(spoken, &pieces, names, &self.prefixes);
        let (mut out, mut partials) = (Vec::new(), Vec::new());
        for begun in self.begun(&scene, &pieces, by).chunk_by(|a, b| a.0 == b.0) {
            let (phrase, chains) = &self.chains[begun[0].0 as usize];
            let ways = begun.iter().map(|&(_, way)| way as usize);
            scene.join(*phrase, chains, ways, &mut partials, &mut out);
        }
        out
    }

    /// Ways to begin a phrase of which all pieces were heard, in order.
    fn begun(&self, scene: &join::Scene<'_>, pieces: &[Found], by: Askers) -> Vec<Beginning> {
        let candidates = pieces
            .chunk_by(|a, b| a.piece == b.piece)
            .flat_map(|same| self.by_piece.get(same[0].piece).into_iter().flatten())
            .filter(|one| one.askers.meet(by) && scene.is_heard(one.also));
        let all_heard = |one: &Candidate| {
            let (at, way) = one.way;
            !one.more || scene.may_hear(&self.chains[at as usize].1[0].ways[way as usize])
        };
        let wanted = |&&(at, _): &&Beginning| self.is_wanted(self.chains[at as usize].0, by);
        let mut out: Vec<Beginning> = Vec::with_capacity(32);
        out.extend(candidates.filter(|one| all_heard(one)).map(|one| one.way));
        out.extend(self.wordless.iter().filter(wanted));
        out.sort_unstable();
        out
    }

    /// Within the utterance first: a pattern that takes all it can would else run into it from the one before.
    fn find_regexes(&self, spoken: &[&Spoken], start: usize, by: Askers, out: &mut Vec<Heard>) {
        if self.regexes.is_empty() {
            return;
        }
        let (own, all) = (Letters::of(&spoken[start..]), Letters::of(spoken));
        for (phrase, regex) in self.regexes.iter().filter(|one| self.is_wanted(one.0, by)) {
            let within = own.matches(regex).map(|at| at.start + start..at.end + start);
            let mut places: Vec<Range<usize>> = within.collect();
            let first = places.first().map_or(spoken.len(), |first| first.start);
            let into = |at: &Range<usize>| at.start < start && start < at.end && at.end <= first;
            places.extend(all.matches(regex).filter(into));
            let heard = |tokens| Heard { phrase: *phrase, tokens, how: How::Regex, distance: 0.0 };
            out.extend(places.into_iter().map(heard));
        }
    }

    /// Within the utterance, or else from the one before into it.
    fn find_similar(&self, spoken: &[&Spoken], start: usize, by: Askers, out: &mut Vec<Heard>) {
        for (phrase, least, wanted) in self.similar.iter().filter(|one| self.is_wanted(one.0, by)) {
            let same = |a: &Token, b: &Token| f32::from(u8::from(a.text != b.text));
            let best = |from: usize| {
                let (at, distance) = nearest(wanted, &spoken[from..], same)?;
                (1.0 - distance >= *least).then_some((at.start + from..at.end + from, distance))
            };
            if let Some((tokens, distance)) = best(start).or_else(|| best(0)) {
                out.push(Heard { phrase: *phrase, tokens, how: How::Similar, distance });
            }
        }
    }
}

/// Whether a part has words before and after it.
fn stands_between_words(parts: &[Part], at: usize) -> bool {
    let words = |part: Option<&Part>| matches!(part, Some(Part::Words(_)));
    words(at.checked_sub(1).and_then(|before| parts.get(before))) && words(parts.get(at + 1))
}

#[cfg(test)]
mod tests;
