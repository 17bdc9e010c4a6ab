//! The configuration of the private nats-server: who may do what.
//!
//! One user per process, with only the subjects it needs. Projectors and audits live in an account of their own
//! that imports nothing but reading: no consumer can be created from there (its delivery subject would be a way to
//! write), and a reply subject names something in that account, not in the log's.
//!
//! `serve` and `clock` live in the log's own account: neither can read what it has no subject for, but a reply subject
//! can name what it may not publish. The clock is trusted not to; it appends to the log as it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use data_encoding::BASE32_NOPAD;
use homeroom_domain::SchoolId;

use super::StartError;

/// One user per process. `admin` creates the log and does nothing else.
pub const USERS: [&str; 10] = [
    "admin",
    "serve",
    "clock",
    "audit",
    "rebuild",
    "project_directory",
    "project_attendance",
    "project_leave",
    "project_report",
    "project_trail",
];

const PASSWORDS: &str = "passwords.json";

/// The passwords of the private nats-server, made at its first start.
#[derive(Debug)]
pub(super) struct Passwords(BTreeMap<String, String>);

impl Passwords {
    pub(super) fn load_or_create(dir: &Path) -> Result<Self, StartError> {
        if dir.join(PASSWORDS).exists() {
            return Self::load(dir);
        }
        let mut passwords = BTreeMap::new();
        for user in USERS {
            let mut bits = [0_u8; 20];
            getrandom::fill(&mut bits).map_err(|error| StartError::Random(error.to_string()))?;
            passwords.insert(
                user.to_owned(),
                BASE32_NOPAD.encode(&bits).to_ascii_lowercase(),
            );
        }
        let path = dir.join(PASSWORDS);
        let text = serde_json::to_string_pretty(&passwords).unwrap_or_default();
        write_private(&path, &text).map_err(|source| StartError::Folder { path, source })?;
        Ok(Self(passwords))
    }

    pub(super) fn load(dir: &Path) -> Result<Self, StartError> {
        let path = dir.join(PASSWORDS);
        let read = fs::read(&path)
            .and_then(|bytes| serde_json::from_slice(&bytes).map_err(io::Error::other));
        read.map(Self)
            .map_err(|source| StartError::Folder { path, source })
    }

    fn of(&self, user: &str) -> &str {
        self.0.get(user).map_or("", String::as_str)
    }

    pub(super) fn url(&self, user: &str, address: SocketAddr) -> String {
        // Readers know the log's API under the name that their account imports it by.
        let prefix = if is_reader(user) { "/hr_log" } else { "" };
        format!("nats://{user}:{}@{address}{prefix}", self.of(user))
    }
}

/// True of the users in the account that can only read.
fn is_reader(user: &str) -> bool {
    user.starts_with("project_") || user == "rebuild" || user == "audit"
}

/// Writes a file that only we can read.
pub(super) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

pub(super) fn render(
    dir: &Path,
    address: SocketAddr,
    school: &SchoolId,
    passwords: &Passwords,
) -> String {
    let stream = format!("HR_{school}");
    let (keys, clock) = (format!("hr_{school}_keys"), format!("hr_{school}_clock"));
    let sign_in = format!("hr_{school}_sign_in");
    let reads = |stream: &str| {
        [
            format!("$JS.API.DIRECT.GET.{stream}"),
            format!("$JS.API.STREAM.INFO.{stream}"),
        ]
    };
    let kv = |bucket: &str| format!("KV_{bucket}");
    let mut log_users = String::new();
    let mut read_users = String::new();
    let admin = [
        "$JS.API.>".to_owned(),
        "hr_sys.jsz".to_owned(),
        format!("$KV.{keys}.>"),
        format!("$KV.{clock}.>"),
        format!("$KV.{sign_in}.>"),
    ];
    // Of the two that write, the clock makes no keys and knows no passwords.
    let writer = |is_serve: bool| {
        let mut subjects = vec![
            format!("hr.{school}.>"),
            format!("hr_head.{school}"),
            format!("$KV.{clock}.>"),
            "hr_sys.jsz".to_owned(),
        ];
        subjects.extend(reads(&stream));
        subjects.extend(reads(&kv(&clock)));
        subjects.extend(reads(&kv(&keys)));
        if is_serve {
            subjects.push(format!("$KV.{keys}.>"));
            subjects.push(format!("$KV.{sign_in}.>"));
            subjects.extend(reads(&kv(&sign_in)));
        }
        subjects
    };
    let hints = [format!("hr_head.{school}"), format!("hr_view.{school}.*")];
    user(&mut log_users, passwords, "admin", &admin, &[]);
    user(&mut log_users, passwords, "serve", &writer(true), &hints);
    user(&mut log_users, passwords, "clock", &writer(false), &hints);
    for name in USERS.iter().filter(|name| is_reader(name)) {
        let mut subjects = vec![
            format!("hr_log.DIRECT.GET.{stream}"),
            format!("hr_log.STREAM.INFO.{stream}"),
        ];
        subjects.extend(
            name.strip_prefix("project_")
                .map(|view| format!("hr_view.{school}.{view}")),
        );
        user(&mut read_users, passwords, name, &subjects, &hints[..1]);
    }
    let store = dir.join("store");
    let dir = dir.display();
    let store = store.display();
    format!(
        r#"# Written by homeroom at every start; changes here are lost.
listen: "{address}"
server_name: "homeroom-{school}"
max_payload: 8MB
# A client that follows the log may fall this far behind before it is cut off.
max_pending: 256MB
log_file: "{dir}/nats.log"
log_size_limit: 16MB
logfile_max_num: 4
jetstream {{
  store_dir: "{store}"
  # An acknowledged command has been fsynced. The server's own default is every two minutes.
  sync_interval: always
}}
system_account: SYS
accounts {{
  SYS {{
    users: []
    exports: [ {{ service: "$SYS.REQ.SERVER.PING.JSZ", accounts: [LOG] }} ]
  }}
  LOG {{
    jetstream: enabled
    users: [
{log_users}    ]
    imports: [
      {{ service: {{ account: SYS, subject: "$SYS.REQ.SERVER.PING.JSZ" }}, to: "hr_sys.jsz" }}
      {{ stream: {{ account: READ, subject: "hr_view.{school}.*" }} }}
    ]
    exports: [
      {{ service: "$JS.API.DIRECT.GET.{stream}", response: stream, accounts: [READ] }}
      {{ service: "$JS.API.STREAM.INFO.{stream}", accounts: [READ] }}
      {{ stream: "hr_head.{school}", accounts: [READ] }}
    ]
  }}
  READ {{
    users: [
{read_users}    ]
    imports: [
      # Under names of their own: "$JS.API" is this account's, which has no JetStream.
      {{ service: {{ account: LOG, subject: "$JS.API.DIRECT.GET.{stream}" }}, to: "hr_log.DIRECT.GET.{stream}" }}
      {{ service: {{ account: LOG, subject: "$JS.API.STREAM.INFO.{stream}" }}, to: "hr_log.STREAM.INFO.{stream}" }}
      {{ stream: {{ account: LOG, subject: "hr_head.{school}" }} }}
    ]
    exports: [ {{ stream: "hr_view.{school}.*", accounts: [LOG] }} ]
  }}
}}
"#
    )
}

/// One user: what it may publish, and what it may hear besides the answers to its own requests.
fn user(
    users: &mut String,
    passwords: &Passwords,
    name: &str,
    publish: &[String],
    hear: &[String],
) {
    let list = |subjects: &[String]| {
        subjects
            .iter()
            .map(|s| format!("\"{s}\""))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut heard = hear.to_vec();
    heard.push(format!("_INBOX_{name}.>"));
    let _ = writeln!(
        users,
        "      {{ user: \"{name}\", password: \"{}\", permissions: {{ publish: [{}], subscribe: [{}] }} }}",
        passwords.of(name),
        list(publish),
        list(&heard),
    );
}
