//! What the mock Hermes API knows: warriors, their troops, those troops' data groups, and the data of each group.

use serde_json::{Value, json};

const WARRIORS: u64 = 20;

/// What it says to a call.
#[derive(Debug, PartialEq)]
pub(super) enum Saying {
    /// It answers.
    This(Value),
    /// It fails at the first call, and then it answers.
    AtSecondCall(Value),
    /// It knows of no such thing.
    Nothing,
}

/// What it says to a call of this path.
pub(super) fn saying(path: &str) -> Saying {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match parts[..] {
        ["warriors"] => list("warriors", None, WARRIORS),
        ["warriors", warrior, "troops"] => list("troops", Some(warrior), troops_of(numbers(warrior)[0])),
        ["troops", troop, "groups"] => {
            let [warrior, number, _] = numbers(troop);
            list("groups", Some(troop), groups_of(warrior, number))
        }
        ["groups", group, "data"] => data(group),
        _ => Saying::Nothing,
    }
}

/// How many calls it takes to fetch all of it, each made once.
pub(super) fn calls() -> u64 {
    let of_troop = |warrior, troop| 1 + groups_of(warrior, troop);
    let of_warrior =
        |warrior| 1 + (1..=troops_of(warrior)).map(|troop| of_troop(warrior, troop)).sum::<u64>();
    1 + (1..=WARRIORS).map(of_warrior).sum::<u64>()
}

fn troops_of(warrior: u64) -> u64 {
    12 + warrior * 7 % 13
}

fn groups_of(warrior: u64, troop: u64) -> u64 {
    2 + (warrior + troop) % 3
}

fn list(what: &str, of: Option<&str>, count: u64) -> Saying {
    let id = |number: u64| of.map_or_else(|| number.to_string(), |of| format!("{of}-{number}"));
    let items: Vec<Value> = (1..=count).map(|number| json!({ "id": id(number) })).collect();
    Saying::This(json!({ what: items }))
}

/// Here and there a group is gone though its troop lists it, or its data isn't ready at once.
fn data(group: &str) -> Saying {
    let data = json!({ "group": group, "data": numbers(group) });
    match numbers(group) {
        [7 | 13, 9, 1] => Saying::Nothing,
        [warrior, 5, 1] if warrior % 2 == 0 => Saying::AtSecondCall(data),
        _ => Saying::This(data),
    }
}

/// The numbers of a warrior, a troop and a group in an id like `7-9-1`; 0 for what isn't there.
fn numbers(id: &str) -> [u64; 3] {
    let mut parts = id.split('-').map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    //! What is listed is there, all of it is as many calls as it says, and a few of them fail.

    use super::*;

    /// Follows every list, as the pipeline does: the calls, the failures at first, and what is gone.
    fn follow(path: &str) -> [u64; 3] {
        let answer = match saying(path) {
            Saying::Nothing => return [1, 0, 1],
            Saying::AtSecondCall(_) => return [1, 1, 0],
            Saying::This(answer) => answer,
        };
        let next = [("warriors", "troops"), ("troops", "groups"), ("groups", "data")];
        let listed = next.iter().filter_map(|(what, next)| Some((what, answer[*what].as_array()?, next)));
        let paths = listed.flat_map(|(what, items, next)| {
            items.iter().map(move |item| format!("/{what}/{}/{next}", item["id"].as_str().unwrap()))
        });
        paths.map(|path| follow(&path)).fold([1, 0, 0], |sum, one| std::array::from_fn(|n| sum[n] + one[n]))
    }

    #[test]
    fn all_of_it_is_about_fifteen_hundred_calls_a_few_of_which_fail() {
        let [made, failed, gone] = follow("/warriors");
        assert_eq!(made, calls());
        assert!((1_400..=1_600).contains(&made), "{made}");
        assert_eq!((failed, gone), (10, 2));
    }

    #[test]
    fn what_nobody_lists_is_answered_where_it_is_data() {
        assert!(matches!(saying("/groups/urgent-1/data"), Saying::This(_)));
        assert_eq!(saying("/"), Saying::Nothing);
    }
}
