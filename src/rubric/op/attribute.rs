//! 随录参数: what the sidecar says.

use crate::domain::{Attribute, DoubtReason};
use crate::rubric::model::Test;
use crate::rubric::scene::Scene;
use crate::rubric::stream::{Stream, Truth};

use super::Outcome;

/// True or false from the start; unknown where the sidecar does not say.
pub(super) fn outcome(name: &str, test: &Test, scene: &Scene<'_>) -> Outcome {
    let value = scene.info.attribute(name);
    let truth = match (test, &value) {
        (Test::Present(wanted), _) => Truth::of(value.is_some() == *wanted),
        (_, None) => Truth::Unknown(DoubtReason::FactMissing),
        (Test::Number(bounds), Some(Attribute::Number(n))) => Truth::of(bounds.hold(*n)),
        (Test::Number(bounds), Some(Attribute::Text(text))) => {
            text.parse().map_or(Truth::False, |n| Truth::of(bounds.hold(n)))
        }
        (Test::Is(words), Some(Attribute::Text(text))) => Truth::of(words.contains(text)),
        (Test::Is(words), Some(Attribute::Number(n))) => Truth::of(words.contains(&n.to_string())),
    };
    Outcome { truth, stream: Stream::nothing() }
}
