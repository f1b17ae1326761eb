//! The local engine: drainers of every limit in one process, sized each second by the policy that sizes them on AWS.
//!
//! `posts` are the limits it serves. `scaling` looks at them each second and asks the `fleet` for drainers; the `crew`
//! runs those, each until it is idle. The two know of each other only by the fleet, as functions on AWS do. `pushes` fills
//! queues at the times of recurring pushes, as EventBridge does there.

mod crew;
mod fleet;
mod minute;
pub(crate) mod posts;
pub(crate) mod pushes;
mod scaling;

use std::time::Duration;

use futures::join;
use jobq_adapters::clock::SystemClock;
use jobq_adapters::sqlite::store::LocalStore;
use tokio::sync::mpsc::unbounded_channel;

use crate::printer::Printer;
use crate::signals::Stop;
use crew::crew;
use fleet::{Caps, LocalFleet};
use posts::Post;
use pushes::Pushes;
use scaling::{Scaler, scale};

/// How often the limits are looked at: how long a push waits for a drainer at most.
const TICK: Duration = Duration::from_secs(1);

/// Serves all posts until a stop is asked for and every drainer has ended.
pub(crate) async fn serve(
    posts: &[Post],
    pushes: &Pushes<'_>,
    store: LocalStore<SystemClock>,
    clock: SystemClock,
    stop: &Stop,
    printer: Printer,
) {
    let caps = Caps::default();
    let (starts, started) = unbounded_channel();
    let fleet = LocalFleet::new(&caps, starts);
    let scaler = Scaler { store, fleet, clock };
    // The scaler and its fleet end with the scaling: after that nobody can be started any more.
    join!(
        pushes.run(&clock, stop),
        scale(scaler, posts, stop, printer),
        crew(posts, &caps, started, stop, printer)
    );
    // Of the last drainers' last moments.
    posts.iter().for_each(|post| post.close(printer));
}
