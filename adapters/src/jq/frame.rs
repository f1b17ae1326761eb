//! What the two processes say to each other: frames, each with its length before it.

use std::io::{self, Read, Write};

use jobq_core::jq::{Act, Failed, Job, Link, Made};
use serde::{Deserialize, Serialize};

/// The largest frame: more than any answer and all that is made of it.
const LARGEST: u32 = 1 << 28;

/// A job's programs; its input is the next frame, as it came.
#[derive(Serialize, Deserialize)]
pub(super) struct Asked {
    variables: Vec<(String, String)>,
    chains: Vec<Vec<(bool, String)>>,
    most: usize,
}

/// What the child says.
#[derive(Serialize, Deserialize)]
pub(super) enum Said {
    /// It begins with this link.
    At(usize, usize),
    Made(Made),
    TooMany,
    Input(String),
    Program(usize, usize, Option<usize>, String, String),
    BrokenOff(usize, usize, String),
}

impl Asked {
    pub(super) fn new(job: &Job) -> Self {
        let link = |link: &Link| (link.act == Act::Keeps, link.code.clone());
        let chains = job.chains.iter().map(|links| links.iter().map(link).collect()).collect();
        Self { variables: job.variables.clone(), chains, most: job.most }
    }

    pub(super) fn job(self, input: Vec<u8>) -> Job {
        let link =
            |(keeps, code): (bool, String)| Link { act: if keeps { Act::Keeps } else { Act::Makes }, code };
        let chains = self.chains.into_iter().map(|links| links.into_iter().map(link).collect()).collect();
        Job { input, variables: self.variables, chains, most: self.most }
    }
}

impl Said {
    pub(super) fn new(done: Result<Made, Failed>) -> Self {
        match done {
            Ok(made) => Self::Made(made),
            Err(Failed::TooMany) => Self::TooMany,
            Err(Failed::Input(said)) => Self::Input(said),
            Err(Failed::Program { chain, link, item, said, excerpt }) => {
                Self::Program(chain, link, item, said, excerpt)
            }
            Err(Failed::BrokenOff { chain, link, said }) => Self::BrokenOff(chain, link, said),
        }
    }

    /// The job's end; none if it goes on.
    pub(super) fn end(self) -> Option<Result<Made, Failed>> {
        Some(match self {
            Self::At(..) => return None,
            Self::Made(made) => Ok(made),
            Self::TooMany => Err(Failed::TooMany),
            Self::Input(said) => Err(Failed::Input(said)),
            Self::Program(chain, link, item, said, excerpt) => {
                Err(Failed::Program { chain, link, item, said, excerpt })
            }
            Self::BrokenOff(chain, link, said) => Err(Failed::BrokenOff { chain, link, said }),
        })
    }
}

/// A frame with its length.
pub(super) fn framed(body: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(body.len()).ok().filter(|length| *length <= LARGEST);
    let length = length.ok_or_else(|| io::Error::other("a frame is too large"))?;
    let mut frame = Vec::with_capacity(body.len() + 4);
    frame.extend(length.to_le_bytes());
    frame.extend(body);
    Ok(frame)
}

/// How long the frame is that begins so.
pub(super) fn length(begins: [u8; 4]) -> io::Result<usize> {
    let length = u32::from_le_bytes(begins);
    if length > LARGEST { Err(io::Error::other("a frame is too large")) } else { Ok(length as usize) }
}

pub(super) fn write(to: &mut impl Write, body: &[u8]) -> io::Result<()> {
    to.write_all(&framed(body)?)?;
    to.flush()
}

/// The next frame; none at the end.
pub(super) fn read(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut begins = [0; 4];
    if let Err(error) = from.read_exact(&mut begins) {
        return if error.kind() == io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) };
    }
    let mut body = vec![0; length(begins)?];
    from.read_exact(&mut body)?;
    Ok(Some(body))
}
