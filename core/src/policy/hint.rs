//! How long an API asks to be left alone: `Retry-After` in both forms, then the RateLimit header fields.

use std::time::{Duration, SystemTime};

use crate::reply::Reply;
use crate::time::Timestamp;

/// Seconds from here on are an instant since the epoch, not a length: 2001-09-09.
const EPOCH_SECONDS_FROM: u64 = 1_000_000_000;

/// How long the reply asks to be left alone, if it says.
///
/// Reads `Retry-After` (RFC 9110, 10.2.3: seconds or an HTTP date, held against the reply's own `Date` if it
/// has one, so that the API's clock doesn't matter), `RateLimit` (draft-ietf-httpapi-ratelimit-headers: `t`
/// where `r` is 0), `RateLimit-Reset` and `X-RateLimit-Reset` (seconds to go, or seconds since the epoch).
pub fn hint(reply: &Reply, now: Timestamp) -> Option<Duration> {
    let server_now = reply.header("date").and_then(http_date).unwrap_or(now);
    let retry_after = reply.header("retry-after").and_then(|value| length(value, server_now));
    let resets = || {
        let names = ["ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset"];
        names.into_iter().find_map(|name| length(reply.header(name)?, server_now))
    };
    retry_after.or_else(|| reply.header("ratelimit").and_then(structured)).or_else(resets)
}

/// Seconds to go, seconds since the epoch, or an HTTP date, as a length from `now` on.
fn length(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    match value.split('.').next().and_then(|whole| whole.parse::<u64>().ok()) {
        Some(seconds) if seconds >= EPOCH_SECONDS_FROM => Some(Timestamp::from_secs(seconds).since(now)),
        Some(seconds) => Some(Duration::from_secs(seconds)),
        None => Some(http_date(value)?.since(now)),
    }
}

/// The longest `t` of the policies that have nothing left: `"day";r=0;t=3600, "burst";r=5;t=1`.
fn structured(value: &str) -> Option<Duration> {
    let exhausted = value.split(',').filter_map(|policy| {
        let parameter = |name: &str| {
            let found = policy.split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
            found?.trim().parse::<u64>().ok()
        };
        (parameter("r") == Some(0)).then(|| parameter("t")).flatten()
    });
    exhausted.max().map(Duration::from_secs)
}

fn http_date(value: &str) -> Option<Timestamp> {
    let time = httpdate::parse_http_date(value).ok()?;
    let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(Timestamp::EPOCH.plus(since_epoch))
}

#[cfg(test)]
mod tests {
    //! Header values as APIs send them.

    use super::*;

    fn check(headers: &[(&str, &str)], seconds: Option<u64>) {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let reply = Reply { status: 429, headers, body: Vec::new() };
        // Sun, 06 Nov 1994 08:49:37 GMT
        let now = Timestamp::from_secs(784_111_777);
        assert_eq!(hint(&reply, now).map(|hint| hint.as_secs()), seconds, "{reply:?}");
    }

    #[test]
    fn reads_every_form() {
        check(&[("retry-after", "120")], Some(120));
        check(&[("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")], Some(30));
        check(&[("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")], Some(0));
        check(&[("ratelimit", r#""day";r=0;t=3600, "burst";r=0;t=1"#)], Some(3600));
        check(&[("ratelimit", r#""day";r=10;t=3600"#)], None);
        check(&[("ratelimit-reset", "7")], Some(7));
        check(&[("x-ratelimit-reset", "1000000000")], Some(1_000_000_000 - 784_111_777));
        check(&[("x-ratelimit-reset", "1.5")], Some(1));
        check(&[("retry-after", "soon"), ("ratelimit-reset", "3")], Some(3));
        check(&[("retry-after", "-1")], None);
        check(&[], None);
    }

    #[test]
    fn a_date_is_held_against_the_apis_own_clock() {
        let date = ("date", "Sun, 06 Nov 1994 09:49:37 GMT");
        check(&[("retry-after", "Sun, 06 Nov 1994 09:49:47 GMT"), date], Some(10));
    }
}
