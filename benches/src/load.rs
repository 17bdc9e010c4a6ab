//! A load generator small enough to share two cores with what it measures: raw HTTP/1.1 over kept-alive
//! connections, one request in flight on each.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a run came to.
#[derive(Debug)]
pub struct Load {
    /// Requests answered 2xx.
    pub accepted: usize,
    /// Requests answered otherwise.
    pub other: usize,
    /// From the first request to the last answer.
    pub took: Duration,
    /// How long each took.
    pub latencies: Latencies,
}

impl Load {
    /// Accepted requests a second.
    pub fn rate(&self) -> f64 {
        self.accepted as f64 / self.took.as_secs_f64()
    }
}

/// Latencies, sorted.
#[derive(Debug)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    fn of(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        Self(all)
    }

    /// The latency in milliseconds that this share of requests did not exceed.
    pub fn quantile_ms(&self, share: f64) -> f64 {
        let index =
            ((self.0.len() as f64 * share).ceil() as usize).clamp(1, self.0.len().max(1)) - 1;
        self.0
            .get(index)
            .map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e3)
    }
}

/// Keeps so many connections busy, each sending its next request as soon as the last is answered, until the
/// requests `0..count` are used up or the time is over.
pub async fn run_closed_loop<F>(
    address: SocketAddr,
    connections: usize,
    count: usize,
    at_most: Duration,
    request: F,
) -> Load
where
    F: Fn(usize) -> Vec<u8> + Send + Sync + 'static,
{
    run(address, connections, count, at_most, None, request).await
}

/// Offers so many requests a second whatever the answers do; latency counts from the instant a request was due,
/// so that waiting for a free connection is counted.
pub async fn run_offered<F>(
    address: SocketAddr,
    connections: usize,
    count: usize,
    per_second: f64,
    request: F,
) -> Load
where
    F: Fn(usize) -> Vec<u8> + Send + Sync + 'static,
{
    run(
        address,
        connections,
        count,
        Duration::from_secs(600),
        Some(per_second),
        request,
    )
    .await
}

async fn run<F>(
    address: SocketAddr,
    connections: usize,
    count: usize,
    at_most: Duration,
    per_second: Option<f64>,
    request: F,
) -> Load
where
    F: Fn(usize) -> Vec<u8> + Send + Sync + 'static,
{
    let request = Arc::new(request);
    let next = Arc::new(AtomicUsize::new(0));
    let mut streams = Vec::with_capacity(connections);
    for _ in 0..connections {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        streams.push(stream);
    }
    let start = Instant::now();
    let workers: Vec<_> = streams
        .into_iter()
        .map(|mut stream| {
            let (request, next) = (Arc::clone(&request), Arc::clone(&next));
            tokio::spawn(async move {
                let (mut accepted, mut other, mut latencies, mut buffer) =
                    (0, 0, Vec::new(), Vec::new());
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count || start.elapsed() > at_most {
                        return (accepted, other, latencies);
                    }
                    let due = match per_second {
                        Some(rate) => start + Duration::from_secs_f64(index as f64 / rate),
                        None => Instant::now(),
                    };
                    tokio::time::sleep_until(due.into()).await;
                    stream.write_all(&request(index)).await.unwrap();
                    let status = read_status(&mut stream, &mut buffer).await;
                    latencies.push(due.elapsed());
                    if (200..300).contains(&status) {
                        accepted += 1;
                    } else {
                        other += 1;
                    }
                }
            })
        })
        .collect();
    let (mut accepted, mut other, mut latencies) = (0, 0, Vec::new());
    for worker in workers {
        let (a, o, l) = worker.await.unwrap();
        accepted += a;
        other += o;
        latencies.extend(l);
    }
    Load {
        accepted,
        other,
        took: start.elapsed(),
        latencies: Latencies::of(latencies),
    }
}

/// Reads one response with a `Content-Length` and returns its status.
async fn read_status(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> u16 {
    buffer.clear();
    loop {
        let read = stream.read_buf(buffer).await.unwrap();
        assert!(read > 0, "the server closed a connection");
        let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = std::str::from_utf8(&buffer[..end]).unwrap();
        let length: usize = head
            .lines()
            .find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse().unwrap())
            })
            .unwrap_or(0);
        let status = head[9..12].parse().unwrap();
        while buffer.len() < end + 4 + length {
            assert!(
                stream.read_buf(buffer).await.unwrap() > 0,
                "the server closed a connection"
            );
        }
        return status;
    }
}
