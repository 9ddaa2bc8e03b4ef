//! Another program to compare with: it is started once and asked many times, so that both sides can take turns.
//!
//! A peer first says its name in one line. Then it reads one request per line and answers each with one line of numbers. What
//! a request means is between the two programs.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A running program that answers requests with numbers.
pub struct Peer {
    /// What the program calls itself.
    pub name: String,
    child: Child,
    /// None only while it is being dropped.
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts a program, and waits until it has said its name.
    ///
    /// # Errors
    /// When it cannot be started, or ends before.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
        let mut peer = Peer { name: String::new(), child, requests, answers };
        peer.name = peer.line()?;
        Ok(peer)
    }

    /// Sends a request, and waits for the numbers of the answer.
    ///
    /// # Errors
    /// When the program has ended, or answers with anything else than numbers.
    pub fn ask(&mut self, request: &str) -> io::Result<Vec<f64>> {
        let requests = self.requests.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        writeln!(requests, "{request}")?;
        requests.flush()?;
        let line = self.line()?;
        let numbers: Result<Vec<f64>, _> = line.split_whitespace().map(str::parse).collect();
        numbers.map_err(|_| io::Error::other(format!("{}: '{request}' is answered with '{line}'", self.name)))
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.answers.read_line(&mut line)? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("{}: has ended", self.name))),
            _ => Ok(line.trim_end().to_owned()),
        }
    }
}

/// Nothing more is asked: the program reads the end of its input, ends, and is waited for.
impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.requests.take());
        // Nobody can be told of an error here, and none matters any more.
        let _ = self.child.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> io::Result<Peer> {
        Peer::start(Command::new("sh").args(["-c", script]))
    }

    #[test]
    fn answers_are_numbers() {
        let mut peer = shell("echo the shell; while read a b; do echo $a.5 $b; done").unwrap();
        assert_eq!(peer.name, "the shell");
        assert_eq!(peer.ask("1 2").unwrap(), [1.5, 2.0]);
        assert_eq!(peer.ask("3 4").unwrap(), [3.5, 4.0]);
        let error = peer.ask("5 six").unwrap_err();
        assert_eq!(error.to_string(), "the shell: '5 six' is answered with '5.5 six'");
    }

    #[test]
    fn a_program_that_ends_is_an_error() {
        assert!(shell("exit 3").is_err());
        let mut peer = shell("echo short; read a").unwrap();
        assert!(peer.ask("1").is_err());
    }
}
