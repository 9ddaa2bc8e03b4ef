//! Checks exercise e03_slots.

#[allow(unused)]
#[path = "../exercises/e03_slots.rs"]
mod slots;

use slots::Slot::{self, Empty, Whole};
use slots::{newest, next};

fn damaged() -> Slot {
    Slot::Damaged("its checksum is wrong".to_owned())
}

/// All pairs of slots that the tests look at, and what training goes on from.
fn cases() -> Vec<([Slot; 2], Option<(usize, u64)>)> {
    vec![
        ([Empty, Empty], None),
        ([damaged(), damaged()], None),
        ([damaged(), Empty], None),
        ([Whole(0), Empty], Some((0, 0))),
        ([Empty, Whole(0)], Some((1, 0))),
        ([Whole(4), Whole(5)], Some((1, 5))),
        ([Whole(6), Whole(5)], Some((0, 6))),
        ([Whole(6), damaged()], Some((0, 6))),
        ([damaged(), Whole(5)], Some((1, 5))),
    ]
}

#[test]
fn the_newest_whole_one() {
    for (slots, want) in cases() {
        let got = newest(&slots);
        if got == want {
            continue;
        }
        let mistake = match (&slots, got) {
            ([Whole(a), Whole(b)], Some((slot, _))) if [*a, *b][slot] == *a.min(b) => {
                "the older one was taken, and the steps since are lost"
            }
            (_, Some((slot, _))) if !matches!(slots[slot], Whole(_)) => {
                "a checkpoint was taken that is not whole"
            }
            (_, None) => "there is a whole one, but none was found",
            _ => "not the newest whole one",
        };
        panic!("newest: {mistake}: {slots:?} gave {got:?} instead of {want:?}");
    }
}

#[test]
fn the_next_never_replaces_the_newest() {
    for (slots, newest) in cases() {
        let (slot, number) = next(&slots);
        assert!(slot < 2, "next: there is no slot {slot}");
        let Some((keep, last)) = newest else {
            assert_eq!((slot, number), (0, 0), "next: without a whole one, slot 0 and number 0: {slots:?}");
            continue;
        };
        assert_ne!(slot, keep, "next: the newest whole one would be replaced: {slots:?} gave slot {slot}");
        assert!(number > last, "next: number {number} would not be newer than {last}: {slots:?}");
        assert_eq!(number, last + 1, "next: the number after {last}: {slots:?}");
    }
}
