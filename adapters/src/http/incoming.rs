//! Reads answers.

use jobq_core::reply::{CallError, Reply};
use reqwest::Response;
use reqwest::header::HeaderMap;

use super::failure;

/// Reads an answer to its end, up to `most` bytes of it. What is counted has been decompressed, piece by piece
/// as it comes, so that a small answer that unpacks to a huge one stops at the same mark.
pub(super) async fn read(mut response: Response, most: u64, host: &str) -> Result<Reply, CallError> {
    let announced = response.content_length().unwrap_or(0);
    if announced > most {
        return Err(CallError::TooLarge(most));
    }
    let room = usize::try_from(most).unwrap_or(usize::MAX);
    let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0));
    let broken = |error| failure::of_call(&error, host);
    while let Some(piece) = response.chunk().await.map_err(broken)? {
        if piece.len() > room - body.len() {
            return Err(CallError::TooLarge(most));
        }
        body.extend_from_slice(&piece);
    }
    Ok(Reply { status: response.status().as_u16(), headers: texts(response.headers()), body })
}

/// Headers as text. Values are bytes by the letter of HTTP; what isn't UTF-8 in them is marked as such.
fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect()
}
