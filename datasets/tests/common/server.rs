//! A web server that misbehaves as it is told, one reply per request, the last one again and again; and what to fetch
//! from it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use datasets::fetch::{Item, Limits, Recipe};
use datasets::{Error, cifar10};
use sha2::{Digest, Sha256};

/// What the server does with a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// What it should: the file, or its rest if a range is asked for and the file is still the same.
    Good,
    /// The same, 4 KiB at a time with pauses.
    Slow,
    /// All of it, whatever was asked for.
    NoRanges,
    /// All of it without saying how long it is.
    NoLength,
    /// Ends after so many bytes of the body.
    Cut(usize),
    /// Says nothing more after so many bytes of the body.
    Stall(usize),
    /// Says that the body has so many bytes.
    Claim(usize),
    /// Other bytes, as many.
    Wrong,
    /// Without a length, and then a byte more than the file has.
    TooMuch,
    /// A range, but not the one that was asked for.
    OtherRange,
    /// An answer without the file.
    Status(u16),
    /// Look there.
    Redirect(&'static str),
    /// Hangs up.
    Drop,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub path: String,
    /// From `Range: bytes=N-`.
    pub from: Option<usize>,
    pub if_range: Option<String>,
}

pub struct Server {
    pub url: String,
    state: Arc<Mutex<State>>,
}

struct State {
    content: Vec<u8>,
    etag: Option<String>,
    replies: Vec<Reply>,
    requests: Vec<Request>,
}

impl Server {
    pub fn start(content: &[u8], replies: &[Reply]) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/file", listener.local_addr().expect("an address"));
        let (content, etag) = (content.to_vec(), Some("\"one\"".into()));
        let state = State { content, etag, replies: replies.to_vec(), requests: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        // It ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                // A client that hangs up is part of the tests.
                thread::spawn(move || answer(stream, &shared));
            }
        });
        Server { url, state }
    }

    /// Puts another file in the place of the first one.
    pub fn publish(&self, content: &[u8], etag: Option<&str>, replies: &[Reply]) {
        let mut state = self.state.lock().expect("no panic");
        state.content = content.to_vec();
        state.etag = etag.map(Into::into);
        state.replies = replies.to_vec();
        state.requests.clear();
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state.lock().expect("no panic").requests.clone()
    }
}

fn answer(mut stream: TcpStream, state: &Mutex<State>) -> Option<()> {
    let request = read_request(&mut stream)?;
    let (reply, content, etag) = {
        let mut state = state.lock().expect("no panic");
        state.requests.push(request.clone());
        let index = state.requests.len().min(state.replies.len()) - 1;
        (state.replies[index].clone(), state.content.clone(), state.etag.clone())
    };
    let same = request.if_range.is_none() || request.if_range == etag;
    let ranges = !matches!(reply, Reply::NoRanges | Reply::NoLength | Reply::TooMuch | Reply::Claim(_));
    let from = request.from.filter(|&from| same && ranges && from < content.len()).unwrap_or(0);
    let status = if from > 0 { 206 } else { 200 };
    let mut body = content[from..].to_vec();
    let mut head = Vec::new();
    if let Some(etag) = &etag {
        head.push(format!("ETag: {etag}"));
    }
    if from > 0 {
        let first = if matches!(reply, Reply::OtherRange) { from + 1 } else { from };
        head.push(format!("Content-Range: bytes {first}-{}/{}", content.len() - 1, content.len()));
    }
    let whole = format!("Content-Length: {}", body.len());
    let mut send = |status: u16, head: &[String], body: &[u8]| -> Option<()> {
        let head: String = head.iter().map(|line| format!("{line}\r\n")).collect();
        let head = format!("HTTP/1.1 {status} Reason\r\nConnection: close\r\n{head}\r\n");
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(body).ok()
    };
    match reply {
        Reply::Drop => None,
        Reply::Status(status) => send(status, &["Content-Length: 4".into()], b"nope"),
        Reply::Redirect(to) => send(302, &[format!("Location: {to}"), "Content-Length: 0".into()], b""),
        Reply::NoLength => send(status, &head, &body),
        Reply::TooMuch => {
            body.push(0);
            send(status, &head, &body)
        }
        Reply::Claim(length) => {
            head.push(format!("Content-Length: {length}"));
            send(status, &head, &body)
        }
        Reply::Wrong => {
            body.iter_mut().for_each(|byte| *byte ^= 1);
            head.push(whole);
            send(status, &head, &body)
        }
        Reply::Good | Reply::NoRanges | Reply::OtherRange => {
            head.push(whole);
            send(status, &head, &body)
        }
        Reply::Cut(at) => {
            head.push(whole);
            send(status, &head, &body[..at.min(body.len())])
        }
        Reply::Stall(at) => {
            head.push(whole);
            send(status, &head, &body[..at.min(body.len())])?;
            // Until the client has had enough.
            stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
            stream.read(&mut [0]).ok().map(|_| ())
        }
        Reply::Slow => {
            head.push(whole);
            send(status, &head, b"")?;
            for piece in body.chunks(4096) {
                stream.write_all(piece).ok()?;
                thread::sleep(Duration::from_micros(200));
            }
            Some(())
        }
    }
}

fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        bytes.push(byte[0]);
    }
    let text = String::from_utf8(bytes).ok()?;
    let header = |name: &str| {
        text.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let from =
        header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    Some(Request { path: text.split(' ').nth(1)?.into(), from, if_range: header("if-range") })
}

/// Bytes without a pattern that a wrong offset could hide in.
pub fn content(seed: u32, count: usize) -> Vec<u8> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..count).map(next).collect()
}

fn item(server: &Server, name: &str, content: &[u8]) -> Item {
    let sha256 = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    Item { url: server.url.clone(), name: name.into(), bytes: content.len() as u64, sha256 }
}

/// A data set of one file, which nothing but its checksum can judge.
pub fn one_file(server: &Server, content: &[u8]) -> Recipe {
    Recipe {
        name: "test",
        folder: "test",
        items: vec![item(server, "file.bin", content)],
        unpack: None,
        check: |dir| Err(Error::Empty { path: dir.to_owned() }),
    }
}

pub fn an_archive(server: &Server, bytes: &[u8]) -> Recipe {
    let items = vec![item(server, cifar10::ARCHIVE, bytes)];
    let check = |dir: &Path| cifar10::load(dir).map(drop);
    Recipe { name: "test", folder: "cifar10", items, unpack: Some(cifar10::FOLDER), check }
}

pub fn limits() -> Limits {
    Limits {
        connect: Duration::from_secs(5),
        stall: Duration::from_millis(250),
        retries: 3,
        pause: Duration::from_millis(1),
        proxy: false,
    }
}
