//! What becomes of a task when it is sent back: nothing, or what an edited line says.

use jobq_core::envelope::Envelope;
use jobq_core::jq::{Act, Failed, Job, Link, Made};
use jobq_core::settlement::LARGEST_ENVELOPE;
use serde_json::value::RawValue;

use crate::draft::Draft;
use crate::json_line;
use crate::pack::too_large;
use jobq_core::written::problem::Problem;

/// Gives a task what a draft says of it; what the draft doesn't say stays.
pub(crate) fn apply(envelope: &mut Envelope, draft: Draft) -> Result<(), Problem> {
    for (key, is_there) in [("delay", draft.delay.is_some()), ("at", draft.at.is_some())] {
        if is_there {
            let problem = Problem::new("a task that is sent back doesn't wait");
            return Err(problem.hint(format!("leave '{key}' out")));
        }
    }
    envelope.request = draft.request;
    if let Some(id) = draft.id {
        envelope.rename(id);
    }
    envelope.priority = draft.priority.unwrap_or(envelope.priority);
    let bytes = envelope.encode().len();
    if bytes > LARGEST_ENVELOPE { Err(too_large(bytes, LARGEST_ENVELOPE)) } else { Ok(()) }
}

/// What is run over a task's line: the program, and beside it the body as programs write it.
pub(crate) fn job(program: &str, line: String) -> Job {
    let chain = |code: &str| vec![Link { act: Act::Makes, code: code.to_owned() }];
    let chains = vec![chain(program), chain(".body")];
    // One value of each: a task becomes one task, or stays.
    Job { input: line.into_bytes(), variables: Vec::new(), chains, most: 2 }
}

/// What the job made of a task; none if it makes nothing of it.
pub(crate) fn edited(made: Result<Made, Failed>, before: &Envelope) -> Result<Option<Draft>, Problem> {
    let made = made.map_err(|failed| match failed {
        Failed::TooMany => {
            Problem::new("the program makes several tasks of one").hint("let it end in one object")
        }
        Failed::Input(said) | Failed::Program { said, .. } | Failed::BrokenOff { said, .. } => {
            Problem::new(format!("the program failed: {said}"))
        }
    })?;
    let mut values = made.iter().map(|chain| chain.first());
    let Some(after) = values.next().flatten() else {
        return Ok(None);
    };
    let own = values.next().flatten().filter(|own| *own != "null");
    let mut draft = json_line::parse(after)?;
    // Byte for byte, unless it was changed: numbers and white space may matter to whoever signs bodies.
    if body_of(after).as_ref() == own {
        draft.request.body.clone_from(&before.request.body);
    }
    Ok(Some(draft))
}

/// The body as it stands in a line.
fn body_of(line: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Body {
        body: Option<Box<RawValue>>,
    }
    serde_json::from_str::<Body>(line).ok()?.body.map(|body| body.get().to_owned())
}
