//! Renders one CloudFormation template from jobq.toml.
