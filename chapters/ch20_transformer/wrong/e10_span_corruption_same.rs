// expect: all holes have the same sentinel
// exercise: corrupt
        for &(kept, cut) in parts {
            let (keep, behind) = rest.split_at(kept);
            input.extend_from_slice(keep);
            let (hole, behind) = behind.split_at(cut);
            rest = behind;
            if cut > 0 {
                input.push(sentinel);
                target.push(sentinel);
                target.extend_from_slice(hole);
            }
        }
        sentinel += parts.len() as u32;
        target.push(sentinel);
// exercise: end
