//! What the log and the views must never hold in the clear.

use std::path::Path;

use homeroom_tests::{School, at};

#[tokio::test]
async fn names_numbers_phones_places_devices_and_reasons_stand_nowhere_in_the_clear() {
    let mut school = School::with_rule().await;
    let place = (30.912_399, 113.921_277);
    school
        .student("2026010101")
        .checks_in_from(at("07:00"), place.0, place.1)
        .await
        .ok();
    let slip = school
        .student("2026010102")
        .submits_slip(at("08:00"), at("18:00"))
        .await
        .ok();
    let slip = slip.body["slip"].as_str().unwrap().to_owned();
    let approved = school.staff("T1").approves(&slip).await.ok();
    let seen = school
        .staff("T1")
        .get_after(approved.position(), &format!("/v1/slips/{slip}"))
        .await
        .ok();
    assert_eq!(seen.body["reason"], "发烧", "who may read it reads it");
    school.stop();
    let secrets = [
        "赵一",
        "2026010101",
        "13100000001",
        "钱二",
        "甲老师",
        "13000000001",
        "发烧",
        "好好休息",
        "30.912399",
        "113.921277",
    ];
    let mut files = 0;
    search(school.data.path(), &mut |path, bytes| {
        files += 1;
        for secret in secrets {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} stands in {}", path.display());
        }
    });
    assert!(files > 10, "the data folder was searched: {files} files");
}

fn search(folder: &Path, found: &mut impl FnMut(&Path, &[u8])) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            search(&path, found);
        } else {
            found(&path, &std::fs::read(&path).unwrap());
        }
    }
}
