//! Templates as they stand. After a change on purpose: `JOBQ_BLESS=1 cargo test -p jobq-infra`, and read the difference
//! as somebody whose stack is updated by it.

use std::{env, fs};

use crate::{GOLDEN, golden, rendered};

#[test]
fn templates_are_as_they_were() {
    for name in GOLDEN {
        let (rendered, path) = (rendered(name).to_string(), golden(name, "json"));
        if env::var_os("JOBQ_BLESS").is_some() {
            fs::write(&path, &rendered).expect("a template written");
        }
        let kept = fs::read_to_string(&path).expect("a template that was blessed");
        if let Some((number, (is, was))) =
            (1..).zip(rendered.lines().zip(kept.lines())).find(|(_, (a, b))| a != b)
        {
            panic!("{name}.json:{number}: was {was}, is {is}");
        }
        assert_eq!(rendered.len(), kept.len(), "{name}.json is longer or shorter than it was");
    }
}
