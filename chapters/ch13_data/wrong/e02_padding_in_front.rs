// expect: ids: the tokens belong in front, the padding behind
// exercise: pad
    let places = ids.data_mut().chunks_mut(time).zip(mask.data_mut().chunks_mut(time));
    for (row, (ids, mask)) in rows.iter().zip(places) {
        for (place, &id) in ids[time - row.len()..].iter_mut().zip(*row) {
            *place = i64::from(id);
        }
        mask[time - row.len()..].fill(true);
    }
// exercise: end
