//! Bytes as tokens and as characters, in the order of GPT-2.
//!
//! GPT-2's files hold tokens as text, and many bytes are no character that could be seen. So every byte is written as a character of
//! its own: the 188 that Latin-1 shows as themselves, the others, among them space, as the characters from U+0100 on; a space is `Ġ`.
//! Sorted by these characters the bytes have ranks, and the token of a byte is the first token plus its rank.

/// The bytes by rank.
pub(crate) const BYTES: [u8; 256] = by_rank();

const fn by_rank() -> [u8; 256] {
    let (mut bytes, mut shown, mut hidden, mut byte) = ([0; 256], 0, 188, 0);
    while byte < 256 {
        let place = if is_shown(byte as u8) { &mut shown } else { &mut hidden };
        bytes[*place] = byte as u8;
        *place += 1;
        byte += 1;
    }
    bytes
}

/// The ranks by byte.
const RANKS: [u32; 256] = {
    let (mut ranks, mut rank) = ([0; 256], 0);
    while rank < 256 {
        ranks[BYTES[rank] as usize] = rank as u32;
        rank += 1;
    }
    ranks
};

/// Whether Latin-1 shows something for a byte.
const fn is_shown(byte: u8) -> bool {
    matches!(byte, 33..=126 | 161..=172 | 174..=255)
}

/// The place of a byte among all, as GPT-2 counts them: printable ones first.
pub fn byte_rank(byte: u8) -> u32 {
    RANKS[usize::from(byte)]
}

/// The character that stands for a byte in GPT-2's files.
pub(crate) fn byte_character(byte: u8) -> char {
    if is_shown(byte) {
        char::from(byte)
    } else {
        char::from_u32(256 + byte_rank(byte) - 188).expect("below U+0144")
    }
}

/// The byte that a character stands for.
pub(crate) fn character_byte(c: char) -> Option<u8> {
    match u32::from(c) {
        code @ 0..=255 => Some(code as u8).filter(|&byte| is_shown(byte)),
        code @ 256..324 => Some(BYTES[188 + code as usize - 256]),
        _ => None,
    }
}
