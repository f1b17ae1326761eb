//! When a failed task is tried again: exponential backoff with full jitter, as in Brooker, "Exponential
//! Backoff And Jitter" (AWS Architecture Blog, 2015).

use std::time::Duration;

use crate::queue::Retry;

/// The delay after the `failures`-th failure in a row, counted from 1. `jitter` is a random number in 0..1;
/// the delay lies between zero and `min_backoff` doubled with each further failure, at most `max_backoff`.
pub fn delay(retry: &Retry, failures: u32, jitter: f64) -> Duration {
    let doubled = 2u32.saturating_pow(failures.saturating_sub(1).min(31));
    let most = retry.min_backoff.saturating_mul(doubled).min(retry.max_backoff);
    most.mul_f64(jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    //! The bounds of the delay.

    use proptest::prelude::{any, prop_assert, proptest};

    use super::*;

    proptest! {
        #[test]
        fn never_longer_than_max_backoff(failures in any::<u32>(), jitter in 0.0..1.0f64) {
            let retry = Retry::default();
            prop_assert!(delay(&retry, failures, jitter) <= retry.max_backoff);
        }
    }

    #[test]
    fn doubles_up_to_the_most() {
        let most = |failures| delay(&Retry::default(), failures, 1.0).as_secs();
        assert_eq!([most(1), most(2), most(3), most(9), most(10), most(99)], [1, 2, 4, 256, 300, 300]);
        assert_eq!(delay(&Retry::default(), 5, 0.0), Duration::ZERO);
    }
}
