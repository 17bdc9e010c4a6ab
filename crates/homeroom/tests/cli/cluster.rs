//! A cluster of one's own instead of the private nats-server.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use homeroom_log::server_process::NatsBinary;
use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::harness::{Up, done, ended, homeroom, refused, up, wait_for};

/// A nats-server that somebody else runs.
struct Cluster {
    server: Child,
    url: String,
}

impl Cluster {
    fn start(dir: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port()
            .to_string();
        let binary = NatsBinary::find(None).expect("ops/get-nats gets one");
        let server = Command::new(binary.path())
            .args(["-js", "-a", "127.0.0.1", "-p", &port, "-sd"])
            .arg(dir.join("store"))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let url = format!("nats://127.0.0.1:{port}");
        let address = format!("127.0.0.1:{port}");
        wait_for("nats-server", Duration::from_secs(20), || {
            TcpStream::connect(&address).ok()
        });
        Self { server, url }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_on_a_cluster_is_created_once_and_joined_by_empty_folders() {
    let dir = TempDir::new().unwrap();
    let cluster = Cluster::start(dir.path());
    let on = |data: &Path| {
        let mut command = up(data);
        command.env("HOMEROOM_NATS", &cluster.url);
        command
    };
    let one = dir.path().join("one");
    refused(on(&one), 5, &["no log", "homeroom init"]);
    let init = || {
        let mut command = homeroom();
        command.args(["init", "--replicas", "1", "--clock", "manual", "--json"]);
        command.env("HOMEROOM_NATS", &cluster.url);
        command
    };
    let identity: serde_json::Value = serde_json::from_str(&done(init())).unwrap();
    assert_eq!(
        (&identity["school"], &identity["clock"]),
        (&"s1".into(), &"simulated".into())
    );
    refused(init(), 3, &["never started over"]);
    refused(on(&one), 3, &["--clock manual"]);
    let with_clock = |data: &Path| {
        let mut command = on(data);
        command.args(["--clock", "manual"]);
        command
    };
    let first = Up::start_as(&one, with_clock(&one));
    assert_eq!(
        first.get("/healthz").await["log"]["epoch"],
        identity["epoch"]
    );
    let position = first.commit("something").await;
    assert!(!one.join("nats").exists(), "no nats-server of its own");
    // A second serving machine is the same beside it.
    let two = dir.path().join("two");
    let second = Up::start_as(&two, with_clock(&two));
    assert_eq!(second.head().await, position);
    assert_eq!(second.commit("something else").await, position + 1);
    assert_eq!(first.stop(Signal::SIGTERM), 0);
    assert_eq!(second.stop(Signal::SIGTERM), 0);
    refused(up(&one), 3, &["on a cluster", "HOMEROOM_NATS"]);
    let again = Up::start_as(&one, on(&one));
    assert_eq!(again.head().await, position + 1);
}

#[test]
fn a_cluster_that_does_not_answer_is_said_without_its_password() {
    let dir = TempDir::new().unwrap();
    let mut command = up(&dir.path().join("data"));
    command.env("HOMEROOM_NATS", "nats://serve:secret@127.0.0.1:1");
    let (code, said) = ended(command);
    assert_eq!(code, 5, "{said}");
    assert!(
        said.contains("127.0.0.1:1") && !said.contains("secret"),
        "{said}"
    );
}

/// Three nodes of `ops/nats/cluster.conf` on this machine.
struct Three {
    nodes: Vec<Child>,
    clients: Vec<SocketAddr>,
}

impl Three {
    fn start(dir: &Path) -> Self {
        let free: Vec<TcpListener> = (0..6)
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .collect();
        let free: Vec<SocketAddr> = free.iter().map(|port| port.local_addr().unwrap()).collect();
        let (clients, routes) = free.split_at(3);
        let conf = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../ops/nats/cluster.conf");
        let binary = NatsBinary::find(None).expect("ops/get-nats gets one");
        let node = |number: usize| {
            let mut command = Command::new(binary.path());
            command.arg("-c").arg(&conf).stderr(Stdio::null());
            command.env("NODE_NAME", format!("n{number}"));
            command.env("CLIENT", clients[number].to_string());
            command.env("ROUTE", routes[number].to_string());
            command.env("STORE", dir.join(format!("n{number}")));
            for (index, route) in routes.iter().enumerate() {
                command.env(format!("ROUTE_{}", index + 1), format!("nats://{route}"));
            }
            for user in ["ADMIN", "HOMEROOM", "CLOCK", "READER"] {
                command.env(format!("{user}_PASSWORD"), "secret");
            }
            command.spawn().unwrap()
        };
        let nodes = (0..3).map(node).collect();
        for client in clients {
            wait_for("a node", Duration::from_secs(20), || {
                TcpStream::connect(client).ok()
            });
        }
        Self {
            nodes,
            clients: clients.to_vec(),
        }
    }

    fn url(&self, user: &str) -> String {
        format!("nats://{user}:secret@{}", self.clients[0])
    }
}

impl Drop for Three {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            let _ = node.kill();
            let _ = node.wait();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_cluster_keeps_a_school_going_when_a_node_dies() {
    let dir = TempDir::new().unwrap();
    let mut three = Three::start(dir.path());
    let init = || {
        let mut command = homeroom();
        command
            .args(["init", "--clock", "manual"])
            .env("HOMEROOM_NATS", three.url("admin"));
        command
    };
    // It takes a moment until the three have found a leader.
    wait_for("a leader", Duration::from_secs(40), || {
        (ended(init()).0 == 0).then_some(())
    });
    let data = dir.path().join("data");
    let mut command = up(&data);
    command
        .args(["--clock", "manual"])
        .env("HOMEROOM_NATS", three.url("homeroom"));
    let school = Up::start_as(&data, command);
    let position = school.commit("before").await;
    let health = school.get("/healthz").await;
    assert_eq!(health["log"]["durability"]["replicas"], 3, "{health:#}");
    assert_eq!(health["log"]["durability"]["fsync"], "always", "{health:#}");
    three.nodes[1].kill().unwrap();
    let after = tokio::time::timeout(Duration::from_secs(30), school.commit("after")).await;
    assert_eq!(after.expect("two of three go on"), position + 1);
    // Whoever only reads needs no more than the reader's account.
    let reader = format!("{}/hr_log", three.url("reader"));
    let mut rebuild = homeroom();
    rebuild
        .args(["rebuild", "report", "--json", "--data"])
        .arg(dir.path().join("elsewhere"));
    rebuild.env("HOMEROOM_NATS", &reader);
    let rebuilt: serde_json::Value = serde_json::from_str(&done(rebuild)).unwrap();
    assert_eq!(rebuilt["position"], position + 1);
    assert_eq!(school.stop(Signal::SIGTERM), 0);
}
