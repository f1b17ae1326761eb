//! What `jobq demo` shows: a mock API and the tasks that call it.

pub(crate) mod mock_api;
