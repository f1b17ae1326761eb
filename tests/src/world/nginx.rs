//! nginx as the API: a limiter that others wrote, and its log as the judge.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::access_log::{Call, read};

/// A running nginx with one server on loopback.
pub struct Nginx {
    child: Child,
    folder: tempfile::TempDir,
    pub port: u16,
}

impl Nginx {
    /// nginx that lets `rate` through (as in `50r/s`), and `burst` beyond at once; 429 for the rest.
    pub fn limiting(rate: &str, burst: u32) -> Self {
        Self::made_of(
            &format!("limit_req_zone $server_name zone=api:1m rate={rate};\n limit_req_status 429;"),
            &format!("location / {{ limit_req zone=api burst={burst} nodelay; try_files /none @ok; }}"),
        )
    }

    /// nginx that lets `rate` through, and `burst` beyond at once, to the API behind it; 429 for the rest.
    pub fn limiting_before(rate: &str, burst: u32, port: u16) -> Self {
        Self::made_of(
            &format!(
                "limit_req_zone $server_name zone=api:1m rate={rate};\n limit_req_status 429;
                 upstream behind {{ server 127.0.0.1:{port}; keepalive 64; }}"
            ),
            &format!(
                "location / {{ limit_req zone=api burst={burst} nodelay; proxy_pass http://behind;
                               proxy_http_version 1.1; proxy_set_header Connection ''; }}"
            ),
        )
    }

    /// nginx that answers everything with 200, but for the `locations` given.
    pub fn open(locations: &str) -> Self {
        Self::made_of("", &format!("{locations} location / {{ try_files /none @ok; }}"))
    }

    /// nginx with these settings for its http block, and these for its server. `@ok` answers with 200.
    pub fn made_of(http: &str, server: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let root = folder.path().display();
        // One worker, first in line for the processor: its own delays must not look like ours.
        let config = format!(
            "daemon off; master_process off; worker_priority -10; pid {root}/pid; error_log {root}/error.log;
             events {{ worker_connections 4096; }}
             http {{
               log_format calls '$msec $status $request_uri';
               access_log {root}/access.log calls;
               client_body_temp_path {root}/b; proxy_temp_path {root}/p; fastcgi_temp_path {root}/f;
               uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;
               keepalive_requests 1000000; default_type application/json;
               {http}
               server {{
                 listen 127.0.0.1:{port}; server_name api;
                 {server}
                 location @ok {{ return 200 '{{\"ok\":true}}'; }}
               }}
             }}"
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, config).unwrap();
        let mut child = Command::new("nginx")
            .arg("-c")
            .arg(&file)
            .arg("-p")
            .arg(folder.path())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx is missing: run the tests with ./test.sh");
        wait_for_port(port, &mut child);
        Self { child, folder, port }
    }

    /// An absolute url of this server.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// A task file: `count` urls, one a line.
    pub fn urls(&self, count: usize) -> String {
        (1..=count).map(|number| self.url(&format!("/call/{number}\n"))).collect()
    }

    /// Every call that came, in the order it was answered.
    pub fn calls(&self) -> Vec<Call> {
        read(&self.log())
    }

    /// The access log's path.
    pub fn log(&self) -> PathBuf {
        self.folder.path().join("access.log")
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// The port is the event: it opens when nginx is ready.
fn wait_for_port(port: u16, child: &mut Child) {
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(child.try_wait().unwrap().is_none(), "nginx has ended");
        assert!(begun.elapsed() < Duration::from_secs(20), "nginx doesn't listen on {port}");
        std::thread::yield_now();
    }
}
