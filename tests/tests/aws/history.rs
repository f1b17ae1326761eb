//! How queues were used lately. MiniStack measures no queues, so the measures are put there by hand.

use std::time::Duration;

use jobq_adapters::aws::history::{CloudWatchHistory, LastMinute};
use jobq_core::ports::history::{History, Past};
use jobq_core::time::Timestamp;
use jobq_tests::aws;
use jobq_tests::hand_clock::HandClock;
use reqwest::Method;

use crate::parts::{self, new_stack};
use crate::rest;

const MINUTE: u64 = 60;

/// A minute that was measured in part, one not at all, and one before and one after what is asked for.
#[tokio::test]
async fn minutes_nobody_measured_are_left_out_and_never_zero() {
    let now = recent_minute();
    let (history, queue) = history(now).await;
    put(&queue, "NumberOfMessagesSent", now - 5 * MINUTE, 40.0).await;
    put(&queue, "NumberOfMessagesSent", now - 5 * MINUTE + 20, 2.0).await;
    put(&queue, "ApproximateNumberOfMessagesVisible", now - 5 * MINUTE, 7.0).await;
    put(&queue, "ApproximateNumberOfMessagesVisible", now - 5 * MINUTE + 20, 9.0).await;
    put(&queue, "ApproximateNumberOfMessagesVisible", now - 3 * MINUTE, 0.0).await;
    put(&queue, "NumberOfMessagesSent", now - 90 * MINUTE, 1.0).await;
    put(&queue, "NumberOfMessagesSent", now, 1.0).await;
    let past = history.past(&"troops".parse().unwrap(), Duration::from_secs(3_600)).await.unwrap();
    let at = |minutes: u64| Timestamp::from_secs(now - minutes * MINUTE);
    assert_eq!(
        past,
        [
            Past { at: at(5), sent: Some(42.0), ready: Some(9.0) },
            Past { at: at(3), sent: None, ready: Some(0.0) },
        ]
    );
}

#[tokio::test]
async fn a_queue_without_a_past_has_none() {
    let (history, _) = history(recent_minute()).await;
    let past = history.past(&"troops".parse().unwrap(), Duration::from_secs(1)).await.unwrap();
    assert_eq!(past, []);
}

/// Of two queues and one nobody measured: the minute under way is none, what is older than the latest minute gives way, and
/// what was not measured in it stays unknown.
#[tokio::test]
async fn the_last_minute_of_several_queues_is_asked_for_at_once() {
    let now = recent_minute();
    let (history, troops) = history(now).await;
    let groups = format!("{}groups", troops.strip_suffix("troops").unwrap());
    put(&troops, "NumberOfMessagesSent", now - 3 * MINUTE, 40.0).await;
    put(&troops, "NumberOfMessagesSent", now - 2 * MINUTE, 6.0).await;
    put(&troops, "NumberOfMessagesSent", now - 2 * MINUTE + 20, 2.0).await;
    put(&troops, "NumberOfMessagesDeleted", now - 2 * MINUTE, 0.0).await;
    put(&troops, "ApproximateAgeOfOldestMessage", now - 2 * MINUTE, 130.0).await;
    put(&troops, "NumberOfMessagesSent", now, 99.0).await;
    put(&groups, "NumberOfMessagesSent", now - 4 * MINUTE, 1.0).await;
    put(&groups, "NumberOfMessagesDeleted", now - 3 * MINUTE, 7.0).await;
    put(&groups, "NumberOfMessagesDeleted", now - 20 * MINUTE, 1.0).await;
    let queues = ["groups", "nobody", "troops"].map(|queue| queue.parse().unwrap());
    let at = |minutes: u64| Timestamp::from_secs(now - minutes * MINUTE);
    let oldest = Some(Duration::from_secs(130));
    assert_eq!(
        history.last_minutes(&queues).await.unwrap(),
        [
            Some(LastMinute { at: at(3), sent: None, deleted: Some(7.0), oldest: None }),
            None,
            Some(LastMinute { at: at(2), sent: Some(8.0), deleted: Some(0.0), oldest }),
        ]
    );
}

/// The history at ten seconds past the minute `now`, and what its queue is called on AWS.
async fn history(now: u64) -> (CloudWatchHistory<HandClock>, String) {
    let (sdk, stack) = (parts::sdk(&aws::ministack().url()).await, new_stack());
    let queue = stack.queue(&"troops".parse().unwrap());
    let clock = HandClock::new(Timestamp::from_secs(now + 10));
    (CloudWatchHistory::new(&sdk, stack, clock), queue)
}

/// The minute under way: CloudWatch takes nothing that is older than two weeks.
pub(crate) fn recent_minute() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    now.as_secs() / MINUTE * MINUTE
}

pub(crate) async fn put(queue: &str, metric: &str, at: u64, value: f64) {
    let form = format!(
        "Action=PutMetricData&Version=2010-08-01&Namespace=AWS%2FSQS&MetricData.member.1.MetricName={metric}\
         &MetricData.member.1.Value={value}&MetricData.member.1.Timestamp={at}\
         &MetricData.member.1.Dimensions.member.1.Name=QueueName\
         &MetricData.member.1.Dimensions.member.1.Value={queue}"
    );
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let url = aws::ministack().url();
    let put = rest::request("monitoring", Method::POST, url, &headers, form.into_bytes()).await;
    let (status, text) = (put.status(), put.text().await.unwrap());
    assert!(status.is_success(), "{text}");
}
