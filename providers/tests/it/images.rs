//! Small files with true headers.

pub fn png(width: u32, height: u32) -> Vec<u8> {
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".as_slice(),
        &width.to_be_bytes(),
        &height.to_be_bytes(),
        b"\x08\x02\0\0\0\xAB\xCD\xEF\x01",
        b"\0\0\0\0IEND\xAE\x42\x60\x82",
    ]
    .concat()
}

pub fn jpeg() -> Vec<u8> {
    b"\xFF\xD8\xFF\xE0\0\x04ab\xFF\xC0\0\x11\x08\x02\x40\x03\0\x03aaaaaaaaa\xFF\xD9".to_vec()
}

pub fn webp() -> Vec<u8> {
    b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xFF\x02\0\x3F\x02\0".to_vec()
}
