//! Sources as people write them, and what names and records of real systems tell. All numbers are invented.

use super::*;

fn raw(text: &str) -> RawSource {
    toml::from_str(text).unwrap()
}

fn knowing(preset: &str) -> Knowing {
    let text = format!(
        "kind = \"folder\"\nname = \"a\"\npath = \"/tmp\"\npreset = \"{preset}\"\ntimezone = \"+08:00\""
    );
    match Source::new(&raw(&text)).unwrap() {
        Source::Folder(folder) => folder.knowing,
        Source::Bucket(_) => panic!("a folder"),
    }
}

/// What a preset reads from a name, as JSON; empty when nothing.
#[track_caller]
fn check(preset: &str, stem: &str, wanted: &str) {
    let told = knowing(preset).of_name(stem);
    assert!(told.check().is_ok(), "{told:?}");
    assert_eq!(told.to_json().unwrap_or_default(), wanted, "{stem}");
}

#[test]
fn names_of_freepbx() {
    let tail = "20260315-101530-1773540930.127";
    let when = r#""started_at":"2026-03-15T10:15:30+08:00","extra":{"uniqueid":"1773540930.127"}"#;
    check(
        "freepbx",
        &format!("out-19900006136-2001-{tail}"),
        &format!(
            r#"{{"customer":{{"number":"19900006136"}},"agent":{{"id":"2001"}},{when},"direction":"outbound"}}"#
        ),
    );
    check(
        "freepbx",
        &format!("external-2001-19900006136-{tail}"),
        &format!(
            r#"{{"agent":{{"id":"2001"}},"customer":{{"number":"19900006136"}},{when},"direction":"inbound"}}"#
        ),
    );
    check(
        "freepbx",
        &format!("q-600-+8619900006136-{tail}"),
        &format!(
            r#"{{"queue":"600","customer":{{"number":"+8619900006136"}},{when},"direction":"inbound"}}"#
        ),
    );
    check(
        "freepbx",
        &format!("in-4008001234-anonymous-{tail}"),
        r#"{"extra":{"dialled":"4008001234","uniqueid":"1773540930.127"},"customer":{"number":"anonymous"},"started_at":"2026-03-15T10:15:30+08:00","direction":"inbound"}"#,
    );
    check(
        "freepbx",
        &format!("ondemand-2001-2002-{tail}"),
        r#"{"extra":{"kind":"ondemand","dialled":"2001","caller":"2002","uniqueid":"1773540930.127"},"started_at":"2026-03-15T10:15:30+08:00"}"#,
    );
    check("freepbx", "out-19900006136-2001", "");
    check(
        "freepbx",
        "out-19900006136-2001-20261315-101530-1773540930.127",
        r#"{"customer":{"number":"19900006136"},"agent":{"id":"2001"},"extra":{"uniqueid":"1773540930.127"},"direction":"outbound"}"#,
    );
}

#[test]
fn names_of_others() {
    check(
        "issabel",
        "20260315-101530-1773540930.127",
        r#"{"started_at":"2026-03-15T10:15:30+08:00","extra":{"uniqueid":"1773540930.127"}}"#,
    );
    check(
        "issabel",
        "q600-20260315-101530-1773540930.127",
        r#"{"queue":"600","started_at":"2026-03-15T10:15:30+08:00","extra":{"uniqueid":"1773540930.127"},"direction":"inbound"}"#,
    );
    check(
        "issabel",
        "OUT2001-20260315-101530-1773540930.127",
        r#"{"agent":{"id":"2001"},"started_at":"2026-03-15T10:15:30+08:00","extra":{"uniqueid":"1773540930.127"},"direction":"outbound"}"#,
    );
    check(
        "vicidial",
        "20260315-101530_5550100123_6666-all",
        r#"{"started_at":"2026-03-15T10:15:30+08:00","customer":{"number":"5550100123"},"agent":{"id":"6666"}}"#,
    );
    check(
        "vicidial",
        "20260315-101530_5550100123-all",
        r#"{"started_at":"2026-03-15T10:15:30+08:00","customer":{"number":"5550100123"}}"#,
    );
    check(
        "fusionpbx",
        "7b1f3c9e-0d2a-4f7e-9b57-2f1c3a4d5e6f",
        r#"{"extra":{"uuid":"7b1f3c9e-0d2a-4f7e-9b57-2f1c3a4d5e6f"}}"#,
    );
    check(
        "rtpengine",
        "k3j4h5@pbx.example-9f8e7d6c5b4a3210-mix",
        r#"{"extra":{"sip_call_id":"k3j4h5@pbx.example","random":"9f8e7d6c5b4a3210"}}"#,
    );
    check("generic", "20260315-101530_5550100123_6666-all", "");
    assert_eq!(Preset::words().split(", ").filter_map(Preset::parse).count(), 7);
}

#[test]
fn a_pattern_of_ones_own_comes_first() {
    let text = r#"
        kind = "folder"
        name = "录音-1"
        path = "/tmp"
        preset = "vicidial"
        pattern = '^(?P<agent>[A-Z]\d+)_(?P<direction>in|out)_(?P<unix>\d{10})(?:_(?P<skill>\w+))?$'
        timezone = "Asia/Shanghai"
    "#;
    let Source::Folder(folder) = Source::new(&raw(text)).unwrap() else { panic!("a folder") };
    let told = |stem: &str| folder.knowing.of_name(stem).to_json().unwrap_or_default();
    assert_eq!(
        told("A3105_out_1773540930_vip"),
        r#"{"agent":{"id":"A3105"},"direction":"outbound","started_at":"2026-03-15T10:15:30+08:00","extra":{"skill":"vip"}}"#
    );
    assert!(told("20260315-101530_5550100123_6666-all").contains("6666"));
}

#[test]
fn times_in_all_writings() {
    let zone = facts::zone("+08:00").unwrap();
    let same = "2026-03-15T10:15:30+08:00";
    for text in [
        "20260315-101530",
        "20260315101530",
        "2026-03-15 10:15:30",
        "2026/03/15 10:15:30",
        "2026-03-15_10-15-30",
        "2026-03-15 10:15:30.123",
        "1773540930",
        "1773540930.127",
        "1773540930127",
        "1773540930127000",
        same,
    ] {
        assert_eq!(facts::time(text, &zone).as_deref(), Some(same), "{text}");
    }
    for text in ["", "yesterday", "20261315-101530", "123", "10:15:30", "19900006136", "2026-03-15"]
    {
        assert_eq!(facts::time(text, &zone), None, "{text}");
    }
}

#[test]
fn records_of_freeswitch() {
    let json = r#"{"core-uuid": "x", "switchname": "fs", "channel_data": {"state": "CS_REPORTING"},
        "variables": {"direction": "inbound", "uuid": "7b1f3c9e-0d2a-4f7e-9b57-2f1c3a4d5e6f", "cc_agent": "3105",
            "start_epoch": "1773540930", "answer_epoch": "1773540935", "cc_queue": "%E5%94%AE%E5%90%8E", "sip_auth_password": "hush"},
        "callflow": [{"caller_profile": {"caller_id_number": "19900006136", "destination_number": "4008001234"}}]}"#;
    let told = knowing("freeswitch").of_sidecar("a_x.cdr.json", json).unwrap().to_json().unwrap();
    assert_eq!(
        told,
        r#"{"direction":"inbound","customer":{"number":"19900006136"},"agent":{"id":"3105"},"queue":"售后","started_at":"2026-03-15T02:15:30+00:00","ring_s":5.0,"extra":{"uuid":"7b1f3c9e-0d2a-4f7e-9b57-2f1c3a4d5e6f"}}"#
    );
    let xml = "<?xml version=\"1.0\"?><cdr><variables><call_direction>outbound</call_direction><direction>inbound</direction>\
               <start_epoch>1773540930</start_epoch><extension>2001</extension></variables><callflow><caller_profile>\
               <destination_number>%2B8619900006136</destination_number></caller_profile></callflow></cdr>";
    let told = knowing("freeswitch").of_sidecar("a_x.cdr.xml", xml).unwrap().to_json().unwrap();
    assert_eq!(
        told,
        r#"{"direction":"outbound","customer":{"number":"+8619900006136"},"agent":{"id":"2001"},"started_at":"2026-03-15T10:15:30+08:00"}"#
    );
    for broken in ["<cdr><variables></cdr>", "<cdr/>", &"<a>".repeat(99)] {
        assert!(knowing("freeswitch").of_sidecar("a_x.cdr.xml", broken).is_err(), "{broken}");
    }
}

#[test]
fn metadata_of_rtpengine() {
    let text = "/var/spool/rtpengine/pcaps/k3j4h5-9f8e7d6c.pcap\n\nSDP from 1773540930.1:\nv=0\no=- 1 1 IN IP4 192.0.2.1\n\
                a=rtpmap:8 PCMA/8000\n\ncall-id-of: k3j4h5\nagent:1001|queue:sales|number:5550100123\n";
    let told =
        knowing("rtpengine").of_sidecar("k3j4h5-9f8e7d6c.txt", text).unwrap().to_json().unwrap();
    assert_eq!(
        told,
        r#"{"extra":{"call-id-of":"k3j4h5"},"agent":{"id":"1001"},"queue":"sales","customer":{"number":"5550100123"}}"#
    );
}

#[test]
fn records_of_asterisk_are_found_by_unique_id_while_the_file_grows() {
    use std::io::Write as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Master.csv");
    let zone = facts::zone("+08:00").unwrap();
    let mut cdr = CdrFile::new(&path);
    let mut facts = |id: &str, direction: &str| {
        let told = cdr.facts(id, Some(direction), &zone).unwrap();
        told.map(|told| told.to_json().unwrap())
    };
    assert_eq!(facts("1773540930.127", "inbound"), None);
    let mut file = std::fs::File::create(&path).unwrap();
    let row = |id: &str, uid: &str| {
        format!(
            "\"{id}\",\"19900006136\",\"600\",\"ext-queues\",\"\"\"Wang\"\" <19900006136>\",\"PJSIP/trunk-00000012\",\
             \"PJSIP/2001-00000013\",\"Queue\",\"600,t,,,300\",\"2026-03-15 10:15:30\",\"2026-03-15 10:15:37\",\
             \"2026-03-15 10:18:00\",150,143,\"ANSWERED\",\"DOCUMENTATION\",\"{uid}\",\"\"\n"
        )
    };
    file.write_all(row("acc", "1773540930.127").as_bytes()).unwrap();
    file.write_all(&row("acc", "1773540999.1").as_bytes()[..150]).unwrap();
    let wanted = r#"{"customer":{"number":"19900006136"},"agent":{"id":"2001"},"queue":"600","started_at":"2026-03-15T10:15:30+08:00","ring_s":7.0,"extra":{"disposition":"ANSWERED","account":"acc","uniqueid":"1773540930.127"}}"#;
    assert_eq!(facts("1773540930.127", "inbound").as_deref(), Some(wanted));
    assert_eq!(facts("1773540999.1", "inbound"), None, "its line is not whole yet");
    file.write_all(&row("acc", "1773540999.1").as_bytes()[150..]).unwrap();
    assert!(facts("1773540999.1", "outbound").unwrap().contains(r#""customer":{"number":"600"}"#));
    // Rotated.
    std::fs::write(&path, row("new", "1773541000.5")).unwrap();
    assert!(facts("1773541000.5", "inbound").is_some());
    assert_eq!(facts("1773540930.127", "inbound"), None);
}

#[test]
fn the_first_whole_record_in_the_tail_of_a_long_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Master.csv");
    let zone = facts::zone("+08:00").unwrap();
    let row = |uid: &str| format!("acc,1,600,,,,,,,,,,,,ANSWERED,DOCUMENTATION,{uid},\n");
    let (first, second) = (row("1.1"), row("2.2"));
    std::fs::write(&path, format!("{first}{second}")).unwrap();
    // The tail begins in the first record, behind its id and before it.
    for inside in [2, first.len() - 2] {
        let mut cdr = CdrFile::with_tail(&path, (inside + second.len()) as u64);
        let mut known = |uid: &str| cdr.facts(uid, None, &zone).unwrap().is_some();
        assert_eq!((known("1.1"), known("2.2")), (false, true), "{inside}");
    }
}

#[test]
fn other_systems_keys_are_mapped() {
    let text = r#"
        kind = "folder"
        name = "a"
        path = "/tmp"
        timezone = "+08:00"
        [map]
        "agent.id" = "/participants/0/userId"
        "started_at" = "conversationStart"
        "direction" = "originatingDirection"
    "#;
    let Source::Folder(folder) = Source::new(&raw(text)).unwrap() else { panic!("a folder") };
    let json = r#"{"conversationStart": "2026-03-15T02:15:30.123Z", "originatingDirection": "Inbound", "participants": [{"userId": 77}], "queue": "vip"}"#;
    let told = folder.knowing.of_sidecar("a.json", json).unwrap();
    assert_eq!(
        (told.get("agent.id"), told.get("started_at"), told.get("direction"), told.get("queue")),
        (Some("77"), Some("2026-03-15T02:15:30.123Z"), Some("inbound"), Some("vip"))
    );
    assert!(folder.knowing.of_sidecar("a.json", "[1]").is_err());
    assert!(folder.knowing.of_sidecar("a.json", r#"{"legs": ["boss"]}"#).is_err());
    assert!(folder.knowing.of_sidecar("a.csv", "a;b\n1;2\n3;4\n").is_err());
    let one = folder
        .knowing
        .of_sidecar("a.csv", "\u{feff}agent;conversationStart;x.y\n7;2026-03-15 10:15:30;z\n")
        .unwrap();
    assert_eq!(
        one.to_json().unwrap(),
        r#"{"agent":{"id":"7"},"started_at":"2026-03-15T10:15:30+08:00","extra":{"x_y":"z"}}"#
    );
}

#[track_caller]
fn refused(text: &str, wanted: &str) {
    let base = "kind = \"folder\"\nname = \"a\"\npath = \"/tmp/in\"\n";
    let mut table: toml::Table = base.parse().unwrap();
    table.extend(text.parse::<toml::Table>().unwrap());
    let raw: RawSource = table.try_into().unwrap();
    let error = Source::new(&raw).expect_err(text);
    assert_eq!(error.to_string(), wanted);
}

#[test]
fn mistakes_name_their_key() {
    refused("name = \"\"", "source ``: `name` is 1 to 64 letters, digits, dots, dashes");
    refused(
        "name = \"upload\"",
        "source `upload`: `name` is that of what is uploaded: choose another",
    );
    refused("kind = \"ftp\"", "source `a`: `kind` is `folder` or `bucket`");
    refused(
        "path = \"in\"",
        "source `a`: `path` must begin with `/`: the service may be started anywhere",
    );
    refused("url = \"s3://x\"", "source `a`: `url` is for kind = \"bucket\" only");
    refused("after = \"burn\"", "source `a`: `after` is `leave`, `move` or `delete`");
    refused("after = \"move\"", "source `a`: `move_to` is missing: where to?");
    refused(
        "after = \"move\"\nmove_to = \"/tmp\"",
        "source `a`: `move_to` must not be the watched folder, or above it",
    );
    refused("move_to = \"x\"", "source `a`: `move_to` is for after = \"move\" only");
    refused("settle_s = 99999", "source `a`: `settle_s` is a number of seconds up to 86400");
    refused(
        "timezone = \"Mars/Base\"",
        "source `a`: `timezone` is a zone such as Asia/Shanghai, or +08:00",
    );
    refused(
        "pattern = \"abc\"",
        "source `a`: `pattern` has no named group, such as (?P<agent>\\d+)",
    );
    refused(
        "cdr = \"/x\"",
        "source `a`: `cdr` is read for freepbx, issabel, vicidial, freeswitch, fusionpbx",
    );
    refused(
        "direction = \"up\"",
        "source `a`: `direction, language or legs` `direction` must be one of inbound, outbound",
    );
    let unknown =
        toml::from_str::<RawSource>("kind = \"folder\"\nname = \"a\"\nsettle = 5").err().unwrap();
    assert!(unknown.to_string().contains("unknown field `settle`"), "{unknown}");
    let twice = [
        raw("kind = \"bucket\"\nname = \"a\"\nurl = \"s3://b/p\""),
        raw("kind = \"folder\"\nname = \"a\"\npath = \"/tmp\""),
    ];
    assert!(Source::all(&twice).is_err() && Source::all(&twice[..1]).is_ok());
}

#[test]
fn network_mounts_rest_longer() {
    let mounts = "/dev/sda1 / ext4 rw 0 0\nnas:/rec /mnt/rec nfs4 rw 0 0\ntmpfs /mnt/rec/local tmpfs rw 0 0\n//w/s /mnt/with\\040space cifs rw 0 0\n";
    for (path, wanted) in [
        ("/var/spool", false),
        ("/mnt/rec", true),
        ("/mnt/rec/2026", true),
        ("/mnt/rec/local/x", false),
        ("/mnt/recorder", false),
        ("/mnt/with space/x", true),
    ] {
        assert_eq!(is_network(mounts, Path::new(path)), wanted, "{path}");
    }
}
