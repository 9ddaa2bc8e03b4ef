// expect: sums: the sums of the beginnings are missing
// exercise: best
    let _ = sums;
    let mut all = Vec::new();
    for (beam, logs) in logs.iter().enumerate() {
        for (token, &log) in logs.iter().enumerate() {
            all.push(Candidate { beam, token, sum: log });
        }
    }
    all.sort_by(|a, b| b.sum.total_cmp(&a.sum));
    all.truncate(count);
    all
// exercise: end
