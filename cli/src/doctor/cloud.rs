//! What can be wrong on AWS. Whatever can't be asked is a finding itself: a missing permission is told by what asked.

use std::time::Duration;

use jobq_adapters::aws::secrets::AwsSecrets;
use jobq_adapters::aws::stack::artifacts::Artifacts;
use jobq_adapters::aws::stack::concurrency::concurrency;
use jobq_adapters::aws::stack::drift::{Drift, Found};
use jobq_adapters::aws::stack::formation::Formation;
use jobq_adapters::aws::stack::function::function;
use jobq_adapters::aws::stack::leftovers::Leftovers;
use jobq_adapters::aws::stack::queue_settings::queue_settings;
use jobq_adapters::aws::stack::rule::rule;
use jobq_adapters::aws::stack::schedule::schedule;
use jobq_adapters::clock::SystemClock;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::secrets::Secrets;
use jobq_core::stack::TASK_RETENTION;
use serde_json::Value;

use super::finding::Finding;
use super::{account, configured, expected, parts, pushes};
use crate::deploy::account::Account;
use crate::deploy::package::Package;
use crate::deploy::patience::persist;
use crate::deploy::situation::Situation;
use crate::project::Project;

/// Between two looks whether CloudFormation has found all drift, and how often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const LOOKS: u32 = 120;

/// The setting that differs from the template on purpose: the autoscaler sets it.
const AUTOSCALED: &str = "ReservedConcurrentExecutions";

/// Looks at a stack on AWS.
pub(crate) struct Examination<'a> {
    pub(crate) project: &'a Project,
    /// What would be deployed.
    pub(crate) template: Value,
    /// The programs that would be, where they are at hand.
    pub(crate) packages: Option<[Package; 2]>,
    pub(crate) clock: SystemClock,
}

impl Examination<'_> {
    /// Looks at everything.
    pub(crate) async fn findings(&self) -> Vec<Finding> {
        let account = match Account::open(self.project).await {
            Ok(account) => account,
            Err(failure) => {
                let remedy = failure.hints.join("; ");
                return vec![Finding::wrong("credentials and region", failure.message, remedy)];
            }
        };
        let mut findings = vec![
            Finding::ok("credentials", format!("{} of account {}", account.caller, account.number)),
            Finding::ok("region", account.sdk.region()),
        ];
        let config = &self.project.config;
        findings.extend(configured::settings(config, Some(TASK_RETENTION), self.clock.now()));
        findings.extend(configured::unattended(config));
        findings.extend(pushes::examine(self.project, self.clock.now()));
        let formation = Formation::open(&account.sdk, &self.project.config.stack);
        let (stack, is_there) = self.stack(&formation).await;
        findings.push(stack);
        if is_there {
            findings.extend(self.queues(&account).await);
            findings.push(self.ledger(&account).await);
            findings.extend(self.limits().await);
            findings.push(self.artifacts(&account).await);
            findings.extend(self.rules(&account, &formation).await);
            findings.extend(self.drift(&formation).await);
        }
        findings.extend(self.functions(&account, is_there).await);
        findings.extend(self.secrets(&account).await);
        findings
    }

    /// How the stack stands, and whether there is one whose parts can be looked at.
    async fn stack(&self, formation: &Formation) -> (Finding, bool) {
        let subject = format!("stack {}", self.project.config.stack.name);
        let standing = match persist(&self.clock, async || formation.standing().await).await {
            Ok(standing) => standing,
            Err(fault) => return (Finding::hidden(subject, "cloudformation:DescribeStacks", &fault), true),
        };
        let status = standing.map(|standing| standing.status);
        let told = status.clone().unwrap_or_default();
        match Situation::of(status.as_deref()) {
            Situation::Whole => (Finding::ok(subject, told), true),
            Situation::Busy => (
                Finding::look(subject, format!("{told}: it is being changed"), "wait, then: jobq doctor"),
                true,
            ),
            Situation::Stuck => {
                let remedy = "jobq deploy says how to go on";
                (Finding::wrong(subject, format!("{told}: it takes no change"), remedy), true)
            }
            Situation::Absent | Situation::Empty => {
                (Finding::wrong(subject, "it isn't there", "jobq deploy"), false)
            }
            Situation::Husk => {
                (Finding::wrong(subject, format!("{told}: making it failed"), "jobq deploy"), false)
            }
        }
    }

    async fn queues(&self, account: &Account) -> Vec<Finding> {
        let mut findings = Vec::new();
        for expected in expected::queues(&self.template) {
            let read =
                persist(&self.clock, async || queue_settings(&account.sdk, &expected.name).await).await;
            match read {
                Ok(found) => findings.extend(parts::queue(&expected, found.as_ref())),
                Err(fault) => {
                    let subject = format!("queue {}", expected.name);
                    findings.push(Finding::hidden(subject, "sqs:GetQueueAttributes", &fault));
                }
            }
        }
        findings
    }

    /// The functions, and whether the account has room for more of them.
    async fn functions(&self, account: &Account, is_there: bool) -> Vec<Finding> {
        let (mut findings, mut reserved) = (Vec::new(), 0);
        let expected = if is_there { expected::functions(&self.template) } else { Vec::new() };
        for expected in expected {
            match persist(&self.clock, async || function(&account.sdk, &expected.name).await).await {
                Ok(found) => {
                    reserved += found.as_ref().and_then(|found| found.reserved).unwrap_or_default();
                    let mut packages = self.packages.iter().flatten();
                    let package = packages.find(|package| package.program == expected.program);
                    let code = package.map(|package| package.sha256.as_str());
                    findings.extend(parts::function(&expected, found.as_ref(), code));
                }
                Err(fault) => {
                    let subject = format!("function {}", expected.name);
                    findings.push(Finding::hidden(subject, "lambda:GetFunctionConfiguration", &fault));
                }
            }
        }
        findings.push(match persist(&self.clock, async || concurrency(&account.sdk).await).await {
            Ok(found) => account::concurrency(&self.project.config, found, reserved),
            Err(fault) => Finding::hidden("concurrency", "lambda:GetAccountSettings", &fault),
        });
        findings
    }

    async fn ledger(&self, account: &Account) -> Finding {
        let stack = &self.project.config.stack;
        let (leftovers, subject) =
            (Leftovers::open(&account.sdk, stack, &account.number), format!("ledger {}", stack.ledger()));
        match persist(&self.clock, async || leftovers.has_table().await).await {
            Ok(true) => Finding::ok(subject, "it is there"),
            Ok(false) => Finding::wrong(subject, "it isn't there", "jobq deploy"),
            Err(fault) => Finding::hidden(subject, "dynamodb:DescribeTable", &fault),
        }
    }

    async fn limits(&self) -> Vec<Finding> {
        match self.project.store().await {
            Ok(store) => configured::limits(&self.project.config, &store, self.clock.now()).await,
            Err(failure) => vec![Finding::wrong("limits", failure.message, failure.hints.join("; "))],
        }
    }

    async fn artifacts(&self, account: &Account) -> Finding {
        let artifacts = Artifacts::open(&account.sdk, &self.project.config.stack, &account.number);
        let subject = format!("programs in {}", artifacts.name());
        match persist(&self.clock, async || artifacts.keys().await).await {
            Ok(keys) => Finding::ok(subject, format!("{} zips", keys.len())),
            Err(fault) => Finding::hidden(subject, "s3:ListBucket", &fault),
        }
    }

    async fn rules(&self, account: &Account, formation: &Formation) -> Vec<Finding> {
        let parts = match persist(&self.clock, async || formation.parts().await).await {
            Ok(parts) => parts,
            Err(fault) => return vec![Finding::hidden("rules", "cloudformation:ListStackResources", &fault)],
        };
        let mut findings = Vec::new();
        for part in parts.iter().filter(|part| part.kind == "AWS::Events::Rule") {
            let read = persist(&self.clock, async || rule(&account.sdk, &part.name).await).await;
            findings.push(match read {
                Ok(found) => parts::rule(&part.name, found),
                Err(fault) => Finding::hidden(format!("rule {}", part.name), "events:DescribeRule", &fault),
            });
        }
        for part in parts.iter().filter(|part| part.kind == "AWS::Scheduler::Schedule") {
            let read = persist(&self.clock, async || schedule(&account.sdk, &part.name).await).await;
            findings.push(match read {
                Ok(found) => parts::schedule(&part.name, found),
                Err(fault) => {
                    Finding::hidden(format!("schedule {}", part.name), "scheduler:GetSchedule", &fault)
                }
            });
        }
        findings
    }

    async fn drift(&self, formation: &Formation) -> Vec<Finding> {
        match self.drifts(formation).await {
            Ok(drifts) => {
                let findings: Vec<Finding> = drifts.iter().filter_map(drifted).collect();
                if findings.is_empty() {
                    vec![Finding::ok("drift", "nobody has changed the stack's parts by hand")]
                } else {
                    findings
                }
            }
            Err(fault) => vec![Finding::hidden("drift", "cloudformation:DetectStackDrift", &fault)],
        }
    }

    async fn drifts(&self, formation: &Formation) -> Result<Vec<Drift>, Fault> {
        let search = persist(&self.clock, async || formation.search_drift().await).await?;
        for _ in 0..LOOKS {
            if let Found::Drifts(drifts) =
                persist(&self.clock, async || formation.drift(&search).await).await?
            {
                return Ok(drifts);
            }
            self.clock.sleep(LOOK_EVERY).await;
        }
        Err(Fault::new(FaultKind::Passing, "look for drift: CloudFormation hasn't finished in two minutes"))
    }

    async fn secrets(&self, account: &Account) -> Vec<Finding> {
        let secrets = AwsSecrets::open(&account.sdk, self.project.config.stack.clone(), self.clock);
        let mut findings = Vec::new();
        let of_limits = self.project.config.limits.values();
        let of_limits =
            of_limits.flat_map(|limit| limit.secrets.iter().map(|name| (name, limit.name.as_str())));
        let traces = self.project.config.stack.traces.iter().flat_map(|traces| &traces.secrets);
        for (name, user) in of_limits.chain(traces.map(|name| (name, "traces"))) {
            let subject = format!("secret {name}");
            findings.push(match persist(&self.clock, async || secrets.resolve(name).await).await {
                Ok(_) => Finding::ok(subject, format!("there, for {user}")),
                Err(fault) => hidden_secret(subject, &fault),
            });
        }
        findings
    }
}

/// A fault of a secret's store says itself what to type.
fn hidden_secret(subject: String, fault: &Fault) -> Finding {
    let chain = fault.chain();
    match chain.split_once(": type ") {
        Some((what, remedy)) => Finding::wrong(subject, what, remedy.trim_matches('\'')),
        None => Finding::hidden(subject, "ssm:GetParameter or secretsmanager:GetSecretValue", fault),
    }
}

/// What somebody has changed by hand; what the autoscaler sets isn't that.
fn drifted(drift: &Drift) -> Option<Finding> {
    let subject = format!("drift of {} ({})", drift.id, drift.kind);
    if drift.differences.is_empty() {
        return Some(Finding::wrong(
            subject,
            "it was deleted by hand",
            "jobq destroy, then jobq deploy: data stays",
        ));
    }
    let by_hand = drift.differences.iter().filter(|difference| !difference.path.contains(AUTOSCALED));
    let told: Vec<String> =
        by_hand.map(|one| format!("{} is {} and was {}", one.path, one.actual, one.expected)).collect();
    let remedy = "set it back by hand, or write it into jobq.toml and deploy";
    (!told.is_empty()).then(|| Finding::look(subject, told.join("; "), remedy))
}
