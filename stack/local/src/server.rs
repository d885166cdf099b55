//! The listener: one port, every service behind it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cloud::Cloud;
use crate::error::LocalError;
use crate::http_types::{Peer, Response};
use crate::router;
use crate::settings::Settings;

/// How long running functions may take to end after a stop.
const DRAIN: Duration = Duration::from_secs(9);

/// How long open connections may take to end after that.
const CLOSE: Duration = Duration::from_secs(1);

/// How long a client may take to send its request head.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// Greatest size of a request head in bytes.
const HEADER_LIMIT: usize = 64 * 1024;

/// A running local cloud. Dropping it without [`LocalCloud::stop`] leaves the listener to the runtime's end.
pub struct LocalCloud {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl LocalCloud {
    /// Binds, opens the services and answers from the moment that this returns.
    ///
    /// # Errors
    /// [`LocalError::PortInUse`] when the address is taken, [`LocalError::DataDirectory`] and
    /// [`LocalError::DataVersion`] when the data directory cannot be used.
    pub async fn start(settings: Settings) -> Result<Self, LocalError> {
        let listener = TcpListener::bind(settings.address)
            .await
            .map_err(|source| LocalError::PortInUse { address: settings.address, source })?;
        let address =
            listener.local_addr().map_err(|source| LocalError::PortInUse { address: settings.address, source })?;
        let cloud = Arc::new(Cloud::open(&settings, format!("http://{address}"))?);
        cloud.resume();
        let (stop, stopped) = watch::channel(false);
        let resumed = Arc::clone(&cloud);
        tokio::spawn(async move {
            resumed.mediaconvert.resume(&resumed);
            resumed.rds.resume(&resumed).await;
        });
        let task = tokio::spawn(serve(listener, cloud, stopped));
        Ok(Self { address, stop, task })
    }

    /// Address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Endpoint URL for AWS clients.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops accepting, lets requests and functions end (at most ten seconds in all), and leaves no child process.
    pub async fn stop(self) {
        // The receiver lives as long as the task, so a failed send means that it has ended already.
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}

/// Answers one request.
///
/// A client that asks before it sends a body keeps the body when it is refused. Nobody can tell then whether what comes next
/// is that body or another request, so the connection ends, and the answer says so.
async fn answer(cloud: Arc<Cloud>, request: http::Request<hyper::body::Incoming>) -> Response {
    let has_asked = request.headers().contains_key(http::header::EXPECT);
    let mut response = router::route(cloud, request).await;
    if has_asked && !response.status().is_success() {
        response.headers_mut().insert(http::header::CONNECTION, http::HeaderValue::from_static("close"));
    }
    response
}

async fn serve(listener: TcpListener, cloud: Arc<Cloud>, mut stopped: watch::Receiver<bool>) {
    let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(HEADER_LIMIT);
    let graceful = GracefulShutdown::new();
    // Functions that still run may call back, so the listener stays open until they have ended.
    let drained = async {
        let _ = stopped.changed().await;
        let _ = tokio::time::timeout(DRAIN, async { tokio::join!(cloud.lambda.stop(), cloud.rds.stop()) }).await;
    };
    let mut drained = std::pin::pin!(drained);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors and the like: wait instead of spinning, connections will close.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut drained => break,
        };
        let _ = stream.set_nodelay(true);
        let cloud = Arc::clone(&cloud);
        let service = hyper::service::service_fn(move |mut request: http::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(Peer(peer.ip()));
            let cloud = Arc::clone(&cloud);
            async move { Ok::<_, Infallible>(answer(cloud, request).await) }
        });
        let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service).into_owned());
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended");
            }
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(CLOSE, graceful.shutdown()).await;
}
