//! A wire to nats-server that can be held up, deafened and cut: what a network does, at the instant a test wants it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What happens to a connection. Connections are numbered from 1; each of these applies up to a number.
#[derive(Debug, Clone, Copy, Default)]
struct Orders {
    /// What the server says does not arrive.
    deaf: usize,
    /// What the client says is kept.
    held: usize,
    /// The client's end is closed. What is held is still delivered on release.
    cut: usize,
    /// So many of the bytes held are delivered, then the server's end is closed.
    released: Option<usize>,
    /// New connections are closed at once.
    shut: bool,
}

pub(crate) struct Proxy {
    address: SocketAddr,
    orders: watch::Sender<Orders>,
    connections: Arc<AtomicUsize>,
    held: Arc<AtomicUsize>,
}

impl Proxy {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (orders, _) = watch::channel(Orders::default());
        let (connections, held) = (Arc::new(AtomicUsize::new(0)), Arc::default());
        let proxy = Self {
            address,
            orders,
            connections,
            held,
        };
        let (orders, connections) = (proxy.orders.clone(), proxy.connections.clone());
        let held = proxy.held.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if orders.borrow().shut {
                    continue;
                }
                let Ok(server) = TcpStream::connect(server).await else {
                    continue;
                };
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let number = connections.fetch_add(1, Ordering::SeqCst) + 1;
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                let (up, down) = (orders.subscribe(), orders.subscribe());
                tokio::spawn(upwards(number, from_client, to_server, up, held.clone()));
                tokio::spawn(downwards(number, from_server, to_client, down));
            }
        });
        proxy
    }

    /// The same URL, through here.
    pub(crate) fn url(&self, url: &str) -> String {
        let (before, after) = url.rsplit_once('@').unwrap();
        let path = after.split_once('/').map_or("", |(_, path)| path);
        format!("{before}@{}/{path}", self.address)
    }

    fn order(&self, change: impl FnOnce(&mut Orders, usize)) {
        let all = self.connections.load(Ordering::SeqCst);
        self.orders.send_modify(|orders| change(orders, all));
    }

    /// The answers on the connections there are do not arrive any more.
    pub(crate) fn deafen(&self) {
        self.order(|orders, all| orders.deaf = all);
    }

    /// What is sent on the connections there are does not arrive for now.
    pub(crate) fn hold(&self) {
        self.order(|orders, all| orders.held = all);
    }

    /// Waits until at least so many bytes are held, and no more come.
    pub(crate) async fn has_held(&self, bytes: usize) {
        let mut before = usize::MAX;
        loop {
            let held = self.held.load(Ordering::SeqCst);
            if held >= bytes && held == before {
                return;
            }
            before = held;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Closes the connections there are, and lets no new ones in until [`Proxy::let_in`].
    pub(crate) fn cut(&self) {
        self.order(|orders, all| (orders.cut, orders.shut) = (all, true));
    }

    pub(crate) fn let_in(&self) {
        self.order(|orders, _| orders.shut = false);
    }

    /// Delivers the first so many bytes of what was held.
    pub(crate) fn release(&self, bytes: usize) {
        self.order(|orders, _| orders.released = Some(bytes));
    }
}

async fn upwards(
    number: usize,
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    mut orders: watch::Receiver<Orders>,
    count: Arc<AtomicUsize>,
) {
    let (mut buffer, mut held) = (vec![0; 1 << 16], Vec::new());
    loop {
        let now = *orders.borrow_and_update();
        if number <= now.cut {
            break;
        }
        tokio::select! {
            biased;
            changed = orders.changed() => if changed.is_err() { return },
            read = client.read(&mut buffer) => match read {
                Ok(bytes) if bytes > 0 => {
                    if number <= now.held {
                        held.extend_from_slice(&buffer[..bytes]);
                        count.fetch_add(bytes, Ordering::SeqCst);
                    } else if server.write_all(&buffer[..bytes]).await.is_err() {
                        return;
                    }
                }
                _ => break,
            },
        }
    }
    drop(client);
    let released = orders.wait_for(|now| now.released.is_some()).await;
    let Some(released) = released.ok().and_then(|now| now.released) else {
        return;
    };
    let bytes = released.min(held.len());
    let _ = server.write_all(&held[..bytes]).await;
    let _ = server.shutdown().await;
}

async fn downwards(
    number: usize,
    mut server: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    mut orders: watch::Receiver<Orders>,
) {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let now = *orders.borrow_and_update();
        if number <= now.cut {
            break;
        }
        tokio::select! {
            biased;
            changed = orders.changed() => if changed.is_err() { return },
            read = server.read(&mut buffer) => match read {
                Ok(bytes) if bytes > 0 => {
                    if number > now.deaf && client.write_all(&buffer[..bytes]).await.is_err() {
                        break;
                    }
                }
                // Nothing more will come; the client finds out by the end of its connection.
                _ => return,
            },
        }
    }
    drop(client);
    // The server's answers to what is delivered late go nowhere.
    while server.read(&mut buffer).await.is_ok_and(|bytes| bytes > 0) {}
}
