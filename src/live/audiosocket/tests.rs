//! Connections over loopback, whole and broken.

use tokio::io::AsyncWriteExt as _;

use super::super::event::Ingest;
use super::super::exchange::Command;
use super::super::tape::{Tape, Taped};
use super::frame::frame;
use super::*;

const SECOND: Duration = Duration::from_secs(2);

struct Served {
    address: SocketAddr,
    tape: Arc<Tape>,
    announced: Announcements,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<Result<(), AudioSocketError>>,
}

fn served(pairing: Pairing, idle: Duration) -> Served {
    let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let source = "pbx".to_owned();
    let config =
        AudioSocketConfig { source, pairing, idle, connections_max: 4, ..Default::default() };
    let (tape, stop, announced) =
        (Tape::new(1), CancellationToken::new(), Announcements::default());
    let serving = serve(listener, config, announced.clone(), tape.clone(), stop.clone());
    Served { address, tape, announced, stop, serving: tokio::spawn(serving) }
}

async fn connect(address: SocketAddr, id: u128) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&frame(0x01, &id.to_be_bytes())).await.unwrap();
    stream
}

/// Frames cut in the middle, as TCP does.
async fn say(stream: &mut TcpStream, bytes: &[u8]) {
    let (head, tail) = bytes.split_at(bytes.len() / 2);
    for half in [head, tail] {
        stream.write_all(half).await.unwrap();
        stream.flush().await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn over(calls: &[Taped]) -> bool {
    calls.len() == 1 && calls[0].is_over()
}

#[tokio::test]
async fn two_connections_are_one_call() {
    let served = served(Pairing::LastDigit, SECOND);
    let mut customer = connect(served.address, 0x10).await;
    let mut agent = connect(served.address, 0x11).await;
    for _ in 0..3 {
        say(&mut customer, &frame(0x10, &[1; 320])).await;
        say(&mut agent, &frame(0x12, &[2; 640])).await;
    }
    say(&mut agent, &frame(0x03, b"7")).await;
    say(&mut agent, &frame(0x77, &[0; 9])).await;
    let both = |calls: &[Taped]| {
        calls.len() == 1 && calls[0].events().iter().any(|e| matches!(e, Ingest::Dtmf { .. }))
    };
    assert!(served.tape.until(SECOND, both).await);
    say(&mut customer, &frame(0x00, &[])).await;
    let left = |calls: &[Taped]| {
        calls[0].events().iter().any(|event| matches!(event, Ingest::LegLeft { .. }))
    };
    assert!(served.tape.until(SECOND, left).await);
    assert!(!over(&served.tape.calls()));
    say(&mut agent, &frame(0x00, &[])).await;
    assert!(served.tape.until(SECOND, over).await);

    let events = served.tape.calls()[0].events();
    let joined: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Ingest::LegJoined { role, rate_hz, .. } => Some((*role, *rate_hz)),
            _ => None,
        })
        .collect();
    assert_eq!(joined, [(LegRole::Customer, 8_000), (LegRole::Agent, 16_000)]);
    let heard = |leg: u8| -> usize {
        events
            .iter()
            .map(|event| match event {
                Ingest::Audio { leg: of, pcm, .. } if of.0 == leg => pcm.len(),
                _ => 0,
            })
            .sum()
    };
    assert_eq!((heard(0), heard(1)), (480, 960));
    assert_eq!(events.last(), Some(&Ingest::Ended(EndCause::Normal)));
}

#[tokio::test]
async fn only_announced_connections_are_taken_and_each_once() {
    let served = served(Pairing::Announced, SECOND);
    let key = CallKey { source: "pbx".into(), native_id: "1700000000.1".into() };
    let start = CallStart { key, facts: Facts::default(), handles: Default::default() };
    let leg = AnnouncedLeg { start, role: LegRole::Agent };
    assert!(served.announced.announce(Uuid::from_u128(5), leg.clone()));
    assert!(served.announced.announce(Uuid::from_u128(6), leg));
    served.announced.withdraw(Uuid::from_u128(6));
    let mut kept = Vec::new();
    for (id, taken) in [(9, false), (6, false), (5, true), (5, false)] {
        let mut stream = connect(served.address, id).await;
        let closed = timeout(Duration::from_millis(200), stream.read(&mut [0; 1])).await;
        assert_eq!(closed.is_err(), taken, "{id}");
        kept.push(stream);
    }
    assert!(served.tape.until(SECOND, |calls| calls.len() == 1).await);
    assert_eq!(served.tape.calls()[0].start.key.native_id, "1700000000.1");
    served.stop.cancel();
    served.serving.await.unwrap().unwrap();
    assert!(served.tape.until(SECOND, over).await);
    let last = served.tape.calls()[0].events().last().cloned();
    assert_eq!(last, Some(Ingest::Ended(EndCause::Shutdown)));
}

#[tokio::test]
async fn broken_half_open_and_unwanted_connections_end_the_call() {
    for (what, cause) in [
        ("broken", EndCause::Transport),
        ("half open", EndCause::Timeout),
        ("unwanted", EndCause::Normal),
    ] {
        let served = served(Pairing::Single, Duration::from_millis(300));
        let mut stream = connect(served.address, 7).await;
        say(&mut stream, &frame(0x10, &[1; 320])).await;
        let heard = |calls: &[Taped]| calls.len() == 1 && !calls[0].audio(0).is_empty();
        assert!(served.tape.until(SECOND, heard).await, "{what}");
        let call = served.tape.calls().remove(0);
        let kept = match what {
            "broken" => {
                drop(stream);
                None
            }
            "unwanted" => {
                call.commands.send(Command::End).await.unwrap();
                Some(stream)
            }
            _ => Some(stream),
        };
        assert!(served.tape.until(SECOND, over).await, "{what}");
        assert_eq!(call.events().last(), Some(&Ingest::Ended(cause)), "{what}");
        drop(kept);
    }
}

#[tokio::test]
async fn garbage_and_refused_calls_are_closed() {
    let served = served(Pairing::Single, SECOND);
    let mut garbage = TcpStream::connect(served.address).await.unwrap();
    garbage.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut first = connect(served.address, 1).await;
    say(&mut first, &frame(0x10, &[1; 320])).await;
    assert!(served.tape.until(SECOND, |calls| calls.len() == 1).await);
    // The tape takes one call: the second connection is closed.
    let mut second = connect(served.address, 2).await;
    let closed = timeout(SECOND, second.read(&mut [0; 1])).await.unwrap();
    assert_eq!(closed.unwrap_or(0), 0);
    assert_eq!(served.tape.calls().len(), 1);
    assert!(!served.tape.calls()[0].is_over());
}

#[tokio::test]
async fn a_scan_takes_no_place() {
    let served = served(Pairing::Single, SECOND);
    // There is room for four at a time.
    for n in 0..60u32 {
        let mut stranger = TcpStream::connect(served.address).await.unwrap();
        let bytes: &[u8] = match n % 3 {
            0 => b"",
            1 => b"GET / HTTP/1.1\r\n\r\n",
            _ => &[0x01, 0xff, 0xff, 7],
        };
        // The other side may be gone already.
        let _ = stranger.write_all(bytes).await;
    }
    let heard = |calls: &[Taped]| calls.len() == 1 && !calls[0].audio(0).is_empty();
    let begun = tokio::time::Instant::now();
    let mut streams = Vec::new();
    while !heard(&served.tape.calls()) && begun.elapsed() < 5 * SECOND {
        let mut stream = connect(served.address, 7).await;
        let _ = stream.write_all(&frame(0x10, &[1; 320])).await;
        served.tape.until(Duration::from_millis(300), heard).await;
        streams.push(stream);
    }
    assert!(heard(&served.tape.calls()));
}
