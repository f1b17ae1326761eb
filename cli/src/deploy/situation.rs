//! What can be done to a stack as it stands.

/// What can be done to a stack as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Situation {
    /// There is none: it can be made.
    Absent,
    /// There is one that has never had anything in it: it can be made.
    Empty,
    /// Its making has failed: it must go before it can be made.
    Husk,
    /// It can be changed.
    Whole,
    /// Somebody is changing it just now.
    Busy,
    /// It can be neither made nor changed before somebody sees to it.
    Stuck,
}

impl Situation {
    /// The situation of a stack by CloudFormation's word for how it stands.
    pub(crate) fn of(status: Option<&str>) -> Self {
        match status {
            None | Some("DELETE_COMPLETE") => Self::Absent,
            Some("REVIEW_IN_PROGRESS") => Self::Empty,
            Some("ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED") => Self::Husk,
            Some("UPDATE_ROLLBACK_FAILED" | "DELETE_FAILED" | "IMPORT_ROLLBACK_FAILED") => Self::Stuck,
            Some(status) if status.ends_with("_IN_PROGRESS") => Self::Busy,
            Some(_) => Self::Whole,
        }
    }
}

#[cfg(test)]
mod tests {
    //! Each of CloudFormation's words means one thing.

    use super::*;

    #[test]
    fn every_status_has_its_situation() {
        let of = |status| Situation::of(Some(status));
        assert_eq!(Situation::of(None), Situation::Absent);
        assert_eq!(of("REVIEW_IN_PROGRESS"), Situation::Empty);
        assert_eq!(of("ROLLBACK_COMPLETE"), Situation::Husk);
        for whole in ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"] {
            assert_eq!(of(whole), Situation::Whole, "{whole}");
        }
        for busy in ["CREATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "DELETE_IN_PROGRESS"] {
            assert_eq!(of(busy), Situation::Busy, "{busy}");
        }
        assert_eq!(of("UPDATE_ROLLBACK_FAILED"), Situation::Stuck);
    }
}
