//! Trace contexts: where in a trace a task, or a call of it, stands (W3C Trace Context, level 2).
//!
//! A context travels in an envelope and in the header `traceparent`. Nothing here is drawn by lot: who starts a trace
//! brings the chance with it, and whatever follows from it is derived.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::str::FromStr;

use crate::task::TaskId;
use crate::time::Timestamp;

/// The header, and in upper case the environment variable, that a context travels in.
pub const TRACEPARENT: &str = "traceparent";

/// The bit that says that the spans of this trace are recorded.
const SAMPLED: u8 = 1;

/// The bit that says that the trace id was drawn by lot. Nobody sets it here, and who receives it passes it on.
const RANDOM: u8 = 2;

/// How long the text of a context is, in the version written here.
const LENGTH: usize = 55;

/// Identifies a trace. Never all zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId([u8; 16]);

/// Identifies a span within its trace. Never all zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId([u8; 8]);

/// One place in a trace: a span that others may be children of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace.
    pub trace: TraceId,
    /// The span.
    pub span: SpanId,
    flags: u8,
}

/// A text that is no context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a trace context as W3C writes it: 00-<32 hex digits>-<16 hex digits>-<2 hex digits>")]
pub struct TraceContextError;

impl TraceId {
    /// The trace of these bytes; none if they are all zero.
    pub fn new(bytes: [u8; 16]) -> Option<Self> {
        (bytes != [0; 16]).then_some(Self(bytes))
    }

    /// Its bytes.
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }
}

impl SpanId {
    /// The span of these bytes; none if they are all zero.
    pub fn new(bytes: [u8; 8]) -> Option<Self> {
        (bytes != [0; 8]).then_some(Self(bytes))
    }

    /// Its bytes.
    pub fn bytes(self) -> [u8; 8] {
        self.0
    }

    /// A span that is derived from whatever tells it from others.
    fn derived(parts: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        parts.hash(&mut hasher);
        // One in 2^64 is zero, which is no span.
        Self(hasher.finish().max(1).to_be_bytes())
    }
}

impl TraceContext {
    /// A place in a trace.
    pub fn new(trace: TraceId, span: SpanId, sampled: bool) -> Self {
        Self { trace, span, flags: if sampled { SAMPLED } else { 0 } }
    }

    /// Whether spans of this trace are recorded.
    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// The place of what is done for `task` below this one: `what` it is, the how manyth of its kind, and when it
    /// began. Two drainers that call the same task at once are told apart by the instant.
    pub fn child(&self, what: &str, task: &TaskId, number: u32, began: Timestamp) -> Self {
        let span = SpanId::derived((self.trace, self.span, what, task.as_str(), number, began.as_nanos()));
        Self { span, ..*self }
    }
}

/// Where the traces of a push begin: chance, drawn once, and the place they are below, if there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roots {
    chance: [u8; 24],
    parent: Option<TraceContext>,
}

impl Roots {
    /// The traces of one push. No two pushes may have the same chance.
    pub fn new(chance: [u8; 24], parent: Option<TraceContext>) -> Self {
        Self { chance, parent }
    }

    /// What the traces are below.
    pub fn parent(&self) -> Option<&TraceContext> {
        self.parent.as_ref()
    }

    /// The ids of the task at this line: a trace of its own, or the parent's, and a span of its own.
    pub fn at(&self, line: u64) -> (TraceId, SpanId) {
        let half = |name: &str| SpanId::derived((self.chance, name, line)).bytes();
        let mut trace = [0; 16];
        trace[..8].copy_from_slice(&half("first half"));
        trace[8..].copy_from_slice(&half("second half"));
        let trace = self.parent.map_or(TraceId(trace), |parent| parent.trace);
        (trace, SpanId::derived((self.chance, "span", line)))
    }

    /// The context of a task's root span; the flags of the parent that say nothing of sampling stay.
    pub fn context(&self, (trace, span): (TraceId, SpanId), sampled: bool) -> TraceContext {
        let kept = self.parent.map_or(0, |parent| parent.flags & RANDOM);
        TraceContext { trace, span, flags: kept | if sampled { SAMPLED } else { 0 } }
    }
}

impl FromStr for TraceContext {
    type Err = TraceContextError;

    /// Reads what any version may have written, as far as this one knows it.
    fn from_str(text: &str) -> Result<Self, TraceContextError> {
        let bytes = text.as_bytes();
        let dashes = [2, 35, 52].iter().all(|at| bytes.get(*at) == Some(&b'-'));
        let fits = match bytes.get(..2) {
            Some(b"00") => bytes.len() == LENGTH,
            Some(b"ff") | None => false,
            // What a later version adds stands behind a dash.
            Some(_) => bytes.len() == LENGTH || bytes.get(LENGTH) == Some(&b'-'),
        };
        if !dashes || !fits {
            return Err(TraceContextError);
        }
        hex::<1>(&bytes[..2]).ok_or(TraceContextError)?;
        let trace = hex(&bytes[3..35]).and_then(TraceId::new).ok_or(TraceContextError)?;
        let span = hex(&bytes[36..52]).and_then(SpanId::new).ok_or(TraceContextError)?;
        let [flags] = hex(&bytes[53..LENGTH]).ok_or(TraceContextError)?;
        Ok(Self { trace, span, flags: flags & (SAMPLED | RANDOM) })
    }
}

/// As `traceparent` holds it: `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace, self.span, self.flags)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Reads `2 * N` hex digits in lower case, and no others.
fn hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    //! The header by the letter of the recommendation, and ids that nobody else has.

    use std::collections::HashSet;

    use proptest::prelude::{any, proptest};

    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_context_is_read_and_written_as_w3c_says() {
        let context: TraceContext = GOOD.parse().unwrap();
        assert_eq!(context.trace.to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(context.span.to_string(), "b7ad6b7169203331");
        assert!(context.is_sampled());
        assert_eq!(context.to_string(), GOOD);
        // Flags of level 2 are passed on, those nobody knows are not.
        for (flags, written) in [("00", "00"), ("02", "02"), ("03", "03"), ("fd", "01"), ("ff", "03")] {
            let text = GOOD.replace("-01", &format!("-{flags}"));
            let context: TraceContext = text.parse().unwrap();
            assert_eq!(context.to_string(), GOOD.replace("-01", &format!("-{written}")));
        }
        // A later version is read as far as it is known, and written in this one.
        for later in [GOOD.replacen("00-", "01-", 1), GOOD.replacen("00-", "cc-", 1) + "-what.the-future"] {
            assert_eq!(later.parse::<TraceContext>().unwrap(), context);
        }
    }

    #[test]
    fn what_is_no_context_is_refused() {
        let zeros = |count: usize| "0".repeat(count);
        for bad in [
            String::new(),
            "00".to_owned(),
            GOOD[..54].to_owned(),
            format!("{GOOD}-"),
            format!("{GOOD}-more"),
            format!("{GOOD}0"),
            format!(" {GOOD}"),
            GOOD.to_uppercase(),
            GOOD.replace('-', "_"),
            GOOD.replacen("00-", "ff-", 1),
            GOOD.replacen("00-", "0g-", 1),
            GOOD.replacen("00-", "01-", 1) + "x",
            GOOD.replace("0af7651916cd43dd8448eb211c80319c", &zeros(32)),
            GOOD.replace("b7ad6b7169203331", &zeros(16)),
            GOOD.replace("b7ad6b7169203331", "b7ad6b716920333x"),
            GOOD.replace("b7ad6b7169203331-01", "b7ad6b716920333-001"),
            GOOD.replace("-01", "-0x"),
            GOOD.replace("0af7", "0äf"),
        ] {
            assert_eq!(bad.parse::<TraceContext>(), Err(TraceContextError), "{bad:?}");
        }
    }

    #[test]
    fn a_child_is_in_its_parents_trace_and_has_an_id_of_its_own() {
        let parent: TraceContext = GOOD.parse().unwrap();
        let (one, other): (TaskId, TaskId) = ("t-1".parse().unwrap(), "t-2".parse().unwrap());
        let at = Timestamp::from_secs;
        let children = [
            parent.child("call", &one, 0, at(1)),
            parent.child("call", &one, 1, at(1)),
            parent.child("call", &one, 0, at(2)),
            parent.child("call", &other, 0, at(1)),
            parent.child("settle", &one, 0, at(1)),
        ];
        assert!(children.iter().all(|child| child.trace == parent.trace && child.is_sampled()));
        let spans: HashSet<SpanId> = children.iter().map(|child| child.span).chain([parent.span]).collect();
        assert_eq!(spans.len(), children.len() + 1);
        assert_eq!(children[0], parent.child("call", &one, 0, at(1)));
    }

    #[test]
    fn tasks_of_a_push_have_traces_of_their_own_or_share_their_parents() {
        let chance: [u8; 24] = std::array::from_fn(|n| u8::try_from(n).unwrap());
        let ids = |roots: Roots| (1..=500).map(|line| roots.at(line)).collect::<Vec<_>>();
        let own = ids(Roots::new(chance, None));
        assert_eq!(own.iter().map(|(trace, _)| trace).collect::<HashSet<_>>().len(), 500);
        assert_eq!(own.iter().map(|(_, span)| span).collect::<HashSet<_>>().len(), 500);
        let parent: TraceContext = GOOD.replace("-01", "-03").parse().unwrap();
        let roots = Roots::new(chance, Some(parent));
        assert!(ids(roots).iter().all(|(trace, span)| *trace == parent.trace && *span != parent.span));
        assert!(roots.context(roots.at(1), false).to_string().ends_with("-02"));
    }

    proptest! {
        #[test]
        fn every_context_reads_as_it_was_written(
            trace in any::<[u8; 16]>(), span in any::<[u8; 8]>(), sampled in any::<bool>()
        ) {
            let (Some(trace), Some(span)) = (TraceId::new(trace), SpanId::new(span)) else {
                return Ok(());
            };
            let context = TraceContext::new(trace, span, sampled);
            assert_eq!(context.to_string().parse(), Ok(context));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}") {
            let _ = text.parse::<TraceContext>();
        }
    }
}
