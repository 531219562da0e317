//! Proof of a verdict: what was found, or where it was looked for in vain (law 2).
//!
//! In: a condition that has been decided. Out: evidence a person can replay. A composed condition is
//! proved by those of its parts that decided it.

use crate::domain::{Evidence, EvidenceKind, How, Party, Sensitive, Span};

use super::matcher::{Spoken, nearest};
use super::model::{CondIx, Condition, MeasureOp, Op, Quantity, Take, Test};
use super::op::Outcome;
use super::plan::Planned;
use super::scene::Scene;
use super::stream::{Hit, Source, Spot, Truth};

/// Windows of one absence that are shown.
const WINDOWS_MAX: usize = 4;
/// Phrases of a list that are named in an absence.
const NAMED_MAX: usize = 3;
/// What is farther away than this is no near miss.
const NEAR_MISS_MAX: f32 = 0.6;
/// Shorter phrases are near to anything.
const NEAR_MISS_TOKENS_MIN: usize = 3;

/// Proves conditions of one rubric on one call.
pub(crate) struct Prover<'a> {
    pub(crate) planned: &'a Planned,
    pub(crate) scene: &'a Scene<'a>,
    pub(crate) outcomes: &'a [Outcome],
    /// Whether an absence is told with what came nearest.
    pub(crate) near_misses: bool,
}

impl Prover<'_> {
    /// Evidence for a condition's value.
    pub(crate) fn prove(&self, ix: CondIx) -> Vec<Evidence> {
        let mut out = Vec::new();
        self.collect(ix, &mut out);
        let mut seen: Vec<Evidence> = Vec::new();
        for evidence in out {
            if !seen.contains(&evidence) {
                seen.push(evidence);
            }
        }
        seen
    }

    fn collect(&self, ix: CondIx, out: &mut Vec<Evidence>) {
        let condition = &self.planned.rubric.conditions[ix.0];
        let outcome = &self.outcomes[ix.0];
        let holds = outcome.truth == Truth::True;
        match &condition.op {
            Op::Attribute { name, test } => out.push(self.fact(name, test)),
            Op::Not(of) => self.collect(*of, out),
            Op::All(of) if !holds => {
                // One that is false is enough; the others prove nothing.
                of.iter().filter(|ix| !self.is_true(**ix)).for_each(|ix| self.collect(*ix, out));
            }
            Op::Any(of) if !holds => of.iter().for_each(|ix| self.collect(*ix, out)),
            Op::All(of) => of.iter().for_each(|ix| self.collect(*ix, out)),
            Op::Any(of) if outcome.stream.hits.is_empty() => {
                of.iter().filter(|ix| self.is_true(**ix)).for_each(|ix| self.collect(*ix, out));
            }
            Op::Some { of, .. } if outcome.stream.hits.is_empty() => {
                of.iter().for_each(|ix| self.collect(*ix, out));
            }
            _ if !outcome.stream.hits.is_empty() => {
                outcome.stream.hits.iter().for_each(|hit| self.found(hit, out));
            }
            // The value that lies outside the bounds says more than where it was looked for.
            _ if !outcome.stream.against.is_empty() => {
                outcome.stream.against.iter().for_each(|hit| self.found(hit, out));
            }
            _ => self.absent(ix, condition, outcome, out),
        }
    }

    fn is_true(&self, ix: CondIx) -> bool {
        self.outcomes[ix.0].truth == Truth::True
    }

    fn found(&self, hit: &Hit, out: &mut Vec<Evidence>) {
        let blank = |kind, matched: String| Evidence {
            kind,
            leg: hit.leg,
            span: Some(self.shown(hit)),
            quote: None,
            matched: Some(matched),
            how: None,
            distance: None,
            confidence: None,
        };
        let evidence = match &hit.source {
            Source::Phrase { phrase, from, to, how, distance, .. } => Evidence {
                quote: Some(Sensitive::new(self.scene.speech.quote(*from, *to))),
                how: Some(*how),
                distance: Some(*distance),
                confidence: Some(self.confidence(*from, *to)),
                ..blank(EvidenceKind::Phrase, self.scene.matcher.text_of(*phrase).to_owned())
            },
            Source::Measured { measure, value, after_ms } => {
                blank(measure.evidence(), measure.show(*value, *after_ms))
            }
            Source::Repeat { earlier, alike } => {
                let first = self.said(*earlier);
                let since = first.span.map_or_else(String::new, |span| span.start().to_string());
                out.push(first);
                let matched = format!("{:.0}% = {since}", alike * 100.0);
                let again = hit.utterance.map_or_else(
                    || blank(EvidenceKind::Phrase, String::new()),
                    |place| self.said(place),
                );
                let (how, distance) = (Some(How::Similar), Some(1.0 - alike));
                Evidence { matched: Some(matched), how, distance, ..again }
            }
        };
        out.push(evidence);
    }

    /// Where a hit can be played or read. An answer's wait in a chat is the time between two messages.
    fn shown(&self, hit: &Hit) -> Span {
        match (self.scene.written, hit.utterance, &hit.source) {
            (Some(written), Some(place), Source::Measured { value, .. }) => {
                let end = written.start(place);
                Span::at_least_1_ms(end.minus_ms(*value as u64), end)
            }
            _ => self.scene.shown(hit.span),
        }
    }

    /// A whole utterance.
    fn said(&self, place: usize) -> Evidence {
        let said = &self.scene.speech.all()[place].utterance;
        Evidence {
            kind: EvidenceKind::Phrase,
            leg: Some(said.leg),
            span: Some(self.scene.shown(said.span)),
            quote: Some(said.text.clone()),
            matched: None,
            how: None,
            distance: None,
            confidence: Some(said.confidence),
        }
    }

    fn confidence(&self, from: Spot, to: Spot) -> f32 {
        let (_, first) = self.scene.speech.heard_at(from);
        let (_, last) = self.scene.speech.heard_at(to);
        (first + last) / 2.0
    }

    fn fact(&self, name: &str, test: &Test) -> Evidence {
        use crate::domain::Attribute;
        let value = match self.scene.info.attribute(name) {
            Some(Attribute::Text(text)) => text,
            Some(Attribute::Number(number)) => number.to_string(),
            None => "?".to_owned(),
        };
        Evidence {
            kind: EvidenceKind::Metadata,
            leg: None,
            span: None,
            quote: Some(Sensitive::new(format!("{name} = {value}"))),
            matched: Some(format!("{name} {test}")),
            how: None,
            distance: None,
            confidence: None,
        }
    }

    fn absent(
        &self,
        ix: CondIx,
        condition: &Condition,
        outcome: &Outcome,
        out: &mut Vec<Evidence>,
    ) {
        let windows = &outcome.stream.windows;
        let confidence = self.scene.confidence(condition.by, windows);
        let spans: Vec<Span> =
            windows.iter().take(WINDOWS_MAX).map(|&window| self.scene.to_span(window)).collect();
        for &span in &spans {
            out.push(Evidence {
                kind: EvidenceKind::Absence,
                leg: condition.by.and_then(|by| self.leg_of(by)),
                span: Some(self.scene.shown(span)),
                quote: None,
                matched: Some(self.wanted(ix, condition)),
                how: None,
                distance: None,
                confidence,
            });
        }
        if self.near_misses {
            out.extend(self.near_miss(ix, condition, &spans));
        }
    }

    fn leg_of(&self, party: Party) -> Option<crate::domain::LegIx> {
        let said = self.scene.speech.all().iter().find(|said| said.party == party);
        said.map(|said| said.utterance.leg)
    }

    /// What was looked for, in a few words.
    fn wanted(&self, ix: CondIx, condition: &Condition) -> String {
        let phrases = &self.planned.asked[ix.0].phrases;
        if phrases.is_empty() {
            return condition.label.clone();
        }
        let named: Vec<&str> = phrases
            .iter()
            .take(NAMED_MAX)
            .map(|&phrase| self.scene.matcher.text_of(phrase))
            .collect();
        let more = if phrases.len() > NAMED_MAX { " / …" } else { "" };
        format!("{}: {}{more}", condition.label, named.join(" / "))
    }

    /// What came closest to the words that were not said.
    fn near_miss(&self, ix: CondIx, condition: &Condition, spans: &[Span]) -> Option<Evidence> {
        let speech = self.scene.speech;
        let mut best: Option<(f32, usize, Spot, Spot)> = None;
        let phrases = &self.planned.asked[ix.0].phrases;
        let all = speech.all().iter().enumerate();
        for (i, said) in all.filter(|(_, said)| {
            condition.by.is_none_or(|by| by == said.party)
                && spans.iter().any(|span| span.overlap(said.utterance.span).is_some())
        }) {
            let apart = said.nearness(self.scene.matcher);
            let mut spoken: Vec<&Spoken> = Vec::new();
            for &phrase in phrases {
                for wanted in self.scene.matcher.samples_of(phrase) {
                    let least = best.map_or(NEAR_MISS_MAX, |(least, ..)| least);
                    if wanted.tokens.len() < NEAR_MISS_TOKENS_MIN
                        || !wanted.may_come_within(least, apart)
                    {
                        continue;
                    }
                    if spoken.is_empty() {
                        spoken.extend(&said.spoken);
                    }
                    let Some((tokens, distance)) =
                        nearest(&wanted.tokens, &spoken, crate::text::sound_distance)
                    else {
                        continue;
                    };
                    if distance <= NEAR_MISS_MAX && best.is_none_or(|(least, ..)| distance < least)
                    {
                        let spot = |token| Spot { utterance: i, token };
                        best = Some((distance, phrase, spot(tokens.start), spot(tokens.end - 1)));
                    }
                }
            }
        }
        let (distance, phrase, from, to) = best?;
        let span = speech.heard_at(from).0.cover(speech.heard_at(to).0);
        Some(Evidence {
            kind: EvidenceKind::NearMiss,
            leg: Some(speech.all()[from.utterance].utterance.leg),
            span: Some(self.scene.shown(span)),
            quote: Some(Sensitive::new(speech.quote(from, to))),
            matched: Some(self.scene.matcher.text_of(phrase).to_owned()),
            how: None,
            distance: Some(distance),
            confidence: Some(self.confidence(from, to)),
        })
    }
}

impl MeasureOp {
    fn evidence(&self) -> EvidenceKind {
        match self.quantity {
            Quantity::Silence { .. } => EvidenceKind::Silence,
            Quantity::Overtalk { .. } => EvidenceKind::Overtalk,
            Quantity::Rate { .. } => EvidenceKind::Rate,
            Quantity::Loudness { .. } => EvidenceKind::Loudness,
            Quantity::Hold
            | Quantity::Response
            | Quantity::Opening
            | Quantity::Talk
            | Quantity::Length => EvidenceKind::Measure,
        }
    }

    /// A value and the bounds it was held against: `12.3 s > 10 s`.
    fn show(&self, value: f64, after_ms: Option<u64>) -> String {
        let number = |value: f64| match (self.take, self.quantity) {
            (Take::Share, _) => format!("{:.0}%", value),
            (_, Quantity::Rate { .. }) => format!("{value:.0}/min"),
            (_, Quantity::Loudness { relative }) => {
                format!("{value:.1} {}", if relative { "dB" } else { "dBFS" })
            }
            _ => format!("{} s", value.round() / 1000.0),
        };
        let name = match self.quantity {
            Quantity::Hold => "hold ",
            Quantity::Response => "response ",
            Quantity::Opening => "opening ",
            Quantity::Talk => "talk ",
            Quantity::Length => "length ",
            _ => "",
        };
        let bounds = self.bounds.show(number);
        let after =
            after_ms.map_or_else(String::new, |ms| format!(", after {} s", ms as f64 / 1000.0));
        format!("{name}{} {bounds}", number(value)).trim_end().to_owned() + &after
    }
}

impl std::fmt::Display for Test {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Test::Is(words) => {
                write!(f, "= {}", words.iter().cloned().collect::<Vec<_>>().join(" | "))
            }
            Test::Number(bounds) => f.write_str(&bounds.show(|n| n.to_string())),
            Test::Present(true) => f.write_str("present"),
            Test::Present(false) => f.write_str("not present"),
        }
    }
}
