//! Live calls in a service over a real store, without a model: recorded, shown, handed on; killed and taken up.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::Duration;

use super::*;
use crate::api::live::{LiveCall, Order};
use crate::app::config::Config;
use crate::app::service::Service;
use crate::live::{EndCause, Ingest, LegId, LegRole};
use crate::store::ledger::{self, Filter};

async fn start(data: &Path) -> (Service, Desk) {
    let mut config = Config::under(data);
    // Also where the machine has models: what is analysed leaves the folder that the tests look into.
    config.engine.models = Some(data.join("none"));
    let service = Service::start(config, Vec::new()).await.unwrap();
    let desk = Desk(Arc::clone(&service.hub));
    (service, desk)
}

fn begins(native_id: &str) -> CallStart {
    let mut facts = Facts::default();
    facts.set("agent.id", "3105");
    facts.set("team", "组3");
    let key = CallKey { source: "pbx".into(), native_id: native_id.into() };
    CallStart { key, facts, handles: BTreeMap::new() }
}

async fn joins(line: &mut Line) {
    for (leg, role) in [(0, LegRole::Customer), (1, LegRole::Agent)] {
        let leg = LegId(leg);
        line.send(Ingest::LegJoined { leg, role, rate_hz: 8_000, codec: "pcm_alaw" }).await;
    }
}

/// Frames of 20 ms of both legs, from frame `from` on.
async fn speaks(line: &mut Line, from: u64, frames: u64) {
    for n in from..from + frames {
        for leg in 0..2u8 {
            let sample = |i: u64| ((n * 160 + i) % 1_000) as i16 * (i16::from(leg) + 1);
            let pcm: Arc<[i16]> = (0..160).map(sample).collect();
            line.send(Ingest::Audio { leg: LegId(leg), at: n * 160, pcm, concealed: false }).await;
        }
    }
}

/// Frames of 20 ms of one leg, from frame `from` on.
async fn says(line: &mut Line, leg: u8, from: u64, frames: u64) {
    for n in from..from + frames {
        let pcm: Arc<[i16]> = (0..160).map(|i| ((n * 160 + i) % 1_000) as i16 + 1).collect();
        line.send(Ingest::Audio { leg: LegId(leg), at: n * 160, pcm, concealed: false }).await;
    }
}

async fn until(limit_ms: u64, mut done: impl AsyncFnMut() -> bool) {
    for _ in 0..limit_ms / 10 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not come to that");
}

fn only(service: &Service) -> Arc<LiveCall> {
    service.floor.all().into_iter().next().unwrap()
}

async fn entries(store: &Store) -> Vec<ledger::Entry> {
    ledger::list(store, &Filter::default(), 100).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_recorded_shown_and_handed_on_under_one_id() {
    let folder = tempfile::tempdir().unwrap();
    let (service, desk) = start(folder.path()).await;
    let mut line = desk.admit(begins("c1")).unwrap();
    assert!(matches!(desk.admit(begins("c1")), Err(Refused::Duplicate)));
    joins(&mut line).await;
    let call = only(&service);
    let mut heard = call.audio.subscribe();
    speaks(&mut line, 0, 50).await;
    let frame = heard.recv().await.unwrap();
    assert_eq!((frame.leg, frame.at_ms, frame.pcm.len()), (0, 0, 160));
    assert_eq!(call.belongs().agent.as_deref(), Some("3105"));
    until(2_000, async || call.picture().received_ms == 1_000).await;
    assert_eq!(call.picture().legs[1].party, "agent");

    // Card data: nobody hears it, nothing of it is kept.
    call.orders.send(Order::Pause).await.unwrap();
    until(2_000, async || call.picture().state == crate::api::live::bodies::CallState::Paused)
        .await;
    while heard.try_recv().is_ok() {}
    speaks(&mut line, 50, 25).await;
    let silent = heard.recv().await.unwrap();
    assert!(silent.muted && silent.pcm.iter().all(|sample| *sample == 0));
    until(2_000, async || call.now_ms.load(Ordering::Relaxed) >= 1_480).await;
    call.orders.send(Order::Resume).await.unwrap();
    until(2_000, async || call.picture().state == crate::api::live::bodies::CallState::Live).await;
    speaks(&mut line, 75, 25).await;
    line.send(Ingest::Ended(EndCause::Normal)).await;
    until(5_000, async || service.floor.is_empty()).await;

    let entry = entries(&service.store).await.remove(0);
    assert_eq!(
        (entry.file.source.as_str(), entry.call_id.as_deref()),
        ("live", Some(call.id.as_str()))
    );
    let facts: serde_json::Value = serde_json::from_str(entry.facts.as_deref().unwrap()).unwrap();
    assert_eq!(
        (&facts["agent"]["id"], &facts["extra"]["pacing"]),
        (&"3105".into(), &"live".into())
    );
    assert_eq!(facts["legs"], serde_json::json!(["customer", "agent"]));
    let bytes = std::fs::read(&entry.file.path).unwrap();
    let sample = |frame: usize, leg: usize| {
        let at = tape_file::DATA_AT as usize + 4 * frame + 2 * leg;
        i16::from_le_bytes([bytes[at], bytes[at + 1]])
    };
    assert_eq!(bytes.len(), tape_file::DATA_AT as usize + 4 * 16_000);
    assert_eq!((sample(7_999, 0), sample(7_999, 1)), (999, 1_998));
    assert_eq!((sample(8_500, 0), sample(11_999, 1)), (0, 0), "what was paused");
    assert_eq!(sample(12_500, 0), 500);
    let timeline = service.store.live_events(&call.id).await.unwrap();
    assert_eq!((timeline.len(), timeline[0].kind.as_str()), (1, "paused"));
    let (from, to) = (timeline[0].start_ms, timeline[0].end_ms.unwrap());
    assert!(from <= 1_000 && (1_480..=1_500).contains(&to), "{from} {to}");
    service.end().await.unwrap();
}

/// A transfer while on hold, in the words that a PBX has for it.
#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_while_paused_keeps_nobody_silent_and_holds_outlast_a_pause() {
    use crate::api::live::bodies::CallState;
    use crate::live::HoldReason;
    let folder = tempfile::tempdir().unwrap();
    let (service, desk) = start(folder.path()).await;
    let mut line = desk.admit(begins("c1")).unwrap();
    joins(&mut line).await;
    let call = only(&service);
    let is = async |state: CallState| until(2_000, async || call.picture().state == state).await;
    let held = |leg: u8, reason| Ingest::Held { leg: Some(LegId(leg)), reason };
    line.send(held(0, HoldReason::Paused)).await;
    line.send(held(1, HoldReason::Paused)).await;
    is(CallState::Paused).await;
    line.send(Ingest::LegLeft { leg: LegId(1) }).await;
    line.send(Ingest::Resumed { leg: Some(LegId(0)) }).await;
    is(CallState::Live).await;
    let mut heard = call.audio.subscribe();
    says(&mut line, 0, 0, 10).await;
    let frame = heard.recv().await.unwrap();
    assert!(!frame.muted && frame.pcm.iter().any(|sample| *sample != 0));

    line.send(held(0, HoldReason::Hold)).await;
    is(CallState::Held).await;
    call.orders.send(Order::Pause).await.unwrap();
    is(CallState::Paused).await;
    call.orders.send(Order::Resume).await.unwrap();
    is(CallState::Held).await;
    line.send(Ingest::Ended(EndCause::Normal)).await;
    until(5_000, async || service.floor.is_empty()).await;
    let timeline = service.store.live_events(&call.id).await.unwrap();
    assert_eq!(timeline.len(), 4);
    assert!(timeline.iter().all(|event| event.end_ms.is_some()), "nothing goes on");
    service.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_service_left_is_taken_up_and_a_call_without_a_sample_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let copy = tempfile::tempdir().unwrap();
    {
        let (service, desk) = start(folder.path()).await;
        let (mut line, mut silent) =
            (desk.admit(begins("c1")).unwrap(), desk.admit(begins("c2")).unwrap());
        joins(&mut line).await;
        joins(&mut silent).await;
        speaks(&mut line, 0, 100).await;
        let received = || service.floor.all().iter().map(|call| call.picture().received_ms).max();
        until(2_000, async || received() == Some(2_000)).await;
        until(2_000, async || service.store.open_live().await.unwrap().len() == 2).await;
        // As the disk is when the power goes.
        copy_all(folder.path(), copy.path());
        service.end().await.unwrap();
    }
    let (service, _) = start(copy.path()).await;
    let all = entries(&service.store).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].file.size, tape_file::DATA_AT + 4 * 16_000);
    assert!(service.store.open_live().await.unwrap().is_empty());
    service.end().await.unwrap();
    // A second start enters nothing twice.
    let (service, _) = start(copy.path()).await;
    assert_eq!(entries(&service.store).await.len(), 1);
    service.end().await.unwrap();
}

fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_floor_refuses_and_a_service_that_ends_closes_its_calls() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::under(folder.path());
    config.live_calls_max = 1;
    let service = Service::start(config, Vec::new()).await.unwrap();
    let desk = Desk(Arc::clone(&service.hub));
    let mut line = desk.admit(begins("c1")).unwrap();
    assert!(matches!(desk.admit(begins("c2")), Err(Refused::Full { .. })));
    assert!(!desk.has_room());
    joins(&mut line).await;
    speaks(&mut line, 0, 10).await;
    until(2_000, async || service.floor.all().iter().any(|call| call.picture().received_ms == 200))
        .await;
    let store = service.store.clone();
    let ended = tokio::spawn(service.end());
    assert_eq!(line.command().await, Some(crate::live::Command::End));
    assert!(matches!(desk.admit(begins("c3")), Err(Refused::Draining)));
    ended.await.unwrap().unwrap();
    drop(store);
    let (service, _) = start(folder.path()).await;
    assert_eq!(entries(&service.store).await.len(), 1);
    service.end().await.unwrap();
}

/// The samples of a recording, by channel.
fn recorded(path: &str) -> Vec<Vec<i16>> {
    let bytes = std::fs::read(path).unwrap();
    let channels = usize::from(bytes[22]);
    let samples: Vec<i16> = bytes[tape_file::DATA_AT as usize..]
        .chunks_exact(2)
        .map(|two| i16::from_le_bytes([two[0], two[1]]))
        .collect();
    let of = |ix| samples.iter().skip(ix).step_by(channels).copied().collect();
    (0..channels).map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_one_leg_is_recorded_on_one_channel_and_a_leg_that_comes_soon_has_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (service, desk) = start(folder.path()).await;
    let (mut alone, mut both) =
        (desk.admit(begins("c1")).unwrap(), desk.admit(begins("c2")).unwrap());
    let joins = async |line: &mut Line, leg, role| {
        let leg = LegId(leg);
        line.send(Ingest::LegJoined { leg, role, rate_hz: 8_000, codec: "pcm_alaw" }).await;
    };
    for line in [&mut alone, &mut both] {
        joins(line, 0, LegRole::Customer).await;
        says(line, 0, 0, 50).await;
    }
    joins(&mut both, 1, LegRole::Agent).await;
    says(&mut both, 1, 25, 25).await;
    let received = |native_id: &str| {
        let of = service.floor.all().into_iter().find(|call| call.native_id == native_id);
        of.map_or(0, |call| call.picture().received_ms)
    };
    until(5_000, async || received("c2") == 1_000).await;
    until(10_000, async || received("c1") == 1_000).await;
    // Who comes all the same is heard.
    joins(&mut alone, 1, LegRole::Agent).await;
    says(&mut alone, 0, 50, 25).await;
    says(&mut alone, 1, 50, 25).await;
    for line in [&mut alone, &mut both] {
        line.send(Ingest::Ended(EndCause::Normal)).await;
    }
    until(5_000, async || service.floor.is_empty()).await;

    let mut found: Vec<(Vec<Vec<i16>>, serde_json::Value)> = Vec::new();
    for entry in entries(&service.store).await {
        let facts = serde_json::from_str(entry.facts.as_deref().unwrap()).unwrap();
        found.push((recorded(&entry.file.path), facts));
    }
    found.sort_by_key(|(legs, _)| legs.len());
    let [(mono, mono_facts), (stereo, stereo_facts)] = &found[..] else {
        panic!("{}", found.len())
    };
    assert_eq!((mono.len(), mono[0].len()), (1, 12_000));
    assert_eq!((mono[0][7_999], mono[0][8_000], mono[0][11_999]), (1_000, 2, 2_000));
    assert!(mono_facts.get("legs").is_none(), "voices are told apart");
    assert_eq!((stereo.len(), stereo[0].len()), (2, 8_000));
    assert_eq!((stereo[0][0], stereo[1][3_999], stereo[1][4_000]), (1, 0, 1));
    assert_eq!(stereo_facts["legs"], serde_json::json!(["customer", "agent"]));
    service.end().await.unwrap();
}

/// A small disk, gone with it.
struct Disk(std::path::PathBuf);

impl Disk {
    /// `None`: only root may.
    fn mount(at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=4m,mode=700", "none"]).arg(at);
        let mounted = mount.status().is_ok_and(|status| status.success());
        mounted.then(|| Self(at.to_owned()))
    }

    fn fill(&self) {
        use std::io::Write as _;
        let mut file = std::fs::File::create(self.0.join("full")).unwrap();
        while file.write_all(&[1; 4_096]).is_ok() {}
        while file.write_all(&[1]).is_ok() {}
    }

    fn empty(&self) {
        std::fs::remove_file(self.0.join("full")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// What a disk does at its limit is tested with a writer of its own (`tape_file`); here with a real one, where root may mount it.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_ends_no_call_and_what_is_lost_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(&folder.path().join("live")) else {
        eprintln!("only root may mount a small disk: not tried");
        return;
    };
    let (service, desk) = start(folder.path()).await;
    let of = |native_id: &str| {
        service.floor.all().into_iter().find(|call| call.native_id == native_id).unwrap()
    };
    let mut first = desk.admit(begins("c1")).unwrap();
    joins(&mut first).await;
    speaks(&mut first, 0, 50).await;
    let call = of("c1");
    until(5_000, async || call.picture().received_ms == 1_000).await;
    disk.fill();
    // 60 s: more than can wait.
    let mut heard = call.audio.subscribe();
    for from in (50..3_050).step_by(50) {
        speaks(&mut first, from, 50).await;
        let came = || call.now_ms.load(Ordering::Relaxed) == 20 * (from + 49);
        until(5_000, async || came()).await;
    }
    until(10_000, async || call.picture().lost_ms > 5_000).await;
    assert!(heard.recv().await.is_ok() || heard.recv().await.is_ok(), "listeners go on");

    // Calls that begin now: one ends while there is no room, the other goes on.
    let (mut second, mut third) =
        (desk.admit(begins("c2")).unwrap(), desk.admit(begins("c3")).unwrap());
    for line in [&mut second, &mut third] {
        joins(line).await;
        speaks(line, 0, 50).await;
    }
    let (gone, kept) = (of("c2").id.clone(), of("c3").id.clone());
    until(5_000, async || of("c2").now_ms.load(Ordering::Relaxed) == 980).await;
    second.send(Ingest::Ended(EndCause::Normal)).await;
    until(10_000, async || service.floor.call(&gone).is_none()).await;
    assert!(entries(&service.store).await.is_empty());
    let told = service.store.live_events(&gone).await.unwrap();
    assert_eq!((told.len(), told[0].kind.as_str()), (1, "lost"));

    disk.empty();
    until(5_000, async || of("c3").picture().received_ms == 1_000).await;
    speaks(&mut first, 3_050, 50).await;
    until(10_000, async || call.picture().received_ms == 62_000).await;
    for line in [&mut first, &mut third] {
        line.send(Ingest::Ended(EndCause::Normal)).await;
    }
    until(10_000, async || service.floor.is_empty()).await;
    let all = entries(&service.store).await;
    assert_eq!(all.len(), 2);
    assert!(service.store.open_live().await.unwrap().is_empty());
    for entry in all {
        let legs = recorded(&entry.file.path);
        let facts: serde_json::Value =
            serde_json::from_str(entry.facts.as_deref().unwrap()).unwrap();
        let lost = facts["extra"].get("audio_lost_s").and_then(|lost| lost.as_str());
        let lost_s: Option<f64> = lost.map(|lost| lost.parse().unwrap());
        if entry.call_id.as_deref() == Some(&kept) {
            // What came before there was room has waited for it.
            assert_eq!((legs[0].len(), legs[0][999], lost_s), (8_000, 999, None));
            continue;
        }
        assert_eq!(legs[0].len(), 62 * 8_000);
        // 0 is a sample of the tone too, one in a thousand.
        let silent = legs[1].iter().filter(|sample| **sample == 0).count() as f64 / 8_000.0;
        let lost_s = lost_s.unwrap();
        assert!((silent - lost_s).abs() < 0.2, "{silent} {lost_s}");
        assert_eq!(legs[0][62 * 8_000 - 1], 999, "times stay true");
    }
    service.end().await.unwrap();
}
