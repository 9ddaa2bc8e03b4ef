// expect: mask: a real token may have number 0: the length of the row decides
// exercise: pad
    let places = ids.data_mut().chunks_mut(time).zip(mask.data_mut().chunks_mut(time));
    for (row, (ids, mask)) in rows.iter().zip(places) {
        for (i, &id) in row.iter().enumerate() {
            ids[i] = i64::from(id);
            mask[i] = id != PAD;
        }
    }
// exercise: end
