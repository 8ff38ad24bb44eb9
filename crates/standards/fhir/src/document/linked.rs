//! A resource without the bytes of its document: where many are shown together.

use crate::json::{items, members};

/// Most bytes of an attachment, as text, that is shown among others.
pub(super) const INLINE_BYTES_MAX: usize = 64 * 1024;

/// The text of a `DocumentReference` with a link to `Binary/<id>` in place of the bytes of its document,
/// where they are many. None where nothing is exchanged.
pub fn linked(text: &str, id: &str) -> Option<String> {
    if text.len() <= INLINE_BYTES_MAX {
        return None;
    }
    exchange(text, "content", |list| {
        let mut done = false;
        let mut each = Vec::new();
        for item in items(list)? {
            let attachment = |attachment: &str| link(attachment, id);
            let exchanged = if done { None } else { exchange(item, "attachment", attachment) };
            done |= exchanged.is_some();
            each.push(exchanged.unwrap_or_else(|| item.to_owned()));
        }
        done.then(|| format!("[{}]", each.join(",")))
    })
}

/// An attachment with a link in place of its bytes, if they are many.
fn link(attachment: &str, id: &str) -> Option<String> {
    let all = members(attachment)?;
    let data = all.iter().find(|one| one.name == "data")?;
    if data.value.len() <= INLINE_BYTES_MAX {
        return None;
    }
    let others = all.iter().filter(|one| one.name != "data" && one.name != "url");
    let mut parts: Vec<String> =
        others.filter_map(|one| attachment.get(one.whole.clone())).map(str::to_owned).collect();
    parts.push(format!("\"url\":\"Binary/{id}\""));
    Some(format!("{{{}}}", parts.join(",")))
}

/// An object with the value of one member exchanged; none if it has no such member, or it stays.
fn exchange(object: &str, name: &str, with: impl FnOnce(&str) -> Option<String>) -> Option<String> {
    let found = members(object)?.into_iter().find(|one| one.name == name)?;
    let value = with(object.get(found.value.clone())?)?;
    let (before, after) = (object.get(..found.value.start)?, object.get(found.value.end..)?);
    Some([before, &value, after].concat())
}
