//! Scans and malformed requests at a recording server that has a call: the call, and those after it, know nothing of them.

use super::rig_tests::*;
use super::*;

/// The first INVITE of a call, whole.
fn invite(client: &Client, more: &str, body: &str) -> String {
    client.text("INVITE", more, body)
}

/// Requests whose SIP, SDP or XML is wrong in some way.
fn malformed(client: &Client) -> Vec<Vec<u8>> {
    let good = offer();
    let whole = invite(client, MIXED, &good.body());
    let with = |sdp: &str| invite(client, SDP, sdp);
    let told = |xml: &str| {
        let body = good.body();
        let (from, to) = (body.find("<?xml").unwrap(), body.find("</recording>").unwrap() + 12);
        invite(client, MIXED, &format!("{}{xml}{}", &body[..from], &body[to..]))
    };
    let mut all: Vec<String> = vec![
        with(""),
        with(
            "v=0\r\nm=\r\nm=audio\r\nm=audio x RTP/AVP\r\nc=IN\r\na=rtpmap:\r\na=label:\r\na=crypto:\r\n",
        ),
        with(&"m=audio 4000 RTP/AVP 8\r\n".repeat(2_000)),
        with("m=audio 99999999999 RTP/AVP 8 999 -1\r\na=rtpmap:8 PCMA/0/0\r\n"),
        with("m=audio 4000 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\r\n"),
        told(""),
        told("<recording>"),
        told("<recording><session session_id='"),
        told(&"<a>".repeat(20_000)),
        told(
            "<!DOCTYPE r [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><recording>&b;</recording>",
        ),
        told("<recording><stream stream_id=\"&#x110000;\"/><participant/></recording>"),
        invite(client, &MIXED.replace("boundary=lingting-part", "boundary="), &good.body()),
        invite(client, &MIXED.replace("lingting-part", "another"), &good.body()),
        whole.replace("SIP/2.0\r\n", "SIP/3.0\r\n"),
        whole.replace("CSeq: ", "CSeq: 99999999999"),
        whole.replace("Via: ", "Vai: "),
        whole.replace("Content-Length: ", "Content-Length: -"),
        whole.replace("From: ", &format!("X: {}\r\nFrom: ", "y".repeat(20_000))),
        whole.replace("From: ", &format!("{}From: ", "X: y\r\n".repeat(2_000))),
    ];
    // Cut off anywhere.
    all.extend((0..whole.len()).step_by(53).filter_map(|at| whole.get(..at).map(str::to_owned)));
    let mut all: Vec<Vec<u8>> = all.into_iter().map(String::into_bytes).collect();
    all.extend([vec![0xff; 1_200], vec![0; 1_200], b"\r\n\r\n".to_vec(), Vec::new()]);
    all
}

#[tokio::test]
async fn a_scan_and_malformed_requests_harm_no_call() {
    let rig = rig(1_000, SiprecConfig { stall_s_max: 1, ..config() }).await;
    let mut client = Client::new(&rig, "good").await;
    let ports = client.call(&offer().body()).await;
    let scan = async {
        for n in 0..120 {
            let mut peer = TcpStream::connect(rig.tcp).await.unwrap();
            let bytes: &[u8] = match n % 4 {
                0 => b"",
                1 => b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                2 => &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3],
                _ => &[0xff; 700],
            };
            // The other side may be gone already.
            let _ = peer.write_all(bytes).await;
        }
    };
    let bent = async {
        for (n, bytes) in malformed(&Client::new(&rig, "bent").await).into_iter().enumerate() {
            let other = Client::new(&rig, "x").await;
            let text = String::from_utf8_lossy(&bytes)
                .replace("Call-ID: bent", &format!("Call-ID: bent-{n}"));
            let bytes = if bytes.is_ascii() { text.into_bytes() } else { bytes };
            // What no datagram holds goes by TCP; both ways read the same.
            if bytes.len() < 60_000 {
                other.socket.send(&bytes).await.unwrap();
            }
            let mut peer = TcpStream::connect(rig.tcp).await.unwrap();
            let _ = peer.write_all(&bytes).await;
        }
    };
    tokio::join!(talk(&ports, 3, |_, _, _| Some(0)), scan, bent);
    assert_eq!(client.ask("BYE", "", "").await.0, 200);
    let calls = rig.tape.calls();
    let call = calls.iter().find(|call| joined(call).len() == 2 && !call.audio(0).is_empty());
    let call = call.expect("the call that was heard").clone();
    assert!(rig.tape.until(SOON, |_| call.is_over()).await);
    assert_eq!(call.events().last(), Some(&Ingest::Ended(EndCause::Normal)));
    assert!(apart_ms(&call, 0).len() >= 4, "both legs were heard");

    // And the next one is taken.
    let mut next = Client::new(&rig, "next").await;
    next.call(&offer().body()).await;
    assert_eq!(next.ask("BYE", "", "").await.0, 200);
    // What was begun by a malformed request ends with the service, like any call.
    rig.stop.cancel();
    let all_over = |calls: &[Taped]| calls.iter().all(Taped::is_over);
    assert!(rig.tape.until(SOON, all_over).await);
}
