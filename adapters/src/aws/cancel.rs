//! Notes that batches are canceled. Their tasks lie in SQS, which can't be searched: drainers skip them as they come.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::BatchId;
use jobq_core::ports::clock::Clock;

use super::store::AwsStore;
use super::table::{self, ID, number};

impl<C: Clock> AwsStore<C> {
    /// Notes that a batch is canceled. Repeats are safe: the first one's time stands.
    pub async fn cancel(&self, batch: &BatchId) -> Result<(), Fault> {
        let operation = format!("cancel batch '{batch}'");
        let request = self.shared.ledger.update_item().table_name(self.shared.stack.ledger());
        let request = request
            .key(ID, table::batch_key(batch))
            .condition_expression("attribute_exists(id)")
            .update_expression("SET canceled_at = if_not_exists(canceled_at, :now)")
            .expression_attribute_values(":now", number(self.clock.now().as_nanos()));
        let Err(error) = request.send().await else { return Ok(()) };
        let is_absent =
            error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception);
        if is_absent {
            return Err(Fault::new(FaultKind::Lasting, operation).caused_by("there is no such batch"));
        }
        Err(table::fault(&self.shared.stack.ledger(), operation, error))
    }
}
