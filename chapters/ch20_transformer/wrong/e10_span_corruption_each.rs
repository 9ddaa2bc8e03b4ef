// expect: one sentinel for each token that was cut: a hole has one
// exercise: corrupt
        for &(kept, cut) in parts {
            let (keep, behind) = rest.split_at(kept);
            input.extend_from_slice(keep);
            let (hole, behind) = behind.split_at(cut);
            rest = behind;
            for &id in hole {
                input.push(sentinel);
                target.push(sentinel);
                target.push(id);
                sentinel += 1;
            }
        }
        target.push(sentinel);
// exercise: end
