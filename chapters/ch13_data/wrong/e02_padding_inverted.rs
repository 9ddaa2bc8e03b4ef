// expect: mask: true marks a real token, not the padding
// exercise: pad
    let places = ids.data_mut().chunks_mut(time).zip(mask.data_mut().chunks_mut(time));
    for (row, (ids, mask)) in rows.iter().zip(places) {
        for (place, &id) in ids.iter_mut().zip(*row) {
            *place = i64::from(id);
        }
        mask[row.len()..].fill(true);
    }
// exercise: end
