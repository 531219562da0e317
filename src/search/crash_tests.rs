//! The index as a thing on a disk: killed, locked, damaged, of another form, rebuilt.

use std::path::Path;
use std::process::Command;

use super::tests::{call, calls, filled};
use super::*;
use crate::domain::Scope;

/// Tells the child where to write, and that it is to die.
const DIE_IN: &str = "LINGTING_TEST_DIE_IN";

fn answers(index: &SearchIndex) -> Vec<Found> {
    let queries = [
        "",
        "投诉",
        "~投诉",
        "您好 -盗刷",
        "信用 NOT IN 信用卡",
        "投诉 BEFORE 抱歉",
        "refund",
        "三",
    ];
    let ask = |query: &&str| {
        let query = (!query.is_empty()).then(|| parse(query).unwrap());
        let facets = Fact::ALL.to_vec();
        index.find(&Request { query, facets, hits_max: 50, ..Request::new(Scope::All) }).unwrap()
    };
    queries.iter().map(ask).collect()
}

/// Not a test of its own: the process that [`a_process_killed_leaves_the_last_commit`] starts.
#[test]
fn dies_where_it_is_told_to() {
    let Some(path) = std::env::var_os(DIE_IN) else { return };
    let index = SearchIndex::open_or_create(Path::new(&path)).unwrap();
    let mut writer = index.writer(Effort::Serving).unwrap();
    for one in &calls()[..3] {
        writer.put(one).unwrap();
    }
    writer.commit(7).unwrap();
    for one in &calls()[2..] {
        writer.put(one).unwrap();
    }
    writer.delete("a");
    std::process::abort();
}

#[test]
fn a_process_killed_leaves_the_last_commit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    for _ in 0..3 {
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "search::crash_tests::dies_where_it_is_told_to"])
            .env(DIE_IN, &path)
            .output()
            .unwrap()
            .status;
        assert!(!status.success(), "the child was to die");
        let index = SearchIndex::open(&path).unwrap();
        assert_eq!((index.cursor().unwrap(), index.calls()), (7, 3));
        assert!(index.damaged_files().unwrap().is_empty());
    }
    // Whoever follows the log goes on from there, and ends where an undisturbed index is.
    let index = SearchIndex::open_or_create(&path).unwrap();
    let mut writer = index.writer(Effort::Serving).unwrap();
    for one in &calls()[2..] {
        writer.put(one).unwrap();
    }
    writer.commit(42).unwrap();
    let other = tempfile::tempdir().unwrap();
    assert_eq!(answers(&index), answers(&filled(other.path())));
}

#[test]
fn what_was_not_committed_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let index = filled(folder.path());
    let writer = index.writer(Effort::Serving).unwrap();
    writer.put(&call("z", &[('a', "投诉")])).unwrap();
    writer.delete("a");
    drop(writer);
    let again = SearchIndex::open(folder.path()).unwrap();
    assert_eq!(again.cursor().unwrap(), 42);
    assert_eq!(answers(&again), answers(&index));
}

#[test]
fn a_second_writer_is_told_who_writes() {
    let folder = tempfile::tempdir().unwrap();
    let index = filled(folder.path());
    let _writer = index.writer(Effort::Serving).unwrap();
    let other = SearchIndex::open(folder.path()).unwrap();
    let Err(SearchError::Busy { holder, .. }) = other.writer(Effort::Serving) else {
        panic!("two writers");
    };
    assert_eq!(holder, format!("process {}", std::process::id()));
    assert!(!answers(&other).is_empty(), "readers are not disturbed");
    let mut rebuild = Rebuild::begin(folder.path()).unwrap();
    rebuild.writer().put(&calls()[0]).unwrap();
    assert!(matches!(rebuild.finish(1), Err(SearchError::Busy { .. })));
}

#[track_caller]
fn names_the_remedy(opened: Result<SearchIndex, SearchError>) -> String {
    let error = opened.err().expect("opened").to_string();
    assert!(error.contains("lingting rebuild search"), "{error}");
    error
}

#[test]
fn a_damaged_or_strange_index_is_named_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    names_the_remedy(SearchIndex::open(&folder.path().join("nowhere")));

    let path = folder.path().join("form");
    drop(filled(&path));
    let meta = path.join("meta.json");
    let text = std::fs::read_to_string(&meta).unwrap();
    let ours = format!("lingting/search/{}", super::index::FORM);
    assert!(text.contains(&ours));
    std::fs::write(&meta, text.replace(&ours, "lingting/search/0")).unwrap();
    let error = names_the_remedy(SearchIndex::open(&path));
    assert!(error.contains("form 0"), "{error}");

    std::fs::write(&meta, &text[..text.len() / 2]).unwrap();
    names_the_remedy(SearchIndex::open(&path));

    let path = folder.path().join("cut");
    drop(filled(&path));
    for entry in std::fs::read_dir(&path).unwrap().flatten() {
        if entry.path().extension().is_some_and(|ending| ending == "term" || ending == "idx") {
            std::fs::write(entry.path(), "gone").unwrap();
        }
    }
    names_the_remedy(SearchIndex::open(&path));

    let path = folder.path().join("flipped");
    drop(filled(&path));
    for entry in std::fs::read_dir(&path).unwrap().flatten() {
        if entry.path().extension().is_some_and(|ending| ending == "pos") {
            let mut bytes = std::fs::read(entry.path()).unwrap();
            bytes[3] ^= 0x55;
            std::fs::write(entry.path(), bytes).unwrap();
        }
    }
    assert_eq!(SearchIndex::open(&path).unwrap().damaged_files().unwrap().len(), 1);
}

#[test]
fn a_rebuilt_index_gives_the_same_answers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let index = SearchIndex::open_or_create(&path).unwrap();
    let mut writer = index.writer(Effort::Serving).unwrap();
    // Grown as in service: call by call, one put twice, one taken out.
    writer.put(&call("a", &[('a', "早先的一稿")])).unwrap();
    writer.put(&call("y", &[('a', "投诉")])).unwrap();
    for (ix, one) in calls().iter().enumerate() {
        writer.put(one).unwrap();
        writer.commit(ix as i64).unwrap();
    }
    writer.delete("y");
    writer.commit(42).unwrap();
    let grown = answers(&index);
    drop(writer);
    for _ in 0..2 {
        let mut rebuild = Rebuild::begin(&path).unwrap();
        for one in calls() {
            rebuild.writer().put(&one).unwrap();
        }
        rebuild.finish(42).unwrap();
        let rebuilt = SearchIndex::open(&path).unwrap();
        assert_eq!(answers(&rebuilt), grown);
        assert_eq!(rebuilt.cursor().unwrap(), 42);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}
