//! What AWS says when somebody may not do something.

use jobq_core::fault::Fault;

/// Words of which one stands in every refusal, whichever service it is of.
const SIGNS: [&str; 4] =
    ["AccessDenied", "UnauthorizedOperation", "AuthorizationError", "not authorized to perform"];

/// Somebody may not do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The action that would have to be allowed, like `sqs:GetQueueUrl`, where AWS tells.
    pub action: Option<String>,
}

/// Whether a fault is that somebody may not do something.
pub fn refusal(fault: &Fault) -> Option<Refusal> {
    told(&fault.chain())
}

/// The same of the text alone.
pub fn told(text: &str) -> Option<Refusal> {
    if !SIGNS.iter().any(|sign| text.contains(sign)) {
        return None;
    }
    let after = text.split_once("not authorized to perform: ").map(|(_, after)| after);
    let action = after.and_then(|after| after.split_whitespace().next());
    Some(Refusal { action: action.map(|action| action.trim_end_matches([',', '.']).to_owned()) })
}

#[cfg(test)]
mod tests {
    //! How services say no.

    use super::*;

    #[test]
    fn the_action_is_read_from_the_refusal() {
        let said = "look up the stack jobq: AccessDenied: User: arn:aws:iam::1:user/a is not authorized to perform: \
                    cloudformation:DescribeStacks on resource: arn:x because no identity-based policy allows it";
        let action = Some("cloudformation:DescribeStacks".to_owned());
        assert_eq!(told(said), Some(Refusal { action }));
    }

    #[test]
    fn other_faults_are_no_refusals() {
        assert_eq!(told("AccessDenied: Access Denied"), Some(Refusal { action: None }));
        assert_eq!(told("ServiceUnavailable: try again"), None);
    }
}
