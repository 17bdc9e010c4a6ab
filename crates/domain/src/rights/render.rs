//! The table as people read it.

use std::fmt::Write;

use crate::refusal::Language;

use super::table::COLUMNS;
use super::{Action, reach};

/// The table as plain text, for a terminal: the roles by letter, a legend below.
pub fn plain(language: Language) -> String {
    let mut text = String::new();
    let name = |action: &Action| action.name(language);
    let width = Action::ALL.iter().map(name).map(columns_of).max();
    let width = width.unwrap_or_default();
    text.push_str(&" ".repeat(width));
    for letter in letters() {
        let _ = write!(text, "  {letter:5}");
    }
    end_line(&mut text);
    for action in Action::ALL {
        let name = name(action);
        text.push_str(name);
        text.push_str(&" ".repeat(width - columns_of(name)));
        for role in COLUMNS {
            let _ = write!(text, "  {:5}", reach(*action, role).as_str());
        }
        end_line(&mut text);
    }
    text.push('\n');
    for (letter, role) in letters().zip(COLUMNS) {
        let _ = writeln!(text, "{letter}  {}", role.name(language));
    }
    text.push('\n');
    for (cell, meaning) in legend(language) {
        let _ = writeln!(text, "{cell:5}  {meaning}");
    }
    text
}

/// The table as Markdown, in both languages: what stands in `docs/rights.md`.
pub fn markdown() -> String {
    let both = |name: &dyn Fn(Language) -> &'static str| {
        format!("{}<br>{}", name(Language::Chinese), name(Language::English))
    };
    let mut text = String::from(
        "# 权限表 Who may do what\n\n\
         此表由程序生成（`homeroom rights`），程序也按此表裁决每一个命令和查询。  \n\
         The program prints this table (`homeroom rights`), and decides every command and query by it.\n\n\
         职务只在任期内有效：自起始时刻起，至结束时刻前一刻止；代理人与被代理的职务同权，到期自止。  \n\
         An office counts from its first instant until just before its last; a deputy may do what the office may, until the \
         delegation ends by itself.\n\n",
    );
    for ((cell, chinese), (_, english)) in legend(Language::Chinese)
        .into_iter()
        .zip(legend(Language::English))
    {
        let _ = writeln!(text, "- `{cell}` {chinese} {english}");
    }
    text.push_str("\n| |");
    for role in COLUMNS {
        let _ = write!(text, " {} |", both(&|language| role.name(language)));
    }
    text.push_str("\n|---|");
    text.push_str(&":-:|".repeat(COLUMNS.len()));
    text.push('\n');
    for action in Action::ALL {
        let _ = write!(text, "| {} |", both(&|language| action.name(language)));
        for role in COLUMNS {
            let _ = write!(text, " {} |", reach(*action, role).as_str());
        }
        text.push('\n');
    }
    text
}

fn letters() -> impl Iterator<Item = char> {
    ('A'..='Z').take(COLUMNS.len())
}

fn legend(language: Language) -> [(&'static str, &'static str); 4] {
    match language {
        Language::Chinese => [
            ("-", "不可。"),
            ("own", "仅限本人；家长限本人的孩子。"),
            ("scope", "限职务范围之内。"),
            ("all", "全校。"),
        ],
        Language::English => [
            ("-", "Never."),
            ("own", "About oneself; a guardian about their child."),
            ("scope", "About whatever lies in the office's scope."),
            ("all", "About anything in the school."),
        ],
    }
}

/// How many columns of a terminal a text takes: Chinese characters take two.
fn columns_of(text: &str) -> usize {
    text.chars()
        .map(|char| if char.is_ascii() { 1 } else { 2 })
        .sum()
}

fn end_line(text: &mut String) {
    text.truncate(text.trim_end().len());
    text.push('\n');
}
