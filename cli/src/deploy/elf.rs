//! Reads of a Linux program what decides whether Lambda can run it.

/// What decides whether Lambda can run a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Elf {
    /// The processor it is for, by ELF's numbers.
    pub(super) machine: u16,
    /// The newest version of glibc it asks for, if it asks for any.
    pub(super) glibc: Option<Version>,
}

/// A version of glibc: major and minor.
pub(super) type Version = (u32, u32);

/// What begins every ELF file of 64 bits, the lowest byte first.
const MAGIC: &[u8] = b"\x7fELF\x02\x01";

/// What begins the name of every version of glibc's symbols.
const SYMBOLS: &[u8] = b"GLIBC_";

impl Elf {
    /// Reads a file; none if it is no program for Linux on a processor of 64 bits.
    pub(super) fn read(file: &[u8]) -> Option<Self> {
        let machine = file.strip_prefix(MAGIC)?.get(12..14)?;
        Some(Self { machine: u16::from_le_bytes([machine[0], machine[1]]), glibc: newest_glibc(file) })
    }
}

/// The versions stand in the file as text, each by the name of its symbols.
fn newest_glibc(file: &[u8]) -> Option<Version> {
    let starts = file.windows(SYMBOLS.len()).enumerate().filter(|(_, window)| *window == SYMBOLS);
    starts.filter_map(|(at, _)| version(&file[at + SYMBOLS.len()..])).max()
}

fn version(text: &[u8]) -> Option<Version> {
    let end = text.iter().position(|byte| !(byte.is_ascii_digit() || *byte == b'.'))?;
    let mut parts = std::str::from_utf8(&text[..end]).ok()?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    //! Heads of files, made by hand after the ELF specification.

    use super::*;

    fn file(machine: u16, rest: &[u8]) -> Vec<u8> {
        let mut file = MAGIC.to_vec();
        file.resize(18, 0);
        file.extend(machine.to_le_bytes());
        file.extend(rest);
        file
    }

    #[test]
    fn the_processor_and_the_newest_glibc_are_read() {
        let x86 = file(62, b"\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.17\0GLIBC_PRIVATE\0");
        assert_eq!(Elf::read(&x86), Some(Elf { machine: 62, glibc: Some((2, 34)) }));
        assert_eq!(Elf::read(&file(183, b"static")), Some(Elf { machine: 183, glibc: None }));
    }

    #[test]
    fn other_files_are_none() {
        for other in [b"#!/bin/sh\n".as_slice(), b"\x7fELF\x01\x01 32 bits         ", MAGIC, b""] {
            assert_eq!(Elf::read(other), None, "{other:?}");
        }
    }
}
