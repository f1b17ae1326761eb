//! The scale flow: measure the queues of a limit, decide how many drainers it should have, act.
