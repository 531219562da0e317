//! Between a rubric as the rules know it and a version as the store keeps it.
//!
//! In: rubrics, versions. Out: the one for the other, with the same digest, so that what judged a call can judge
//! it again.

use crate::rubric::{Diagnostic, Level, LoadError, Place, Rubric, RubricSource, numbered};
use crate::store::rubrics::RubricVersion;
use crate::store::{Store, StoreError, calls::CardRow};

/// Who publishes a version, and why.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Publisher<'a> {
    /// A person's id, or `service`.
    pub(crate) by: &'a str,
    /// Why.
    pub(crate) reason: &'a str,
    /// The digest of the configured file that it is taken from.
    pub(crate) origin: Option<&'a str>,
}

/// A version to be published after `newest`. Its number is the one that the text says where that is greater, and
/// else the next, which is then written into the text: scorecards tell the number that is in the text.
///
/// # Errors
/// [`LoadError`] where no number can be written.
pub(crate) fn version_after(
    rubric: &Rubric,
    newest: Option<u32>,
    by: Publisher<'_>,
) -> Result<RubricVersion, LoadError> {
    let least = newest.map_or(Some(1), |newest| newest.checked_add(1));
    let renumbered;
    let rubric = match least {
        Some(least) if rubric.version >= least => rubric,
        _ => {
            renumbered = least
                .and_then(|least| numbered(&rubric.source.text, least))
                .map(|text| RubricSource { text, ..(*rubric.source).clone() })
                .ok_or_else(|| no_number(rubric))?
                .rubric()?;
            &renumbered
        }
    };
    Ok(RubricVersion {
        id: rubric.id.as_str().to_owned(),
        version: rubric.version,
        digest: rubric.digest.clone(),
        title_zh: rubric.title.zh.clone(),
        title_en: rubric.title.en.clone(),
        criteria: i64::try_from(rubric.criteria.len()).unwrap_or(i64::MAX),
        body: rubric.source.text.clone(),
        lists: rubric.source.lists.clone(),
        origin: by.origin.map(str::to_owned),
        published_us: 0,
        published_by: by.by.to_owned(),
        reason: by.reason.to_owned(),
    })
}

fn no_number(rubric: &Rubric) -> LoadError {
    let message = "the next version's number cannot be written here; write it as digits".to_owned();
    let file = rubric.source.file.clone();
    LoadError {
        diagnostics: vec![Diagnostic { file, place: Place::START, level: Level::Error, message }],
    }
}

/// What a version was read from.
pub(crate) fn source_of(version: &RubricVersion) -> RubricSource {
    RubricSource {
        file: format!("{}.yaml", version.id),
        text: version.body.clone(),
        lists: version.lists.clone(),
    }
}

/// The versions by which scorecards were judged; one that is not in the store is left out.
///
/// # Errors
/// [`StoreError`].
pub(in crate::api) async fn judges(
    store: &Store,
    cards: &[CardRow],
) -> Result<Vec<RubricVersion>, StoreError> {
    let mut out = Vec::new();
    for card in cards {
        out.extend(store.rubric_by_digest(&card.rubric, &card.digest).await?);
    }
    Ok(out)
}
