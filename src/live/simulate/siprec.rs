//! placeholder
use super::call::Call;
use super::tally::Ended;
use super::target::SipTarget;
pub(super) async fn play(_t: &SipTarget, _c: &mut Call) -> Ended { Ended::Stopped }
