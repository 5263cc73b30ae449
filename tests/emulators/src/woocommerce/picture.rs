//! A small real PNG, drawn in code: one color per name, stored without compression.

const SIDE: u32 = 16;

/// A picture whose color follows from its file name, the same for all scaled copies.
pub(crate) fn png(name: &str) -> Vec<u8> {
    let stem = name.split_once("-300x").map_or(name, |(stem, _)| stem);
    let color = crc(stem.as_bytes()).to_be_bytes();
    let row = || std::iter::once(0).chain((0..SIDE).flat_map(|_| color.into_iter().take(3)));
    let rows: Vec<u8> = (0..SIDE).flat_map(|_| row()).collect();
    let mut header = Vec::new();
    header.extend_from_slice(&SIDE.to_be_bytes());
    header.extend_from_slice(&SIDE.to_be_bytes());
    // Eight bits each of red, green and blue, no interlacing.
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, *b"IHDR", &header);
    chunk(&mut file, *b"IDAT", &stored(&rows));
    chunk(&mut file, *b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    file.extend_from_slice(&length.to_be_bytes());
    let start = file.len();
    file.extend_from_slice(&kind);
    file.extend_from_slice(data);
    let sum = crc(&file[start..]);
    file.extend_from_slice(&sum.to_be_bytes());
}

/// A zlib stream of one stored block.
fn stored(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
    let mut out = vec![0x78, 0x01, 0x01];
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&(!length).to_le_bytes());
    out.extend_from_slice(data);
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in data {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    out.extend_from_slice(&((high << 16) | low).to_be_bytes());
    out
}

/// CRC-32 as PNG wants it.
fn crc(data: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }
        })
    };
    !data.iter().fold(u32::MAX, step)
}
