//! How much one stack holds.

use crate::config;

/// So many queues, each `share` of them under a limit of their own.
fn queues(count: usize, share: usize) -> String {
    let limits = (0..count.div_ceil(share))
        .map(|number| format!("[limits.l{number}]\nrate = \"5/s\"\nhosts = [\"a.example\"]\n"));
    let queues = (0..count).map(|number| {
        format!("[queues.queue-{number}]\nlimit = \"l{}\"\nresults = \"results/{number}\"\n", number / share)
    });
    limits.chain(queues).collect()
}

#[test]
fn thirty_six_queues_fit_one_stack() {
    let template = jobq_infra::render(&config(&queues(36, 18))).expect("a template");
    let resources = template.to_json()["Resources"].as_object().expect("resources").len();
    let bytes = template.to_string().len();
    println!("36 queues under 2 limits: {resources} resources, {bytes} bytes");
    assert!(resources < 500 && bytes < 1_000_000, "{resources} resources, {bytes} bytes");
}

#[test]
fn what_is_too_much_is_said() {
    let told = |count, share| {
        let misfits = jobq_infra::render(&config(&queues(count, share))).expect_err("misfits");
        misfits.into_iter().map(|misfit| misfit.message).collect::<Vec<_>>()
    };
    let of_many = told(100, 20);
    assert!(
        of_many.iter().any(|told| told.ends_with("resources, and CloudFormation takes 500")),
        "{of_many:?}"
    );
    assert!(
        of_many.iter().any(|told| told.ends_with("outputs, and CloudFormation takes 200")),
        "{of_many:?}"
    );
    let of_one = told(60, 60);
    assert!(of_one.iter().any(|told| told.starts_with("the policy of RoleDrainerL0 has ")), "{of_one:?}");
}
