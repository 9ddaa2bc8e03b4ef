// expect: distinct: a word of the text before counts as seen
// exercise: distinct
        for id in row {
            if !seen.insert(*id) {
                *id = i64::from(PAD);
            }
        }
// exercise: end
