//! What receiving costs: to be read, not to be passed. `cargo test … live::siprec::tests::load -- --ignored --nocapture`

use std::sync::Mutex;
use std::time::Instant;

use super::*;
use crate::live::rtp::{Codec, Format, Leg};
use crate::live::{CallStart, Line, Refused};

/// CPU seconds of a thread so far.
fn cpu_s(task: &str) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/self/task/{task}/schedstat")).unwrap();
    text.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1e9
}

#[test]
#[ignore = "a measurement"]
fn a_leg_without_sockets() {
    let mut sender = Packetiser::new(G711::Alaw, 1, 1, 1);
    let seconds = 600;
    let packets: Vec<_> =
        (0..seconds * 50).map(|n| sender.packet(&[(n % 300) as i16 * 50; 160])).collect();
    let mut leg = Leg::new(LegId(0), 8_000);
    leg.describe(vec![(8, Format::Audio(Codec::Pcma))], None);
    let (mut out, mut count) = (Vec::new(), 0);
    let begun = Instant::now();
    for (n, packet) in packets.iter().enumerate() {
        leg.push(n as u64 * 20_000, packet, &mut out);
        count += out.len();
        out.clear();
    }
    let took = begun.elapsed();
    println!("{count} frames, {:.1} µs a leg-second", took.as_secs_f64() * 1e6 / seconds as f64);
}

/// Counts frames and what is lost, and keeps nothing.
struct Counter(Arc<Mutex<(u64, u64, u64)>>);

impl Exchange for Counter {
    fn admit(&self, _: CallStart) -> Result<Line, Refused> {
        let (line, mut ends) = Line::new();
        let counts = Arc::clone(&self.0);
        tokio::spawn(async move {
            let _commands = ends.commands;
            while let Some(event) = ends.events.recv().await {
                let mut counts = counts.lock().unwrap();
                match event {
                    Ingest::Audio { .. } => counts.0 += 1,
                    Ingest::Gap { .. } => counts.1 += 1,
                    Ingest::Ended(_) => counts.2 += 1,
                    _ => {}
                }
            }
        });
        Ok(line)
    }

    fn has_room(&self) -> bool {
        true
    }
}

#[test]
#[ignore = "a measurement"]
fn two_hundred_calls_at_real_pace() {
    let seconds: u64 = std::env::var("LINGTING_LOAD_S").map_or(20, |s| s.parse().unwrap());
    let counts = Arc::new(Mutex::new((0, 0, 0)));
    let (tell, told) = std::sync::mpsc::channel();
    let (stop, counter) = (CancellationToken::new(), Counter(Arc::clone(&counts)));
    let stopped = stop.clone();
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let bound = bind(config()).await.unwrap();
            let task = std::fs::read_link("/proc/thread-self").unwrap();
            let task = task.file_name().unwrap().to_string_lossy().into_owned();
            tell.send((bound.addresses(), task)).unwrap();
            bound.serve(Arc::new(counter), stopped).await.unwrap();
        });
    });
    let ([udp, tcp, _], task) = told.recv().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let rig = Rig { tape: Tape::new(1), udp: udp.unwrap(), tcp: tcp.unwrap(), stop };
    let mut clients = Vec::new();
    let mut ports = Vec::new();
    runtime.block_on(async {
        for n in 0..200 {
            let mut client = Client::new(&rig, &format!("load-{n}")).await;
            ports.extend(client.call(&offer().body()).await);
            clients.push(client);
        }
    });
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut senders: Vec<_> = (0..400).map(|n| Packetiser::new(G711::Alaw, n, 1, 1)).collect();
    let before = cpu_s(&task);
    let begun = Instant::now();
    for n in 0..seconds * 50 {
        for (port, sender) in ports.iter().zip(&mut senders) {
            socket
                .send_to(&sender.packet(&[(n % 100) as i16 * 90; 160]), ("127.0.0.1", *port))
                .unwrap();
        }
        let next = begun + Duration::from_millis((n + 1) * 20);
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    let cpu = cpu_s(&task) - before;
    runtime.block_on(async {
        for client in &mut clients {
            assert_eq!(client.ask("BYE", "", "").await.0, 200);
        }
    });
    std::thread::sleep(Duration::from_millis(500));
    let wall = begun.elapsed().as_secs_f64();
    let (frames, gaps, ended) = *counts.lock().unwrap();
    println!(
        "400 legs for {seconds} s ({wall:.1} s): {frames} of {} frames, {gaps} gaps, {ended} calls ended; {:.3} cores, {:.0} µs a leg-second",
        400 * seconds * 50,
        cpu / seconds as f64,
        cpu * 1e6 / (400 * seconds) as f64,
    );
    drop(rig);
    server.join().unwrap();
}
