//! CRC-32C, the checksum of event files: as the CRC-32 of checkpoints, by another polynomial (Castagnoli's).

/// Castagnoli's polynomial, its highest power in the lowest bit.
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// What eight steps of the division make of each byte.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut rest = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            rest = (rest >> 1) ^ if rest & 1 == 1 { POLYNOMIAL } else { 0 };
            bit += 1;
        }
        table[byte] = rest;
        byte += 1;
    }
    table
};

// ANCHOR: crc32c
/// The checksum of some bytes.
pub fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |rest: u32, &byte| (rest >> 8) ^ TABLE[((rest ^ u32::from(byte)) & 255) as usize])
}

/// The checksum as event files hold it: turned and moved, because a checksum over data that hold their own checksum
/// says little.
pub fn masked(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}
// ANCHOR_END: crc32c
