//! The store of blobs held to what it promises, on a real disk and, where one is running, on a real S3 server
//! (`LINGTING_S3_TEST_URL`, which `scripts/test` sets).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use futures_util::TryStreamExt as _;
use proptest::prelude::*;

use super::seal::{HEAD, PIECE, TAG};
use super::*;

/// A store in a new folder; the folder goes with it.
struct Here {
    folder: tempfile::TempDir,
    blobs: Blobs,
}

fn here(sealed: bool) -> Here {
    let folder = tempfile::tempdir().unwrap();
    let keys = sealed.then(|| Keys::create(&folder.path().join("keys"), "first").unwrap());
    let place = Place::folder(&folder.path().join("blobs")).unwrap();
    Here { blobs: Blobs::over(place, keys), folder }
}

/// Bytes that repeat at no piece's edge.
fn noise(length: usize) -> Vec<u8> {
    (0..length as u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Everything a store must do, whatever it lies on.
async fn conforms(blobs: &Blobs, folder: &Path, big: usize) {
    blobs.probe().await.unwrap();
    for length in [0, 1, PIECE as usize - 1, PIECE as usize, PIECE as usize + 1, 200_000, big] {
        let bytes = noise(length);
        let file = folder.join(format!("file-{length}"));
        fs::write(&file, &bytes).unwrap();
        let stored = blobs.put_file(&file).await.unwrap();
        assert!(!stored.known && stored.size == length as u64, "{length}");
        assert_eq!(stored.name.is_sealed(), blobs.seals());
        let again = blobs.put_bytes(bytes.clone()).await.unwrap();
        assert_eq!(again, Stored { known: true, ..stored.clone() });

        let name = BlobName::parse(&stored.name.to_string()).unwrap();
        let size = length as u64;
        assert_eq!(blobs.size(&name).await.unwrap(), size);
        for range in
            [0..size, 0..size.min(1), size / 2..size, size.saturating_sub(1)..size, size..size]
        {
            let read = blobs.read_all(&name, range.clone()).await.unwrap();
            assert_eq!(
                read,
                bytes[range.start as usize..range.end as usize],
                "{range:?} of {length}"
            );
        }
        for range in [0..size + 1, size + 1..size + 1] {
            assert!(matches!(blobs.read(&name, range).await, Err(BlobError::Range { .. })));
        }
        let out = folder.join(format!("out-{length}"));
        blobs.fetch(&name, &out).await.unwrap();
        assert!(fs::read(&out).unwrap() == bytes);
    }
    let all: BTreeSet<BlobName> = blobs.list().try_collect().await.unwrap();
    assert_eq!(all.len(), 7);
    for name in &all {
        blobs.delete(name).await.unwrap();
        blobs.delete(name).await.unwrap();
        assert!(matches!(blobs.size(name).await, Err(BlobError::NotFound(_))));
        assert!(matches!(blobs.read(name, 0..1).await, Err(BlobError::NotFound(_))));
    }
    assert_eq!(blobs.list().try_collect::<Vec<_>>().await.unwrap(), []);
}

#[test]
fn a_folder_does_what_a_store_must() {
    for sealed in [false, true] {
        let here = here(sealed);
        block(conforms(&here.blobs, here.folder.path(), 9 << 20));
        assert_eq!(files(&here.folder.path().join("blobs")), Vec::<PathBuf>::new());
    }
}

#[test]
fn a_bucket_does_what_a_store_must() {
    let Ok(endpoint) = std::env::var("LINGTING_S3_TEST_URL") else { return };
    for sealed in [false, true] {
        let here = here(sealed);
        let bucket = format!("test-{}", uuid::Uuid::now_v7());
        let config = BlobsConfig {
            url: format!("s3://{bucket}/some/where"),
            endpoint: Some(endpoint.clone()),
            region: Some("us-east-1".into()),
            access_key_id: Some("test".into()),
            secret_access_key: Some("test".into()),
            key_file: sealed.then(|| here.folder.path().join("keys")),
        };
        let blobs = Blobs::open(&config).unwrap();
        block(async {
            assert!(blobs.probe().await.is_err(), "there is no such bucket");
            let made = reqwest::Client::new().put(format!("{endpoint}/{bucket}")).send().await;
            assert!(made.unwrap().status().is_success());
            // Over two parts of an upload, and over a reader's window.
            conforms(&blobs, here.folder.path(), 17 << 20).await;
            let rest: Vec<_> = blobs.store().list(None).try_collect().await.unwrap();
            assert_eq!(rest, [], "nothing is left behind");
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_range_is_that_of_the_clear_bytes(
        length in 0_usize..300_000, from in 0.0..=1.0, to in 0.0..=1.0, sealed: bool,
    ) {
        let bytes = noise(length);
        let at = |share: f64| (share * length as f64) as usize;
        let (start, end) = (at(f64::min(from, to)), at(f64::max(from, to)));
        let here = here(sealed);
        let read = block(async {
            let stored = here.blobs.put_bytes(bytes.clone()).await.unwrap();
            here.blobs.read_all(&stored.name, start as u64..end as u64).await.unwrap()
        });
        prop_assert_eq!(&read[..], &bytes[start..end]);
    }

    #[test]
    fn any_flipped_bit_is_refused(length in 0_usize..150_000, at in 0.0..1.0, bit in 0..8, of_key: bool) {
        let here = here(true);
        let stored = block(here.blobs.put_bytes(noise(length))).unwrap();
        let [key, body] = &files(&here.folder.path().join("blobs"))[..] else { panic!("two objects") };
        let file = if of_key { key } else { body };
        let mut bytes = fs::read(file).unwrap();
        let at = (at * bytes.len() as f64) as usize;
        bytes[at] ^= 1_u8 << bit;
        fs::write(file, &bytes).unwrap();
        let read = block(here.blobs.read_all(&stored.name, 0..length as u64));
        let refused = matches!(read, Err(BlobError::Damaged { .. } | BlobError::NoKey { .. }));
        // Of nothing no piece is read, but its length is proved.
        let nothing = length == 0 && !of_key && at >= HEAD as usize;
        prop_assert!(refused || nothing, "byte {} of {}", at, file.display());
        // Storing it again mends it.
        if !matches!(read, Err(BlobError::NoKey { .. })) && !nothing {
            block(here.blobs.put_bytes(noise(length))).unwrap();
            if block(here.blobs.read_all(&stored.name, 0..length as u64)).is_ok() {
                return Ok(());
            }
            // What is broken behind its first piece is not looked at on storing.
            prop_assert!(!of_key && at as u64 >= HEAD + PIECE + TAG);
        }
    }
}

#[test]
fn what_is_cut_swapped_or_put_in_its_place_is_refused() {
    let here = here(true);
    let (one, two) = (noise(3 * PIECE as usize), noise(3 * PIECE as usize + 5));
    let name = block(here.blobs.put_bytes(one)).unwrap().name;
    let other = block(here.blobs.put_bytes(two)).unwrap().name;
    let root = here.folder.path().join("blobs");
    let (body, whole) = (root.join(name.body()), fs::read(root.join(name.body())).unwrap());
    let piece = (PIECE + TAG) as usize;
    let (first, second) =
        (HEAD as usize..HEAD as usize + piece, HEAD as usize + piece..HEAD as usize + 2 * piece);
    let mut swapped = whole.clone();
    swapped[first.clone()].copy_from_slice(&whole[second.clone()]);
    swapped[second].copy_from_slice(&whole[first]);
    let changed = [
        whole[..whole.len() - piece].to_vec(),
        whole[..10].to_vec(),
        Vec::new(),
        [&whole[..], b"x"].concat(),
        swapped,
        fs::read(root.join(other.body())).unwrap(),
    ];
    for bytes in changed {
        fs::write(&body, bytes).unwrap();
        let read = block(here.blobs.read_all(&name, 0..3 * PIECE));
        assert!(matches!(read, Err(BlobError::Damaged { .. })), "{read:?}");
    }
    // Another blob's key beside this body.
    fs::write(&body, &whole).unwrap();
    assert!(block(here.blobs.read_all(&name, 0..1)).is_ok());
    fs::copy(root.join(other.key()), root.join(name.key())).unwrap();
    assert!(block(here.blobs.read_all(&name, 0..1)).is_err());
}

#[test]
fn a_clear_blob_of_other_content_is_not_fetched() {
    let here = here(false);
    let name = block(here.blobs.put_bytes("what was said")).unwrap().name;
    fs::write(here.folder.path().join("blobs").join(name.body()), "what was sold").unwrap();
    let fetched = block(here.blobs.fetch(&name, &here.folder.path().join("out")));
    assert!(matches!(fetched, Err(BlobError::Damaged { .. })));
}

#[test]
fn outsiders_learn_neither_content_nor_that_two_are_equal() {
    let (here, there) = (here(true), here(true));
    let stored = block(here.blobs.put_bytes(noise(70_000))).unwrap();
    let other = block(there.blobs.put_bytes(noise(70_000))).unwrap();
    assert_eq!(stored.sha256, other.sha256);
    assert_ne!(stored.name, other.name);
    let root = here.folder.path().join("blobs");
    let said = &noise(16)[..];
    for file in files(&root) {
        assert!(!file.to_string_lossy().contains(&stored.sha256[..8]));
        let bytes = fs::read(&file).unwrap();
        assert!(!bytes.windows(16).any(|part| part == said));
    }
    assert!(!stored.name.to_string().contains(&stored.sha256));
}

#[test]
fn many_that_store_the_same_at_once_store_it_once() {
    let here = here(true);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..12 {
            let blobs = here.blobs.clone();
            all.spawn(async move { blobs.put_bytes(noise(300_000)).await.unwrap().name });
        }
        let names: BTreeSet<_> = all.join_all().await.into_iter().collect();
        let [name] = &names.into_iter().collect::<Vec<_>>()[..] else { panic!("one name") };
        assert_eq!(here.blobs.read_all(name, 0..300_000).await.unwrap(), noise(300_000));
    });
    assert_eq!(files(&here.folder.path().join("blobs")).len(), 2);
}

#[test]
fn a_rotation_wraps_all_keys_anew_and_leaves_the_bodies() {
    let here = here(true);
    let key_file = here.folder.path().join("keys");
    let place = here.blobs.place.clone();
    let names: Vec<_> =
        (1..=5).map(|n| block(here.blobs.put_bytes(noise(n * 1_000))).unwrap().name).collect();
    let root = here.folder.path().join("blobs");
    let bodies = |root: &Path| -> Vec<Vec<u8>> {
        names.iter().map(|name| fs::read(root.join(name.body())).unwrap()).collect()
    };
    let before = bodies(&root);
    let grown = Blobs::over(place.clone(), Some(Keys::add(&key_file, "second").unwrap()));
    let sixth = block(grown.put_bytes(noise(6_000))).unwrap().name;
    // One key is broken: it is named, and the others are wrapped all the same.
    let broken = root.join(names[0].key());
    let kept = fs::read(&broken).unwrap();
    fs::write(&broken, b"nothing of use").unwrap();

    let count = |first, second, rewrapped| Rotation {
        by_key: [("first".to_owned(), first), ("second".to_owned(), second)]
            .into_iter()
            .filter(|(_, n)| *n > 0)
            .collect(),
        rewrapped,
        ..Rotation::default()
    };
    let told = |mut rotation: Rotation| {
        assert_eq!((rotation.failed, rotation.named.len()), (1, 1));
        assert_eq!(rotation.named[0].0, names[0]);
        (rotation.failed, rotation.named) = (0, Vec::new());
        rotation
    };
    assert_eq!(
        told(block(grown.rotate(true, |_| ())).unwrap()),
        count(4, 1, 4),
        "a dry run counts"
    );
    assert_eq!(
        told(block(grown.rotate(false, |_| ())).unwrap()),
        count(4, 1, 4),
        "and had changed nothing"
    );
    assert_eq!(told(block(grown.rotate(false, |_| ())).unwrap()), count(0, 5, 0));
    fs::write(&broken, kept).unwrap();
    assert_eq!(block(grown.rotate(false, |_| ())).unwrap(), count(1, 5, 1));
    assert_eq!(bodies(&root), before);

    // Without the first key all can be read; without the second nothing.
    let text = fs::read_to_string(&key_file).unwrap();
    let (head, second) = text.rsplit_once("[[key]]").unwrap();
    let name_key = head.lines().find(|line| line.starts_with("name_key")).unwrap();
    let only = |section: &str| {
        let keys = Keys::parse(&format!("{name_key}\n[[key]]{section}")).unwrap();
        Blobs::over(place.clone(), Some(keys))
    };
    for name in names.iter().chain([&sixth]) {
        assert!(block(only(second).read_all(name, 0..1_000)).is_ok());
        let error =
            block(only(head.rsplit_once("[[key]]").unwrap().1).read_all(name, 0..1)).unwrap_err();
        assert!(matches!(&error, BlobError::NoKey { key, .. } if key == "second"), "{error}");
    }
}

#[test]
fn a_file_that_changes_while_it_is_stored_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("growing");
    let here = here(false);
    fs::write(&file, noise(40 << 20)).unwrap();
    let grow = std::thread::spawn({
        let file = file.clone();
        move || {
            use std::io::Write as _;
            for _ in 0..2_000 {
                let mut open = fs::OpenOptions::new().append(true).open(&file).unwrap();
                open.write_all(b"x").unwrap();
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        }
    });
    let put = block(here.blobs.put_file(&file));
    grow.join().unwrap();
    assert!(matches!(put, Err(BlobError::Changed { .. })), "{put:?}");
    assert_eq!(files(&here.folder.path().join("blobs")), Vec::<PathBuf>::new());
}

#[test]
fn urls_and_their_mistakes() {
    let config = |url: &str| BlobsConfig { url: url.into(), ..BlobsConfig::default() };
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("deep/er");
    assert!(Blobs::open(&config(&format!("file://{}", below.display()))).is_ok() && below.is_dir());
    assert!(Blobs::open(&config(&below.display().to_string())).is_ok());
    for url in ["", "s3://", "https://bucket/x", "file://host/x"] {
        assert!(matches!(Blobs::open(&config(url)), Err(BlobError::Config(_))), "{url}");
    }
    let half = BlobsConfig { access_key_id: Some("x".into()), ..config("s3://bucket/prefix") };
    assert!(matches!(Blobs::open(&half), Err(BlobError::Config(_))));
    let secret = BlobsConfig { secret_access_key: Some("hush".into()), ..config("s3://bucket") };
    assert!(!format!("{secret:?}").contains("hush"));
}

#[test]
fn a_text_is_sealed_where_there_are_keys_and_by_the_newest() {
    let (clear, sealed) = (here(false).blobs, here(true));
    assert_eq!(clear.seal_text("secret", "hush").unwrap(), "hush");
    assert_eq!(
        (clear.is_text_stale("hush"), clear.open_text("secret", "hush").unwrap()),
        (false, "hush".into())
    );

    let first = sealed.blobs.seal_text("secret", "hush").unwrap();
    assert!(!first.contains("hush") && first != sealed.blobs.seal_text("secret", "hush").unwrap());
    assert_eq!(sealed.blobs.open_text("secret", &first).unwrap(), "hush");
    assert_eq!(
        sealed.blobs.seal_text("secret", "").unwrap(),
        "",
        "that there is none is no secret"
    );
    assert!(sealed.blobs.is_text_stale("hush") && !sealed.blobs.is_text_stale(&first));
    // As another thing, changed, or without the key it does not open.
    let damaged = |got| matches!(got, Err(BlobError::TextDamaged { .. }));
    assert!(damaged(sealed.blobs.open_text("url", &first)));
    assert!(damaged(sealed.blobs.open_text("secret", &first[..first.len() - 4])));
    assert!(damaged(sealed.blobs.open_text("secret", "sealed:1:first:AA")));
    assert!(matches!(clear.open_text("secret", &first), Err(BlobError::NoTextKey { .. })));

    let keys = Keys::add(&sealed.folder.path().join("keys"), "second").unwrap();
    let grown = Blobs::over(sealed.blobs.place.clone(), Some(keys));
    assert!(grown.is_text_stale(&first));
    assert_eq!(grown.open_text("secret", &first).unwrap(), "hush");
    let second = grown.seal_text("secret", "hush").unwrap();
    assert_eq!((Blobs::key_of_text(&second), Blobs::key_of_text("x")), (Some("second"), None));
    assert!(matches!(sealed.blobs.open_text("secret", &second), Err(BlobError::NoTextKey { .. })));
}
