//! What tests of the whole program are made of: the program, a folder for it, nginx as the API, patience.

pub mod access_log;
pub mod api;
pub mod folder;
pub mod jobq;
pub mod nginx;
pub mod patience;
pub mod receiver;
pub mod terminal;
pub mod told;
pub mod transcript;
pub mod volatile;
pub mod walkthrough;
pub mod witness;
