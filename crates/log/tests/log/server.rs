use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use homeroom_log::server_process::{FindError, NatsBinary, NatsServer, StartError};
use homeroom_log::{Log, Position, connect};

use crate::harness::{School, school_id};

#[test]
fn a_nats_server_that_is_too_old_or_none_at_all_is_refused_by_name() {
    let dir = tempfile::TempDir::new().unwrap();
    let fake = dir.path().join("nats-server");
    std::fs::write(&fake, "#!/bin/sh\necho 'nats-server: v2.11.9'\n").unwrap();
    std::fs::set_permissions(&fake, std::fs::Permissions::from_mode(0o755)).unwrap();
    let old = NatsBinary::find(Some(&fake)).unwrap_err();
    assert!(matches!(old, FindError::TooOld { .. }));
    assert!(
        old.to_string().contains("2.11.9, which is too old"),
        "{old}"
    );
    for none in ["/bin/true", "/nowhere/nats-server"] {
        let refused = NatsBinary::find(Some(none.as_ref())).unwrap_err();
        assert!(matches!(refused, FindError::NotOne(..)), "{refused}");
        assert!(refused.to_string().contains(none), "{refused}");
    }
}

#[test]
fn a_port_that_somebody_else_listens_on_is_refused_by_number() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let dir = tempfile::TempDir::new().unwrap();
    let binary = NatsBinary::find(None).unwrap();
    let refused = NatsServer::start(&binary, dir.path(), &school_id(), Some(port)).unwrap_err();
    assert!(matches!(refused, StartError::PortInUse(_)), "{refused}");
    assert!(refused.to_string().contains(&port.to_string()), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nats_server_left_behind_by_a_killed_run_is_ended_before_another_one_starts() {
    let mut school = School::open().await;
    let first = school.server.take().unwrap();
    let (left, port) = (first.pid(), first.address().port());
    // As if this process had been killed: nobody stops it.
    std::mem::forget(first);
    let binary = NatsBinary::find(None).unwrap();
    let again = NatsServer::start(&binary, school.dir.path(), &school_id(), Some(port)).unwrap();
    // Our own child, so that it stays as a zombie: without a command line.
    let left = std::fs::read(format!("/proc/{left}/cmdline")).unwrap_or_default();
    assert!(left.is_empty(), "two servers on one store");
    let connection = connect(&again.url("serve"), "test").await.unwrap();
    let log = Log::open(connection, &school_id()).await.unwrap();
    assert_eq!(log.head().await.unwrap(), Position::START);
}

#[tokio::test]
async fn passwords_are_readable_to_nobody_else() {
    let school = School::open().await;
    for file in ["nats.conf", "passwords.json"] {
        let mode = std::fs::metadata(school.dir.path().join(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}
