//! 随录参数: what the sidecar says.

use crate::domain::{Attribute, DoubtReason};
use crate::rubric::model::Test;
use crate::rubric::scene::Scene;
use crate::rubric::stream::{Stream, Truth};

use super::Outcome;

/// True or false from the start; unknown where the sidecar does not say.
pub(super) fn outcome(name: &str, test: &Test, scene: &Scene<'_>) -> Outcome {
    let value = scene.info.attribute(name);
    let number = |compare: &dyn Fn(f64) -> bool| match &value {
        Some(Attribute::Number(n)) => Truth::of(compare(*n)),
        Some(Attribute::Text(text)) => text.parse().map_or(Truth::False, |n| Truth::of(compare(n))),
        None => Truth::Unknown(DoubtReason::FactMissing),
    };
    let truth = match test {
        Test::Present => Truth::of(value.is_some()),
        Test::AtMost(bound) => number(&|n| n <= *bound),
        Test::AtLeast(bound) => number(&|n| n >= *bound),
        Test::Above(bound) => number(&|n| n > *bound),
        Test::Below(bound) => number(&|n| n < *bound),
        Test::Is(words) => match &value {
            Some(Attribute::Text(text)) => Truth::of(words.contains(text)),
            Some(Attribute::Number(n)) => Truth::of(words.contains(&n.to_string())),
            None => Truth::Unknown(DoubtReason::FactMissing),
        },
    };
    Outcome { truth, stream: Stream::nothing() }
}
