//! Answers of the API as text for people: one indented line for each field.

use serde::Serialize;
use serde_json::Value;
use std::fmt::Write as _;

/// Writes any answer as indented lines, in the shape of its JSON.
pub(crate) fn outline<T: Serialize>(answer: &T) -> String {
    let value = serde_json::to_value(answer).expect("answers are plain JSON values");
    let mut text = String::new();
    write_value(&mut text, &value, 0);
    text
}

/// Writes a list as one line for each item; `columns` are the fields to show.
pub(crate) fn table(items: &[Value], columns: &[&str], empty: &str) -> String {
    if items.is_empty() {
        return empty.to_owned();
    }
    let cells: Vec<Vec<String>> = items
        .iter()
        .map(|item| columns.iter().map(|column| cell(item.get(column))).collect())
        .collect();
    let width = |index: usize| {
        let widest = cells.iter().map(|row| row[index].chars().count()).max().unwrap_or_default();
        widest.max(columns[index].len())
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let header: Vec<String> = columns.iter().map(|column| column.to_uppercase()).collect();
    let mut text = String::new();
    for row in std::iter::once(&header).chain(&cells) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => {
            items.iter().map(|item| cell(Some(item))).collect::<Vec<_>>().join(",")
        }
        Some(other) => other.to_string(),
    }
}

fn write_value(text: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::Object(inner) if !inner.is_empty() => {
                        let _ = writeln!(text, "{indent}{name}:");
                        write_value(text, value, depth + 1);
                    }
                    Value::Array(items) if items.iter().any(Value::is_object) => {
                        let _ = writeln!(text, "{indent}{name}:");
                        write_value(text, value, depth + 1);
                    }
                    _ => {
                        let _ = writeln!(text, "{indent}{name}: {}", cell(Some(value)));
                    }
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if item.is_object() {
                    let _ = writeln!(text, "{indent}{}.", index + 1);
                    write_value(text, item, depth + 1);
                } else {
                    let _ = writeln!(text, "{indent}{}", cell(Some(item)));
                }
            }
        }
        other => {
            let _ = writeln!(text, "{indent}{}", cell(Some(other)));
        }
    }
}
