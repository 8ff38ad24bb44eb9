//! Where the parts of a JSON text are, without reading their values: numbers stay as they are written.
//!
//! What is handed in is JSON already; for anything else the answers are none, or of no use.

use std::{borrow::Cow, ops::Range};

/// A member of an object.
pub(crate) struct Member<'t> {
    pub(crate) name: Cow<'t, str>,
    /// From the quote of the name to the end of the value.
    pub(crate) whole: Range<usize>,
    pub(crate) value: Range<usize>,
}

/// The value of a member of an object, as it stands.
pub fn member<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let found = members(text)?.into_iter().find(|member| member.name == name)?;
    text.get(found.value)
}

/// The items of a list, as they stand.
pub fn items(text: &str) -> Option<Vec<&str>> {
    let bytes = text.as_bytes();
    let mut at = blank(bytes, 0);
    if bytes.get(at) != Some(&b'[') {
        return None;
    }
    at = blank(bytes, at + 1);
    let mut found = Vec::new();
    while bytes.get(at)? != &b']' {
        let end = value_end(bytes, at)?;
        if end == at {
            return None;
        }
        found.push(text.get(at..end)?);
        at = blank(bytes, end);
        if bytes.get(at) == Some(&b',') {
            at = blank(bytes, at + 1);
        }
    }
    Some(found)
}

/// The members of an object, in order.
pub(crate) fn members(text: &str) -> Option<Vec<Member<'_>>> {
    let bytes = text.as_bytes();
    let mut at = blank(bytes, 0);
    if bytes.get(at) != Some(&b'{') {
        return None;
    }
    at = blank(bytes, at + 1);
    let mut found = Vec::new();
    while bytes.get(at) == Some(&b'"') {
        let start = at;
        at = string_end(bytes, at)?;
        let name = string(&text[start..at])?;
        at = blank(bytes, at);
        if bytes.get(at) != Some(&b':') {
            return None;
        }
        let value = blank(bytes, at + 1);
        at = value_end(bytes, value)?;
        found.push(Member { name, whole: start..at, value: value..at });
        at = blank(bytes, at);
        if bytes.get(at) != Some(&b',') {
            break;
        }
        at = blank(bytes, at + 1);
    }
    (bytes.get(at) == Some(&b'}')).then_some(found)
}

/// The text of a string with its quotes.
pub(crate) fn string(quoted: &str) -> Option<Cow<'_, str>> {
    if quoted.contains('\\') {
        return serde_json::from_str(quoted).ok().map(Cow::Owned);
    }
    quoted.get(1..quoted.len() - 1).map(Cow::Borrowed)
}

pub(crate) fn blank(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

/// Where the string that begins here has ended.
pub(crate) fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Where the value that begins here has ended.
fn value_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0_u32;
    let mut at = start;
    loop {
        match bytes.get(at)? {
            b'"' => {
                at = string_end(bytes, at)?;
                if depth == 0 {
                    return Some(at);
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 1 => return Some(at + 1),
            b'}' | b']' | b',' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => return Some(at),
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{items, member};

    #[test]
    fn parts_are_cut_out_as_they_stand() {
        let text = r#" {"a": [1.00 , {"b":"]"}, "x\"y" ], "c":{"d":null}} "#;

        let list = items(member(text, "a").unwrap()).unwrap();

        assert_eq!(list, ["1.00", r#"{"b":"]"}"#, r#""x\"y""#]);
        assert_eq!(member(text, "c"), Some(r#"{"d":null}"#));
        assert_eq!(member(text, "d"), None);
        assert_eq!(items("[]"), Some(vec![]));
        for bad in ["", "{", "[", "[1", "[:"] {
            assert_eq!(items(bad), None, "{bad}");
        }
    }
}
