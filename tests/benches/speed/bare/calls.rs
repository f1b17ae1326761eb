//! Sockets alone: the same bytes over and over, and only the end of an answer looked for.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Enough to keep client and server busy: what load generators are commonly told.
const CONNECTIONS: usize = 128;

/// How every answer ends.
const END: &[u8] = br#"{"ok":true}"#;

/// Makes so many calls to the server on `port`.
pub(super) async fn make(port: u16, calls: usize) -> Result<()> {
    let server = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut connections = JoinSet::new();
    for number in 0..CONNECTIONS {
        let share = calls / CONNECTIONS + usize::from(number < calls % CONNECTIONS);
        connections.spawn(over_one_connection(server, share));
    }
    while let Some(ended) = connections.join_next().await {
        ended??;
    }
    Ok(())
}

async fn over_one_connection(server: SocketAddr, calls: usize) -> Result<()> {
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let request = format!("GET /call/1 HTTP/1.1\r\nhost: {server}\r\n\r\n");
    let mut answer = [0; 4_096];
    for _ in 0..calls {
        stream.write_all(request.as_bytes()).await?;
        let mut length = 0;
        while !answer[..length].ends_with(END) {
            let read = stream.read(&mut answer[length..]).await?;
            ensure!(read > 0, "a connection was closed, or an answer is too long");
            length += read;
        }
    }
    Ok(())
}
