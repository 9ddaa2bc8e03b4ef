//! One file over HTTP, in as many tries as it takes.
//!
//! Bytes go to `NAME.part`, which is only ever the beginning of the file. Whoever comes next (the next try, or the
//! next call after the process was killed) asks for the rest with `Range: bytes=N-`. `If-Range` with the server's
//! ETag, kept in `NAME.part.etag`, makes the server send everything anew if its file has changed since. A server
//! that knows no ranges sends everything anew as well: then we start over. In the end the length and the SHA-256 of
//! what lies on the disk decide, and only then does the file get its name.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use sha2::{Digest, Sha256};
use ureq::Agent;
use ureq::http::{HeaderMap, StatusCode};

use super::{Event, FetchError, Item};

/// How patient to be.
#[derive(Clone, Debug)]
pub struct Limits {
    /// To connect.
    pub connect: Duration,
    /// Without a single byte.
    pub stall: Duration,
    /// Tries in a row that bring nothing or a trickle, before giving up.
    pub retries: u32,
    /// Before the second try; twice as long before each further one, up to half a minute.
    pub pause: Duration,
    /// Whether the proxy that the environment names is used.
    pub proxy: bool,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect: Duration::from_secs(20),
            stall: Duration::from_secs(30),
            retries: 4,
            pause: Duration::from_secs(1),
            proxy: true,
        }
    }
}

/// A try that brings less counts as one that brings nothing, or a trickle would keep us busy for ever.
const WORTH_IT: u64 = 1 << 16;

/// No file needs so many tries, even if each brings something.
const MOST_TRIES: u32 = 200;

/// Why a try ended early.
enum Failure {
    /// It may work the next time.
    Passing(FetchError),
    /// It will not.
    Final(FetchError),
}

type Report<'a> = &'a mut dyn FnMut(Event);

/// Downloads `item` into `dir`, unless it is there already.
pub fn download(item: &Item, dir: &Path, limits: &Limits, report: Report) -> Result<PathBuf, FetchError> {
    let path = dir.join(&item.name);
    let part = Part::of(item, dir);
    if length(&path)? == item.bytes && checksum(&path)? == item.sha256 {
        return Ok(path);
    }
    let agent = agent(item, limits);
    let (mut tries, mut fruitless, mut from_the_start) = (0, 0, false);
    loop {
        let before = length(&part.path)?;
        if before > item.bytes {
            part.discard()?;
            continue;
        }
        report(Event::Download { name: &item.name, have: before, bytes: item.bytes });
        from_the_start |= before == 0;
        let failure = match part.fetch_rest(&agent, item, before, limits, report) {
            Ok(()) => {
                report(Event::Verify { name: &item.name });
                let found = checksum(&part.path)?;
                if found == item.sha256 {
                    part.finish(&path)?;
                    return Ok(path);
                }
                part.discard()?;
                let (url, expected) = (item.url.clone(), item.sha256.clone());
                let wrong = FetchError::Checksum { url, expected, found };
                // What an earlier call left behind may be to blame; what this one fetched whole is not.
                if from_the_start {
                    return Err(wrong);
                }
                wrong
            }
            Err(Failure::Final(error)) => return Err(error),
            Err(Failure::Passing(error)) => error,
        };
        let have = length(&part.path)?;
        tries += 1;
        fruitless = if have >= before + WORTH_IT { 0 } else { fruitless + 1 };
        if fruitless > limits.retries || tries >= MOST_TRIES {
            return Err(FetchError::GaveUp { tries, have, bytes: item.bytes, source: Box::new(failure) });
        }
        let pause =
            limits.pause.saturating_mul(1 << (fruitless.max(1) - 1).min(5)).min(Duration::from_secs(30));
        report(Event::Again { why: &failure, pause });
        thread::sleep(pause);
    }
}

fn agent(item: &Item, limits: &Limits) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        // Never from an encrypted address to an open one.
        .https_only(item.url.starts_with("https://"))
        .max_redirects(5)
        .user_agent("gradus")
        // The bytes of the file, not some other packing of them.
        .accept_encoding("identity")
        .timeout_resolve(Some(limits.connect))
        .timeout_connect(Some(limits.connect))
        .timeout_recv_response(Some(limits.stall))
        .timeout_per_read(Some(limits.stall));
    let config = if limits.proxy { config } else { config.proxy(None) };
    config.build().new_agent()
}

/// The beginning of a file.
struct Part {
    path: PathBuf,
    /// Holds the ETag of the file that this is the beginning of.
    tag: PathBuf,
}

impl Part {
    fn of(item: &Item, dir: &Path) -> Part {
        let beside = |end: &str| dir.join(format!("{}{end}", item.name));
        Part { path: beside(".part"), tag: beside(".part.etag") }
    }

    /// Appends what is missing behind the first `from` bytes.
    fn fetch_rest(
        &self,
        agent: &Agent,
        item: &Item,
        from: u64,
        limits: &Limits,
        report: Report,
    ) -> Result<(), Failure> {
        if from == item.bytes {
            return Ok(());
        }
        let mut request = agent.get(&item.url);
        if from > 0 {
            request = request.header("Range", format!("bytes={from}-"));
            if let Ok(tag) = fs::read_to_string(&self.tag) {
                request = request.header("If-Range", tag);
            }
        }
        let mut response = request.call().map_err(|error| network(item, limits, error))?;
        let status = response.status();
        let from = match status {
            StatusCode::OK => {
                self.remember_tag(response.headers()).map_err(Failure::Final)?;
                0
            }
            StatusCode::PARTIAL_CONTENT if continues(response.headers(), from, item.bytes) => from,
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                // It thinks of another file than we do: without a beginning there is nothing to disagree about.
                self.discard().map_err(Failure::Final)?;
                let what = format!("answers {status} with a range that does not fit");
                return Err(Failure::Passing(FetchError::Connection { url: item.url.clone(), what }));
            }
            _ => {
                let error = FetchError::Status { url: item.url.clone(), status: status.as_u16() };
                let passing = status.is_server_error()
                    || status == StatusCode::TOO_MANY_REQUESTS
                    || status == StatusCode::REQUEST_TIMEOUT;
                return Err(if passing { Failure::Passing(error) } else { Failure::Final(error) });
            }
        };
        let offered =
            response.headers().get("content-length").and_then(|length| length.to_str().ok()?.parse().ok());
        if let Some(offered) = offered.filter(|offered: &u64| from.checked_add(*offered) != Some(item.bytes))
        {
            return Err(Failure::Final(too_long_or_short(item, from.saturating_add(offered).to_string())));
        }
        self.append(&mut response.body_mut().as_reader(), item, from, limits, report)
    }

    /// Writes what comes, from byte `from` on, up to the end of the file.
    fn append(
        &self,
        body: &mut dyn Read,
        item: &Item,
        from: u64,
        limits: &Limits,
        report: Report,
    ) -> Result<(), Failure> {
        let disk = |source| Failure::Final(FetchError::Disk { path: self.path.clone(), source });
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(false).open(&self.path).map_err(disk)?;
        if from == 0 {
            file.set_len(0).or_else(unsupported).map_err(disk)?;
        }
        file.seek(SeekFrom::Start(from)).map_err(disk)?;
        let mut have = from;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = match body.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(error) => return Err(network(item, limits, error.into())),
            };
            if have + count as u64 > item.bytes {
                drop(file);
                self.discard().map_err(Failure::Final)?;
                return Err(Failure::Final(too_long_or_short(item, "more".into())));
            }
            file.write_all(&buffer[..count]).map_err(disk)?;
            have += count as u64;
            report(Event::Download { name: &item.name, have, bytes: item.bytes });
        }
        if have < item.bytes {
            let url = item.url.clone();
            return Err(Failure::Passing(FetchError::Truncated { url, expected: item.bytes, found: have }));
        }
        file.sync_all().map_err(disk)
    }

    /// Only a strong tag promises the same bytes.
    fn remember_tag(&self, headers: &HeaderMap) -> Result<(), FetchError> {
        let tag = headers.get("etag").and_then(|tag| tag.to_str().ok()).filter(|tag| tag.starts_with('"'));
        match tag {
            Some(tag) => fs::write(&self.tag, tag).map_err(FetchError::disk(&self.tag)),
            None => remove(&self.tag),
        }
    }

    fn discard(&self) -> Result<(), FetchError> {
        remove(&self.path)?;
        remove(&self.tag)
    }

    /// Gives the file its name.
    fn finish(&self, path: &Path) -> Result<(), FetchError> {
        fs::rename(&self.path, path).map_err(FetchError::disk(path))?;
        super::sync_folder_of(path);
        remove(&self.tag)
    }
}

/// Whether `Content-Range: bytes A-B/TOTAL` starts at `from` and speaks of a file of this length.
fn continues(headers: &HeaderMap, from: u64, bytes: u64) -> bool {
    let range = headers.get("content-range").and_then(|range| range.to_str().ok());
    let range = range.and_then(|range| range.strip_prefix("bytes "));
    let Some((span, total)) = range.and_then(|range| range.split_once('/')) else { return false };
    let first = span.split_once('-').and_then(|(first, _)| first.trim().parse().ok());
    first == Some(from) && (total.trim() == "*" || total.trim().parse() == Ok(bytes))
}

fn too_long_or_short(item: &Item, found: String) -> FetchError {
    FetchError::Length { url: item.url.clone(), expected: item.bytes, found }
}

/// What the network said, in our words.
fn network(item: &Item, limits: &Limits, error: ureq::Error) -> Failure {
    let url = item.url.clone();
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            Failure::Passing(FetchError::Stalled { url, waited: limits.connect })
        }
        ureq::Error::Timeout(_) => Failure::Passing(FetchError::Stalled { url, waited: limits.stall }),
        ureq::Error::TooManyRedirects
        | ureq::Error::RedirectFailed
        | ureq::Error::BadUri(_)
        | ureq::Error::RequireHttpsOnly(_) => {
            Failure::Final(FetchError::Connection { url, what: error.to_string() })
        }
        _ => Failure::Passing(FetchError::Connection { url, what: error.to_string() }),
    }
}

/// A device has no length that could be set.
fn unsupported(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::InvalidInput { Ok(()) } else { Err(error) }
}

/// Removes the ETag of a file that is complete.
pub fn remove_tag(item: &Item, dir: &Path) -> Result<(), FetchError> {
    remove(&Part::of(item, dir).tag)
}

/// Removes a file if it is there.
pub fn remove(path: &Path) -> Result<(), FetchError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FetchError::disk(path)(error)),
        _ => Ok(()),
    }
}

/// 0 if there is no such file.
fn length(path: &Path) -> Result<u64, FetchError> {
    match fs::metadata(path) {
        Ok(about) => Ok(about.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(FetchError::disk(path)(error)),
    }
}

/// SHA-256 in hexadecimal.
fn checksum(path: &Path) -> Result<String, FetchError> {
    let mut sha = Sha256::new();
    let mut file = File::open(path).map_err(FetchError::disk(path))?;
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer).map_err(FetchError::disk(path))? {
            0 => break,
            count => sha.update(&buffer[..count]),
        }
    }
    Ok(sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
