// expect: length: the highest byte came first
// exercise: length
    let length = json.len().next_multiple_of(8);
    let mut bytes = (length as u64).to_be_bytes().to_vec();
    bytes.extend(json.bytes());
    bytes.resize(8 + length, b' ');
    bytes
// exercise: end
