//! The ways in, opened: WebSockets beside the API, the others on addresses of their own.
//!
//! In: ways as set. Out: a router to be served, and tasks that end with the service.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Desk, LiveError, Manner};
use crate::app::ways::{Speaks, Way};
use crate::live::Exchange;
use crate::live::audiohook::{self, AudioHookConfig};
use crate::live::audiosocket::{self, Announcements};
use crate::live::l16::{self, L16Config};
use crate::live::media_stream::{self, MediaStreamConfig};

/// What each way says of its calls.
pub(in crate::app::service) fn manners(ways: &[Way]) -> BTreeMap<String, Manner> {
    let manner = |way: &Way| Manner { facts: way.facts.clone(), connector: None };
    ways.iter().map(|way| (way.name.clone(), manner(way))).collect()
}

/// Opens all ways; those over WebSocket come back as a router.
///
/// # Errors
/// [`LiveError::Way`] when an address cannot be had.
pub(in crate::app::service) async fn open(
    ways: &[Way],
    desk: Desk,
    tasks: &mut JoinSet<()>,
    stop: &CancellationToken,
) -> Result<axum::Router, LiveError> {
    let exchange: Arc<dyn Exchange> = Arc::new(desk);
    let (mut streams, mut l16s, mut hooks) = (Vec::new(), Vec::new(), Vec::new());
    for way in ways {
        let failed = |why: &dyn std::fmt::Display| LiveError::Way {
            name: way.name.clone(),
            why: why.to_string(),
        };
        match way.speaks.clone() {
            Speaks::MediaStream(source) => streams.push(source),
            Speaks::L16(source) => l16s.push(source),
            Speaks::AudioHook(source) => hooks.push(source),
            Speaks::AudioSocket(listen, config) => {
                let listener = audiosocket::bind(listen).map_err(|error| failed(&error))?;
                let announced = Announcements::default();
                let (exchange, stop, name) =
                    (Arc::clone(&exchange), stop.clone(), way.name.clone());
                tasks.spawn(async move {
                    let served =
                        audiosocket::serve(listener, config, announced, exchange, stop).await;
                    if let Err(error) = served {
                        tracing::error!(%error, way = name, "a way in for live calls is closed");
                    }
                });
            }
        }
    }
    let router = axum::Router::new()
        .merge(media_stream::router(
            MediaStreamConfig { sources: streams },
            Arc::clone(&exchange),
            stop.clone(),
        ))
        .merge(l16::router(L16Config { sources: l16s }, Arc::clone(&exchange), stop.clone()))
        .merge(audiohook::router(AudioHookConfig { sources: hooks }, exchange, stop.clone()));
    Ok(router)
}
