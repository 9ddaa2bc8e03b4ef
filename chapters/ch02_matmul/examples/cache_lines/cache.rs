//! A cache in software: sets of lines, and in each set the line used longest ago makes room.

use std::cell::RefCell;
use std::ops::{AddAssign, Mul};

/// Elements of a line: 16 numbers of 4 bytes are 64 bytes.
pub const LINE: usize = 16;

/// One level of cache. Counts the lines that had to be loaded.
struct Level {
    sets: usize,
    ways: usize,
    /// The lines of each set, the one used last first. 0 is an empty place.
    lines: Vec<usize>,
    loads: u64,
}

impl Level {
    fn new(kib: usize, ways: usize) -> Self {
        let sets = kib * 1024 / (LINE * 4) / ways;
        Level { sets, ways, lines: vec![0; sets * ways], loads: 0 }
    }

    /// Whether the line was there; now it is.
    fn touch(&mut self, line: usize) -> bool {
        let first = line % self.sets * self.ways;
        let set = &mut self.lines[first..first + self.ways];
        let found = set.iter().position(|&x| x == line);
        set[..=found.unwrap_or(self.ways - 1)].rotate_right(1);
        set[0] = line;
        self.loads += u64::from(found.is_none());
        found.is_some()
    }
}

/// Two levels; what is not in the first is looked for in the second.
struct Cache([Level; 2]);

thread_local! {
    static CACHE: RefCell<Option<Cache>> = const { RefCell::new(None) };
}

/// A number that is only its address, in elements. Computing with it reads it through the cache. What was computed
/// stands in a register: it has no address.
#[derive(Clone, Copy)]
pub struct Traced(Option<usize>);

fn read(number: Traced) {
    let Some(address) = number.0 else { return };
    // Line 0 stands for an empty place.
    let line = address / LINE + 1;
    CACHE.with_borrow_mut(|cache| {
        let Cache([first, second]) = cache.as_mut().expect("a simulation runs");
        if !first.touch(line) {
            second.touch(line);
        }
    });
}

impl Mul for Traced {
    type Output = Traced;
    fn mul(self, other: Traced) -> Traced {
        read(self);
        read(other);
        Traced(None)
    }
}

impl AddAssign for Traced {
    fn add_assign(&mut self, _: Traced) {
        read(*self);
    }
}

/// A rung that multiplies such numbers.
pub type Rung = fn(&[Traced], &[Traced], &mut [Traced], [usize; 3]);

/// Size in KiB and ways of the two levels. Processors of today have a larger second level; in a smaller one, everything
/// happens at sizes that can be counted in seconds.
pub const LEVELS: [(usize, usize); 2] = [(48, 12), (256, 8)];

/// How many lines each level loads per multiplication when `rung` multiplies matrices of these sizes, all empty before.
pub fn loads(rung: Rung, [m, k, n]: [usize; 3]) -> [f64; 2] {
    let levels = LEVELS.map(|(kib, ways)| Level::new(kib, ways));
    CACHE.set(Some(Cache(levels)));
    let mut end = 0;
    let mut matrix = |size: usize| -> Vec<Traced> {
        let start = end;
        end = (end + size).next_multiple_of(LINE);
        (start..start + size).map(|at| Traced(Some(at))).collect()
    };
    let (a, b, mut c) = (matrix(m * k), matrix(k * n), matrix(m * n));
    rung(&a, &b, &mut c, [m, k, n]);
    let Cache(levels) = CACHE.take().expect("the simulation has run");
    levels.map(|level| level.loads as f64 / (m * k * n) as f64)
}
