//! Where a stack's secrets are kept, and what is said of one that isn't there.

use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use aws_sdk_ssm::operation::get_parameter::GetParameterError;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::SecretName;
use jobq_core::ports::secrets::Secret;
use jobq_core::stack::{SecretStore, Stack};

use crate::aws::failure;
use crate::aws::sdk::Sdk;

/// Where a stack's secrets are kept.
pub(super) struct Store {
    client: Client,
    stack: Stack,
    region: String,
}

enum Client {
    Parameters(aws_sdk_ssm::Client),
    Manager(aws_sdk_secretsmanager::Client),
}

impl Store {
    pub(super) fn open(sdk: &Sdk, stack: Stack) -> Self {
        let client = match stack.secrets {
            SecretStore::ParameterStore => Client::Parameters(aws_sdk_ssm::Client::new(sdk.config())),
            SecretStore::SecretsManager => Client::Manager(aws_sdk_secretsmanager::Client::new(sdk.config())),
        };
        Self { client, stack, region: sdk.region().to_owned() }
    }

    /// Reads a secret as it is now.
    pub(super) async fn fetch(&self, name: &SecretName) -> Result<Secret, Fault> {
        let kept_as = self.stack.secret(name);
        let value = match &self.client {
            Client::Parameters(client) => {
                let request = client.get_parameter().name(&kept_as).with_decryption(true);
                match request.send().await {
                    Ok(answer) => answer.parameter.and_then(|parameter| parameter.value),
                    Err(error) if is_missing_parameter(error.as_service_error()) => None,
                    Err(error) => return Err(failure::fault(self.operation(name), error)),
                }
            }
            Client::Manager(client) => match client.get_secret_value().secret_id(&kept_as).send().await {
                Ok(answer) => answer.secret_string,
                Err(error) if is_missing_secret(error.as_service_error()) => None,
                Err(error) => return Err(failure::fault(self.operation(name), error)),
            },
        };
        let value = value.unwrap_or_default();
        match one_line_break_less(&value) {
            "" => Err(self.missing(name)),
            value => Ok(Secret::new(value.to_owned())),
        }
    }

    fn operation(&self, name: &SecretName) -> String {
        let kept_as = self.stack.secret(name);
        match self.client {
            Client::Parameters(_) => format!("read the secret '{name}' from the SSM parameter {kept_as}"),
            Client::Manager(_) => format!("read the secret '{name}' from Secrets Manager's {kept_as}"),
        }
    }

    fn missing(&self, name: &SecretName) -> Fault {
        let (kept_as, region) = (self.stack.secret(name), &self.region);
        let command = match self.client {
            Client::Parameters(_) => {
                format!(
                    "aws ssm put-parameter --type SecureString --region {region} --name {kept_as} --value ..."
                )
            }
            Client::Manager(_) => {
                format!(
                    "aws secretsmanager create-secret --region {region} --name {kept_as} --secret-string ..."
                )
            }
        };
        let cause = format!("there is no text under that name in {region}: type '{command}'");
        Fault::new(FaultKind::Lasting, self.operation(name)).caused_by(cause)
    }
}

fn is_missing_parameter(error: Option<&GetParameterError>) -> bool {
    error.is_some_and(GetParameterError::is_parameter_not_found)
}

fn is_missing_secret(error: Option<&GetSecretValueError>) -> bool {
    error.is_some_and(GetSecretValueError::is_resource_not_found_exception)
}

/// `--value file://token` brings the file's last line break along; it isn't part of the value.
fn one_line_break_less(value: &str) -> &str {
    let value = value.strip_suffix('\n').unwrap_or(value);
    value.strip_suffix('\r').unwrap_or(value)
}
