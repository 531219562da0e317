//! A PBX that answers by a script: where it listens, and what it was asked.
//!
//! In: what to do with one connection. Out: its address, and all that was asked, in order.

use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpStream};

/// What was asked so far.
pub(super) type Asked = Arc<Mutex<Vec<String>>>;

/// Serves connections, each by a task of its own.
pub(super) async fn pbx<F>(
    serve: impl Fn(TcpStream, Asked) -> F + Send + 'static,
) -> (String, Asked)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = Asked::default();
    let kept = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream, Arc::clone(&kept)));
        }
    });
    (address, asked)
}
