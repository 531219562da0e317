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
use crate::live::{asterisk, rtpengine, siprec};

/// What each way says of its calls.
pub(in crate::app::service) fn manners(ways: &[Way]) -> BTreeMap<String, Manner> {
    let manner = |way: &Way| Manner {
        facts: way.facts.clone(),
        connector: way.connector.as_ref().map(|connector| Arc::clone(&connector.0)),
    };
    ways.iter().map(|way| (way.name.clone(), manner(way))).collect()
}

/// Serves a way, and tells when it is closed before the service is.
async fn told<E: std::fmt::Display>(way: String, served: impl Future<Output = Result<(), E>>) {
    if let Err(error) = served.await {
        tracing::error!(%error, way, "a way in for live calls is closed");
    }
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
                let (exchange, stop) = (Arc::clone(&exchange), stop.clone());
                let announced = Announcements::default();
                let served = audiosocket::serve(listener, config, announced, exchange, stop);
                tasks.spawn(told(way.name.clone(), served));
            }
            Speaks::Asterisk(listen, config, asterisk) => {
                let listener = audiosocket::bind(listen).map_err(|error| failed(&error))?;
                let announced = Announcements::default();
                let exchange = Arc::clone(&exchange);
                let taps = asterisk::serve(asterisk, announced.clone(), stop.clone());
                tasks.spawn(told(way.name.clone(), taps));
                let served =
                    audiosocket::serve(listener, config, announced, exchange, stop.clone());
                tasks.spawn(told(way.name.clone(), served));
            }
            Speaks::Siprec(config) => {
                let bound = siprec::bind(*config).await.map_err(|error| failed(&error))?;
                let served = bound.serve(Arc::clone(&exchange), stop.clone());
                tasks.spawn(told(way.name.clone(), served));
            }
            Speaks::Rtpengine(config) => {
                let served = rtpengine::serve(config, Arc::clone(&exchange), stop.clone());
                tasks.spawn(told(way.name.clone(), served));
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
