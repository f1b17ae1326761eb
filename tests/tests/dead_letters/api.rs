//! An API that fails as the path says, behind nginx, and lets edited calls through at its own limit.

use std::net::TcpListener;

use jobq_tests::world::access_log::Call;
use jobq_tests::world::nginx::Nginx;

/// What calls a second are let through to `/v2/`.
pub(crate) const RATE: u32 = 100;

/// How calls to `/v1/` fail: by a status, or by no answer.
pub(crate) const FAILURES: [&str; 5] = ["401", "404", "422", "500", "hang"];

pub(crate) struct Api {
    pub(crate) nginx: Nginx,
    /// Takes calls and answers none. It lives as long as the API.
    _black_hole: TcpListener,
}

impl Api {
    pub(crate) fn start() -> Self {
        let black_hole = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = black_hole.local_addr().unwrap().port();
        let statuses = FAILURES.iter().filter(|failure| **failure != "hang");
        let failing: String = statuses
            .map(|status| format!("location /v1/{status}/ {{ return {status} '{{\"error\":\"no\"}}'; }}\n"))
            .collect();
        let nginx = Nginx::made_of(
            &format!("limit_req_zone $server_name zone=api:1m rate={RATE}r/s;\n limit_req_status 429;"),
            &format!(
                "{failing}
                 location /v1/hang/ {{ proxy_pass http://127.0.0.1:{port}; }}
                 location /v2/ {{ limit_req zone=api burst=5 nodelay; try_files /none @ok; }}"
            ),
        );
        Self { nginx, _black_hole: black_hole }
    }

    /// The calls whose path begins so.
    pub(crate) fn calls(&self, beginning: &str) -> Vec<Call> {
        self.nginx.calls().into_iter().filter(|call| call.path.starts_with(beginning)).collect()
    }
}
