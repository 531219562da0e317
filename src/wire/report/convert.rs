//! From the domain's nouns to the report's, field by field.

use std::collections::BTreeMap;

use super::*;
use crate::domain::{
    self, AudioTime, CallInfo, EndedCall, InferredDirection, PartyFrom, PerParty, Sensitive, Span,
};

impl Report {
    /// Puts a finished call and its scorecards into the contract's form.
    pub fn new(
        info: &CallInfo,
        source: Source,
        ended: &EndedCall,
        scorecards: &[domain::Scorecard],
        timings: Timings,
    ) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            tool: Tool {
                name: "lingting".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            call: call(info, ended.direction, source),
            media: media(&ended.media),
            transcript: transcript(ended),
            conversation: conversation(&ended.conversation, ended.media.is_chat()),
            scorecards: scorecards.iter().map(scorecard).collect(),
            pii: ended.pii.iter().map(pii).collect(),
            masked: false,
            warnings: Vec::new(),
            timings: timings.rounded(),
        }
    }
}

impl Timings {
    fn rounded(self) -> Self {
        Self {
            decode_s: decimals(self.decode_s, 3),
            vad_s: decimals(self.vad_s, 3),
            asr_s: decimals(self.asr_s, 3),
            score_s: decimals(self.score_s, 3),
            total_s: decimals(self.total_s, 3),
        }
    }
}

/// A number that JSON can hold, rounded; what is not finite becomes zero.
fn decimals(value: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    let rounded = (value * scale).round() / scale;
    // Adding zero turns -0.0 into 0.0.
    if rounded.is_finite() { rounded + 0.0 } else { 0.0 }
}

fn share(value: f32) -> f64 {
    decimals(f64::from(value).clamp(0.0, 1.0), 3)
}

/// Decibels; a level of digital silence is minus infinity, which JSON lacks.
fn decibels(value: f32) -> f64 {
    decimals(f64::from(value).clamp(-120.0, 120.0), 1)
}

fn seconds(ms: u64) -> f64 {
    AudioTime::from_ms(ms).secs_f64()
}

fn start(span: Span) -> f64 {
    span.start().secs_f64()
}

fn end(span: Span) -> f64 {
    span.end().secs_f64()
}

fn text(value: &Sensitive<String>) -> String {
    value.as_str().to_owned()
}

fn call(info: &CallInfo, inferred: Option<InferredDirection>, source: Source) -> Call {
    let agent = Agent { id: info.agent_id.clone(), name: info.agent_name.as_ref().map(text) };
    let known = agent.id.is_some() || agent.name.is_some();
    let direction = info.direction.or(inferred.map(|inferred| inferred.direction));
    let from = if inferred.is_some() { "evidence" } else { "sidecar" };
    Call {
        call_id: info.call_id.as_str().to_owned(),
        direction: direction.map(|d| d.as_str().to_owned()),
        direction_from: direction.map(|_| from.to_owned()),
        direction_confidence: inferred.map(|i| decimals(f64::from(i.confidence), 3)),
        vendor: info.vendor.clone(),
        client: info.client.clone(),
        project: info.project.clone(),
        queue: info.queue.clone(),
        team: info.team.clone(),
        agent: known.then_some(agent),
        customer: info.customer_number.as_ref().map(|n| Customer { masked: starred(n.as_str()) }),
        started_at: info.started_at.clone(),
        ring_s: info.ring_ms.map(seconds),
        rings: info.rings,
        extra: info.extra.iter().map(|(key, json)| (key.clone(), extra(json))).collect(),
        source,
    }
}

fn extra(json: &str) -> serde_json::Value {
    serde_json::from_str(json).unwrap_or_else(|_| json.into())
}

/// Keeps the first three and last four characters of a long number, one of a short one.
fn starred(number: &str) -> String {
    let chars: Vec<char> = number.chars().collect();
    let (head, tail) = if chars.len() >= 10 { (3, 4) } else { (0, chars.len().min(1)) };
    let star = |(ix, c): (usize, &char)| {
        if ix < head || ix + tail >= chars.len() { *c } else { '*' }
    };
    chars.iter().enumerate().map(star).collect()
}

fn media(media: &domain::Media) -> Media {
    Media {
        duration_s: seconds(media.duration_ms),
        codec: media.codec.clone(),
        sample_rate_hz: media.sample_rate_hz,
        channels: media.channels,
        legs: media.legs.iter().map(leg).collect(),
        problems: media.problems.iter().map(problem).collect(),
    }
}

fn leg(leg: &domain::Leg) -> MediaLeg {
    let from = match leg.party_from {
        PartyFrom::Sidecar => "sidecar",
        PartyFrom::Evidence => "evidence",
        PartyFrom::Nothing => "nothing",
    };
    MediaLeg {
        leg: leg.leg.0,
        party: leg.party.as_str().to_owned(),
        party_from: from.to_owned(),
        party_confidence: share(leg.party_confidence),
        snr_db: leg.snr_db.map(decibels),
        speech_dbfs: leg.speech_dbfs.map(decibels),
    }
}

fn problem(problem: &domain::Problem) -> Problem {
    Problem {
        kind: problem.kind.as_str().to_owned(),
        leg: problem.leg.map(|leg| leg.0),
        start_s: problem.span.map(start),
        end_s: problem.span.map(end),
        detail: problem.detail.clone(),
    }
}

fn transcript(ended: &EndedCall) -> Transcript {
    let transcript = &ended.transcript;
    let engine = &transcript.engine;
    Transcript {
        language: transcript.language.as_str().to_owned(),
        engine: Engine {
            name: engine.name.clone(),
            model: engine.model.clone(),
            sha256: engine.sha256.clone(),
        },
        utterances: transcript.utterances.iter().map(utterance).collect(),
        rejected: transcript.rejected.iter().map(rejected).collect(),
        unheard: Some(ended.unheard.iter().copied().map(stretch).collect()),
        parties_confidence: Some(share(ended.parties_confidence)),
    }
}

fn stretch(span: Span) -> Stretch {
    Stretch { start_s: start(span), end_s: end(span) }
}

fn utterance(utterance: &domain::Utterance) -> Utterance {
    let word = |word: &domain::Word| Word {
        text: text(&word.text),
        start_s: start(word.span),
        end_s: end(word.span),
        confidence: share(word.confidence),
    };
    Utterance {
        id: utterance.id,
        leg: utterance.leg.0,
        speaker: utterance.speaker,
        party: utterance.party.as_str().to_owned(),
        start_s: start(utterance.span),
        end_s: end(utterance.span),
        text: text(&utterance.text),
        confidence: share(utterance.confidence),
        words: utterance.words.iter().map(word).collect(),
    }
}

fn rejected(rejected: &domain::Rejected) -> Rejected {
    Rejected {
        leg: rejected.leg.0,
        start_s: start(rejected.span),
        end_s: end(rejected.span),
        text: text(&rejected.text),
        why: rejected.why.as_str().to_owned(),
    }
}

fn by_party<T: Copy>(
    values: &PerParty<T>,
    wire: impl Fn(T) -> Option<f64>,
) -> BTreeMap<String, f64> {
    let named = [("agent", values.agent), ("customer", values.customer)];
    named.into_iter().filter_map(|(party, v)| Some((party.to_owned(), wire(v)?))).collect()
}

fn conversation(measured: &domain::Conversation, is_chat: bool) -> Conversation {
    // Nobody spoke for no time: nobody spoke at all.
    let talk_s =
        if is_chat { BTreeMap::new() } else { by_party(&measured.talk_ms, |ms| Some(seconds(ms))) };
    let silence = |s: &domain::Silence| Silence {
        start_s: start(s.span),
        end_s: end(s.span),
        announced: s.announced,
        hold: s.hold,
    };
    let overtalk = |o: &domain::Overtalk| Overtalk {
        start_s: start(o.span),
        end_s: end(o.span),
        by: o.by.as_str().to_owned(),
        after_s: seconds(o.after_ms),
        backchannel: o.backchannel,
    };
    let rate = |r: &domain::SpeakingRate| Rate {
        utterance: r.utterance,
        party: r.party.as_str().to_owned(),
        start_s: start(r.span),
        end_s: end(r.span),
        units: r.units,
        per_min: decimals(f64::from(r.per_min), 1),
    };
    let loudness = |l: &domain::Loudness| Loudness {
        utterance: l.utterance,
        party: l.party.as_str().to_owned(),
        start_s: start(l.span),
        end_s: end(l.span),
        dbfs: decibels(l.dbfs),
    };
    Conversation {
        talk_s,
        silences: measured.silences.iter().map(silence).collect(),
        overtalk: measured.overtalk.iter().map(overtalk).collect(),
        rate_per_min: by_party(&measured.rate_per_min, |rate| {
            rate.map(|r| decimals(f64::from(r), 1))
        }),
        holds: measured.holds.iter().copied().map(stretch).collect(),
        rates: measured.rates.iter().map(rate).collect(),
        loudness: measured.loudness.iter().map(loudness).collect(),
        response_s: measured.response_ms.iter().map(|ms| seconds(*ms)).collect(),
        response: response(&measured.response_ms),
    }
}

fn response(response_ms: &[u64]) -> Option<Response> {
    let sum: u64 = response_ms.iter().sum();
    Some(Response {
        first_s: seconds(*response_ms.first()?),
        average_s: seconds(sum / response_ms.len() as u64),
        longest_s: seconds(*response_ms.iter().max()?),
    })
}

fn scorecard(card: &domain::Scorecard) -> Scorecard {
    Scorecard {
        rubric: card.rubric.id.as_str().to_owned(),
        version: card.rubric.version,
        digest: card.rubric.digest.clone(),
        title: card.rubric.title.clone(),
        score: card.score.map(domain::Points::to_f64),
        score_min: card.range.map(|(low, _)| low.to_f64()),
        score_max: card.range.map(|(_, high)| high.to_f64()),
        critical_score: card.critical_score.map(domain::Points::to_f64),
        max: card.max.to_f64(),
        verdict: card.verdict.as_str().to_owned(),
        applies_unknown: card.applies_unknown.clone(),
        findings: card.findings.iter().map(finding).collect(),
    }
}

fn finding(finding: &domain::Finding) -> Finding {
    let reason = match &finding.verdict {
        domain::Verdict::Undetermined(doubt) => Some(doubt.reason.as_str().to_owned()),
        _ => None,
    };
    Finding {
        criterion: finding.criterion.as_str().to_owned(),
        title: finding.title.clone(),
        verdict: finding.verdict.as_str().to_owned(),
        severity: finding.severity.as_str().to_owned(),
        critical: finding.severity == domain::Severity::Critical,
        weight: finding.weight.to_f64(),
        points: finding.points.to_f64(),
        confidence: share(finding.confidence),
        reason,
        evidence: finding.verdict.evidence().iter().map(evidence).collect(),
    }
}

fn evidence(item: &domain::Evidence) -> Evidence {
    Evidence {
        kind: item.kind.as_str().to_owned(),
        leg: item.leg.map(|leg| leg.0),
        start_s: item.span.map(start),
        end_s: item.span.map(end),
        quote: item.quote.as_ref().map(text),
        matched: item.matched.clone(),
        how: item.how.map(|how| how.as_str().to_owned()),
        distance: item.distance.map(share),
        confidence: item.confidence.map(share),
    }
}

fn pii(pii: &domain::Pii) -> Pii {
    Pii {
        kind: pii.kind.as_str().to_owned(),
        leg: pii.leg.0,
        start_s: start(pii.span),
        end_s: end(pii.span),
        masked: pii.masked.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_json_lacks_become_plain_ones() {
        for (value, expected) in [(f64::NAN, 0.0), (f64::INFINITY, 0.0), (0.12345, 0.123)] {
            assert_eq!(decimals(value, 3), expected);
        }
        assert!(decimals(-0.0001, 3).is_sign_positive(), "no -0.0 in a report");
        assert_eq!(decibels(f32::NEG_INFINITY), -120.0);
        assert_eq!(share(f32::NAN), 0.0);
    }

    #[test]
    fn a_number_keeps_its_middle_to_itself() {
        for (number, expected) in [("19900006136", "199****6136"), ("10086", "****6"), ("", "")] {
            assert_eq!(starred(number), expected);
        }
    }
}
