//! What to do about what AWS says.

use jobq_adapters::aws::stack::refusal::told;

/// What to type or change when a stack couldn't be made or changed for this reason.
pub(crate) fn hint(reason: &str) -> String {
    if let Some(refusal) = told(reason) {
        return match refusal.action {
            Some(action) => format!("you may not do {action}: have it allowed to you"),
            None => "you may not do this: have it allowed to you".to_owned(),
        };
    }
    for (sign, hint) in KNOWN {
        if reason.contains(sign) {
            return hint.to_owned();
        }
    }
    "mend that and type 'jobq deploy' again: a stack that couldn't be changed is as it was".to_owned()
}

/// Signs in reasons, and what to do.
const KNOWN: [(&str, &str); 6] = [
    (
        "UnreservedConcurrentExecution",
        "the account has too little concurrency to reserve some of it: ask for more with 'aws service-quotas \
         request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000'",
    ),
    (
        "wait 60 seconds",
        "SQS gives a deleted queue's name free after a minute: wait for it and type 'jobq deploy' again",
    ),
    (
        "already exists",
        "something of that name is there that another stack or somebody's hand has made: delete it, or choose \
         another name under [aws] stack",
    ),
    ("is in use", "something of that name is being deleted: wait a minute and type 'jobq deploy' again"),
    ("Rate exceeded", "others use the account's few requests a second too: type 'jobq deploy' again"),
    (
        "LimitExceeded",
        "the account has reached one of its quotas: ask for more in the Service Quotas console",
    ),
];

#[cfg(test)]
mod tests {
    //! Reasons as AWS words them.

    use super::*;

    #[test]
    fn each_known_reason_has_its_own_hint() {
        let concurrency = "Specified ReservedConcurrentExecutions for function decreases account's \
                           UnreservedConcurrentExecution below its minimum value of [10].";
        assert!(hint(concurrency).contains("L-B99A9384"));
        let refused =
            "User: arn:aws:iam::1:user/a is not authorized to perform: iam:CreateRole on resource: x";
        assert!(hint(refused).contains("iam:CreateRole"));
        assert!(hint("jobq-troops already exists in stack other").contains("[aws] stack"));
        assert!(hint("something new").contains("jobq deploy"));
    }
}
