use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};

use homeroom_projection::{Refused, View, ViewError};

use crate::harness::{School, copy, identity};
use crate::ledger::{Ledger, NAME};

/// A view that was built, damaged, refused by a reader, built anew by a projector, and is whole again.
async fn refused_and_rebuilt(school: &School, refused: impl Fn(&Refused) -> bool) {
    let error = school.view().of(school.log.identity()).read().unwrap_err();
    assert!(
        matches!(&error, ViewError::Refused(why) if refused(why)),
        "{error}"
    );
    let before = school.current();
    let projector = school.project(Ledger::<1>);
    let view = school.view().of(school.log.identity());
    let rebuilt = school.settled(&view).await;
    projector.stop().await;
    assert_ne!(
        school.current(),
        before,
        "never repaired, always built anew"
    );
    assert_eq!(rebuilt, school.uninterrupted().await);
}

async fn built() -> School {
    let mut school = School::open().await;
    school.append(2_000).await;
    school.rebuild().await;
    school
}

fn is_torn(refused: &Refused) -> bool {
    matches!(refused, Refused::Torn(..))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_cut_short_anywhere_is_refused_and_rebuilt() {
    let school = built().await;
    let data = school.current().join("data.mdb");
    let whole = fs::read(&data).unwrap();
    for length in [16_384, 8_192, 8_191, 4_200, 4_096, 100, 1, 0] {
        let file = fs::File::create(school.current().join("data.mdb")).unwrap();
        (&file).write_all(&whole[..length]).unwrap();
        drop(file);
        let error = school.view().read().unwrap_err();
        assert!(
            matches!(&error, ViewError::Refused(Refused::Torn(..))),
            "{length} bytes: {error}"
        );
    }
    refused_and_rebuilt(&school, is_torn).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_with_unreadable_head_pages_is_refused_and_rebuilt() {
    let school = built().await;
    let mut file = fs::File::options()
        .write(true)
        .open(school.current().join("data.mdb"))
        .unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.write_all(&[0x55; 8_192]).unwrap();
    drop(file);
    refused_and_rebuilt(&school, is_torn).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_whose_files_are_gone_is_refused_and_rebuilt() {
    let school = built().await;
    fs::remove_dir_all(school.current()).unwrap();
    refused_and_rebuilt(&school, is_torn).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_was_removed_by_hand_is_built_again_under_a_reader_that_does_not_step_back() {
    let mut school = built().await;
    let view = school.view();
    let before = view.read().unwrap().position();
    fs::remove_dir_all(school.views().join(NAME)).unwrap();
    let projector = school.project(Ledger::<1>);
    school.append(100).await;
    school.settled(&view).await;
    assert!(view.read().unwrap().position() > before);
    projector.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pointer_that_names_no_generation_is_refused_and_rebuilt() {
    let school = built().await;
    fs::write(school.views().join(NAME).join("current"), "../../etc").unwrap();
    let error = school.view().read().unwrap_err();
    assert!(
        matches!(&error, ViewError::Refused(Refused::Torn(..))),
        "{error}"
    );
    let projector = school.project(Ledger::<1>);
    school.settled(&school.view()).await;
    projector.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_of_another_log_is_refused_by_whoever_knows_the_log_and_rebuilt() {
    let other = built().await;
    let mut school = School::open_with("epochtwo").await;
    school.append(300).await;
    copy(&other.views(), &school.views());
    let error = school.view().of(&identity("epochtwo")).read().unwrap_err();
    assert!(
        error.to_string().contains("epochone"),
        "it says what it is of: {error}"
    );
    refused_and_rebuilt(&school, |refused| matches!(refused, Refused::Foreign(..))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_of_another_view_is_refused() {
    let school = built().await;
    copy(&school.views().join(NAME), &school.views().join("leave"));
    let error = View::new(&school.views(), "leave", 1).read().unwrap_err();
    assert!(
        matches!(&error, ViewError::Refused(Refused::Foreign(_, what)) if what.contains(NAME)),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_of_another_version_is_served_to_its_readers_until_the_new_one_is_built() {
    let school = built().await;
    let (old, new) = (school.view(), View::new(&school.views(), NAME, 2));
    assert!(matches!(
        new.read(),
        Err(ViewError::Refused(Refused::OtherVersion(_, 1)))
    ));
    let before = old.read().unwrap().position();
    let projector = school.project(Ledger::<2>);
    school.settled(&new).await;
    // The flip is no reason for a reader that is still of the old version to stop.
    assert_eq!(old.read().unwrap().position(), before);
    projector.stop().await;
}
