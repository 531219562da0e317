//! The recording server before real peers: sipp, kamailio, rtpengine. A program that is not installed skips its test, unless
//! `LINGTING_PEERS=required`.

use std::path::Path;
use std::process::{Child, Command as Program, Stdio};

use super::*;

pub(super) fn has(program: &str) -> bool {
    let found = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"]
        .iter()
        .any(|folder| Path::new(folder).join(program).exists());
    let required = std::env::var("LINGTING_PEERS").is_ok_and(|value| value == "required");
    assert!(found || !required, "{program} is not installed");
    if !found {
        eprintln!("skipped: {program} is not installed");
    }
    found
}

/// Real peers keep real time: one test after the other.
pub(super) static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A program that ends with its test.
pub(super) struct Running(pub(super) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const INVITE_BODY: &str = "--foobar\nContent-Type: application/sdp\n\n[SDP]\n--foobar\nContent-Type: application/rs-metadata+xml\nContent-Disposition: recording-session\n\n\
    <?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<recording xmlns=\"urn:ietf:params:xml:ns:recording:1\"><datamode>complete</datamode></recording>\n--foobar--\n";
const TYPE: &str = "Require: siprec\nContent-Type: multipart/mixed;boundary=foobar\n";

fn sdp(lines: usize, direction: &str) -> String {
    let line = |ix: usize| {
        format!(
            "m=audio [auto_media_port+{}] RTP/AVP 8 96\na=rtpmap:8 PCMA/8000\na=rtpmap:96 telephone-event/8000\na=label:{}\na={direction}\n",
            ix * 2,
            ix + 1
        )
    };
    let head = "v=0\no=SRC 1 1 IN IP[local_ip_type] [local_ip]\ns=-\nc=IN IP[media_ip_type] [media_ip]\nt=0 0\n";
    format!("{head}{}", (0..lines).map(line).collect::<String>())
}

fn send(method: &str, cseq: u32, more: &str, body: &str, routed: bool) -> String {
    let first = cseq == 1 && method == "INVITE";
    let to = if first { "To: <sip:srs@[remote_ip]:[remote_port]>" } else { "[last_To:]" };
    let (uri, routes) = match routed && !first {
        true => ("[next_url]", "[routes]\n"),
        false => ("sip:srs@[remote_ip]:[remote_port]", ""),
    };
    let retrans = if method == "ACK" { "" } else { " retrans=\"500\"" };
    format!(
        "<send{retrans}><![CDATA[\n{method} {uri} SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n\
         From: <sip:src@[local_ip]:[local_port]>;tag=[pid]t[call_number]\n{to}\nCall-ID: [call_id]\nCSeq: {cseq} {method}\n\
         Contact: <sip:src@[local_ip]:[local_port];transport=[transport]>;+sip.src\nMax-Forwards: 70\n{routes}{more}Content-Length: [len]\n\n{body}\n]]></send>\n"
    )
}

const OK: &str =
    "<recv response=\"100\" optional=\"true\"/>\n<recv response=\"200\" rrs=\"true\"/>\n";

fn pause(ms: u32) -> String {
    format!("<pause milliseconds=\"{ms}\"/>\n")
}

/// Runs a scenario, one call; panics with what sipp said when it fails.
async fn sipp(steps: &str, to: SocketAddr, transport: &str, folder: &Path) {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\" ?>\n<scenario name=\"SRC\">\n{steps}</scenario>\n"
    );
    std::fs::write(folder.join("s.xml"), text).unwrap();
    let mut program = Program::new("sipp");
    program.current_dir(folder).stdin(Stdio::null()).args([
        &to.to_string(),
        "-t",
        transport,
        "-i",
        "127.0.0.1",
        "-mi",
        "127.0.0.1",
        "-sf",
        "s.xml",
        "-m",
        "1",
        "-nostdin",
        "-timeout",
        "20",
        "-timeout_error",
        "-trace_err",
        "-error_file",
        "errors.txt",
    ]);
    let output = tokio::task::spawn_blocking(move || program.output().unwrap()).await.unwrap();
    let errors = std::fs::read_to_string(folder.join("errors.txt")).unwrap_or_default();
    assert!(output.status.success(), "{:?}\n{errors}", output.status);
}

fn invite(lines: usize) -> String {
    send("INVITE", 1, TYPE, &INVITE_BODY.replace("[SDP]", &sdp(lines, "sendonly")), false)
}

/// How much of a tone is in samples, from 0 to 1: in pieces of 50 ms, since its phase moves where the clock is corrected.
fn share(pcm: &[i16], hz: f32) -> f32 {
    let pieces = pcm.chunks(400).map(|piece| {
        let (mut sine, mut cosine, mut power) = (0.0f32, 0.0f32, 1.0f32);
        for (n, sample) in piece.iter().enumerate() {
            let angle = n as f32 * hz * std::f32::consts::TAU / 8_000.0;
            let sample = f32::from(*sample);
            sine += sample * angle.sin();
            cosine += sample * angle.cos();
            power += sample * sample;
        }
        (sine * sine + cosine * cosine) * 2.0 / (power * piece.len().max(1) as f32)
    });
    pieces.sum::<f32>() / pcm.chunks(400).count().max(1) as f32
}

#[tokio::test(flavor = "multi_thread")]
async fn sipp_with_audio_on_both_legs() {
    if !has("sipp") || !has("ffmpeg") {
        return;
    }
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().unwrap();
    for (name, hz) in [("leg1.al", 440.0f32), ("leg2.al", 880.0)] {
        use audio_codec::Encoder as _;
        let step = hz * std::f32::consts::TAU / 8_000.0;
        let pcm: Vec<i16> =
            (0..16_000).map(|n| ((n as f32 * step).sin() * 8_000.0) as i16).collect();
        std::fs::write(
            folder.path().join(name),
            audio_codec::pcma::PcmaEncoder::new().encode(&pcm),
        )
        .unwrap();
    }
    let ports = "<recv response=\"100\" optional=\"true\"/>\n<recv response=\"200\" rrs=\"true\"><action><ereg regexp=\"m=audio ([0-9]+).*m=audio ([0-9]+)\" \
        search_in=\"msg\" check_it=\"true\" assign_to=\"all,p1,p2\"/></action></recv>\n<Reference variables=\"all,p1,p2\"/>\n";
    let play = "<nop><action><exec rtp_stream=\"leg1.al,1,8,PCMA/8000\"/><exec command=\"ffmpeg -loglevel quiet -re -f alaw -ar 8000 -ac 1 -i leg2.al -c:a copy -f rtp -payload_type 8 \
        rtp://127.0.0.1:[$p2]?pkt_size=172\"/></action></nop>\n";
    let keys = "<nop><action><exec play_dtmf=\"12#\"/></action></nop>\n";
    let steps = [
        invite(2),
        ports.into(),
        send("ACK", 1, "", "", false),
        play.into(),
        pause(2_600),
        keys.into(),
        pause(4_000),
        send("BYE", 2, "", "", false),
        OK.into(),
    ];
    let rig = rig(5, config()).await;
    sipp(&steps.concat(), rig.udp, "u1", folder.path()).await;
    let call = one(&rig, Taped::is_over).await;
    for (leg, hz, other) in [(0, 440.0, 880.0), (1, 880.0, 440.0)] {
        let pcm = call.audio(leg);
        let loud: Vec<i16> =
            pcm.iter().copied().skip_while(|s| s.abs() < 1_000).take(12_000).collect();
        let shares = (share(&loud, hz), share(&loud, other));
        // ffmpeg sends bursts of 128 ms: at first the clock is corrected by some samples a frame, which bends the tone.
        assert!(loud.len() > 8_000 && shares.0 > 0.6 && shares.1 < 0.05, "{leg}: {shares:?}");
    }
    let keys = call.events().iter().filter(|e| matches!(e, Ingest::Dtmf { .. })).count();
    assert_eq!(keys, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn sipp_holds_resumes_and_adds_a_leg() {
    if !has("sipp") {
        return;
    }
    let _turn = TURN.lock().await;
    let plain = "Content-Type: application/sdp\n";
    let ack = |cseq| send("ACK", cseq, "", "", false);
    let update = INVITE_BODY.replace("[SDP]", &sdp(2, "sendonly")).replace("complete", "partial");
    let steps = [
        invite(1),
        OK.into(),
        ack(1),
        pause(100),
        send("UPDATE", 2, TYPE, &update, false),
        OK.into(),
        pause(100),
        send("INVITE", 3, plain, &sdp(2, "inactive"), false),
        OK.into(),
        ack(3),
        pause(100),
        send("INVITE", 4, plain, &sdp(2, "sendonly"), false),
        OK.into(),
        ack(4),
        pause(100),
        send("BYE", 5, "", "", false),
        OK.into(),
    ];
    let folder = tempfile::tempdir().unwrap();
    for transport in ["u1", "t1"] {
        let rig = rig(5, config()).await;
        let to = if transport == "u1" { rig.udp } else { rig.tcp };
        sipp(&steps.concat(), to, transport, folder.path()).await;
        let call = one(&rig, Taped::is_over).await;
        let count = |which: fn(&Ingest) -> bool| call.events().iter().filter(|e| which(e)).count();
        assert_eq!(count(|e| matches!(e, Ingest::LegJoined { .. })), 2);
        assert_eq!(count(|e| matches!(e, Ingest::Held { .. })), 2);
        assert_eq!(count(|e| matches!(e, Ingest::Resumed { .. })), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sipp_leaves_the_offer_to_us_cancels_and_never_says_bye() {
    if !has("sipp") {
        return;
    }
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().unwrap();
    let late = [
        send("INVITE", 1, "Require: siprec\n", "", false),
        OK.into(),
        send("ACK", 1, "Content-Type: application/sdp\n", &sdp(2, "sendonly"), false),
        pause(200),
        send("BYE", 2, "", "", false),
        OK.into(),
    ];
    let rig_late = rig(5, config()).await;
    sipp(&late.concat(), rig_late.udp, "u1", folder.path()).await;
    assert_eq!(joined(&one(&rig_late, Taped::is_over).await).len(), 2);

    let cancel = send("CANCEL", 1, "", "", false)
        .replace("branch=[branch]", "branch=[branch-3]")
        .replace("[last_To:]", "To: <sip:srs@[remote_ip]:[remote_port]>");
    let crossing = [
        invite(2),
        OK.into(),
        cancel,
        OK.into(),
        send("ACK", 1, "", "", false),
        send("BYE", 2, "", "", false),
        OK.into(),
    ];
    let rig_cancel = rig(5, config()).await;
    sipp(&crossing.concat(), rig_cancel.udp, "u1", folder.path()).await;
    one(&rig_cancel, Taped::is_over).await;

    let answer = "<recv request=\"BYE\"/>\n<send><![CDATA[\nSIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\nContent-Length: 0\n\n]]></send>\n";
    let silent = [invite(2), OK.into(), send("ACK", 1, "", "", false), answer.into()];
    for transport in ["u1", "t1"] {
        let rig = rig(5, SiprecConfig { silence_s_max: 1, ..config() }).await;
        let to = if transport == "u1" { rig.udp } else { rig.tcp };
        sipp(&silent.concat(), to, transport, folder.path()).await;
        let call = one(&rig, Taped::is_over).await;
        assert_eq!(call.events().last(), Some(&Ingest::Ended(EndCause::Timeout)));
    }
}

/// A port that was free a moment ago.
pub(super) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread")]
async fn kamailio_relays_from_tcp_to_tls() {
    if !has("sipp") || !has("kamailio") || !has("openssl") {
        return;
    }
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let made = Program::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-keyout",
            &at("k.pem"),
            "-out",
            &at("c.pem"),
        ])
        .stderr(Stdio::null())
        .status();
    assert!(made.unwrap().success());
    let config = SiprecConfig {
        tls: Some("127.0.0.1:0".parse().unwrap()),
        tls_certificate: Some(at("c.pem").into()),
        tls_key: Some(at("k.pem").into()),
        silence_s_max: 2,
        ..config()
    };
    let bound = bind(config).await.unwrap();
    let tls = bound.addresses()[2].unwrap();
    let tape = Tape::new(5);
    let stop = CancellationToken::new();
    let _guard = stop.clone().drop_guard();
    tokio::spawn(bound.serve(Arc::clone(&tape) as Arc<dyn Exchange>, stop));
    let port = free_port();
    let script = format!(
        "#!KAMAILIO\ndebug=0\nlog_stderror=yes\nchildren=1\nlisten=tcp:127.0.0.1:{port}\nenable_tls=yes\nlisten=tls:127.0.0.1:{}\n\
         loadmodule \"tm.so\"\nloadmodule \"sl.so\"\nloadmodule \"rr.so\"\nloadmodule \"pv.so\"\nloadmodule \"maxfwd.so\"\nloadmodule \"textops.so\"\n\
         loadmodule \"siputils.so\"\nloadmodule \"tls.so\"\nmodparam(\"tls\", \"tls_method\", \"TLSv1.2+\")\nmodparam(\"tls\", \"private_key\", \"{}\")\n\
         modparam(\"tls\", \"certificate\", \"{}\")\nmodparam(\"tls\", \"verify_certificate\", 0)\nrequest_route {{\n\
         if (has_totag()) {{ if (loose_route()) {{ t_relay(); exit; }} if (is_method(\"ACK\") && t_check_trans()) {{ t_relay(); }} exit; }}\n\
         record_route();\n$du = \"sip:127.0.0.1:{};transport=tls\";\nt_relay();\n}}\n",
        free_port(),
        at("k.pem"),
        at("c.pem"),
        tls.port(),
    );
    std::fs::write(folder.path().join("k.cfg"), script).unwrap();
    let log = std::fs::File::create(folder.path().join("log")).unwrap();
    let child = Program::new("kamailio")
        .args([
            "-DD",
            "-E",
            "-m",
            "64",
            "-M",
            "8",
            "-f",
            &at("k.cfg"),
            "-w",
            &at(""),
            "-Y",
            &at(""),
            "-P",
            &at("pid"),
        ])
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let _kamailio = Running(child);
    let proxy: SocketAddr = ([127, 0, 0, 1], port).into();
    let mut up = false;
    for _ in 0..100 {
        up = TcpStream::connect(proxy).await.is_ok();
        if up {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(up, "{}", std::fs::read_to_string(at("log")).unwrap());
    let steps = [
        invite(2),
        OK.into(),
        send("ACK", 1, "", "", true),
        pause(300),
        send("BYE", 2, "", "", true),
        OK.into(),
    ];
    sipp(&steps.concat(), proxy, "t1", folder.path()).await;
    // Our own BYE goes back by the same way.
    let answer = "<recv request=\"BYE\"/>\n<send><![CDATA[\nSIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\nContent-Length: 0\n\n]]></send>\n";
    let silent = [invite(2), OK.into(), send("ACK", 1, "", "", true), answer.into()];
    sipp(&silent.concat(), proxy, "t1", folder.path()).await;
    let over = tape.until(SOON, |calls| calls.len() == 2 && calls.iter().all(Taped::is_over)).await;
    assert!(over);
}
