//! The small workspace that the tests run `cargo learn` on: a chapter with two exercises, in a temporary folder.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

const MANIFEST: &str = r#"[package]
name = "ch01_demo"
version = "0.1.0"
edition = "2024"
build = "../build.rs"

[[test]]
name = "check_e01_double"
path = "checks/e01_double.rs"
test = false

[[test]]
name = "check_e02_triple"
path = "checks/e02_triple.rs"
test = false
"#;

pub const LIBRARY: &str = r#"//! Demo.
extern crate self as ch01_demo;
pub const YOURS: &str = env!("GRADUS_YOURS");
#[cfg_attr(yours_double, path = "../yours/e01_double.rs")]
mod double;
#[cfg_attr(yours_triple, path = "../yours/e02_triple.rs")]
mod triple;
pub use double::double;
pub use triple::triple;
"#;

const EXAMPLE: &str = r#"fn main() {
    println!("on your code: {}", ch01_demo::YOURS);
    (1..4).for_each(|i| println!("{}", ch01_demo::double(i as f64)));
}
"#;

pub const DOUBLE: &str = r#"//! Doubling.

pub fn double(x: f64) -> f64 {
    // exercise: double - Give twice `x`.
    x + x
    // exercise: end
}
"#;

pub const TRIPLE: &str = r#"//! Tripling.
use ch01_demo::double;

pub fn triple(x: f64) -> f64 {
    // exercise: triple - Give three times `x`.
    double(x) + x
    // exercise: end
}
"#;

const CHECK: &str = r#"//! Checks exercise NUMBER_NAME.
#[allow(unused)]
#[path = "../exercises/NUMBER_NAME.rs"]
mod NAME;
#[test]
fn of_three() {
    let got = NAME::NAME(3.0);
    assert!(got != -TIMES * 3.0, "NAME of 3: the sign is wrong");
    assert!(got == TIMES * 3.0, "NAME of 3: {got}, but {} is wanted", TIMES * 3.0);
}
"#;

const TASK: &str = "# The NAME\n\nMake it.\n\n## Hint\nFirst.\n\n## Hint\nSecond.\n\n## Hint\nThird.\n";

/// The workspace.
pub struct Demo {
    pub folder: TempDir,
}

impl Demo {
    /// A workspace with two exercises, their stubs generated.
    pub fn new() -> Self {
        let demo = Demo { folder: tempfile::tempdir().unwrap() };
        demo.write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"chapters/ch*\"]\n");
        demo.write(".gitignore", "/target/\n/.learn/\n");
        demo.write("chapters/build.rs", include_str!("../../../build.rs"));
        let chapter = |path: &str, text: &str| demo.write(&format!("chapters/ch01_demo/{path}"), text);
        chapter("Cargo.toml", MANIFEST);
        chapter("src/lib.rs", LIBRARY);
        chapter("yours/.gitignore", "*\n!.gitignore\n");
        chapter("examples/mine.rs", EXAMPLE);
        for (number, name, text, times) in
            [("e01", "double", DOUBLE, "2.0"), ("e02", "triple", TRIPLE, "3.0")]
        {
            let fill =
                |text: &str| text.replace("NUMBER", number).replace("NAME", name).replace("TIMES", times);
            chapter(&format!("src/{name}.rs"), text);
            chapter(&format!("checks/{number}_{name}.rs"), &fill(CHECK));
            chapter(&format!("exercises/{number}_{name}.md"), &fill(TASK));
            let wrong = |expect: &str, code: &str| {
                format!("// expect: {}\n// exercise: {name}\n    {code}\n// exercise: end\n", fill(expect))
            };
            chapter(
                &format!("wrong/{number}_{name}_sign.rs"),
                &wrong("NAME of 3: the sign is wrong", "-TIMES * x").replace("TIMES", times),
            );
            chapter(
                &format!("wrong/{number}_{name}_square.rs"),
                &wrong("NAME of 3: 81, but", "x * x * x * x"),
            );
        }
        demo.learn(&["generate"], true);
        demo
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder.path().join(path)).unwrap()
    }

    /// What the program prints; `success` is how it must end.
    #[track_caller]
    pub fn learn(&self, arguments: &[&str], success: bool) -> String {
        let output = self.command(arguments).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.success(), success, "{arguments:?}:\n{printed}");
        printed
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let root = self.folder.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_learn"));
        command.args(arguments).current_dir(root).env("CARGO_MANIFEST_DIR", root);
        command.env("CARGO_TARGET_DIR", root.join("target")).env("CARGO_NET_OFFLINE", "true");
        command
    }

    pub fn git(&self, arguments: &[&str]) {
        let who = ["-c", "user.name=demo", "-c", "user.email=demo@example.org", "-c", "commit.gpgsign=false"];
        let output =
            Command::new("git").arg("-C").arg(self.folder.path()).args(who).args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}
