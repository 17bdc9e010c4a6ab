//! The server: every handler behind one listener.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use homeroom_log::{Batching, Log, Vault};
use homeroom_sign_in::{Provider, SignIn};
use ipnet::IpNet;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::App;
use crate::clock::Clock;
use crate::roster::IMPORT_BYTES_MAX;
use crate::{error, openapi, problem, read_on, security_headers};

/// How long requests under way may take to end once the server is told to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// How a server is run.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The proxies whose `X-Forwarded-For` is believed: whoever ends TLS before this server.
    pub trusted_proxies: Vec<IpNet>,
    /// How commits are put together.
    pub batching: Batching,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Somebody else listens there.
    #[error("port {port} on {host} is in use; choose another with --listen", port = .0.port(), host = .0.ip())]
    InUse(SocketAddr),
    /// The address is not ours, or the port is reserved.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// A running server. Dropping it ends it at once; [`Server::stop`] lets requests end first.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<io::Result<()>>,
    listening: JoinHandle<()>,
}

impl Server {
    /// Starts serving a log, its views under `views`, its clock, its sign-in, and the provider
    /// that vouches for its people, if there is one.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(
        options: ServerOptions,
        log: Log,
        vault: Vault,
        views: &Path,
        clock: Clock,
        sign_in: SignIn,
        provider: Option<Provider>,
    ) -> Result<Self, StartError> {
        let address = options.listen;
        let listen_error = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => StartError::InUse(address),
            _ => StartError::Listen { address, source },
        };
        let listener = TcpListener::bind(address).await.map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        // Answers are small and somebody waits for each of them.
        let listener = listener.tap_io(|connection| {
            if let Err(error) = connection.set_nodelay(true) {
                tracing::debug!(%error, "no TCP_NODELAY");
            }
        });
        let app = App::new(&options, log, vault, views, clock, (sign_in, provider));
        let (stop, ear) = (CancellationToken::new(), app.clone());
        let listening = tokio::spawn(async move { ear.views.listen(&ear.log).await });
        let stopped = stop.clone().cancelled_owned();
        let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
        let serve = axum::serve(listener, service).with_graceful_shutdown(stopped);
        let serving = tokio::spawn(async move { serve.await });
        Ok(Self {
            address,
            stop,
            serving,
            listening,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more requests, lets those under way end, and ends.
    ///
    /// # Errors
    /// When serving itself failed.
    pub async fn stop(mut self) -> io::Result<()> {
        self.stop.cancel();
        match tokio::time::timeout(DRAIN_TIMEOUT, &mut self.serving).await {
            Ok(ended) => ended.unwrap_or_else(|error| Err(io::Error::other(error))),
            Err(_) => {
                tracing::warn!("requests under way were cut off");
                Ok(())
            }
        }
    }

    /// Waits until it ends by itself, which it does not unless something is wrong.
    ///
    /// # Errors
    /// What is wrong.
    pub async fn ended(&mut self) -> io::Result<()> {
        (&mut self.serving)
            .await
            .unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
        self.listening.abort();
    }
}

fn router(app: App) -> Router {
    let (router, _) = openapi::router().split_for_parts();
    let viewer = SwaggerUi::new("/docs")
        .url("/openapi.json", openapi::openapi())
        // Without this the viewer asks a validator on the internet.
        .config(Config::default().validator_url("none"));
    router
        .with_state(app)
        .merge(viewer)
        .fallback(|| async { error::no_such_path() })
        .method_not_allowed_fallback(|| async { error::method_not_allowed() })
        .layer(DefaultBodyLimit::max(IMPORT_BYTES_MAX))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(problem::middleware))
        .layer(middleware::from_fn(security_headers::middleware))
        .layer(middleware::from_fn(read_on::middleware))
}

/// What is answered when a handler panics: a defect of ours, which must not end the process.
#[expect(clippy::needless_pass_by_value, reason = "a signature of tower-http")]
fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(text, "a handler panicked");
    error::internal().into_response()
}
