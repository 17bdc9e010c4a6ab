//! The HTTP API: commands in, views out.
//!
//! One module for each thing a user does, its request and answer beside the handler:
//!
//! - `check_ins`, `class_day`, `students`, `places`, `tally`: checking in, and the days and months it adds up to
//! - `slips`, `slip_trail`, `student_slips`, `excused`, `readings`: leave, and who reads why
//! - `templates`, `reports`: inspection
//! - `roster`, `classes`, `person`, `enrolment`, `guardians`, `offices`, `rules`, `calendar`: the school
//! - `sign_in`: passwords, sign-in sessions, API keys, the school's provider
//! - `health`, `clock_endpoint`: the service itself
//!
//! Every handler reads alike: parse, authorise, decide, append, answer. What they share: `request` and `caller`
//! (who asks for what, and whether they may), `client`, `limits`, `same_origin` and `security_headers` (who is at the
//! other end of the wire), `execute` (the life of a command), `views` (what queries and facts are read from),
//! `people` (sealing and opening), `answer`, `error` and `problem` (what is answered, what is refused).
//!
//! Architecture invariants: nothing is read or appended but for whom the rights table says, by `Caller::may`; nothing is
//! appended but by `execute`, with the boundary's own comparator; a refusal
//! becomes a response in one function of `problem`; nothing that names a person passes into a command unsealed.

mod answer;
mod app;
mod baseline;
mod calendar;
mod caller;
mod check_ins;
mod class_day;
mod classes;
mod client;
mod clock;
mod clock_endpoint;
mod closing;
mod enrolment;
mod error;
mod excused;
mod execute;
mod guardians;
mod headers;
mod health;
mod in_flight;
mod limits;
mod offices;
mod openapi;
mod people;
mod person;
mod place;
mod places;
mod problem;
mod read_on;
mod readings;
mod reports;
mod request;
mod roster;
mod rules;
mod same_origin;
mod security_headers;
mod server;
mod sessions_without_password;
mod sign_in;
mod slip_trail;
mod slips;
mod student_slips;
mod students;
mod tally;
mod templates;
mod views;

pub use caller::administrator;
pub use clock::{Clock, ClockError, ClockSetting, ClockSettingError};
pub use closing::{CloseError, Closer};
pub use openapi::{command_schemas, openapi, schema_files};
pub use server::{Server, ServerOptions, StartError};
pub use sessions_without_password::{NoSession, SessionsWithoutPassword};
