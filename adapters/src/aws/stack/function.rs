//! What Lambda says of a function.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::LastUpdateStatus;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jobq_core::fault::Fault;

use crate::aws::failure::{code, fault};
use crate::aws::sdk::Sdk;

/// What Lambda calls what isn't there.
const MISSING: &str = "ResourceNotFoundException";

/// Events that are sent without naming a version go by the settings of this one.
const UNVERSIONED: &str = "$LATEST";

/// A function as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionReading {
    /// Its memory, in MB.
    pub memory_mb: u32,
    /// How long it may run, in seconds.
    pub timeout_secs: u64,
    /// The processor it runs on, in Lambda's words.
    pub architecture: String,
    /// The SHA-256 of its zip, in hexadecimal.
    pub code: String,
    /// Why its latest change didn't take, if it didn't.
    pub failed_update: Option<String>,
    /// How many of it may run at once; without a bound if not set.
    pub reserved: Option<u32>,
    /// How old an event for it may become, in seconds, and how often it is tried again; Lambda's defaults if not set.
    pub events: Option<EventsReading>,
}

/// How asynchronous events reach a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventsReading {
    /// How old one may become, in seconds.
    pub max_age_secs: u32,
    /// How often one is tried again.
    pub retries: u32,
}

/// Reads a function; none if there is no such function.
pub async fn function(sdk: &Sdk, name: &str) -> Result<Option<FunctionReading>, Fault> {
    let client = Client::new(sdk.config());
    let operation = || format!("read the function {name}");
    let read = match client.get_function_configuration().function_name(name).send().await {
        Ok(read) => read,
        Err(error) if code(&error) == Some(MISSING) => return Ok(None),
        Err(error) => return Err(fault(operation(), error)),
    };
    let reserved = client.get_function_concurrency().function_name(name).send().await;
    let reserved = reserved.map_err(|error| fault(operation(), error))?;
    let failed = read.last_update_status == Some(LastUpdateStatus::Failed);
    Ok(Some(FunctionReading {
        memory_mb: whole(read.memory_size.unwrap_or_default()),
        timeout_secs: whole(read.timeout.unwrap_or_default()).into(),
        architecture: read
            .architectures
            .iter()
            .flatten()
            .map(|one| one.as_str())
            .collect::<Vec<_>>()
            .join(", "),
        code: hexadecimal(&read.code_sha256.unwrap_or_default()),
        failed_update: failed.then(|| read.last_update_status_reason.unwrap_or_default()),
        reserved: reserved.reserved_concurrent_executions.map(whole),
        events: events(&client, name).await?,
    }))
}

async fn events(client: &Client, name: &str) -> Result<Option<EventsReading>, Fault> {
    let request = client.get_function_event_invoke_config().function_name(name).qualifier(UNVERSIONED);
    match request.send().await {
        Ok(read) => Ok(Some(EventsReading {
            // Lambda's own defaults: six hours, twice.
            max_age_secs: whole(read.maximum_event_age_in_seconds.unwrap_or(21_600)),
            retries: whole(read.maximum_retry_attempts.unwrap_or(2)),
        })),
        Err(error) if code(&error) == Some(MISSING) => Ok(None),
        Err(error) => Err(fault(format!("read how events reach the function {name}"), error)),
    }
}

fn whole(count: i32) -> u32 {
    u32::try_from(count).unwrap_or_default()
}

/// Lambda tells it in Base64; everybody else in hexadecimal.
fn hexadecimal(base64: &str) -> String {
    STANDARD.decode(base64).unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect()
}
