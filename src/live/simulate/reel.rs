//! A recording as a telephone would send it: coded once, in frames of 20 ms, played as often as wanted.
//!
//! In: blocks of 16 kHz, and what is known about the call. Out: a [`Reel`]. Files are opened by the caller.

use audio_codec::opus::{OpusApplication, OpusEncoder};
use audio_codec::{CodecType, Encoder, create_encoder};

use super::chirp;
use super::pace::FRAME_MS;
use crate::audio::SAMPLE_RATE_HZ;
use crate::audio::halve::Halver;
use crate::domain::{CallInfo, Direction, Party};
use crate::live::{Facts, LEGS_MAX, LegRole};

/// A recording is played so far, in frames: four hours.
const FRAMES_MAX: usize = 4 * 3_600 * 50;

/// How audio goes over the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// G.711 µ-law.
    Ulaw,
    /// G.711 A-law.
    Alaw,
    /// G.722.
    G722,
    /// Opus, mono.
    Opus,
}

impl Codec {
    /// Its samples a second.
    pub const fn rate_hz(self) -> u32 {
        match self {
            Codec::Ulaw | Codec::Alaw => 8_000,
            Codec::G722 | Codec::Opus => 16_000,
        }
    }

    /// RTP's ticks a frame (G.722 counts in 8 kHz: RFC 3551, 4.5.2; Opus in 48 kHz: RFC 7587, 4.1).
    pub const fn ticks(self) -> u32 {
        match self {
            Codec::Ulaw | Codec::Alaw | Codec::G722 => 160,
            Codec::Opus => 960,
        }
    }

    /// RTP's payload type (RFC 3551, table 4); Opus has none of its own.
    pub const fn payload_type(self) -> u8 {
        match self {
            Codec::Ulaw => 0,
            Codec::Alaw => 8,
            Codec::G722 => 9,
            Codec::Opus => 111,
        }
    }

    /// As in SDP.
    pub const fn rtpmap(self) -> &'static str {
        match self {
            Codec::Ulaw => "PCMU/8000",
            Codec::Alaw => "PCMA/8000",
            Codec::G722 => "G722/8000",
            Codec::Opus => "opus/48000/2",
        }
    }

    fn encoder(self) -> Box<dyn Encoder> {
        match self {
            Codec::Ulaw => create_encoder(CodecType::PCMU),
            Codec::Alaw => create_encoder(CodecType::PCMA),
            Codec::G722 => create_encoder(CodecType::G722),
            Codec::Opus => Box::new(OpusEncoder::new_with_application(
                SAMPLE_RATE_HZ,
                1,
                OpusApplication::Voip,
            )),
        }
    }
}

/// A recording that is ready to be played.
pub struct Reel {
    /// The file's name, for messages.
    pub name: String,
    /// What the PBX would tell.
    pub facts: Facts,
    /// How it is coded.
    pub codec: Codec,
    /// One or two, equally long.
    pub legs: Vec<ReelLeg>,
}

/// A party's side.
pub struct ReelLeg {
    /// Whose voice.
    pub role: LegRole,
    /// Coded, 20 ms each.
    pub frames: Vec<Box<[u8]>>,
}

impl Reel {
    /// How many frames each leg has.
    pub fn frames(&self) -> u32 {
        self.legs.first().map_or(0, |leg| leg.frames.len() as u32)
    }

    /// Seconds of audio.
    pub fn length_s(&self) -> f64 {
        f64::from(self.frames()) * FRAME_MS as f64 / 1_000.0
    }

    /// Bytes that it takes in memory, about.
    pub fn bytes(&self) -> usize {
        self.legs.iter().flat_map(|leg| &leg.frames).map(|frame| frame.len() + 16).sum()
    }
}

/// Makes a [`Reel`] from blocks.
pub struct ReelMaker {
    codec: Codec,
    legs: Vec<(Halver, Vec<i16>)>,
}

impl ReelMaker {
    /// For a recording of one or two legs.
    pub fn new(codec: Codec, legs: usize) -> Self {
        let legs = vec![(Halver::new(), Vec::new()); legs.clamp(1, LEGS_MAX)];
        Self { codec, legs }
    }

    /// Takes the next 16 kHz of all legs. `false`: it is long enough, the rest is not played.
    pub fn push(&mut self, legs: &[Vec<f32>]) -> bool {
        let samples_max = FRAMES_MAX * self.codec.rate_hz() as usize / 50;
        for ((halver, samples), more) in self.legs.iter_mut().zip(legs) {
            if self.codec.rate_hz() == SAMPLE_RATE_HZ {
                samples.extend(more.iter().map(|s| pcm16(*s)));
            } else {
                let mut half = Vec::with_capacity(more.len() / 2 + 1);
                halver.push(more, &mut half);
                samples.extend(half.into_iter().map(pcm16));
            }
        }
        self.legs.iter().all(|(_, samples)| samples.len() < samples_max)
    }

    /// Codes what was taken. `None` for `chirp` in a call that is too short for one.
    pub fn finish(mut self, name: String, info: &CallInfo, chirped: bool) -> Option<Reel> {
        let rate_hz = self.codec.rate_hz();
        if rate_hz != SAMPLE_RATE_HZ {
            for (halver, samples) in &mut self.legs {
                let mut rest = Vec::new();
                halver.finish(&mut rest);
                samples.extend(rest.into_iter().map(pcm16));
            }
        }
        let mut legs = Vec::new();
        for (ix, (_, mut samples)) in self.legs.into_iter().enumerate() {
            let frame = (rate_hz / 50) as usize;
            samples.resize(samples.len().next_multiple_of(frame).min(FRAMES_MAX * frame), 0);
            if chirped && !chirp::inject(&mut samples, rate_hz) {
                return None;
            }
            let mut encoder = self.codec.encoder();
            let frames =
                samples.chunks_exact(frame).map(|pcm| encoder.encode(pcm).into()).collect();
            let role = info.legs.as_ref().and_then(|parties| parties.get(ix));
            legs.push(ReelLeg {
                role: role.map_or(LegRole::Unknown, |party| role_of(*party)),
                frames,
            });
        }
        Some(Reel { name, facts: facts_of(info), codec: self.codec, legs })
    }
}

fn pcm16(sample: f32) -> i16 {
    (sample * 32_767.0).round().clamp(-32_768.0, 32_767.0) as i16
}

const fn role_of(party: Party) -> LegRole {
    match party {
        Party::Agent => LegRole::Agent,
        Party::Customer => LegRole::Customer,
        Party::Bot => LegRole::Bot,
        Party::Unknown => LegRole::Unknown,
    }
}

/// What a sidecar knows, as a PBX tells it. When the call began is left out: it begins now.
fn facts_of(info: &CallInfo) -> Facts {
    let mut facts = Facts::default();
    let mut set = |key: &str, value: Option<&str>| facts.set(key, value.unwrap_or_default());
    let direction = info.direction.map(|direction| match direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    });
    set("direction", direction);
    set("vendor", info.vendor.as_deref());
    set("client", info.client.as_deref());
    set("project", info.project.as_deref());
    set("queue", info.queue.as_deref());
    set("team", info.team.as_deref());
    set("agent.id", info.agent_id.as_deref());
    set("agent.name", info.agent_name.as_ref().map(|name| name.reveal().as_str()));
    set("customer.number", info.customer_number.as_ref().map(|number| number.reveal().as_str()));
    set("language", info.language.as_ref().map(|language| language.as_str()));
    set("rings", info.rings.map(|rings| rings.to_string()).as_deref());
    for (key, value) in &info.extra {
        // Texts stand there with their quotes.
        let text: Option<String> = serde_json::from_str(value).ok();
        set(&format!("extra.{key}"), Some(text.as_ref().unwrap_or(value)));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CallId, Sensitive};
    use audio_codec::create_decoder;

    fn info() -> CallInfo {
        let mut info = CallInfo::unknown(CallId::new("c").unwrap());
        info.legs = Some(vec![Party::Agent, Party::Customer]);
        info.team = Some("team 3".into());
        info.agent_id = Some("3105".into());
        info.customer_number = Some(Sensitive::new("19900001111".into()));
        info.extra.insert("campaign".into(), "\"autumn\"".into());
        info.extra.insert("score".into(), "4".into());
        info
    }

    fn sine(hz: f32, samples: usize) -> Vec<f32> {
        (0..samples)
            .map(|n| (std::f32::consts::TAU * hz * n as f32 / 16_000.0).sin() * 0.5)
            .collect()
    }

    fn reel(codec: Codec, chirped: bool, ms: usize) -> Option<Reel> {
        let mut maker = ReelMaker::new(codec, 2);
        for (left, right) in
            sine(440.0, ms * 16).chunks(8_000).zip(sine(800.0, ms * 16).chunks(8_000))
        {
            assert!(maker.push(&[left.to_vec(), right.to_vec()]));
        }
        maker.finish("a.wav".into(), &info(), chirped)
    }

    #[test]
    fn what_a_sidecar_knows_is_told_under_its_keys() {
        let facts = facts_of(&info());
        let told: Vec<_> = facts.iter().collect();
        let wanted = [
            ("agent.id", "3105"),
            ("customer.number", "19900001111"),
            ("extra.campaign", "autumn"),
            ("extra.score", "4"),
            ("team", "team 3"),
        ];
        assert_eq!(told, wanted);
    }

    #[test]
    fn every_codec_gives_frames_that_decode_to_what_went_in() {
        let types = [
            (Codec::Ulaw, CodecType::PCMU, 160),
            (Codec::Alaw, CodecType::PCMA, 160),
            (Codec::G722, CodecType::G722, 160),
            (Codec::Opus, CodecType::Opus, 0),
        ];
        for (codec, kind, bytes) in types {
            let reel = reel(codec, false, 1_010).unwrap();
            assert_eq!(reel.frames(), 51, "{codec:?}");
            assert_eq!([reel.legs[0].role, reel.legs[1].role], [LegRole::Agent, LegRole::Customer]);
            let mut decoder = create_decoder(kind);
            let mut heard = Vec::new();
            for frame in &reel.legs[0].frames {
                assert!(bytes == 0 || frame.len() == bytes, "{codec:?} {}", frame.len());
                heard.extend(decoder.decode(frame));
            }
            let middle = &heard[heard.len() / 4..heard.len() * 3 / 4];
            let crossings = middle.windows(2).filter(|w| (w[0] < 0) != (w[1] < 0)).count();
            // 440 Hz cross zero 880 times a second; half of 1.02 s was looked at.
            assert!((430..470).contains(&crossings), "{codec:?}: {crossings}");
        }
    }

    #[test]
    fn the_chirp_is_in_both_legs_after_coding() {
        assert!(reel(Codec::Ulaw, true, 4_000).is_none());
        let reel = reel(Codec::Ulaw, true, 6_000).unwrap();
        for leg in &reel.legs {
            let mut decoder = create_decoder(CodecType::PCMU);
            let heard: Vec<i16> = leg.frames.iter().flat_map(|f| decoder.decode(f)).collect();
            assert_eq!(chirp::find(&heard[38_000..44_000], 8_000), Some(2_000));
        }
    }
}
