//! Time zones: their names, and what their clocks show.
//!
//! The rules come with the program, so that every machine that reads one jobq.toml opens a queue at the same instant. The
//! crate for time would otherwise read the machine's own files, as soon as any crate beside this one lets it.

use std::str::FromStr;
use std::sync::LazyLock;

use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::config::nearest::nearest;
use crate::time::Timestamp;

/// The rules that come with the program.
static RULES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// What the database has beside zones: names for a place whose clocks nobody knows.
const NO_ZONES: [&str; 2] = ["Etc/Unknown", "Factory"];

/// A time zone, by its name in the database of time zones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone that no clock is changed in.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// What it is called.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// When its clocks show what.
    pub fn rules(&self) -> &TimeZone {
        &self.0
    }

    /// What its clocks show at `instant`, to the minute: `2026-11-21 22:00`.
    pub fn to_the_minute(&self, instant: Timestamp) -> String {
        self.0.to_datetime(at(instant)).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// `instant` with the zone's offset, to the second: `2026-11-21T22:00:00+01:00`.
    pub fn rfc_3339(&self, instant: Timestamp) -> String {
        at(instant).to_zoned(self.0.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }
}

impl FromStr for Zone {
    type Err = String;

    /// Reads a name such as `Europe/Oslo`, or says what would be right.
    fn from_str(name: &str) -> Result<Self, String> {
        if name.eq_ignore_ascii_case("utc") {
            return Ok(Self::UTC);
        }
        let is_zone = !NO_ZONES.iter().any(|own| own.eq_ignore_ascii_case(name));
        RULES.get(name).ok().filter(|_| is_zone).map(Self).ok_or_else(|| {
            let known: Vec<_> = RULES.available().collect();
            let near = nearest(name, known.iter().map(|zone| zone.as_str())).unwrap_or("Europe/Oslo");
            format!("'{name}' is not a time zone: use a name like {near}")
        })
    }
}

/// Reads an instant: RFC 3339 with its offset, or a date and time by the clocks of a named zone. Of a time that these skip
/// when they go forward it is as much later, of one that they show twice the first.
pub fn instant(text: &str) -> Result<Timestamp, String> {
    let wrong = || {
        format!(
            "'{text}' is no instant: write it like 2026-11-27T09:00:00+01:00, or 2026-11-27T09:00 Europe/Berlin"
        )
    };
    // A blank may stand between date and time too.
    let begins_a_name = |text: &str| text.starts_with(|first: char| first.is_ascii_alphabetic());
    let instant = match text.trim().rsplit_once(' ').filter(|(_, zone)| begins_a_name(zone)) {
        Some((time, zone)) => {
            let zone: Zone = zone.parse()?;
            let shown = shown(time.trim_end()).ok_or_else(wrong)?;
            zone.0.to_ambiguous_timestamp(shown).compatible().map_err(|_| wrong())?
        }
        None => text.trim().parse().map_err(|_| wrong())?,
    };
    u64::try_from(instant.as_nanosecond()).map(Timestamp::from_nanos).map_err(|_| wrong())
}

/// What clocks show; none with an offset, which would say what the zone says, or contradict it.
fn shown(text: &str) -> Option<DateTime> {
    let time = text.split_once(['T', 't', ' ']).map_or("", |(_, time)| time);
    let has_offset = time.contains(['+', '-', '[']) || time.ends_with(['Z', 'z']);
    text.parse().ok().filter(|_| !has_offset)
}

/// The instant as the crate for time knows it, to the second below.
fn at(instant: Timestamp) -> jiff::Timestamp {
    let seconds = i64::try_from(instant.as_nanos() / 1_000_000_000).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    //! Names, and what clocks show.

    use super::*;

    #[test]
    fn names_are_known_or_the_nearest_is_told() {
        for known in ["Europe/Oslo", "America/New_York", "Asia/Kathmandu", "UTC"] {
            assert_eq!(known.parse::<Zone>().unwrap().name(), known);
        }
        assert_eq!("utc".parse(), Ok(Zone::UTC));
        let told = |name: &str| name.parse::<Zone>().unwrap_err();
        assert_eq!(told("Europe/Olso"), "'Europe/Olso' is not a time zone: use a name like Europe/Oslo");
        assert!(told("").starts_with("'' is not a time zone: use a name like "));
        // What a machine, or nobody, has set is no zone that two machines agree on.
        for vague in ["Etc/Unknown", "factory", "localtime", "posixrules"] {
            assert!(told(vague).contains("is not a time zone"), "{vague}");
        }
    }

    #[test]
    fn instants_are_read() {
        let read = |text: &str| instant(text).map(|instant| instant.to_string());
        let nine = Ok("2026-11-27T08:00:00.000000Z".to_owned());
        for text in [
            "2026-11-27T09:00:00+01:00",
            "2026-11-27 09:00:00+01:00",
            "2026-11-27T08:00:00Z",
            "2026-11-27T09:00 Europe/Berlin",
            "2026-11-27 09:00 Europe/Berlin",
            " 2026-11-27T09:00  Europe/Berlin ",
        ] {
            assert_eq!(read(text), nine, "{text}");
        }
        assert_eq!(read("2026-03-29T02:30 Europe/Berlin"), Ok("2026-03-29T01:30:00.000000Z".to_owned()));
        assert_eq!(read("2026-10-25T02:30 Europe/Berlin"), Ok("2026-10-25T00:30:00.000000Z".to_owned()));
        for text in [
            "2026-11-27T09:00",
            "tomorrow",
            "",
            "1969-01-01T00:00:00Z",
            "2026-13-01T00:00 UTC",
            // An offset and a zone may contradict each other.
            "2026-11-27T09:00+00:00 Europe/Berlin",
            "2026-11-27T09:00-05:00 Europe/Berlin",
            "2026-11-27T09:00Z Europe/Berlin",
        ] {
            assert!(read(text).unwrap_err().contains(" is no instant: write it like "), "{text}");
        }
        assert!(read("2026-11-27T09:00 Europe/Berln").unwrap_err().contains("not a time zone"));
    }

    #[test]
    fn what_clocks_show() {
        let instant = Timestamp::parse("2026-11-20T23:30:59.5Z").unwrap();
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        assert_eq!(berlin.to_the_minute(instant), "2026-11-21 00:30");
        assert_eq!(berlin.rfc_3339(instant), "2026-11-21T00:30:59+01:00");
        assert_eq!(Zone::UTC.rfc_3339(instant), "2026-11-20T23:30:59+00:00");
    }
}
