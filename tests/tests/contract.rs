//! Every adapter under every contract. A new adapter adds a module like `local`, and nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure ends the test")]

#[path = "aws/parts.rs"]
#[allow(dead_code, reason = "the tests of AWS alone make more of them")]
mod parts;
#[path = "aws/rest.rs"]
#[allow(dead_code, reason = "the tests of AWS alone ask for more")]
mod rest;

use jobq_adapters::aws::store::AwsStore;
use jobq_adapters::clock::SystemClock;
use jobq_adapters::sqlite::store::LocalStore;
use jobq_tests::aws;
use jobq_tests::contract::subject::{Subject, warriors};
use jobq_tests::contract::{ledger, morgue, queue, singles};
use jobq_tests::hand_clock::HandClock;

/// One test for each case of each suite, against the store that `$subject` makes.
macro_rules! hold {
    ($subject:path: $($suite:path { $($case:ident),+ $(,)? })+) => {
        $($(
            #[tokio::test]
            async fn $case() {
                use $suite as suite;
                suite::$case($subject().await).await;
            }
        )+)+
    };
}

macro_rules! hold_queue_and_ledger {
    ($subject:path) => {
        hold! { $subject:
            queue::sending {
                sent_tasks_arrive_once,
                p1_a_sequel_is_pushed_once,
                any_text_arrives,
                large_tasks_arrive,
                sent_tasks_last,
                a_batch_resumes_from_its_mark,
                a_foreign_batch_is_left_alone,
                a_receive_waits,
            }
            queue::hiding {
                a_delay_hides,
                visibility_expires,
                an_old_receipt_is_stale,
                a_late_receipt_holds,
                an_extension_hides_longer,
            }
            queue::ending {
                done_is_gone,
                p1_a_task_delivered_again_is_counted_once,
                p1_two_tasks_of_one_id_are_two,
                children_come_with_the_end,
                a_retry_comes_back,
                dead_leaves_a_letter,
                a_release_hands_back,
                settlements_are_answered_one_by_one,
                all_ends_go_together,
            }
            queue::counting {
                an_unknown_queue_is_empty,
                tasks_are_counted_by_what_they_wait_for,
            }
            queue::lanes {
                every_lane_is_served,
                a_task_keeps_its_lane,
                what_is_sent_back_goes_to_its_lane,
            }
            queue::sharing { handles_lose_and_double_nothing }
            morgue {
                nothing_is_shown_of_nothing,
                a_round_shows_each_letter_once,
                a_crowd_is_shown,
                what_is_sent_back_is_a_task_again,
                what_was_not_counted_is_not_counted_back,
                what_is_dropped_is_gone,
                a_letter_ends_once,
                two_rounds_share_the_letters,
            }
            singles {
                what_is_alike_is_sent_once,
                each_queue_remembers_for_itself,
                what_is_over_is_sent_again,
                p1_what_was_claimed_and_not_marked_is_sent,
                p1_nothing_is_remembered_of_a_batch_nobody_opened,
            }
            ledger {
                unknown_is_empty,
                documents_last,
                second_swap_conflicts,
                competing_swaps_lose_no_update,
            }
        }
    };
}

/// Not every adapter promises fair order: SQS has lanes instead.
macro_rules! hold_fairness {
    ($subject:path) => {
        hold! { $subject:
            queue::fairness {
                few_behind_many_are_next,
                priorities_share_by_weight,
                idling_saves_up_nothing,
                retries_share_too,
            }
        }
    };
}

mod local {
    //! The local backend: one SQLite file.

    use super::*;

    async fn subject() -> Subject<LocalStore<HandClock>> {
        let folder = tempfile::tempdir().unwrap();
        Subject::new(move |clock| LocalStore::open(&folder.path().join("jobq.db"), clock).unwrap())
    }

    hold_queue_and_ledger!(subject);
    hold_fairness!(subject);
}

/// A stack of its own in a stand-in. Every handle has connections of its own, as another process would.
async fn on_server(url: String, crowd: usize) -> Subject<AwsStore<SystemClock>> {
    let stack = parts::new_stack();
    parts::make_table(&url, &stack).await;
    parts::make_troops(&url, &stack).await;
    for lane in stack.lanes(&warriors()) {
        rest::call(&url, "AmazonSQS.CreateQueue", &serde_json::json!({ "QueueName": lane })).await;
    }
    Subject::on_server(crowd, move || AwsStore::open(&sdk(&url), stack.clone(), SystemClock::new()))
}

/// The SDK's settings, waited for where nothing may be awaited.
fn sdk(url: &str) -> jobq_adapters::aws::sdk::Sdk {
    let load = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(parts::sdk(url))
    };
    std::thread::scope(|scope| scope.spawn(load).join().unwrap())
}

mod ministack {
    //! SQS and DynamoDB as MiniStack has them.

    use super::*;

    async fn subject() -> Subject<AwsStore<SystemClock>> {
        on_server(aws::ministack().url(), 200).await
    }

    hold_queue_and_ledger!(subject);
}

mod moto {
    //! SQS and DynamoDB as moto has them: the second opinion. It is slow, so its crowds are small.

    use super::*;

    async fn subject() -> Subject<AwsStore<SystemClock>> {
        on_server(aws::moto().url(), 40).await
    }

    hold_queue_and_ledger!(subject);
}
