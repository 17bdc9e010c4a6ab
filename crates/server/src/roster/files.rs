//! The four files of a roster, read and checked cell by cell, before anything is known of the roster as it is.

use std::collections::BTreeSet;

use homeroom_domain::Fault;
use homeroom_domain::office::Role;
use homeroom_domain::roster::Identity;

use super::csv::{self, Line, fault};
use crate::request::NUMBER_CHARS_MAX;

/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 60;

/// The files as they were sent; a file may be missing.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) classes: Option<Vec<u8>>,
    pub(super) staff: Option<Vec<u8>>,
    pub(super) students: Option<Vec<u8>>,
    pub(super) cadres: Option<Vec<u8>>,
}

/// A line of `classes.csv`.
#[derive(Debug)]
pub(super) struct ClassCells {
    pub(super) line: u32,
    pub(super) code: String,
    pub(super) name: String,
    pub(super) entered: u16,
    pub(super) major: String,
    pub(super) teacher: String,
}

/// A line of `staff.csv`.
#[derive(Debug)]
pub(super) struct StaffCells {
    pub(super) line: u32,
    pub(super) identity: Identity,
    pub(super) role: Role,
    pub(super) scopes: Vec<String>,
}

/// A line of `students.csv`.
#[derive(Debug)]
pub(super) struct StudentCells {
    pub(super) line: u32,
    pub(super) identity: Identity,
    pub(super) class: String,
    pub(super) dorm: Option<String>,
}

/// A line of `cadres.csv`.
#[derive(Debug)]
pub(super) struct CadreCells {
    pub(super) line: u32,
    pub(super) student: String,
    pub(super) role: Role,
    pub(super) scope: String,
    pub(super) title: String,
}

/// A roster as it was sent: its sound lines, and the faults of the others.
#[derive(Debug, Default)]
pub(super) struct Sheets {
    pub(super) classes: Vec<ClassCells>,
    pub(super) staff: Vec<StaffCells>,
    pub(super) students: Vec<StudentCells>,
    pub(super) cadres: Vec<CadreCells>,
    pub(super) faults: Vec<Fault>,
    /// Numbers and class names of lines that are left out: whatever is amiss because they are missing is no fault.
    left_out: BTreeSet<String>,
    /// Files of which lines are left out without anybody knowing what they name.
    torn: BTreeSet<&'static str>,
}

impl Sheets {
    pub(super) fn read(files: &Files) -> Self {
        let mut sheets = Self::default();
        if let Some(bytes) = &files.classes {
            let columns = ["班级代码", "班级", "入学年份", "专业", "班主任工号"];
            for line in sheets.lines("classes.csv", columns, bytes) {
                sheets.class(line);
            }
        }
        if let Some(bytes) = &files.staff {
            let columns = ["工号", "姓名", "职务", "范围", "手机号"];
            for line in sheets.lines("staff.csv", columns, bytes) {
                sheets.member_of_staff(line);
            }
        }
        if let Some(bytes) = &files.students {
            let columns = ["学号", "姓名", "性别", "班级", "宿舍", "手机号"];
            for line in sheets.lines("students.csv", columns, bytes) {
                sheets.student(line);
            }
        }
        if let Some(bytes) = &files.cadres {
            let columns = ["学号", "类别", "范围", "职务"];
            for line in sheets.lines("cadres.csv", columns, bytes) {
                sheets.cadre(line);
            }
        }
        sheets
    }

    /// True if this fault of a sound line is only that it names what stands on a line that is left out.
    pub(super) fn is_consequence(&self, fault: &Fault) -> bool {
        let missing_from = match fault.code {
            "unknown-homeroom-teacher" => "staff.csv",
            "unknown-student" => "students.csv",
            "unknown-class" => "classes.csv",
            _ => return false,
        };
        self.torn.contains(missing_from)
            || self
                .named_at(&fault.at)
                .is_some_and(|name| self.left_out.contains(name))
    }

    /// What a cell says that names something on another line.
    fn named_at(&self, at: &str) -> Option<&str> {
        let mut parts = at.splitn(3, ':');
        let (file, line): (&str, u32) = (parts.next()?, parts.next()?.parse().ok()?);
        let column = parts.next()?;
        match (file, column) {
            ("classes.csv", "班主任工号") => self
                .classes
                .iter()
                .find(|cells| cells.line == line)
                .map(|cells| cells.teacher.as_str()),
            ("students.csv", "班级") => self
                .students
                .iter()
                .find(|cells| cells.line == line)
                .map(|cells| cells.class.as_str()),
            ("cadres.csv", "学号") => self
                .cadres
                .iter()
                .find(|cells| cells.line == line)
                .map(|cells| cells.student.as_str()),
            ("cadres.csv", "范围") => self
                .cadres
                .iter()
                .find(|cells| cells.line == line)
                .map(|cells| cells.scope.as_str()),
            ("staff.csv", "范围") => {
                let cells = self.staff.iter().find(|cells| cells.line == line)?;
                cells
                    .scopes
                    .iter()
                    .map(String::as_str)
                    .find(|scope| self.left_out.contains(*scope))
            }
            _ => None,
        }
    }

    fn lines<const COLUMNS: usize>(
        &mut self,
        file: &'static str,
        columns: [&'static str; COLUMNS],
        bytes: &[u8],
    ) -> Vec<Line<COLUMNS>> {
        let (lines, faults) = csv::read(file, columns, bytes);
        // A line with the wrong number of cells names nobody for sure, so anybody may be missing.
        if !faults.is_empty() {
            self.torn.insert(file);
        }
        self.faults.extend(faults);
        lines
    }

    fn class(
        &mut self,
        Line {
            number: line,
            cells,
        }: Line<5>,
    ) {
        let [code, name, year, major, teacher] = cells;
        let cell = |column| ("classes.csv", line, column);
        let mut faults = Vec::new();
        faults.extend(number_fault(cell("班主任工号"), &teacher));
        let entered = year.parse();
        if entered.is_err() {
            faults.push(fault(
                cell("入学年份"),
                "impossible-year",
                "年份须写作四位数字，如 2026。",
                "The year is written with four digits, as in 2026.",
            ));
        }
        match entered {
            Ok(entered) if faults.is_empty() => {
                self.classes.push(ClassCells {
                    line,
                    code,
                    name,
                    entered,
                    major,
                    teacher,
                });
            }
            _ => {
                self.left_out.insert(name);
            }
        }
        self.faults.extend(faults);
    }

    fn member_of_staff(
        &mut self,
        Line {
            number: line,
            cells,
        }: Line<5>,
    ) {
        let [number, name, office, scope, phone] = cells;
        let cell = |column| ("staff.csv", line, column);
        let mut faults = Vec::new();
        faults.extend(number_fault(cell("工号"), &number));
        faults.extend(name_fault(cell("姓名"), &name));
        faults.extend(phone_fault(cell("手机号"), &phone));
        let role = staff_role(&office);
        if role.is_none() {
            faults.push(fault(
                cell("职务"),
                "unknown-office",
                "职务须为班主任、辅导员、任课教师、系部书记、学工干事、校领导、门卫或信息管理员。",
                "The office must be one of 班主任 辅导员 任课教师 系部书记 学工干事 校领导 门卫 信息管理员.",
            ));
        }
        let split = |c| matches!(c, ';' | '；');
        let scopes = scope
            .split(split)
            .map(str::trim)
            .filter(|scope| !scope.is_empty());
        match role {
            Some(role) if faults.is_empty() => {
                let scopes = scopes.map(str::to_owned).collect();
                let identity = Identity {
                    number,
                    name,
                    sex: None,
                    phone: some(phone),
                };
                self.staff.push(StaffCells {
                    line,
                    identity,
                    role,
                    scopes,
                });
            }
            _ => {
                self.left_out.insert(number);
            }
        }
        self.faults.extend(faults);
    }

    fn student(
        &mut self,
        Line {
            number: line,
            cells,
        }: Line<6>,
    ) {
        let [number, name, sex, class, dorm, phone] = cells;
        let cell = |column| ("students.csv", line, column);
        let mut faults = Vec::new();
        faults.extend(number_fault(cell("学号"), &number));
        faults.extend(name_fault(cell("姓名"), &name));
        faults.extend(phone_fault(cell("手机号"), &phone));
        if !matches!(sex.as_str(), "男" | "女" | "") {
            faults.push(fault(
                cell("性别"),
                "unknown-sex",
                "性别须为男、女或空白。",
                "The sex must be 男, 女 or blank.",
            ));
        }
        if faults.is_empty() {
            let identity = Identity {
                number,
                name,
                sex: some(sex),
                phone: some(phone),
            };
            self.students.push(StudentCells {
                line,
                identity,
                class,
                dorm: some(dorm),
            });
        } else {
            self.left_out.insert(number);
        }
        self.faults.extend(faults);
    }

    fn cadre(
        &mut self,
        Line {
            number: line,
            cells,
        }: Line<4>,
    ) {
        let [student, kind, scope, title] = cells;
        let cell = |column| ("cadres.csv", line, column);
        let mut faults = Vec::new();
        faults.extend(number_fault(cell("学号"), &student));
        let role = match kind.as_str() {
            "班级干部" => Some(Role::ClassCadre),
            "学生会干部" => Some(Role::DepartmentCadre),
            _ => None,
        };
        if role.is_none() {
            faults.push(fault(
                cell("类别"),
                "unknown-cadre",
                "类别须为班级干部或学生会干部。",
                "The kind must be 班级干部 or 学生会干部.",
            ));
        }
        if let Some(role) = role.filter(|_| faults.is_empty()) {
            self.cadres.push(CadreCells {
                line,
                student,
                role,
                scope,
                title,
            });
        }
        self.faults.extend(faults);
    }
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn staff_role(office: &str) -> Option<Role> {
    Some(match office {
        "班主任" => Role::HomeroomTeacher,
        "辅导员" => Role::Counsellor,
        "任课教师" => Role::SubjectTeacher,
        "系部书记" => Role::DepartmentSecretary,
        "学工干事" => Role::StudentAffairsOfficer,
        "校领导" => Role::SchoolLeader,
        "门卫" => Role::Guard,
        "信息管理员" => Role::ItAdmin,
        _ => return None,
    })
}

type Cell = (&'static str, u32, &'static str);

fn number_fault(cell: Cell, number: &str) -> Option<Fault> {
    let sound = (1..=NUMBER_CHARS_MAX).contains(&number.chars().count())
        && !number.chars().any(|c| c.is_control() || c.is_whitespace())
        && number != "admin";
    (!sound).then(|| {
        let chinese = format!("须为 1 至 {NUMBER_CHARS_MAX} 个字符，不含空格，且不能是 admin。");
        let english =
            format!("Must be 1 to {NUMBER_CHARS_MAX} characters without blanks, and not admin.");
        fault(cell, "malformed-number", chinese, english)
    })
}

fn name_fault(cell: Cell, name: &str) -> Option<Fault> {
    let sound =
        (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    (!sound).then(|| {
        let chinese = format!("须为 1 至 {NAME_CHARS_MAX} 个字。");
        fault(
            cell,
            "text-length",
            chinese,
            format!("Must have 1 to {NAME_CHARS_MAX} characters."),
        )
    })
}

fn phone_fault(cell: Cell, phone: &str) -> Option<Fault> {
    let sound = phone.is_empty()
        || (5..=20).contains(&phone.len())
            && phone
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b"+- ".contains(&byte));
    (!sound).then(|| {
        fault(
            cell,
            "malformed-phone",
            "手机号须为 5 至 20 位数字，或空白。",
            "The phone number must have 5 to 20 digits, or be blank.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(sheets: &Sheets) -> Vec<String> {
        sheets
            .faults
            .iter()
            .map(|fault| format!("{} {}", fault.at, fault.code))
            .collect()
    }

    #[test]
    fn every_bad_cell_is_named_and_the_sound_lines_are_kept() {
        let sheets = Sheets::read(&Files {
            classes: Some(
                "班级代码,班级,入学年份,专业,班主任工号\nA,甲班,二〇,计,T1\nB,乙班,2026,计,T1\n"
                    .into(),
            ),
            staff: Some(
                "工号,姓名,职务,范围,手机号\nT1,甲,班长,甲班,\nT2,,门卫,校门；后门,电话\n".into(),
            ),
            students: Some(
                "学号,姓名,性别,班级,宿舍,手机号\n1 1,赵一,x,甲班,,\n2,钱二,,乙班,,13000000000\n"
                    .into(),
            ),
            cadres: Some(
                "学号,类别,范围,职务\n2,班委,乙班,班长\nadmin,班级干部,乙班,班长\n".into(),
            ),
        });
        let expected = [
            "classes.csv:2:入学年份 impossible-year",
            "staff.csv:2:职务 unknown-office",
            "staff.csv:3:姓名 text-length",
            "staff.csv:3:手机号 malformed-phone",
            "students.csv:2:学号 malformed-number",
            "students.csv:2:性别 unknown-sex",
            "cadres.csv:2:类别 unknown-cadre",
            "cadres.csv:3:学号 malformed-number",
        ];
        assert_eq!(named(&sheets), expected);
        assert_eq!(
            (
                sheets.classes.len(),
                sheets.students.len(),
                sheets.cadres.len()
            ),
            (1, 1, 0)
        );
        assert!(sheets.torn.is_empty());
    }

    #[test]
    fn what_is_amiss_only_because_another_line_is_left_out_is_no_fault() {
        let sheets = Sheets::read(&Files {
            classes: Some(
                "班级代码,班级,入学年份,专业,班主任工号\nA,甲班,2026,计,T1\nB,乙班,2026,计,T9\n"
                    .into(),
            ),
            staff: Some("工号,姓名,职务,范围,手机号\nT1,甲,班长,甲班,\n".into()),
            ..Files::default()
        });
        let at = |line| {
            fault(
                ("classes.csv", line, "班主任工号"),
                "unknown-homeroom-teacher",
                "",
                "",
            )
        };
        assert!(sheets.is_consequence(&at(2)), "T1 stands on a bad line");
        assert!(!sheets.is_consequence(&at(3)), "T9 stands nowhere");
    }

    #[test]
    fn scopes_are_split_at_either_semicolon() {
        let sheets = Sheets::read(&Files {
            staff: Some("工号,姓名,职务,范围,手机号\nT1,甲,任课教师,甲班;乙班； 丙班 ;,\n".into()),
            ..Files::default()
        });
        assert_eq!(sheets.staff[0].scopes, ["甲班", "乙班", "丙班"]);
    }
}
