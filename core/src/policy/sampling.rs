//! Sampling: whether a new trace is recorded, as OpenTelemetry's `OTEL_TRACES_SAMPLER` says.

use crate::trace::{TraceContext, TraceId};

/// Which new traces are recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampler {
    /// Whether the parent decides, where there is one.
    parent_based: bool,
    rule: Rule,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    Always,
    Never,
    /// Traces whose id lies below this bound, of 2^63.
    Below(u64),
}

/// Words that name no sampler.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SamplerError {
    /// No such sampler.
    #[error(
        "'{0}' is no sampler: use always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off or parentbased_traceidratio"
    )]
    Unknown(String),
    /// No such share.
    #[error("'{0}' is no share of traces: use a number from 0 to 1")]
    Share(String),
}

impl Default for Sampler {
    fn default() -> Self {
        Self { parent_based: true, rule: Rule::Always }
    }
}

impl Sampler {
    /// Reads a sampler's name and its argument.
    pub fn parse(name: &str, argument: Option<&str>) -> Result<Self, SamplerError> {
        let (parent_based, plain) = match name.strip_prefix("parentbased_") {
            Some(plain) => (true, plain),
            None => (false, name),
        };
        let rule = match plain {
            "always_on" => Rule::Always,
            "always_off" => Rule::Never,
            "traceidratio" => share(argument.unwrap_or("1"))?,
            _ => return Err(SamplerError::Unknown(name.to_owned())),
        };
        Ok(Self { parent_based, rule })
    }

    /// Whether a trace that begins below `parent` is recorded.
    pub fn samples(&self, parent: Option<&TraceContext>, trace: TraceId) -> bool {
        match (parent, self.rule) {
            (Some(parent), _) if self.parent_based => parent.is_sampled(),
            (_, Rule::Always) => true,
            (_, Rule::Never) => false,
            (_, Rule::Below(bound)) => position(trace) < bound,
        }
    }
}

/// Where a trace lies among all: other programs that sample by id choose the same ones.
fn position(trace: TraceId) -> u64 {
    let low: [u8; 8] = std::array::from_fn(|at| trace.bytes()[8 + at]);
    u64::from_be_bytes(low) >> 1
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of 0 to 1 of 2^63 is a number of 64 bits"
)]
fn share(text: &str) -> Result<Rule, SamplerError> {
    let wrong = || SamplerError::Share(text.to_owned());
    let share: f64 = text.trim().parse().map_err(|_| wrong())?;
    if !(0.0..=1.0).contains(&share) {
        return Err(wrong());
    }
    Ok(if share >= 1.0 { Rule::Always } else { Rule::Below((share * (1u64 << 63) as f64) as u64) })
}

#[cfg(test)]
mod tests {
    //! Which traces are recorded.

    use super::*;
    use crate::trace::Roots;

    fn share_of(sampler: Sampler, parent: Option<TraceContext>) -> usize {
        let roots = Roots::new([7; 24], None);
        (1..=10_000).filter(|line| sampler.samples(parent.as_ref(), roots.at(*line).0)).count()
    }

    fn parent(sampled: bool) -> TraceContext {
        let roots = Roots::new([1; 24], None);
        roots.context(roots.at(1), sampled)
    }

    #[test]
    fn samplers_do_what_their_names_say() {
        // Name, argument, sampled of 10 000 without a parent, below one that is sampled, below one that isn't.
        for (name, argument, alone, below, below_unsampled) in [
            ("always_on", None, 10_000, 10_000, 10_000),
            ("always_off", None, 0, 0, 0),
            ("traceidratio", None, 10_000, 10_000, 10_000),
            ("traceidratio", Some("0"), 0, 0, 0),
            ("parentbased_always_on", None, 10_000, 10_000, 0),
            ("parentbased_always_off", None, 0, 10_000, 0),
            ("parentbased_traceidratio", Some("0"), 0, 10_000, 0),
        ] {
            let sampler = Sampler::parse(name, argument).unwrap();
            let counts =
                [None, Some(parent(true)), Some(parent(false))].map(|parent| share_of(sampler, parent));
            assert_eq!(counts, [alone, below, below_unsampled], "{name}");
        }
        let tenth = share_of(Sampler::parse("traceidratio", Some("0.1")).unwrap(), None);
        assert!((850..1_150).contains(&tenth), "{tenth}");
        assert_eq!(Sampler::parse("parentbased_always_on", None), Ok(Sampler::default()));
    }

    #[test]
    fn words_that_name_no_sampler_are_refused() {
        assert!(matches!(Sampler::parse("jaeger_remote", None), Err(SamplerError::Unknown(_))));
        assert!(matches!(Sampler::parse("", None), Err(SamplerError::Unknown(_))));
        for share in ["2", "-0.1", "NaN", "half", ""] {
            let read = Sampler::parse("traceidratio", Some(share));
            assert!(matches!(read, Err(SamplerError::Share(_))), "{share}");
        }
    }
}
