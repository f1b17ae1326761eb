//! What a failed operation of the SDK means to a flow.

use std::error::Error;
use std::fmt;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jobq_core::fault::{Fault, FaultKind};

/// Codes of failures that trying again can't mend.
const LASTING: [&str; 28] = [
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "AuthorizationHeaderMalformed",
    "DecryptionFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidAddress",
    "InvalidAttributeName",
    "InvalidAttributeValue",
    "InvalidBucketName",
    "InvalidClientTokenId",
    "InvalidKeyId",
    "InvalidMessageContents",
    "InvalidParameterValue",
    "InvalidParameterValueException",
    "InvalidRequestException",
    "MissingAuthenticationToken",
    "NoSuchBucket",
    "PermanentRedirect",
    "ResourceNotFoundException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
    "ValidationError",
    "ValidationException",
    "AWS.SimpleQueueService.NonExistentQueue",
];

/// The fault of a failed operation.
pub(super) fn fault<E, R>(operation: impl Into<String>, error: SdkError<E, R>) -> Fault
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: fmt::Debug + Send + Sync + 'static,
{
    Fault::new(kind(&error), operation).caused_by(Told(told(&error)))
}

/// The service's own word for a failure, if it is one of the service's.
pub(super) fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// Refusals of the request itself and missing permissions last; everything else, known or not, passes.
fn kind<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> FaultKind {
    match error {
        SdkError::ConstructionFailure(_) => FaultKind::Lasting,
        SdkError::ServiceError(_) if code(error).is_some_and(|code| LASTING.contains(&code)) => {
            FaultKind::Lasting
        }
        _ => FaultKind::Passing,
    }
}

/// The code and message of a service's failure, or the chain of causes of another one, in one line.
fn told<E, R>(error: &SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: fmt::Debug + Send + Sync + 'static,
{
    if let Some(service) = error.as_service_error() {
        let code = service.code().unwrap_or("an unknown failure");
        return service.message().map_or_else(|| code.to_owned(), |message| format!("{code}: {message}"));
    }
    let mut causes = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    causes.dedup();
    causes.join(": ")
}

/// A failure's text.
#[derive(Debug)]
struct Told(String);

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Told {}
