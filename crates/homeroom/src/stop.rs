//! How a process is told to end: Ctrl-C, SIGTERM, SIGHUP; and under a supervisor, by the end of its stdin, which comes
//! even if the supervisor is killed.

use std::io::Read;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Set by the supervisor in the environment of its parts.
pub(crate) const SUPERVISED: &str = "HOMEROOM_SUPERVISED";

/// True of a part that a supervisor started.
pub(crate) fn is_supervised() -> bool {
    std::env::var_os(SUPERVISED).is_some()
}

/// A token that is cancelled when the process is told to end.
///
/// # Errors
/// When signals cannot be heard.
pub(crate) fn told() -> anyhow::Result<CancellationToken> {
    let token = CancellationToken::new();
    for kind in [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ] {
        let (mut heard, token) = (signal(kind)?, token.clone());
        tokio::spawn(async move {
            heard.recv().await;
            token.cancel();
        });
    }
    if is_supervised() {
        let token = token.clone();
        // A thread of its own: it blocks until the end, and nobody waits for it.
        std::thread::spawn(move || {
            let mut nothing = [0; 64];
            while matches!(std::io::stdin().read(&mut nothing), Ok(read) if read > 0) {}
            token.cancel();
        });
    }
    Ok(token)
}
