//! The files of a school office: UTF-8 with or without a byte order mark, or GB18030; columns found by name; every
//! fault named by file, line and column.

use std::borrow::Cow;
use std::collections::BTreeSet;

use csv::ReaderBuilder;
use encoding_rs::GB18030;
use homeroom_domain::Fault;

/// One line of a file, its cells in the order of the columns asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line<const COLUMNS: usize> {
    /// The line in the file, the header being 1.
    pub(super) number: u32,
    /// The cells, without blanks around them.
    pub(super) cells: [String; COLUMNS],
}

/// Reads a file. A file whose encoding or header is wrong has no lines; otherwise every sound line is there besides
/// the faults of the others.
pub(super) fn read<const COLUMNS: usize>(
    file: &'static str,
    columns: [&'static str; COLUMNS],
    bytes: &[u8],
) -> (Vec<Line<COLUMNS>>, Vec<Fault>) {
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(line) => return (Vec::new(), vec![unreadable(file, line)]),
    };
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let header: Vec<String> = match records.next() {
        Some(Ok(header)) => header.iter().map(|name| name.trim().to_owned()).collect(),
        _ => return (Vec::new(), vec![empty(file)]),
    };
    let order = match order(file, &columns, &header) {
        Ok(order) => order,
        Err(faults) => return (Vec::new(), faults),
    };
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    let mut counter = LineCounter::new(&text);
    for record in records {
        // What was decoded is text, and a flexible reader takes records of any length.
        let Ok(record) = record else { continue };
        let number = counter.line_at(record.position().map_or(0, csv::Position::byte));
        let cells: Vec<&str> = record.iter().map(str::trim).collect();
        // What a spreadsheet leaves behind below a table.
        if cells.iter().all(|cell| cell.is_empty()) {
            continue;
        }
        if cells.len() != header.len() {
            faults.push(wrong_length(file, number, cells.len(), header.len()));
            continue;
        }
        lines.push(Line {
            number,
            cells: order.map(|column| cells[column].to_owned()),
        });
    }
    (lines, faults)
}

/// Counts lines as an editor does. The reader's own count lags behind where lines end with CR LF or are empty.
struct LineCounter<'a> {
    text: &'a [u8],
    counted: usize,
    line: u32,
}

impl<'a> LineCounter<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text: text.as_bytes(),
            counted: 0,
            line: 1,
        }
    }

    /// The line of the record that the reader says begins at this byte; later records only.
    fn line_at(&mut self, byte: u64) -> u32 {
        let begins = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(here) = self.text.get(self.counted) {
            // What ended the line before may still be ahead of the record.
            if self.counted >= begins && !matches!(here, b'\r' | b'\n') {
                break;
            }
            let ends = match here {
                b'\n' => true,
                b'\r' => self.text.get(self.counted + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line = self.line.saturating_add(ends.into());
            self.counted += 1;
        }
        self.line
    }
}

/// The text; or the first line that is none.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
    const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
    let marked = bytes.strip_prefix(BYTE_ORDER_MARK);
    let bytes = marked.unwrap_or(bytes);
    let utf8 = |line: &[u8]| std::str::from_utf8(line).is_ok();
    // The header's names are Chinese and the same bytes are never both encodings, so the header decides; otherwise one
    // bad byte in a UTF-8 file would make it unreadable GB18030, and the wrong line would be named.
    let header = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let is_utf8 = marked.is_some() || utf8(header);
    let text = if is_utf8 {
        std::str::from_utf8(bytes).ok().map(Cow::Borrowed)
    } else {
        GB18030.decode_without_bom_handling_and_without_replacement(bytes)
    };
    text.ok_or_else(|| {
        // No byte of a GB18030 character is a line feed.
        let sound = |line: &[u8]| match is_utf8 {
            true => utf8(line),
            false => GB18030
                .decode_without_bom_handling_and_without_replacement(line)
                .is_some(),
        };
        let lines = bytes.split(|byte| *byte == b'\n');
        lines.take_while(|line| sound(line)).count() + 1
    })
}

/// Where each column stands in the header.
fn order<const COLUMNS: usize>(
    file: &'static str,
    columns: &[&'static str; COLUMNS],
    header: &[String],
) -> Result<[usize; COLUMNS], Vec<Fault>> {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for name in header {
        if !seen.insert(name.as_str()) {
            faults.push(repeated_column(file, name));
        } else if !columns.contains(&name.as_str()) {
            faults.push(unknown_column(file, name));
        }
    }
    let order = columns.map(|column| {
        let found = header.iter().position(|name| name == column);
        found.unwrap_or_else(|| {
            faults.push(missing_column(file, column));
            0
        })
    });
    if faults.is_empty() {
        Ok(order)
    } else {
        Err(faults)
    }
}

/// A fault of one cell.
pub(super) fn fault(
    (file, line, column): (&str, u32, &str),
    code: &'static str,
    chinese: impl Into<String>,
    english: impl Into<String>,
) -> Fault {
    let at = format!("{file}:{line}:{column}");
    Fault {
        at,
        code,
        chinese: chinese.into(),
        english: english.into(),
    }
}

fn unreadable(file: &str, line: usize) -> Fault {
    Fault {
        at: format!("{file}:{line}"),
        code: "unreadable-text",
        chinese: "这一行既不是 UTF-8 也不是 GB18030 文本。".into(),
        english: "This line is neither UTF-8 nor GB18030.".into(),
    }
}

fn empty(file: &str) -> Fault {
    Fault {
        at: format!("{file}:1"),
        code: "header-missing",
        chinese: "文件是空的，缺少表头。".into(),
        english: "The file is empty; its header is missing.".into(),
    }
}

fn wrong_length(file: &str, line: u32, has: usize, expected: usize) -> Fault {
    Fault {
        at: format!("{file}:{line}"),
        code: "wrong-number-of-cells",
        chinese: format!("这一行有 {has} 格，表头有 {expected} 格；请检查逗号和引号。"),
        english: format!(
            "The line has {has} cells, the header {expected}; look at its commas and quotes."
        ),
    }
}

fn repeated_column(file: &str, name: &str) -> Fault {
    let chinese = format!("表头里的“{name}”出现了两次。");
    fault(
        (file, 1, name),
        "repeated-column",
        chinese,
        "The column stands twice in the header.",
    )
}

fn unknown_column(file: &str, name: &str) -> Fault {
    let chinese = format!("表头里的“{name}”不是这个文件的列。");
    fault(
        (file, 1, name),
        "unknown-column",
        chinese,
        "The file has no such column.",
    )
}

fn missing_column(file: &str, name: &str) -> Fault {
    let chinese = format!("表头缺少“{name}”。");
    fault(
        (file, 1, name),
        "missing-column",
        chinese,
        "The column is missing from the header.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [&str; 2] = ["学号", "姓名"];

    fn read(bytes: &[u8]) -> (Vec<Line<2>>, Vec<String>) {
        let (lines, faults) = super::read("students.csv", COLUMNS, bytes);
        (
            lines,
            faults
                .into_iter()
                .map(|fault| format!("{} {}", fault.at, fault.code))
                .collect(),
        )
    }

    fn line(number: u32, cells: [&str; 2]) -> Line<2> {
        Line {
            number,
            cells: cells.map(str::to_owned),
        }
    }

    #[test]
    fn a_plain_file_is_read_line_by_line() {
        let (lines, faults) = read("学号,姓名\n1,赵一\n2,钱二".as_bytes());
        assert_eq!(lines, [line(2, ["1", "赵一"]), line(3, ["2", "钱二"])]);
        assert!(faults.is_empty(), "{faults:?}");
    }

    #[test]
    fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
        let (lines, faults) = read("\u{FEFF}学号,姓名\r\n1,赵一\r\n".as_bytes());
        assert_eq!(lines, [line(2, ["1", "赵一"])]);
        assert!(faults.is_empty(), "{faults:?}");
    }

    #[test]
    fn lines_are_counted_as_an_editor_counts_them_whatever_ends_them() {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("学号,姓名{end}{end}1,\"赵{end}一\"{end}2,钱二{end}");
            let lines = read(text.as_bytes()).0;
            let numbers: Vec<u32> = lines.iter().map(|line| line.number).collect();
            assert_eq!(numbers, [3, 5], "{end:?}");
        }
    }

    #[test]
    fn gb18030_is_read_with_characters_outside_gbk_too() {
        // "学号,姓名\n1,𠮷田\n" by Python's codec gb18030: 𠮷 takes four bytes.
        let mut bytes = vec![0xD1, 0xA7, 0xBA, 0xC5, b',', 0xD0, 0xD5, 0xC3, 0xFB, b'\n'];
        bytes.extend([b'1', b',', 0x95, 0x34, 0xAD, 0x31, 0xCC, 0xEF, b'\n']);
        let (lines, faults) = read(&bytes);
        assert_eq!(lines.len(), 1, "{faults:?}");
        assert_eq!(lines[0].cells[1].chars().nth(1), Some('田'), "{lines:?}");
        assert_eq!(lines[0].cells[1].chars().count(), 2);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_by_line() {
        let mut bytes = "学号,姓名\n1,赵一\n2,".as_bytes().to_vec();
        bytes.extend([0xFF, 0xFE, b'\n']);
        assert_eq!(
            read(&bytes),
            (vec![], vec!["students.csv:3 unreadable-text".to_owned()])
        );
        let utf16: Vec<u8> = "\u{FEFF}学号"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(read(&utf16).1, ["students.csv:1 unreadable-text"]);
        assert_eq!(read(&[0x81]).1, ["students.csv:1 unreadable-text"]);
    }

    #[test]
    fn columns_are_found_by_name_in_any_order() {
        let (lines, _) = read("姓名,学号\n赵一,1\n".as_bytes());
        assert_eq!(lines, [line(2, ["1", "赵一"])]);
    }

    #[test]
    fn a_header_that_is_not_the_files_is_refused_by_column() {
        assert_eq!(
            read("学号\n1\n".as_bytes()).1,
            ["students.csv:1:姓名 missing-column"]
        );
        assert_eq!(
            read("学号,姓名,备注\n1,赵一,x\n".as_bytes()),
            (
                vec![],
                vec!["students.csv:1:备注 unknown-column".to_owned()]
            )
        );
        assert_eq!(
            read("学号,姓名,学号\n1,赵一,2\n".as_bytes()).1,
            ["students.csv:1:学号 repeated-column"]
        );
        assert_eq!(read(b"").1, ["students.csv:1 header-missing"]);
        assert_eq!(
            read("\u{FEFF}".as_bytes()).1,
            ["students.csv:1 header-missing"]
        );
    }

    #[test]
    fn quotes_hold_commas_quotes_and_line_ends_and_lines_are_counted_through_them() {
        let (lines, faults) = read("学号,姓名\n1,\"赵,\"\"一\"\"\n\"\n2,钱二\n".as_bytes());
        assert_eq!(
            lines,
            [line(2, ["1", "赵,\"一\""]), line(4, ["2", "钱二"])],
            "{faults:?}"
        );
    }

    #[test]
    fn a_line_with_too_few_or_too_many_cells_is_named_and_the_others_are_read() {
        let (lines, faults) = read("学号,姓名\n1\n2,钱二\n3,孙三,男\n".as_bytes());
        assert_eq!(lines, [line(3, ["2", "钱二"])]);
        let expected = [
            "students.csv:2 wrong-number-of-cells",
            "students.csv:4 wrong-number-of-cells",
        ];
        assert_eq!(faults, expected);
    }

    #[test]
    fn an_unclosed_quote_is_a_fault_of_the_line_it_opens_on() {
        let (lines, faults) = read("学号,姓名\n1,赵一\n\"2,钱二\n3,孙三\n".as_bytes());
        assert_eq!(lines, [line(2, ["1", "赵一"])]);
        assert_eq!(faults, ["students.csv:3 wrong-number-of-cells"]);
    }

    #[test]
    fn empty_lines_are_passed_over_and_counted() {
        let (lines, faults) = read("学号,姓名\n\n1,赵一\n,\n \u{3000},\t\n2,钱二\n\n".as_bytes());
        assert_eq!(
            lines,
            [line(3, ["1", "赵一"]), line(6, ["2", "钱二"])],
            "{faults:?}"
        );
        assert!(faults.is_empty());
    }

    #[test]
    fn blanks_around_a_cell_are_no_part_of_it() {
        let (lines, _) = read("学号 , 姓名\n 1 ,\u{3000}赵 一\u{3000}\n".as_bytes());
        assert_eq!(lines, [line(2, ["1", "赵 一"])]);
    }
}
