//! Exporting: whether spans are sent, and how, as OpenTelemetry's variables say.
//!
//! The exporter reads further variables by itself, all that begin with `OTEL_EXPORTER_OTLP_`.

use std::time::Duration;

/// Switches OpenTelemetry off, if it is `true`.
pub const DISABLED: &str = "OTEL_SDK_DISABLED";

/// `none`: traces go nowhere.
pub const EXPORTER: &str = "OTEL_TRACES_EXPORTER";

/// Where what is told by OTLP goes.
pub const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// The same, for traces alone.
pub const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

/// How it goes there.
pub const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";

/// The same, for traces alone.
pub const TRACES_PROTOCOL: &str = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";

/// How long sending a batch may take, in milliseconds.
pub const TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TIMEOUT";

/// The same, for traces alone.
pub const TRACES_TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT";

/// How many spans wait at most.
pub const QUEUE: &str = "OTEL_BSP_MAX_QUEUE_SIZE";

/// What spans are told to be of, beside the service's name.
pub const RESOURCE: &str = "OTEL_RESOURCE_ATTRIBUTES";

/// The one protocol that is spoken.
const SPOKEN: &str = "http/protobuf";

/// How spans are to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// How many spans wait at most, if that is said.
    pub queue: Option<usize>,
    /// How long sending a batch may take, if that is said.
    pub timeout: Option<Duration>,
    /// The variable that says where to. Its value may hold a password, and so isn't kept.
    place: &'static str,
    /// The protocol that is asked for, if it isn't spoken.
    unspoken: Option<String>,
}

impl Export {
    /// What the variables ask for, each with its value if it is set to something: nothing unless one says where
    /// spans go, and none says that there be none.
    pub fn asked_for(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let is_off = variable(DISABLED).is_some_and(|text| text.eq_ignore_ascii_case("true"))
            || variable(EXPORTER).is_some_and(|name| name == "none");
        let place = [TRACES_ENDPOINT, ENDPOINT].into_iter().find(|name| variable(name).is_some());
        let place = place.filter(|_| !is_off)?;
        let number = |name: &str| variable(name).and_then(|text| text.parse::<u64>().ok());
        let timeout = [TRACES_TIMEOUT, TIMEOUT].into_iter().find_map(number);
        let protocol = [TRACES_PROTOCOL, PROTOCOL].into_iter().find_map(&variable);
        Some(Self {
            queue: number(QUEUE).and_then(|size| usize::try_from(size).ok()),
            timeout: timeout.map(Duration::from_millis),
            place,
            unspoken: protocol.filter(|protocol| protocol != SPOKEN),
        })
    }

    /// What to tell somebody who asked for a protocol that isn't spoken.
    pub fn other_protocol(&self) -> Option<String> {
        let protocol = self.unspoken.as_ref()?;
        Some(format!("traces go out by {SPOKEN} alone, not by '{protocol}'"))
    }

    /// What to tell somebody whose place is none that can be sent to.
    pub fn no_such_place(&self) -> String {
        format!("nothing is traced: {} is no place to send to, like http://localhost:4318", self.place)
    }
}

#[cfg(test)]
mod tests {
    //! Variables in, what is asked for out.

    use super::*;

    fn asked(variables: &[(&str, &str)]) -> Option<Export> {
        Export::asked_for(|name| {
            let set = variables.iter().find(|(own, _)| *own == name);
            set.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_place_asks_for_it_unless_something_says_no() {
        assert_eq!(asked(&[]), None);
        assert_eq!(asked(&[(QUEUE, "7")]), None);
        let place = (ENDPOINT, "http://localhost:4318");
        assert!(asked(&[place]).is_some());
        assert!(asked(&[(TRACES_ENDPOINT, "http://localhost:4318/v1/traces")]).is_some());
        assert!(asked(&[place, (DISABLED, "false"), (EXPORTER, "otlp")]).is_some());
        assert_eq!(asked(&[place, (DISABLED, "True")]), None);
        assert_eq!(asked(&[place, (EXPORTER, "none")]), None);
    }

    #[test]
    fn what_is_for_traces_alone_goes_before_what_is_for_all() {
        let both = [(ENDPOINT, "a"), (TRACES_ENDPOINT, "b"), (TIMEOUT, "100"), (TRACES_TIMEOUT, "200")];
        let export = asked(&both).unwrap();
        assert_eq!(export.timeout, Some(Duration::from_millis(200)));
        assert!(export.no_such_place().contains(TRACES_ENDPOINT));
        let export = asked(&both[..1]).unwrap();
        assert_eq!((export.timeout, export.queue, export.other_protocol()), (None, None, None));
        assert!(export.no_such_place().contains(ENDPOINT));
    }

    #[test]
    fn another_protocol_is_told_of_and_numbers_are_read() {
        let export =
            asked(&[(ENDPOINT, "a"), (PROTOCOL, "grpc"), (QUEUE, "512"), (TIMEOUT, "soon")]).unwrap();
        assert!(export.other_protocol().is_some_and(|told| told.contains("'grpc'")));
        assert_eq!((export.queue, export.timeout), (Some(512), None));
        let export = asked(&[(ENDPOINT, "a"), (PROTOCOL, "grpc"), (TRACES_PROTOCOL, SPOKEN)]).unwrap();
        assert_eq!(export.other_protocol(), None);
    }
}
