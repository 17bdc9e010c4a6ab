use homeroom_domain::leave::{LeaveEvent, LeaveType, SlipApproved, SlipSubmitted};
use homeroom_domain::office::Role;
use homeroom_domain::sealed::{Category, Sealed};
use homeroom_domain::{Boundary, ClassId, Moment, PersonId, SlipId};
use homeroom_log::{Commit, Hash, Position, Recorded, Tail};
use homeroom_projection::RunError;
use homeroom_projection::testing::Story;
use tempfile::TempDir;

use crate::{Trail, TrailProjection};

const MORNING: &str = "2026-11-23T07:00:00+08:00";

fn person(text: &str) -> PersonId {
    PersonId::parse(text).unwrap()
}

fn slip(of: &str, number: u32) -> SlipId {
    SlipId {
        student: person(of),
        number,
    }
}

fn submitted(of: &str, number: u32) -> LeaveEvent {
    LeaveEvent::Submitted(SlipSubmitted {
        slip: slip(of, number),
        class: ClassId::parse("c1").unwrap(),
        leave: LeaveType::HomeVisit,
        from: Moment::parse("2026-11-23T08:00:00+08:00").unwrap(),
        to: Moment::parse("2026-11-23T18:00:00+08:00").unwrap(),
        reason: Sealed {
            person: person(of),
            category: Category::Reason,
            ciphertext: "why".to_owned(),
        },
        waits_for: Role::HomeroomTeacher,
    })
}

fn approved(of: &str, number: u32) -> LeaveEvent {
    LeaveEvent::Approved(SlipApproved {
        slip: slip(of, number),
        by: person("t1"),
        office: Role::HomeroomTeacher,
        comment: None,
    })
}

/// Two students' slips, interleaved.
fn story() -> Story {
    let (first, second) = (
        Boundary::leave(&person("p1")),
        Boundary::leave(&person("p12")),
    );
    let mut story = Story::default();
    story.tell(first.clone(), MORNING, &[submitted("p1", 1)]);
    story.tell(second.clone(), MORNING, &[submitted("p12", 1)]);
    story.tell(first.clone(), MORNING, &[submitted("p1", 12)]);
    story.tell(first, "2026-11-23T07:05:00+08:00", &[approved("p1", 1)]);
    story.tell(second, MORNING, &[approved("p12", 1)]);
    story
}

#[test]
fn a_boundary_has_its_commits_in_order_with_hash_and_instant_and_its_last_one_as_tail() {
    let (story, views) = (story(), TempDir::new().unwrap());
    let trail = Trail::read(&story.folded(&TrailProjection, views.path()).unwrap()).unwrap();
    let boundary = Boundary::leave(&person("p1"));
    let steps = trail.positions(&boundary).unwrap();
    let positions: Vec<_> = steps.iter().map(|step| step.position.0).collect();
    assert_eq!(positions, [1, 3, 4], "p12 is another student than p1");
    for step in &steps {
        let commit = &story.commits[usize::try_from(step.position.0 - 1).unwrap()];
        assert_eq!((step.hash, step.at), (commit.hash, commit.commit.at));
    }
    assert_eq!(
        trail.tail(&boundary).unwrap(),
        Some(story.commits[3].tail())
    );
    assert_eq!(trail.tail(&Boundary::leave(&person("p2"))).unwrap(), None);
}

#[test]
fn a_slips_story_is_every_commit_that_is_about_it_and_no_other() {
    let (story, views) = (story(), TempDir::new().unwrap());
    let trail = Trail::read(&story.folded(&TrailProjection, views.path()).unwrap()).unwrap();
    assert_eq!(
        trail.slip_positions(&slip("p1", 1)).unwrap(),
        [Position(1), Position(4)]
    );
    assert_eq!(
        trail.slip_positions(&slip("p1", 12)).unwrap(),
        [Position(3)]
    );
    assert_eq!(
        trail.slip_positions(&slip("p12", 1)).unwrap(),
        [Position(2), Position(5)]
    );
    assert_eq!(trail.slip_positions(&slip("p2", 1)).unwrap(), []);
}

/// The story with the commit at one position replaced by what somebody made of it.
fn tampered(at: usize, tamper: impl FnOnce(&mut Commit)) -> RunError {
    let mut story = story();
    let commit = &mut story.commits[at - 1];
    tamper(&mut commit.commit);
    let raw = serde_json::to_vec(&commit.commit).unwrap();
    *commit = Recorded::read(commit.position, raw.into()).unwrap();
    story
        .folded(&TrailProjection, TempDir::new().unwrap().path())
        .unwrap_err()
}

fn assert_alarm(error: &RunError, position: u64, boundary: &str) {
    assert!(
        matches!(error, RunError::Poison { position: Position(at), .. } if *at == position),
        "{error}"
    );
    assert!(error.is_integrity());
    let said = error.to_string();
    assert!(
        said.contains(boundary) && said.contains(&format!("position {position}")),
        "{said}"
    );
}

#[test]
fn a_commit_that_was_changed_raises_the_alarm_at_the_next_one_on_its_boundary() {
    let error = tampered(1, |commit| {
        commit.at = Moment::parse("2026-11-22T07:00:00+08:00").unwrap();
    });
    assert_alarm(&error, 3, "leave.p1");
}

#[test]
fn a_commit_that_follows_another_than_the_last_raises_the_alarm() {
    let error = tampered(4, |commit| {
        commit.follows = Some(Tail {
            position: Position(1),
            hash: Hash([7; 32]),
        });
    });
    assert_alarm(&error, 4, "leave.p1");
}

#[test]
fn a_second_first_commit_raises_the_alarm_and_so_does_a_first_that_follows_something() {
    assert_alarm(&tampered(5, |commit| commit.follows = None), 5, "leave.p12");
    let something = Some(Tail {
        position: Position(1),
        hash: Hash([0; 32]),
    });
    assert_alarm(
        &tampered(2, |commit| commit.follows = something),
        2,
        "leave.p12",
    );
}
