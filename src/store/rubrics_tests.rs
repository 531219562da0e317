//! One contract on both databases: versions are added and never changed.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use super::fixture::Stores;
use super::rubrics::{RubricVersion, origin, publish, rubric, rubrics, set_active};
use super::{EventKind, Store, StoreError};

fn text(id: &str, version: u32, origin: Option<&str>) -> RubricVersion {
    RubricVersion {
        id: id.into(),
        version,
        digest: format!("{id} {version}"),
        title_zh: "热线".into(),
        title_en: "Hotline".into(),
        criteria: 2,
        body: format!("rubric: {id}\nversion: {version}\n"),
        lists: BTreeMap::from([("lists/zh".to_owned(), "a: [您好]".to_owned())]),
        origin: origin.map(str::to_owned),
        published_us: i64::from(version),
        published_by: "somebody".into(),
        reason: "because".into(),
    }
}

async fn published(
    store: &Store,
    new: &RubricVersion,
    rev: Option<i64>,
) -> Result<i64, StoreError> {
    let tx = store.begin().await.unwrap();
    let rev = publish(&tx, new, rev, new.published_us).await?;
    tx.commit().await.unwrap();
    Ok(rev)
}

#[tokio::test]
async fn versions_are_added_and_the_newest_counts() {
    for (name, store) in Stores::new().await.each() {
        let conflict = |result| assert!(matches!(result, Err(StoreError::Conflict(_))), "{name}");
        assert_eq!(published(store, &text("b", 1, Some("file 1")), None).await.unwrap(), 1);
        assert_eq!(published(store, &text("a", 2, None), None).await.unwrap(), 1);
        conflict(published(store, &text("a", 3, None), None).await);
        assert_eq!(published(store, &text("b", 5, None), Some(1)).await.unwrap(), 2);
        // Seen before the last change, and no number that grows.
        conflict(published(store, &text("b", 6, None), Some(1)).await);
        conflict(published(store, &text("b", 5, None), Some(2)).await);
        assert_eq!(published(store, &text("b", 6, None), Some(2)).await.unwrap(), 3);

        let in_force = store.rubrics_in_force().await.unwrap();
        assert_eq!(in_force, [("b".to_owned(), 6), ("a".to_owned(), 2)], "{name}");
        let numbers = |all: Vec<RubricVersion>| all.iter().map(|v| v.version).collect::<Vec<_>>();
        assert_eq!(numbers(store.rubric_versions("b", None, 2).await.unwrap()), [6, 5]);
        assert_eq!(numbers(store.rubric_versions("b", Some(5), 2).await.unwrap()), [1]);
        let mut old = text("b", 1, Some("file 1"));
        assert_eq!(store.rubric_version("b", 1).await.unwrap().as_ref(), Some(&old), "{name}");
        assert_eq!(store.rubric_version("b", 2).await.unwrap(), None);
        assert_eq!(store.rubric_by_digest("b", "b 1").await.unwrap(), Some(old.clone()));
        assert_eq!(store.rubric_by_digest("a", "b 1").await.unwrap(), None);
        assert_eq!(origin(store, "b").await.unwrap().as_deref(), Some("file 1"));
        assert_eq!(origin(store, "a").await.unwrap(), None);

        let row = rubric(store, "b").await.unwrap().unwrap();
        old = text("b", 6, None);
        assert_eq!((row.rev, row.active, &row.newest), (3, true, &old), "{name}");
        let tx = store.begin().await.unwrap();
        assert_eq!(set_active(&tx, &row, false, ("me", "too strict"), 9).await.unwrap(), 4);
        conflict(set_active(&tx, &row, true, ("me", "again"), 9).await);
        tx.commit().await.unwrap();
        let all = rubrics(store).await.unwrap();
        let states: Vec<_> = all.iter().map(|r| (r.id.as_str(), r.active, r.rev)).collect();
        assert_eq!(states, [("b", false, 4), ("a", true, 1)], "{name}");
        assert_eq!(
            (all[0].reason.as_str(), all[0].newest.reason.as_str()),
            ("too strict", "because")
        );
        assert_eq!(store.rubrics_in_force().await.unwrap(), [("a".to_owned(), 2)]);
        // Publishing brings it back.
        assert_eq!(published(store, &text("b", 7, None), Some(4)).await.unwrap(), 5);
        assert!(rubric(store, "b").await.unwrap().unwrap().active);

        let events = store.events_after(0, 100).await.unwrap();
        assert!(events.iter().all(|one| one.kind == EventKind::RubricPublished));
        let told: Vec<&str> = events.iter().map(|one| one.body.as_str()).collect();
        assert_eq!(told.len(), 6, "{name}: {told:?}");
        assert!(told[4].contains("false") && told[5].contains('7'), "{name}: {told:?}");
    }
}
