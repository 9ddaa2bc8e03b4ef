// expect: length: the 8 bytes of the length itself were counted too
// exercise: length
    let length = json.len().next_multiple_of(8) + 8;
    let mut bytes = (length as u64).to_le_bytes().to_vec();
    bytes.extend(json.bytes());
    bytes.resize(length, b' ');
    bytes
// exercise: end
