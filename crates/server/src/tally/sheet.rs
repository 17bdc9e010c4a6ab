//! Tallies as sheets: CSV and XLSX, safe to open. A text that a spreadsheet would take for a formula is made one that it
//! does not (OWASP, "CSV Injection"); in XLSX a text is a text.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use homeroom_domain::attendance::Tally;
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use serde::Deserialize;

use crate::error::{self, ApiError};

/// As what a tally is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum As {
    #[default]
    Json,
    Csv,
    Xlsx,
}

/// What a tally's columns are called.
const COLUMNS: [&str; 8] = [
    "应到 expected",
    "准时 on time",
    "迟到 late",
    "迟到分钟 minutes late",
    "请假 excused",
    "缺勤 absent",
    "未定 open",
    "出勤率% rate",
];

/// A sheet: one row each for whom the names are of, and the sum.
pub(super) struct Sheet {
    /// What the file is called, without what it ends in.
    pub(super) name: String,
    /// What the columns before the numbers are called.
    pub(super) names: Vec<&'static str>,
    pub(super) rows: Vec<(Vec<String>, Tally)>,
    pub(super) total: Tally,
}

impl Sheet {
    /// Every row, the sum last.
    fn all(&self) -> impl Iterator<Item = (Vec<String>, &Tally)> {
        let mut sum = vec![String::new(); self.names.len()];
        if let Some(first) = sum.first_mut() {
            "合计 together".clone_into(first);
        }
        let rows = self
            .rows
            .iter()
            .map(|(names, tally)| (names.clone(), tally));
        rows.chain([(sum, &self.total)])
    }

    pub(super) fn csv(&self) -> Result<Response, ApiError> {
        // Excel takes a file for UTF-8 only if it begins so.
        let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
        let head = self.names.iter().chain(&COLUMNS);
        writer
            .write_record(head)
            .map_err(|error| unwritable(&error))?;
        for (names, tally) in self.all() {
            let names = names.iter().map(|name| harmless(name));
            let numbers =
                numbers(tally).map(|number| number.map_or(String::new(), |n| n.to_string()));
            let row = names.chain(numbers);
            writer
                .write_record(row)
                .map_err(|error| unwritable(&error))?;
        }
        let bytes = writer.into_inner().map_err(|error| unwritable(&error))?;
        Ok(self.file(bytes, "text/csv; charset=utf-8", "csv"))
    }

    pub(super) fn xlsx(&self) -> Result<Response, ApiError> {
        let bytes = self.workbook().map_err(|error| unwritable(&error))?;
        let type_ = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        Ok(self.file(bytes, type_, "xlsx"))
    }

    fn workbook(&self) -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        let bold = Format::new().set_bold();
        let sheet = workbook.add_worksheet();
        for (column, name) in (0..).zip(self.names.iter().chain(&COLUMNS)) {
            sheet.write_string_with_format(0, column, *name, &bold)?;
        }
        for (row, (names, tally)) in (1..).zip(self.all()) {
            let mut column = 0;
            for name in &names {
                sheet.write_string(row, column, name)?;
                column += 1;
            }
            for number in numbers(tally) {
                if let Some(number) = number {
                    sheet.write_number(row, column, number)?;
                }
                column += 1;
            }
        }
        sheet.set_freeze_panes(1, 0)?;
        sheet.autofit();
        workbook.save_to_buffer()
    }

    fn file(&self, bytes: Vec<u8>, type_: &'static str, ending: &str) -> Response {
        let mut response = (StatusCode::OK, bytes).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(type_));
        let file = format!("attachment; filename=\"{}.{ending}\"", self.name);
        if let Ok(file) = HeaderValue::try_from(file) {
            headers.insert(CONTENT_DISPOSITION, file);
        }
        response
    }
}

#[expect(clippy::cast_precision_loss, reason = "minutes of a school's term")]
fn numbers(tally: &Tally) -> [Option<f64>; 8] {
    let count = |number: u32| Some(f64::from(number));
    [
        count(tally.expected),
        count(tally.on_time),
        count(tally.late),
        Some(tally.late_s.div_ceil(60) as f64),
        count(tally.excused),
        count(tally.absent),
        count(tally.open),
        tally.rate_percent(),
    ]
}

/// A text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn unwritable(error: &dyn std::fmt::Display) -> ApiError {
    tracing::error!(%error, "a sheet cannot be written");
    error::internal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_that_looks_like_a_formula_is_no_formula() {
        let sheet = Sheet {
            name: "26JY1".to_owned(),
            names: vec!["学号", "姓名"],
            rows: vec![(vec!["2026010101".into(), "=1+1".into()], Tally::default())],
            total: Tally::default(),
        };
        let csv = sheet.csv().unwrap();
        let bytes = axum::body::to_bytes(csv.into_body(), 10_000).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(
            text.starts_with("\u{feff}学号,姓名,应到 expected"),
            "{text}"
        );
        assert!(text.contains("2026010101,'=1+1,0,0"), "{text}");
        assert!(
            text.trim_end().ends_with("合计 together,,0,0,0,0,0,0,0,"),
            "{text}"
        );
        assert!(sheet.workbook().unwrap().starts_with(b"PK"));
        for harmful in ["=x", "+1", "-1", "@x", "\tx", "\rx"] {
            assert!(harmless(harmful).starts_with('\''));
        }
        assert_eq!(harmless("赵一"), "赵一");
    }
}
