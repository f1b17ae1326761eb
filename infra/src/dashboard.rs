//! The dashboard in CloudWatch: for each limit the depth of its queues, its rate, its drainers and its endings.

use jobq_core::config::Config;
use jobq_core::limit::Limit;
use jobq_core::metric_names::{
    CALLS_STARTED, COOLING_SECONDS, DRAINERS_ALIVE, DRAINERS_DESIRED, LIMIT_DIMENSION, NAMESPACE,
    RATE_ALLOWED, STACK_DIMENSION, TASKS_DIED, TASKS_DONE, THROTTLED,
};
use jobq_core::queue::Queue;
use jobq_core::stack::Stack;
use serde_json::{Value, json};

use crate::arn;
use crate::drained;
use crate::queues;
use crate::resource::Resource;
use crate::template::Template;

/// A third of the width, which is 24.
const WIDTH: usize = 8;
const HEIGHT: usize = 6;

/// Adds the dashboard, called as the stack is.
pub(crate) fn add(config: &Config, template: &mut Template) {
    let stack = &config.stack;
    let graphs = drained(config).flat_map(|(limit, queues)| of_limit(stack, limit, &queues));
    let widgets: Vec<Value> = graphs.enumerate().map(|(number, graph)| widget(number, graph)).collect();
    let body = json!({ "widgets": widgets }).to_string();
    let properties = json!({ "DashboardName": stack.name.as_str(), "DashboardBody": arn::sub(&body) });
    template.add("Dashboard", Resource::new("AWS::CloudWatch::Dashboard", properties));
}

/// Two rows of three graphs.
fn of_limit(stack: &Stack, limit: &Limit, queues: &[&Queue]) -> [Graph; 6] {
    let name = &limit.name;
    let metric = |metric: &str, statistic: &str, label: &str| {
        let look = json!({ "stat": statistic, "label": label });
        json!([NAMESPACE, metric, STACK_DIMENSION, stack.name.as_str(), LIMIT_DIMENSION, name.as_str(), look])
    };
    let endings = vec![metric(TASKS_DONE, "Sum", "done"), metric(TASKS_DIED, "Sum", "dead")];
    let drainers =
        vec![metric(DRAINERS_DESIRED, "Maximum", "desired"), metric(DRAINERS_ALIVE, "Maximum", "alive")];
    let throttled =
        vec![metric(THROTTLED, "Sum", "throttled"), metric(COOLING_SECONDS, "Maximum", "seconds to cool")];
    [
        Graph::new(format!("{name}: tasks waiting"), depth(stack, queues)),
        Graph::new(format!("{name}: calls a second"), rate(stack, limit)),
        Graph::new(format!("{name}: drainers"), drainers),
        Graph::new(format!("{name}: tasks ended a minute"), endings),
        Graph::new(format!("{name}: throttled a minute"), throttled),
        Graph::new(format!("{name}: dead letters"), dead(stack, queues)),
    ]
}

/// A graph before it has its place.
struct Graph {
    title: String,
    metrics: Vec<Value>,
}

impl Graph {
    fn new(title: String, metrics: Vec<Value>) -> Self {
        Self { title, metrics }
    }
}

fn depth(stack: &Stack, queues: &[&Queue]) -> Vec<Value> {
    let of_queue = |queue: &&Queue| {
        let sources = queues::sources(stack, queue).into_iter();
        sources.map(|source| visible(&source.name)).collect::<Vec<_>>()
    };
    queues.iter().flat_map(of_queue).collect()
}

fn dead(stack: &Stack, queues: &[&Queue]) -> Vec<Value> {
    queues.iter().map(|queue| visible(&stack.dead_letter_queue(&queue.name))).collect()
}

fn visible(queue: &str) -> Value {
    let look = json!({ "stat": "Maximum", "label": queue });
    json!(["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue, look])
}

/// What is used beside what is allowed.
fn rate(stack: &Stack, limit: &Limit) -> Vec<Value> {
    let of = |metric: &str, look: Value| {
        json!([
            NAMESPACE,
            metric,
            STACK_DIMENSION,
            stack.name.as_str(),
            LIMIT_DIMENSION,
            limit.name.as_str(),
            look
        ])
    };
    vec![
        json!([{ "expression": "calls/PERIOD(calls)", "label": "used" }]),
        of(CALLS_STARTED, json!({ "id": "calls", "stat": "Sum", "visible": false })),
        of(RATE_ALLOWED, json!({ "stat": "Maximum", "label": "allowed" })),
    ]
}

fn widget(number: usize, graph: Graph) -> Value {
    json!({
        "type": "metric",
        "x": number * WIDTH % (3 * WIDTH),
        "y": number / 3 * HEIGHT,
        "width": WIDTH,
        "height": HEIGHT,
        "properties": {
            "title": graph.title,
            "metrics": graph.metrics,
            "period": 60,
            "region": "${AWS::Region}",
            "view": "timeSeries",
            "yAxis": { "left": { "min": 0 } },
        },
    })
}
