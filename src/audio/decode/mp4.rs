//! What the edit list of an MP4 cuts off: the encoder's run-up and padding, which would shift every
//! time by 40 to 130 ms.
//!
//! In: a seekable source. Out: an [`Edit`]. Reads a few hundred bytes; a box that lies about its
//! size ends the search.

use std::io::{self, SeekFrom};

use symphonia::core::io::MediaSource;

/// What to cut, in seconds of media; nothing by default.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Edit {
    /// From the start.
    pub(super) skip_s: f64,
    /// What remains; absent: all.
    pub(super) length_s: Option<f64>,
}

/// Boxes looked at in all.
const BOXES_MAX: usize = 512;

#[derive(Default)]
struct Found {
    movie_scale: u32,
    scale: u32,
    sound: bool,
    edit: Option<(u64, i64)>,
}

/// Reads the first edit of the first sound track.
pub(super) fn read_edit(source: &mut dyn MediaSource) -> io::Result<Edit> {
    let mut found = Found::default();
    let end = source.byte_len().unwrap_or(u64::MAX);
    let mut budget = BOXES_MAX;
    match walk(source, 0, end, &mut found, &mut budget) {
        Err(e) if e.kind() != io::ErrorKind::UnexpectedEof => return Err(e),
        _ => {}
    }
    let (Some((length, start)), true) = (found.edit, found.sound) else {
        return Ok(Edit::default());
    };
    if start < 0 || found.scale == 0 {
        return Ok(Edit::default());
    }
    let length_s =
        (length > 0 && found.movie_scale > 0).then(|| length as f64 / f64::from(found.movie_scale));
    Ok(Edit { skip_s: start as f64 / f64::from(found.scale), length_s })
}

/// Where a top-level box starts that says it is longer than the file: the recorder was stopped, or
/// the copy was.
pub(super) fn overrun(source: &mut dyn MediaSource) -> io::Result<Option<u64>> {
    let end = source.byte_len().unwrap_or(u64::MAX);
    let mut at = 0u64;
    for _ in 0..BOXES_MAX {
        if at.saturating_add(16) > end {
            break;
        }
        source.seek(SeekFrom::Start(at))?;
        let head = read::<16>(source)?;
        let bytes = match be32(&head) {
            0 => break,
            1 => be64(&head[8..]),
            bytes => u64::from(bytes),
        };
        if at.saturating_add(bytes) > end {
            return Ok((&head[4..8] == b"mdat").then_some(at));
        }
        at += bytes.max(8);
    }
    Ok(None)
}

/// Goes through the boxes between two offsets, into those that lead to the edit list.
fn walk(
    source: &mut dyn MediaSource,
    mut at: u64,
    end: u64,
    found: &mut Found,
    budget: &mut usize,
) -> io::Result<()> {
    while at + 8 <= end && *budget > 0 {
        *budget -= 1;
        source.seek(SeekFrom::Start(at))?;
        let head = read::<8>(source)?;
        let (mut bytes, mut body) = (u64::from(be32(&head)), at + 8);
        if bytes == 1 {
            bytes = be64(&read::<8>(source)?);
            body += 8;
        }
        let next = if bytes == 0 { end } else { at.saturating_add(bytes).min(end) };
        match &head[4..] {
            b"moov" | b"mdia" | b"edts" => walk(source, body, next, found, budget)?,
            b"trak" => {
                found.edit = None;
                walk(source, body, next, found, budget)?;
                if found.sound {
                    *budget = 0;
                }
            }
            b"mvhd" => found.movie_scale = timescale(source)?,
            b"mdhd" => found.scale = timescale(source)?,
            b"hdlr" => found.sound = &read::<12>(source)?[8..] == b"soun",
            b"elst" => found.edit = first_edit(source)?,
            _ => {}
        }
        if next <= at {
            break;
        }
        at = next;
    }
    Ok(())
}

fn timescale(source: &mut dyn MediaSource) -> io::Result<u32> {
    let wide = read::<4>(source)?[0] == 1;
    let skip = if wide { 16 } else { 8 };
    Ok(be32(&read::<20>(source)?[skip..]))
}

fn first_edit(source: &mut dyn MediaSource) -> io::Result<Option<(u64, i64)>> {
    let head = read::<8>(source)?;
    if be32(&head[4..]) == 0 {
        return Ok(None);
    }
    Ok(Some(if head[0] == 1 {
        let entry = read::<16>(source)?;
        (be64(&entry), be64(&entry[8..]) as i64)
    } else {
        let entry = read::<8>(source)?;
        (u64::from(be32(&entry)), i64::from(be32(&entry[4..]) as i32))
    }))
}

fn read<const N: usize>(source: &mut dyn MediaSource) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    source.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn be32(bytes: &[u8]) -> u32 {
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

fn be64(bytes: &[u8]) -> u64 {
    u64::from(be32(bytes)) << 32 | u64::from(be32(&bytes[4..]))
}
