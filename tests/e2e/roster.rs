//! The roster comes whole or not at all.

use homeroom_tests::School;

const CLASSES: &str =
    "班级代码,班级,入学年份,专业,班主任工号\n26JY1,26级计算机应用1班,2026,计算机应用,T1\n";
const STAFF: &str = "工号,姓名,职务,范围,手机号\nT1,甲老师,班主任,26级计算机应用1班,13000000001\n";
const STUDENTS: &str =
    "学号,姓名,性别,班级,宿舍,手机号\n2026010101,赵一,男,26级计算机应用1班,A101,13100000001\n";
const CADRES: &str = "学号,类别,范围,职务\n2026010101,班级干部,26级计算机应用1班,班长\n";

async fn school() -> School {
    let school = School::empty().await;
    school.clock("2026-11-23T06:00:00+08:00").await.ok();
    school
}

#[tokio::test]
async fn the_same_roster_twice_appends_nothing_the_second_time() {
    let school = school().await;
    school.import(CLASSES, STAFF, STUDENTS, CADRES).await.ok();
    let head = school.head().await;
    school.import(CLASSES, STAFF, STUDENTS, CADRES).await.ok();
    assert_eq!(school.head().await, head);
}

#[tokio::test]
async fn every_bad_line_is_named_and_nothing_is_half_imported() {
    let school = school().await;
    let head = school.head().await;
    let students = "学号,姓名,性别,班级,宿舍,手机号\n\
        2026010101,赵一,男,26级计算机应用1班,A101,13100000001\n\
        2026010101,钱二,女,26级计算机应用1班,A101,13100000002\n\
        2026010103,孙三,男,没有这个班,A101,13100000003\n\
        ,李四,男,26级计算机应用1班,A101,13100000004\n";
    let refused = school.import(CLASSES, STAFF, students, CADRES).await;
    assert_eq!(refused.status, 422, "{:#}", refused.body);
    let faults = refused.body["faults"].as_array().unwrap();
    let named: Vec<&str> = faults
        .iter()
        .filter_map(|fault| fault["at"].as_str())
        .collect();
    for bad in [
        "students.csv:3:学号",
        "students.csv:4:班级",
        "students.csv:5:学号",
    ] {
        assert!(named.contains(&bad), "{bad} is not among {named:?}");
    }
    assert_eq!(school.head().await, head);
    let classes = school.admin().get("/v1/classes").await.ok().body;
    assert_eq!(
        classes["classes"].as_array().unwrap().len(),
        0,
        "{classes:#}"
    );
}

#[tokio::test]
async fn a_roster_with_a_byte_order_mark_and_one_in_gb18030_are_the_same_roster() {
    let school = school().await;
    let bom = |text: &str| {
        [
            b"\xEF\xBB\xBF".as_slice(),
            text.replace('\n', "\r\n").as_bytes(),
        ]
        .concat()
    };
    let files = [
        ("classes", bom(CLASSES)),
        ("staff", bom(STAFF)),
        ("students", bom(STUDENTS)),
        ("cadres", bom(CADRES)),
    ];
    school.import_bytes(&files).await.ok();
    let head = school.head().await;
    // students.csv in GB18030, as an old school office program writes it; made by Python's codec.
    let gb18030 = python_gb18030(STUDENTS);
    assert!(std::str::from_utf8(&gb18030).is_err(), "it is not UTF-8");
    school.import_bytes(&[("students", gb18030)]).await.ok();
    assert_eq!(school.head().await, head, "nothing differs");
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused() {
    let school = school().await;
    let refused = school
        .import_bytes(&[("students", vec![0xFF, 0xFE, 0x00, 0x81, 0xFF])])
        .await;
    assert!(
        (400..500).contains(&refused.status),
        "{} {:#}",
        refused.status,
        refused.body
    );
}

/// The text in GB18030, by an encoder that is not ours.
fn python_gb18030(text: &str) -> Vec<u8> {
    use std::io::Write as _;
    let mut python = std::process::Command::new("python3")
        .args(["-c", "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read().decode('utf-8').encode('gb18030'))"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    python
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    python.wait_with_output().unwrap().stdout
}
